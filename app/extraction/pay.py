"""Which sums are somebody's pay, and what they say: amount, currency, period, kind. Prices and debts are not."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.extraction import currencies
from app.extraction.money import Sum, period_in, sums
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
    r"nearly|over|up|to|between|from|at|least|most|anywhere|somewhere|probably|just|more|less|than|under|well|only|a|an|"
    r"good|in|the|of|paid|as|much|high|upwards))* ?[$£€]?$",
    r"\b(?:get|gets|got|getting|was|were|are|be|been|being|am|is|is not|'re|'m|'s) (?:\w+ )?paid\b",
    r"\b(?:pays?|paid|paying|offer(?:s|ed)?|gave|gives?) (?:me|us|you|them|people|him|her|teachers|nurses|"
    r"new)\b(?! back)",
    r"\b(?:it|job|position|gig|role|that|they|place|company|work|shop|and|internship|apprenticeship|which|"
    r"district) (?:\w+ )?"
    r"(?:pays|paid|paying)\b(?! (?:for|off|back|attention|the|my|our|your|his|her|their|tuition|rent))",
    r"\b(?:start|starts|started|starting|begin|began|hired|hire|brought)(?: (?:me|us|you|them|people|out|off|in|"
    r"on|new|\w+s))*"
    r" (?:at|on|around|with|about|between|from)\b",
    r"\b(?:i'm|i am|i was|i've been|you're|they're|she's|he's|people are|i'd be|you'd be|we're|now i'm) (?:now |"
    r"currently |probably )?"
    r"(?:at|on|up to|around|about|looking at|between|making|earning)\b",
    r"\b(?:stock|equity|rsus?|stock options|shares|signing bonus|sign-on)\b",
    r"\b(?:entry[- ]level|new (?:grads?|graduates|hires?))(?: \w+){0,3} (?:is|are|was|were|at|around|about|get|make)\b",
    r"\b(?:comes?|came|coming|tops?|topp(?:ed|ing)|max(?:es|ed|ing)?) (?:in|out) (?:at|around|about)\b",
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
    r"\b(?:temperature|goes? for|went for)\b",
    r"\b(?:in|of) (?:sales|revenue|funding|profit|debt|student|annual sales)\b|\bannual (?:sales|revenue|budget)\b",
    r"\b(?:i|we|you|customers?|clients?|parents|students?|people)(?: (?:already|still|also|then|each|only|"
    r"actually|just|"
    r"had to|have to|has to|used to|can|will|would|had|have)){0,2} (?:pay|paid|pays)\b"
    r"(?! (?:me|us|you|them|people|him|her|cut))",
    r"\b(?:company|competitors?|business|shop|store|startup|firm|industry|film|movie|book|product|campaign)"
    r"(?: \w+)? (?:made|makes|earned|earns|"
    r"grossed|generated|brings|brought|pulls|pulled|took|did)\b",
    r"\b(?:project|building|bridge|machine|customers?|clients?)s? (?:of|worth|pays?|paid|for)\b",
)
# Somebody whose work it is, one at a time: "a good plumber makes". Things are made too, so only money counts.
EARNER = r"\w*(?:er|or|ist|ian|ant|ent|man|woman|person|nurse|chef|cook|tech|guy)"
MAKES = _any(
    rf"\b(?:an?|the|any|every|each|your|average|typical)(?: \w+){{0,3}} {EARNER}(?: \w+)? "
    r"(?:makes|gets|brings home|takes home|pulls in)\b",
    r"\b(?:he|she|somebody|someone|everybody|everyone)(?: \w+)? (?:makes|gets|brings home|takes home|pulls in)\b",
)
# "They pay 80 a month for a locker" is a price, "they pay 800 a month" a wage.
THEY_PAY = _any(r"\bthey(?: \w+)? (?:pay|paid)\b(?! (?:me|us|you|them|people|him|her)\b)")
IN_RETURN = _any(r"\b(?:for|towards?)\b|\bin (?:rent|fees|tax\w*|interest)\b")
HEDGE = re.compile(
    r"\b(?:you know|i mean|i guess|i'd say|i would say|i think|i suppose|let's say|kind of|sort of|like|uh+|um+|er|"
    r"well|probably|maybe|basically|honestly|actually|literally|say|a (?:little|bit|tad)|just|okay)\b",
    re.IGNORECASE,
)
AGED = _any(r"\b(?:turn(?:s|ed|ing)?|aged?(?: of)?)$")  # right before the number
ABOUT = _any(r"\b(?:about|around|roughly|approximately|almost|nearly)\b")
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
    r"[;,:(]\s|\s[\u2014\u2013-]\s|\s(?=(?:and|but|so|because|while|whereas|then|which|although|though|or|plus)\s)",
    re.IGNORECASE,
)
# What stands beside the clause and still says which pay is meant: "all in, I make ...", "..., to start".
BESIDE = re.compile(
    r"\W*(?:(?:so|and|but|well|yeah|um|uh)\W+)*(?:all (?:in|told|up|together)|altogether|(?:in )?total|with|including|"
    r"counting|to start|starting|when (?:i|you|we|they) (?:first )?(?:start|beg[ia]n)|right out|straight out|fresh|"
    r"out of|at first|initially|once you|if you (?:add|include|count))",
    re.IGNORECASE,
)
LEFT_OUT = _any(
    r"\b(?:before|without|not (?:including|counting)|excluding|aside from|apart from|besides|minus) "
    r"(?:(?:the|my|any|a|all|your|some) )?(?:\w+ )?(?:bonus(?:es)?|overtime|tips|commissions?|stock|equity|options)\b"
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
ASKS_OTHERS = _any(r"\b(?:people|someone|somebody|others|one|field|industry|profession|\w+ers|can|could|would|might)\b")
ASKS_YOU = _any(r"\b(?:you|your)\b")
OTHERS = _any(r"\b(?:you|they|people|folks|someone|somebody|everyone|he|she|\w+ers|salar(?:y|ies)|range)\b")
CLAUSE_REACH = 300  # characters: keeps the cost linear where a "sentence" has no end
HOURLY_MOST = 100
THOUSANDS = range(10, 1000)
YEARLY_LEAST = 10_000
NO_PAY_ABOVE = 5_000_000
SMALL_COINS = {"JPY": 500_000_000, "INR": 100_000_000, "NGN": 500_000_000}  # the same, where a unit buys little
MOST_OF: dict[Period, float] = {"hour": 1_000, "day": 5_000, "week": 20_000, "month": 60_000, "year": 5_000_000}
NATIONAL = frozenset({"CAD", "AUD", "NZD", "SGD", "HKD"})  # their people say "dollars" too
AMERICAN = re.compile(r"\b(?:us|usd|american)\b", re.IGNORECASE)
CLEARLY = 2  # times as often as any other currency
CALENDAR = range(1900, 2100)


@dataclass(frozen=True)
class Named:
    """Pay that `text[start:end]` names."""

    start: int
    end: int
    pay: Pay


@dataclass(frozen=True)
class _Clause:
    """The words a figure stands in: all of them, those before and after it, and what stands beside the clause."""

    words: str
    lead: str
    tail: str
    beside: str


@dataclass(frozen=True)
class _Asked:
    """What the question adds: its words, the period it names, and whether it means the listener's own pay."""

    words: str = ""
    period: Period | None = None
    is_own: bool = False


