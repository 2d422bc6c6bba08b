"""Pay of several interviews: every figure brought to a year by stated assumptions, and only like held against like."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Any, Literal

from app.comparison.values import Quote, Side, Statement, best_of_each
from app.extraction.values import Category, PayKind, Period

MONTHS_PER_YEAR = 12
# A speaker's own rate and the span named for the occupation say the same thing: what the job pays. First pay, pay
# with everything in it, bonus and equity are other things, each held only against its own.
Measure = Literal["regular", "starting", "total", "bonus", "equity"]
MEASURES: Mapping[PayKind, Measure] = {
    "base": "regular",
    "range": "regular",
    "starting": "starting",
    "total": "total",
    "bonus": "bonus",
    "equity": "equity",
}
WORDS: Mapping[str, str] = {
    "regular": "regular pay",
    "starting": "starting pay",
    "total": "total pay",
    "bonus": "bonus",
    "equity": "equity",
}
NEAR = 1.1  # figures within a tenth of each other are the same figure in two mouths
FAR = 1.5  # the higher is half as much again: no rounding, no raise of a year explains it
WIDE = 2.0  # "from thirty to a hundred thousand" agrees with everybody and says nothing


@dataclass(frozen=True)
class Assumptions:
    """What a year of work is taken to be. Months are twelve."""

    hours_per_week: float = 40
    days_per_week: float = 5
    weeks_per_year: float = 52
    months_per_year: int = MONTHS_PER_YEAR

    def times_a_year(self, period: Period) -> float:
        return {
            "hour": self.hours_per_week * self.weeks_per_year,
            "day": self.days_per_week * self.weeks_per_year,
            "week": self.weeks_per_year,
            "month": float(self.months_per_year),
            "year": 1.0,
        }[period]


@dataclass(frozen=True)
class Figure:
    """One figure as it was said (`value`), and a year of it; None there: an open end, or not normalised.

    `left_out` says why it is in no range and no median: `no-period`, `no-currency`.
    """

    quote: Quote
    value: Mapping[str, Any]
    measure: Measure
    currency: str | None
    yearly_min: float | None
    yearly_max: float | None
    left_out: Literal["no-period", "no-currency"] | None

    @property
    def ends(self) -> list[float]:
        return [end for end in (self.yearly_min, self.yearly_max) if end is not None]

    @property
    def is_closed(self) -> bool:
        return self.yearly_min is not None and self.yearly_max is not None


@dataclass(frozen=True)
class Summary:
    """Like figures of one currency together. `median` is of midpoints; None: no figure has both ends.

    A figure that one interview says twice counts once. An open end moves `low` or `high` only by the end it has.
    """

    currency: str
    measure: Measure
    low: float
    high: float
    is_open_below: bool
    is_open_above: bool
    median: float | None
    figures: int
    interviews: int
    insight_ids: tuple[str, ...]


@dataclass(frozen=True)
class Pay:
    assumptions: Assumptions
    figures: tuple[Figure, ...]
    summaries: tuple[Summary, ...]


def compare(quotes: Iterable[Quote], assumptions: Assumptions) -> Pay:
    """Every figure of pay among the quotes, in their order, and a summary per currency and measure."""
    figures = tuple(
        figure_of(quote, value, assumptions)
        for quote in quotes
        if Category.COMPENSATION in quote.categories
        for value in quote.values
    )
    return Pay(assumptions, figures, tuple(_summary(like) for like in alike(figures)))


def figure_of(quote: Quote, value: Mapping[str, Any], assumptions: Assumptions) -> Figure:
    period, currency = value["period"], value["currency"]
    times = None if period is None else assumptions.times_a_year(period)
    low, high = (_yearly(value[name], times) for name in ("amount_min", "amount_max"))
    left_out: Any = "no-period" if period is None else "no-currency" if currency is None else None
    return Figure(quote, value, MEASURES[value["kind"]], currency, low, high, left_out)


def _yearly(amount: float | None, times: float | None) -> float | None:
    return None if amount is None or times is None else round(amount * times, 2)


def alike(figures: Iterable[Figure]) -> Iterator[list[Figure]]:
    """The figures that may be held against each other, group by group: one currency, one measure."""
    comparable = [figure for figure in figures if figure.left_out is None and figure.ends]
    order = list(WORDS)

    def key(figure: Figure) -> tuple[str, int]:
        return figure.currency or "", order.index(figure.measure)

    for _, like in groupby(sorted(comparable, key=key), key=key):
        yield list(like)


def _summary(like: Sequence[Figure]) -> Summary:
    said_once = {(one.quote.interview_id, one.yearly_min, one.yearly_max): one for one in reversed(like)}
    figures = list(reversed(said_once.values()))
    ends = [end for one in figures for end in one.ends]
    midpoints = [sum(one.ends) / len(one.ends) for one in figures if one.is_closed]
    return Summary(
        currency=like[0].currency or "",
        measure=like[0].measure,
        low=min(ends),
        high=max(ends),
        is_open_below=any(one.yearly_min is None for one in figures),
        is_open_above=any(one.yearly_max is None for one in figures),
        median=round(median(midpoints), 2) if midpoints else None,
        figures=len(figures),
        interviews=len({one.quote.interview_id for one in figures}),
        insight_ids=tuple(dict.fromkeys(one.quote.insight_id for one in like)),
    )


def agreements(pay: Pay) -> list[Statement]:
    """Per currency and measure the figures of most interviews that say the same, give or take a tenth."""
    found = []
    for like in alike(pay.figures):
        together = _together([one for one in like if _is_sharp(one)])
        if together is not None:
            found.append(_agreement(together))
    return found


def contradictions(pay: Pay) -> list[Statement]:
    """Per currency and measure the two interviews that are furthest apart, if far enough to need explaining."""
    pairs = (_furthest([one for one in like if _is_sharp(one)]) for like in alike(pay.figures))
    return [_contradiction(*pair) for pair in pairs if pair is not None]


def _is_sharp(figure: Figure) -> bool:
    low, high = figure.yearly_min, figure.yearly_max
    return low is not None and high is not None and 0 < low <= high <= low * WIDE


def _together(figures: Sequence[Figure]) -> list[Figure] | None:
    """The largest set that all meet in one point, by interviews; None: no two interviews meet."""
    best: list[Figure] = []
    for one in figures:
        meeting = [other for other in figures if _low(other) <= _low(one) * NEAR and _low(one) <= _high(other) * NEAR]
        if _interviews(meeting) > _interviews(best):
            best = meeting
    return best if _interviews(best) > 1 else None


def _furthest(figures: Sequence[Figure]) -> tuple[Figure, Figure] | None:
    """(lower, higher) of two interviews whose own figures, all of them, lie on two sides of a wide gap."""
    spans: dict[str, tuple[Figure, Figure]] = {}
    for figure in figures:
        lowest, highest = spans.get(figure.quote.interview_id, (figure, figure))
        spans[figure.quote.interview_id] = min(lowest, figure, key=_low), max(highest, figure, key=_high)
    if len(spans) < 2:  # noqa: PLR2004 - it takes two to differ
        return None
    lower, higher = min(spans.values(), key=lambda s: _high(s[1]))[1], max(spans.values(), key=lambda s: _low(s[0]))[0]
    return (lower, higher) if _low(higher) >= _high(lower) * FAR else None


def _low(figure: Figure) -> float:
    return figure.yearly_min or 0.0


def _high(figure: Figure) -> float:
    return figure.yearly_max or 0.0


def _interviews(figures: Iterable[Figure]) -> int:
    return len({figure.quote.interview_id for figure in figures})


def _agreement(together: Sequence[Figure]) -> Statement:
    low, high = min(map(_low, together)), max(map(_high, together))
    says = _amount(low, high, together[0].currency)
    sentence = f"{_interviews(together)} interviews name about the same {WORDS[together[0].measure]}: {says}."
    quotes = best_of_each([figure.quote for figure in together])
    return Statement(f"pay:{together[0].measure}", "pay", sentence, (Side(says, quotes),))


def _contradiction(lower: Figure, higher: Figure) -> Statement:
    sides = tuple(Side(_amount(_low(one), _high(one), one.currency), (one.quote,)) for one in (lower, higher))
    sentence = f"The {WORDS[lower.measure]} that is named differs: {sides[0].says} and {sides[1].says}."
    return Statement(f"pay:{lower.measure}", "pay", sentence, sides)


def _amount(low: float, high: float, currency: str | None) -> str:
    span = f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"
    return f"{span} {currency} a year"
