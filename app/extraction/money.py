"""Sums of money in speech: a number or a range, with its bounds, currency and period; not yet whether it is pay."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from app.extraction import currencies, numbers
from app.extraction.numbers import Number, Token
from app.extraction.values import Period

# After a bare number these may follow; a noun ("30 students", "50 thousand people") makes it a count, not money.
MAY_FOLLOW = frozenset(
    """a an per each every to and or at in when as for depending maybe ish plus base before after now right which so but
    if with on something because is was then total starting start easily like i you we they he she it that there by from
    up annually yearly hourly monthly weekly gross net salary bonus range probably roughly about tops max maximum
    minimum unless while not just even today currently until though where who these this once pretax all guaranteed
    over between give around dollars bucks out straight first your my go depends um uh well yeah okay would can could
    might will under more the since back""".split()  # noqa: SIM905 - a word list reads best as words
)
HYPHENS = frozenset("-\u2013\u2014")
CONNECTORS = frozenset({"to", "or", "through"}) | HYPHENS
BETWEEN = frozenset({"and", "to"}) | HYPHENS
PAUSES = frozenset({"maybe", "like", "about", "around", "say", "even", "probably", "roughly", "uh", "um", "er", ","})
ASIDES = (("you", "know"), ("i", "guess"), ("i", "think"), ("i", "suppose"), ("i", "don", "'", "t", "know"))
# "forty, no, forty-two": the words between, at least one of which takes the first figure back.
TAKES_BACK = frozenset({"no", "sorry", "wait", "actually", "rather", "mean", "scratch", "correction", "nope"})
REPAIRS = TAKES_BACK | PAUSES | HYPHENS | {".", "'", "s"}
REPAIRS |= {"i", "or", "make", "that", "well", "not", "excuse", "me", "it", "is", "so"}
LONGEST_REPAIR = 8  # tokens
STANDS_IN = frozenset(
    """m re s am is are was were be d make makes making made earn earns earned earning somewhere anywhere probably
    start starts range""".split()  # noqa: SIM905 - a word list reads best as words
)
OF_SOMEBODY = frozenset({"my", "his", "her", "their", "your", "our"})
PERCENT = frozenset({"%", "percent", "percentage"})
COUNTED = re.compile(
    r"[\s-]*(?:hours?|hrs?|days?|weeks?|months?|years?|yrs?|minutes?|times|shifts?|nights?)\b", re.IGNORECASE
)
AT_LEAST = re.compile(
    r"(?:(?<!no )(?<!not )more than|at least|(?<!just )over|above|upwards? of|north of|no less than|"
    r"not less than|minimum(?: of)?)"
    r" (?:about |around |like |a |[$£€] ?)*$",
    re.IGNORECASE,
)
AT_MOST = re.compile(
    r"(?:up to|at most|under|less than|below|maximum of|no more than|not more than|as (?:much|high) as|"
    r"max(?:es)?(?: out)? at|"
    r"topp?(?:s|ed|ing)? out at)(?: about| around| like| maybe)* [$£€]?$",
    re.IGNORECASE,
)
OR_MORE = re.compile(
    r"\s*(?:\+|plus\b(?! (?:a|my|the|bonus|tips|commission|benefits))|(?:or|and) (?:more|up|above|over|higher)\b)",
    re.IGNORECASE,
)
OR_LESS = re.compile(r"\s*(?:or (?:less|under|below)|max(?:imum)?\b|tops\b)", re.IGNORECASE)
COUNT_BEFORE = r"(?<!hours)(?<!hour)(?<!hrs)(?<!days)(?<!times)(?<!shifts)(?<!nights)(?<!weeks)(?<!months) "
PERIODS: dict[Period, str] = {
    "hour": r"hours?|hr", "day": r"days?", "week": r"weeks?|wk", "month": r"months?|mo", "year": r"years?|yr|annum",
}  # fmt: skip
RATE = re.compile(
    rf"(?:(?:^|{COUNT_BEFORE})(?:an?|per|each|every|the|by the) ?|/ ?)"
    r"(?:single |whole |calendar |full |good |bad |great |busy |slow |average |normal |typical )?(?:"
    + "|".join(f"(?P<{period}>{words})" for period, words in PERIODS.items())
    + r")\b",
    re.IGNORECASE,
)
ADVERBS = re.compile(
    r"\b(?:(?P<hour>hourly)|(?P<day>daily|day rate)|(?P<week>weekly)|(?P<month>monthly)"
    r"|(?P<year>annual(?:ly)?|yearly|p\.a\.|lpa))(?=\W|$)",
    re.IGNORECASE,
)
PIECEWORK = re.compile(
    r"[\s,]*(?:per|a|an|each|for each|for every|every) (?:job|piece|page|word|project|gig|show|session|client|"
    r"tattoo|article|"
    r"house|visit|class|lesson|patient|head|game|event|song|photo|unit|night|shift|mile|room|call|ride|delivery)\b",
    re.IGNORECASE,
)
PERIOD_WORD = re.compile("|".join(PERIODS.values()))
REACH = 30  # characters between a figure and a rate that belongs to it


@dataclass(frozen=True)
class Sum:
    """`text[start:end]` names it. `is_money`: a currency was said; `is_full`: nothing is left to be understood."""

    start: int
    end: int
    low: float | None
    high: float | None
    currency: str | None
    period: Period | None
    is_money: bool
    is_full: bool
    piecework: bool
    cents: tuple[float, float] | None


@dataclass(frozen=True)
class _Part:
    """One number with the currency said with it; `first`..`last` are token places."""

    number: Number
    first: int
    last: int
    currency: str | None
    is_money: bool


def sums(text: str) -> Iterator[Sum]:
    """Every figure of `text` that may be money, from left to right, not overlapping."""
    tokens = numbers.tokens_of(text)
    at = 0
    while at < len(tokens):
        decade = _decade(tokens, at)
        part = decade[0] if decade else _part(tokens, at)
        if part is None:
            at += 1
            continue
        found, at = _sum(text, tokens, *decade) if decade else _one(text, tokens, part)
        if found is not None:
            yield found


def _word(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].word if 0 <= at < len(tokens) else ""


def _part(tokens: Sequence[Token], at: int) -> _Part | None:
    written, used = currencies.before(tokens, at)
    number = numbers.read(tokens, at + used)
    return None if number is None else _priced(tokens, number, at, used, written)


def _priced(tokens: Sequence[Token], number: Number, at: int, used: int, written: str | None) -> _Part:
    """The number with the currency around it; `used`: tokens before the number that wrote one."""
    last = at + used + number.tokens
    said, more = currencies.after(tokens, last)
    scale = _word(tokens, last - 1)
    indian = "INR" if scale in currencies.LAKHS else None
    # "$70,000 Canadian": the nation is more than the sign.
    currency = said if written in {None, "USD"} and said else written or indian
    return _Part(number, at, last + more, currency, bool(currency or scale == "grand"))


def _decade(tokens: Sequence[Token], at: int) -> tuple[_Part, _Part] | None:
    """The range that "mid eighties" is; not an age ("my mid fifties") and not a time ("we met in the mid eighties")."""
    ends = numbers.decade(tokens, at)
    in_the = _word(tokens, at - 2) == "in" and _word(tokens, at - 1) == "the"
    leads = _word(tokens, at - 3)
    if ends is None or _word(tokens, at - 1) in OF_SOMEBODY:
        return None
    is_time = (leads.isalpha() and leads not in STANDS_IN) or _tells_on(tokens, at + ends[0].tokens)
    if in_the and is_time:
        return None
    low, high = (_priced(tokens, end, at, 0, None) for end in ends)
    return low, high


def _tells_on(tokens: Sequence[Token], at: int) -> bool:
    """Whether a clause begins here: "(in the mid eighties) we met", but not "I'd say"."""
    at += 1 if _word(tokens, at) == "," else 0
    is_aside = _word(tokens, at + 1) in {"'", "guess", "think", "suppose"}
    return _word(tokens, at) in {"i", "we", "you", "he", "she", "it", "they"} and not is_aside


def _one(text: str, tokens: Sequence[Token], part: _Part) -> tuple[Sum | None, int]:
    """The sum that begins with `part`, or None where it is no money, and the place to read on from."""
    last, other = part, _other_end(tokens, part)
    while (corrected := _corrected(tokens, other or last)) is not None:
        last, other = corrected, _other_end(tokens, corrected)
    currency = last.currency or part.currency
    told = replace(last, first=part.first, currency=currency, is_money=last.is_money or part.is_money)
    return _sum(text, tokens, told, other)


def _sum(text: str, tokens: Sequence[Token], part: _Part, other: _Part | None) -> tuple[Sum | None, int]:
    ends = [part, other] if other else [part]
    final = ends[-1]
    is_money = any(end.is_money for end in ends)
    if _is_count(text, tokens, final, is_money=is_money):
        return None, final.last
    low, high = _scaled(part.number, final.number)
    if not 0 < low <= high:
        return None, part.last
    start, end = tokens[part.first].start, tokens[final.last - 1].end
    cents = (part.number.cents, final.number.cents)
    bounds = (low, high) if other else _bounds(text, start, end, low)
    return Sum(
        start, end, *bounds,
        currency=final.currency if part.currency in {None, "USD"} and final.currency else part.currency,
        period=period_near(text, start, end),
        is_money=is_money,
        is_full=final.number.is_full,
        piecework=bool(PIECEWORK.match(text, end)),
        cents=(cents[0], cents[1]) if cents[0] and cents[1] else None,
    ), final.last  # fmt: skip


def _other_end(tokens: Sequence[Token], part: _Part) -> _Part | None:
    """The upper end of a range: "60 to 70", "between 60 and 70", "50, 60 grand", "fifty sixty thousand"."""
    at = _past_pauses(tokens, part.last)
    joint = _word(tokens, at)
    between = _word(tokens, part.first - 1) in {"between", "from"} or _word(tokens, part.first - 2) == "between"
    joins = joint in CONNECTORS or (between and joint in BETWEEN)
    if joint == "up" and _word(tokens, at + 1) == "to":
        at, joins = at + 1, True
    listed_by = _word(tokens, part.last)
    place = _past_pauses(tokens, at + 1) if joins else part.last + (1 if listed_by == "," else 0)
    other = _part(tokens, place)
    if other is None or not _rises(part.number, other.number):
        return None
    juxtaposed = other.number.value <= 2 * part.number.value * other.number.scale and not part.number.is_full
    listed = juxtaposed and (listed_by == "," or other.first == part.last) and _is_tens(other)
    return other if joins or listed else None


def _past_pauses(tokens: Sequence[Token], at: int) -> int:
    """The place of the first token from `at` on that says something."""
    while used := _pause(tokens, at):
        at += used
    return at


def _pause(tokens: Sequence[Token], at: int) -> int:
    """How many tokens at `at` say nothing: "uh", "you know"."""
    if _word(tokens, at) in PAUSES:
        return 1
    asides = (len(aside) for aside in ASIDES if tuple(t.word for t in tokens[at : at + len(aside)]) == aside)
    return next(asides, 0)


def _corrected(tokens: Sequence[Token], part: _Part) -> _Part | None:
    """What is said instead: "forty, no, forty-two thousand", "20 an hour, wait, no, 21"."""
    begin = part.last
    if _word(tokens, begin) in {"a", "an", "per"} and PERIOD_WORD.fullmatch(_word(tokens, begin + 1)):
        begin += 2
    at = begin
    while at < begin + LONGEST_REPAIR and _word(tokens, at) in REPAIRS and _part(tokens, at) is None:
        at += 1
    takes_back = any(_word(tokens, place) in TAKES_BACK for place in range(begin, at))
    return _part(tokens, at) if takes_back else None


def _is_tens(part: _Part) -> bool:
    return part.number.value % 5 == 0


def _rises(low: Number, high: Number) -> bool:
    a, b = _scaled(low, high)
    return a < b


def _scaled(low: Number, high: Number) -> tuple[float, float]:
    """Both ends; "60 to 70k" and "$60 to $70,000" understand the thousands of the first from the second."""
    if low.is_full or not high.is_full:
        return low.value, high.value
    scale = high.scale if high.scale > 1 else numbers.SMALLEST_FULL
    wide = low.value * scale
    return (wide, high.value) if wide <= high.value else (low.value, high.value)


def _is_count(text: str, tokens: Sequence[Token], part: _Part, *, is_money: bool) -> bool:
    upcoming = _word(tokens, part.last)
    if upcoming in PERCENT or COUNTED.match(text, tokens[part.last - 1].end):
        return True
    if is_money:
        return False
    if _word(tokens, part.last) in HYPHENS or _word(tokens, part.first - 1) in {"#", "number", "age", "/", ":", "."}:
        return True
    attached = part.last < len(tokens) and tokens[part.last].start == tokens[part.last - 1].end
    if attached and (upcoming[:1].isalpha() or upcoming in {"/", ":", "'", "\u2019", "°"}):
        return upcoming != "/" or RATE.match(text, tokens[part.last].start) is None
    return upcoming[:1].isalnum() and not upcoming[:1].isdigit() and upcoming not in MAY_FOLLOW


def _bounds(text: str, start: int, end: int, value: float) -> tuple[float | None, float | None]:
    before = text[max(0, start - 40) : start]
    if AT_LEAST.search(before) or OR_MORE.match(text, end):
        return value, None
    if AT_MOST.search(before) or OR_LESS.match(text, end):
        return None, value
    return value, value


def period_in(text: str) -> Period | None:
    """The first rate that `text` names."""
    found = [*ADVERBS.finditer(text), *RATE.finditer(text)]
    first = min(found, key=lambda m: m.start(), default=None)
    return _named(first) if first else None


def period_near(text: str, start: int, end: int) -> Period | None:
    """The rate said right after the figure, else the nearest "hourly" or "a year" around it."""
    after = text[end : end + REACH]
    rate = RATE.search(after)
    if rate and len(after[: rate.start()].split()) <= 2:  # noqa: PLR2004 - "k base a year": two words between
        return _named(rate)
    low = max(0, start - 2 * REACH)
    around = text[low : end + REACH]
    found = [*ADVERBS.finditer(around), *RATE.finditer(around)]
    nearest = min(found, key=lambda m: min(abs(m.start() + low - end), abs(start - m.end() - low)), default=None)
    return _named(nearest) if nearest else None


def _named(rate: re.Match[str]) -> Period | None:
    return next((period for period in get_args(Period) if rate[period]), None)