def named(text: str, *, asked: bool = False, currency: str | None = None, question: str = "") -> list[Named]:
    """Every figure of pay in one sentence, in order.

    `asked`: the question was about pay, so a bare "60 to 70" will do. `currency`: what the rest of the
    conversation counts in, for figures that do not say. `question`: its words say the period, bonus or starting pay
    where the answer does not. Apostrophes must be straight.
    """
    if UNREAL.search(text):
        return []
    found, accepted, last = [], False, 0
    context = _asked(question) if asked else _Asked(question)
    figures = [_in_asked_period(figure, context) for figure in sums(text)]
    following = [*(figure.start for figure in figures), len(text)][1:]
    for figure, end in zip(figures, following, strict=False):
        clause = _clause(text, figure, last, end)
        accepted = _is_pay(figure, clause, told=asked or accepted)
        pay = _pay(figure, clause, context, _currency(text, figure, currency)) if accepted else None
        if pay is not None:
            found.append(Named(figure.start, figure.end, pay))
        last = figure.end
    return found


def main_first(pays: Iterable[Pay]) -> tuple[Pay, ...]:
    """Each figure once, the main one first, the others in their order."""
    once = tuple(dict.fromkeys(pays))
    lead = main(once)
    return once if lead is None else (lead, *(pay for pay in once if pay != lead))


def main(pays: Sequence[Pay]) -> Pay | None:
    """Of several figures the main one: what is earned in all, else what is earned now, by the year before others."""
    now = [pay for pay in pays if pay.kind not in {"bonus", "equity", "starting"}]
    first = [pay for pay in pays if pay.kind == "starting"]
    ranked = [
        *(pay for pay in pays if pay.kind == "total"),
        *(pay for group in (now, first) for pay in (*(one for one in group if one.period == "year"), *group)),
    ]
    return next(iter([*ranked, *pays]), None)


def currency_of(texts: Iterable[str]) -> str | None:
    """What a conversation counts in: the currency it names at least twice as often as any other, else None.

    Plain dollars are those of the one other nation whose dollars are named more than once, where no American are.
    """
    said = Counter(code for text in texts for code in currencies.mentions(text))
    plain = said.pop(currencies.PLAIN, 0)
    national = [code for code in said if code in NATIONAL and said[code] > 1]
    said[national[0] if len(national) == 1 and "USD" not in said else "USD"] += plain
    ranked = [*said.most_common(2), ("", 0)]
    return ranked[0][0] if ranked[0][1] > 0 and ranked[0][1] >= CLEARLY * ranked[1][1] else None


