"""Which sums are somebody's pay, and what they say: amount, currency, period, kind. Prices and debts are not."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.extraction.money import CURRENCY_WORDS, SYMBOLS, Sum, sums
from app.extraction.values import Pay, PayKind, Period


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


PERSON = r"(?:and|to|but|can|could|would|i|you|we|they|he|she|people|most|folks|someone|everybody|everyone|guys|\w+ers)"
PAID = _any(
    r"\b(?:salar(?:y|ies)|wages?|incomes?|compensation|stipend|take[- ]home|bonus(?:es)?|commissions?|overtime|"
    r"hourly|day rate)\b",
    r"\b(?:pay ?(?:check|cheque|band|scale|grade|rate|range|raise|rise|cut)s?|paychecks?|base pay|(?:starting|"
    r"base|my|the|your) pay)\b|\bmy (?:base|total|rate)\b",
    r"\b(?:earn|earns|earned|earning|netting|netted|grossed|grossing)\b",
    rf"\b{PERSON}(?:'re|'m)?(?: (?:can|could|might|may|will|would|do|did|was|were|are|am|probably|usually|only|"
    rf"just|really|"
    r"actually|still|now|used to|easily|currently|about|generally|typically|who)){0,3} (?:make|made|making|get|"
    r"got|clear|cleared|"
    r"bring home|brought home|pull(?:ed)? in|take home|took home)(?: (?:about|around|like|maybe|roughly|almost|"
    r"nearly|over|up|to|between|from|at|least|most|anywhere|somewhere|probably|just|more|than|under|well|only|a|an|"
    r"good|in|the|of|paid|as|much|high|upwards))* ?[$£€]?$",
    r"\b(?:get|gets|got|getting|was|were|are|be|been|being|am|is|is not|'re|'m|'s) (?:\w+ )?paid\b",
    r"\b(?:pays?|paid|paying|offer(?:s|ed)?|gave|gives?) (?:me|us|you|them|people|him|her|teachers|nurses|"
    r"new)\b(?! back)",
    r"\b(?:it|job|position|gig|role|that|they|place|company|work|shop|and|internship|apprenticeship|which|"
    r"district) (?:\w+ )?"
    r"(?:pays|paid|paying)\b(?! (?:for|off|back|attention|the|my|our|your|his|her|their|tuition|rent))",
    r"\b(?:start|starts|started|starting|begin|began|hired|hire|brought)(?: (?:me|us|you|them|people|out|off|in|"
    r"on|new|\w+s))*"
    r" (?:at|around|with|about|between|from)\b",
    r"\b(?:i'm|i am|i was|i've been|you're|they're|she's|he's|people are|i'd be|you'd be|we're|now i'm) (?:now |"
    r"currently |probably )?"
    r"(?:at|on|up to|around|about|looking at|between|making|earning)\b",
    r"\b(?:stock|equity|rsus?|stock options|shares|signing bonus|sign-on)\b",
    r"\b(?:charge|bill|rate is|rates are|my rate)\b[^.]{0,40}\b(?:an|per|a) (?:hour|day)\b",
)
TRAP = _any(
    r"\b(?:tuition|school fees?|student|college|university|degree) (?:is|was|were|costs?|loans?|debt|fees?|"
    r"runs?|ran)\b|\btuition\b",
    r"\b(?:loans?|debts?|mortgage|rent|down payment|grants?|funding|fund(?:ed)?|fundrais\w*|raised|investors?|"
    r"invest(?:ed|ment)?|"
    r"venture|seed|valuation|revenue|turnover|profits?|margins?|budget(?:s|ed)?|donat\w+|prizes?|fines?|fined|"
    r"lottery|savings?|"
    r"saved?|scholarships?|price[sd]?|pricing|cost|costs|costing|expenses?|spend|spends|spent|spending|buy|buys|"
    r"bought|purchase\w*|"
    r"sell|sells|sold|sale|worth|afford|owe[ds]?|borrow\w*|lost|lose|insurance|premiums?|deposit|deductible|insured|"
    r"contracts?|deal|deals|equipment|machine|tools?|supplies|house|car|truck|laptop|weigh(?:s|ed)?|lift(?:s|ing)?|carry(?:ing)?|"
    r"followers|views|downloads|"
    r"population|settlement|lawsuit|sue[ds]?|charged|refund|discount|ticket|fare|bill of|(?:credit|debit) cards?)\b",
    r"\b(?:in|of) (?:sales|revenue|funding|profit|debt|student|annual sales)\b|\bannual (?:sales|revenue|budget)\b",
    r"\b(?:i|we|you|they|customers?|clients?|parents|students?|people)(?: (?:already|still|also|then|each|only|"
    r"actually|just|"
    r"had to|have to|has to|used to|can|will|would|had|have)){0,2} (?:pay|paid|pays)\b"
    r"(?! (?:me|us|you|them|people|him|her|cut))",
    r"\b(?:company|business|shop|store|startup|firm|industry|film|movie|book|product|campaign)(?: \w+)? (?:made|"
    r"makes|earned|earns|"
    r"grossed|generated|brings|brought|did)\b",
    r"\b(?:project|building|bridge|machine|customers?|clients?)s? (?:of|worth|pays?|paid|for)\b",
)
UNREAL = _any(
    r"\bif (?:i|you|we|someone|somebody|they) (?:had|won|found|inherited|gave|paid|offered|were offered|"
    r"were paid)(?! to (?:guess|say|put|pick))\b",
    r"\bif (?:i|we) (?:can|could) (?:just |only )?(?:make|earn|get)\b|\b(?:got|need|needed|have|had) to (?:make|"
    r"earn)\b",
    r"\bimagine\b|\bwish (?:i|we) (?:made|earned|got|had)\b|\b(?:couldn't|could not|wouldn't) pay me\b|"
    r"\beven if (?:you|they) (?:paid|gave)",
    r"\b(?:trying|tried|want|wants|wanted|hope|hopes|hoped|hoping|like|love|dream(?:ed)?|dreaming|aim(?:ed|"
    r"ing)?|goal (?:is|was)|plan(?:ned)?)"
    r" (?:to|of) (?:be )?(?:make|making|earn|earning|get to|made)\b",
)
JOINT = re.compile(
    r"[;,:(]\s|\s[\u2014\u2013-]\s|\s(?=(?:and|but|so|because|while|whereas|then|which|although|though|or)\s)",
    re.IGNORECASE,
)
EQUITY = _any(r"\b(?:stock|equity|rsus?|options|shares)\b")
BONUS = _any(r"\bbonus(?:es)?\b|\bsign[- ]?(?:on|ing)\b")
STARTING = _any(
    r"\b(?:start(?:s|ed|ing)?|entry[- ]level|beginner|new grads?|fresh out|(?:right |"
    r"straight )?out of (?:school|college|university)|"
    r"first (?:job|year|salary|offer|contract|paycheck)|began|begin|probation|rookie|brand new|newbies?|"
    r"hired at|came in at)\b"
)
TOTAL = _any(
    r"\bi (?:\w+ )?average\b|\b(?:total|in all|altogether|all told|all in|with overtime|including|includes?|"
    r"freelanc\w+|on top|combined|add(?:s|ed|ing)? "
    r"(?:it|that|them|everything)?(?: all)? ?up|ote|with (?:the )?(?:tips|bonus(?:es)?|commission)|package)\b"
)
AVERAGE = _any(
    r"\b(?:range[sd]?|average|median|typical(?:ly)?|usually|most (?:people|of us|\w+s)|anywhere|"
    r"somewhere between|pay scale|"
    r"salaries|top(?:s|ped)? out)\b"
)
OWN = _any(r"\b(?:i|i'm|my|me|i've|i'd|mine)\b")
BASE = _any(r"\b(?:now|today|currently|base|an? (?:hour|year|month|week))\b")
CLAUSE_REACH = 300  # characters: keeps the cost linear where a "sentence" has no end
HOURLY_MOST = 100
THOUSANDS = range(10, 1000)
YEARLY_LEAST = 10_000
NO_PAY_ABOVE = 5_000_000
CALENDAR = range(1900, 2100)


@dataclass(frozen=True)
class Named:
    """Pay that `text[start:end]` names."""

    start: int
    end: int
    pay: Pay


def named(text: str, *, asked: bool = False, currency: str | None = None, question: str = "") -> list[Named]:
    """Every figure of pay in one sentence, in order.

    `asked`: the question was about pay, so a bare "60 to 70" will do. `currency`: what the rest of the
    conversation counts in, for figures that do not say. `question`: its words say bonus or starting pay where
    the answer does not. Apostrophes must be straight.
    """
    if UNREAL.search(text):
        return []
    found, accepted = [], False
    for figure in sums(text):
        clause, lead = _clause(text, figure)
        accepted = _is_pay(figure, clause, lead, told=asked or accepted)
        pay = _pay(figure, clause, question, currency=currency) if accepted else None
        if pay is not None:
            found.append(Named(figure.start, figure.end, pay))
    return found


def main_first(pays: Iterable[Pay]) -> tuple[Pay, ...]:
    """Each figure once, the main one first, the others in their order."""
    once = tuple(dict.fromkeys(pays))
    lead = main(once)
    return once if lead is None else (lead, *(pay for pay in once if pay != lead))


def main(pays: Sequence[Pay]) -> Pay | None:
    """Of several figures the main one: what is earned in all, else the first by the year, else the first."""
    order = [
        next((pay for pay in pays if pay.kind == "total"), None),
        next((pay for pay in pays if pay.period == "year" and pay.kind not in {"bonus", "equity"}), None),
        next((pay for pay in pays if pay.kind not in {"bonus", "equity"}), None),
    ]
    return next((pay for pay in order if pay), pays[0] if pays else None)


def currency_of(texts: Iterator[str]) -> str | None:
    """The one currency a conversation counts in; None when there are none or several."""
    seen = set()
    for text in texts:
        seen |= {code for symbol, code in SYMBOLS.items() if symbol in text}
        seen |= {
            CURRENCY_WORDS[w]
            for w in re.findall(r"[a-z]+", text.lower())
            if w in CURRENCY_WORDS and w not in {"pound", "pounds"}
        }
    return seen.pop() if len(seen) == 1 else None


def _clause(text: str, figure: Sum) -> tuple[str, str]:
    """The clause that holds the figure, and its part before the figure."""
    first, last = max(0, figure.start - CLAUSE_REACH), min(len(text), figure.end + CLAUSE_REACH)
    joints = [m.end() for m in JOINT.finditer(text, first, last)]
    begin = max((place for place in joints if place <= figure.start), default=first)
    end = min((place for place in joints if place >= figure.end), default=last)
    return text[begin:end], text[begin : figure.start]


def _is_pay(figure: Sum, clause: str, lead: str, *, told: bool) -> bool:
    value = figure.high or figure.low or 0
    if TRAP.search(clause) or value > NO_PAY_ABOVE:
        return False
    bare = not figure.is_money
    if bare and not figure.is_full and (value not in THOUSANDS and figure.period != "hour") and figure.cents is None:
        return False
    if bare and figure.is_full and value in CALENDAR and figure.low == figure.high and figure.period is None:
        return False
    if PAID.search(lead) or (PAID.search(clause) and (figure.is_money or figure.is_full or figure.period)):
        return True
    by_the_hour = (figure.is_money or figure.cents is not None) and figure.period == "hour"
    return by_the_hour or (
        told and (figure.is_money or figure.is_full or figure.period is not None or value in THOUSANDS)
    )


def _pay(figure: Sum, clause: str, question: str, *, currency: str | None) -> Pay | None:
    kind = _kind(figure, clause, question)
    period = None if figure.piecework else figure.period
    low, high = figure.low, figure.high
    if figure.cents and (period == "hour" or figure.is_money):
        low, high = figure.cents
    elif not figure.is_full and not figure.piecework and period in {None, "year"}:
        low, high, period = _understood(figure, period)
    if period is None and not figure.piecework and kind not in {"bonus", "equity"}:
        period = _usual_period(low or high or 0)
    if not low and not high:
        return None
    return Pay(amount_min=low, amount_max=high, currency=figure.currency or currency, period=period, kind=kind)


def _understood(figure: Sum, period: Period | None) -> tuple[float | None, float | None, Period | None]:
    """What is left unsaid: "60 to 70" a year is thousands, "$25" alone is an hour's pay."""
    value = figure.high or figure.low or 0
    if figure.is_money and period is None:
        return figure.low, figure.high, "hour" if value < HOURLY_MOST else None
    if value not in THOUSANDS:
        return figure.low, figure.high, period
    low, high = (v * 1000 if v is not None else None for v in (figure.low, figure.high))
    return low, high, "year"


def _usual_period(value: float) -> Period | None:
    return "year" if value >= YEARLY_LEAST else None


def _kind(figure: Sum, clause: str, question: str) -> PayKind:
    said: tuple[tuple[re.Pattern[str], PayKind], ...] = (
        (EQUITY, "equity"),
        (BONUS, "bonus"),
        (TOTAL, "total"),
        (STARTING, "starting"),
    )
    for pattern, kind in said:
        if pattern.search(clause) and not (kind == "bonus" and TOTAL.search(clause)):
            return kind
    for pattern, kind in ((BONUS, "bonus"), (STARTING, "starting")):
        if pattern.search(question) and not BASE.search(clause + question):
            return kind
    if not OWN.search(clause) and (figure.low != figure.high or AVERAGE.search(clause)):
        return "range"
    return "base"
