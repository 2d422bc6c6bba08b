"""Sums of money in speech: a number or a range, with its bounds, currency and period; not yet whether it is pay."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from app.extraction import numbers
from app.extraction.numbers import Number, Token
from app.extraction.values import Period

SYMBOLS = {"$": "USD", "£": "GBP", "€": "EUR", "¥": "JPY", "₹": "INR"}
CURRENCY_WORDS = {
    "dollar": "USD", "dollars": "USD", "buck": "USD", "bucks": "USD", "usd": "USD",
    "pound": "GBP", "pounds": "GBP", "quid": "GBP", "gbp": "GBP", "euro": "EUR", "euros": "EUR", "eur": "EUR",
    "yen": "JPY", "rupees": "INR", "cad": "CAD", "aud": "AUD", "francs": "CHF", "chf": "CHF",
}  # fmt: skip
NATIONS = {"us": None, "canadian": "CAD", "australian": "AUD", "american": "USD", "sterling": "GBP"}

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
    rf"(?:(?:^|{COUNT_BEFORE})(?:an?|per|each|every|the|by the) ?|/ ?)(?:single |whole |calendar )?(?:"
    + "|".join(f"(?P<{period}>{words})" for period, words in PERIODS.items())
    + r")\b",
    re.IGNORECASE,
)
ADVERBS = re.compile(
    r"\b(?:(?P<hour>hourly)|(?P<day>daily|day rate)|(?P<week>weekly)|(?P<month>monthly)"
    r"|(?P<year>annual(?:ly)?|yearly|p\.a\.))(?=\W|$)",
    re.IGNORECASE,
)
PIECEWORK = re.compile(
    r"[\s,]*(?:per|a|an|each|for each|for every|every) (?:job|piece|page|word|project|gig|show|session|client|"
    r"tattoo|article|"
    r"house|visit|class|lesson|patient|head|game|event|song|photo|unit|night|shift|mile|room|call|ride|delivery)\b",
    re.IGNORECASE,
)
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
        part = _part(tokens, at)
        if part is None:
            at += 1
            continue
        found, at = _one(text, tokens, part)
        if found is not None:
            yield found


def _word(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].word if 0 <= at < len(tokens) else ""


def _part(tokens: Sequence[Token], at: int) -> _Part | None:
    symbol = SYMBOLS.get(_word(tokens, at))
    number = numbers.read(tokens, at + 1 if symbol else at)
    if number is None:
        return None
    last = at + number.tokens + (1 if symbol else 0)
    nation = _word(tokens, last) if _word(tokens, last) in NATIONS else ""
    said = CURRENCY_WORDS.get(_word(tokens, last + 1 if nation else last))
    if said:
        last += 2 if nation else 1
    grand = _word(tokens, last - 1) == "grand"
    currency = (NATIONS.get(nation) or said) if said else symbol
    return _Part(number, at, last, currency, bool(symbol or said or grand))


def _one(text: str, tokens: Sequence[Token], part: _Part) -> tuple[Sum | None, int]:
    """The sum that begins with `part`, or None where it is no money, and the place to read on from."""
    other = _other_end(tokens, part)
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
        currency=part.currency or final.currency,
        period=period_near(text, start, end),
        is_money=is_money,
        is_full=final.number.is_full,
        piecework=bool(PIECEWORK.match(text, end)),
        cents=(cents[0], cents[1]) if cents[0] and cents[1] else None,
    ), final.last  # fmt: skip


def _other_end(tokens: Sequence[Token], part: _Part) -> _Part | None:
    """The upper end of a range: "60 to 70", "between 60 and 70", "50, 60 grand", "fifty sixty thousand"."""
    joint = _word(tokens, part.last)
    between = _word(tokens, part.first - 1) in {"between", "from"} or _word(tokens, part.first - 2) == "between"
    joins = joint in CONNECTORS or (between and joint in BETWEEN)
    skip = 1 if joins or joint == "," else 0
    if joint in {"up", "maybe"} and _word(tokens, part.last + 1) == "to":
        skip, joins = 2, True
    while joins and _word(tokens, part.last + skip) in {"maybe", "like", "about", "around", "say", "even"}:
        skip += 1
    other = _part(tokens, part.last + skip)
    if other is None or not _rises(part.number, other.number):
        return None
    juxtaposed = other.number.value <= 2 * part.number.value * other.number.scale and not part.number.is_full
    listed = juxtaposed and (joint == "," or other.first == part.last) and _is_tens(other)
    return other if joins or listed else None


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