def _asked(question: str) -> _Asked:
    own = ASKS_YOU.search(question) is not None and ASKS_OTHERS.search(question) is None
    return _Asked(question, period_in(question), own)


def _in_asked_period(figure: Sum, asked: _Asked) -> Sum:
    by_the_hour = figure.cents[1] if figure.cents and asked.period == "hour" else None
    value = by_the_hour or figure.high or figure.low or 0
    if figure.period or asked.period is None or figure.piecework or value > MOST_OF[asked.period]:
        return figure
    return replace(figure, period=asked.period)


def _currency(text: str, figure: Sum, conversation: str | None) -> str | None:
    plain = figure.currency == "USD" and not AMERICAN.search(text[figure.start : figure.end])
    return conversation if figure.currency is None or (plain and conversation in NATIONAL) else figure.currency


def _clause(text: str, figure: Sum, previous: int, following: int) -> _Clause:
    """The clause that holds the figure; `previous`, `following`: where the figures beside it end and begin."""
    first, last = max(0, figure.start - CLAUSE_REACH), min(len(text), figure.end + CLAUSE_REACH)
    joints = [m.end() for m in JOINT.finditer(text, first, last)]
    begin = next((at for at in reversed(joints) if at <= figure.start and _says(text[at : figure.start])), first)
    after = [at for at in joints if at >= figure.end]
    end, next_end = [*after, last, last][:2]
    opening = text[first:begin] if previous <= first else ""
    closing = text[end:next_end] if next_end <= following else ""
    beside = " ".join(piece for piece in (opening, closing) if BESIDE.match(piece))
    lead = " ".join(HEDGE.sub("", text[begin : figure.start]).replace(",", " ").split())
    return _Clause(text[begin:end], lead, text[figure.end : end], beside)


def _says(words: str) -> bool:
    """Whether this is more than "like", "uh, about" or nothing: what begins so belongs to what was before."""
    return any(letter.isalnum() for letter in ABOUT.sub("", HEDGE.sub("", words)))


def _is_pay(figure: Sum, clause: _Clause, *, told: bool) -> bool:
    value = figure.high or figure.low or 0
    if (
        TRAP.search(clause.words)
        or AGED.search(clause.lead)
        or value > SMALL_COINS.get(figure.currency or "", NO_PAY_ABOVE)
    ):
        return False
    if not figure.is_money and not _may_be_money(figure, value):
        return False
    clear = figure.is_money or figure.is_full
    if THEY_PAY.search(clause.lead):
        return (told or figure.period is not None) and not IN_RETURN.search(clause.tail)
    if PAID.search(clause.lead) or (clear and MAKES.search(clause.lead)):
        return True
    if PAID.search(clause.words) and (clear or figure.period):
        return True
    by_the_hour = (figure.is_money or figure.cents is not None) and figure.period == "hour"
    return by_the_hour or (told and (clear or figure.period is not None or value in THOUSANDS))


def _may_be_money(figure: Sum, value: float) -> bool:
    """Whether a number without a currency is of the size that pay is said in, and no year of the calendar."""
    if not figure.is_full:
        return value in THOUSANDS or figure.period == "hour" or figure.cents is not None
    return not (value in CALENDAR and figure.low == figure.high and figure.period is None)


def _pay(figure: Sum, clause: _Clause, asked: _Asked, currency: str | None) -> Pay | None:
    kind = _kind(figure, clause, asked)
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
    return Pay(amount_min=low, amount_max=high, currency=currency, period=period, kind=kind)


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


def _kind(figure: Sum, clause: _Clause, asked: _Asked) -> PayKind:
    words = LEFT_OUT.sub("", clause.words)
    in_all = TOTAL.search(words) or TOTAL.search(LEFT_OUT.sub("", clause.beside))
    if EQUITY.search(words):
        return "equity"
    if BONUS.search(words) and not in_all:
        return "bonus"
    if in_all:
        return "total"
    if STARTING.search(words) or STARTING.search(clause.beside):
        return "starting"
    return _kind_asked(words, asked) or ("range" if _is_of_occupation(figure, words, asked) else "base")


def _kind_asked(words: str, asked: _Asked) -> PayKind | None:
    if BASE.search(words + asked.words):
        return None
    kinds: tuple[tuple[re.Pattern[str], PayKind], ...] = ((BONUS, "bonus"), (STARTING, "starting"))
    return next((kind for pattern, kind in kinds if pattern.search(asked.words)), None)


def _is_of_occupation(figure: Sum, words: str, asked: _Asked) -> bool:
    if OWN.search(words) or (asked.is_own and not OTHERS.search(words)):
        return False
    return figure.low != figure.high or AVERAGE.search(words) is not None
