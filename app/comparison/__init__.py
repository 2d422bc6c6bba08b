"""Comparison: several interviews side by side. Nothing is counted, averaged or claimed without the quotes it rests on.

`values` says what it is made of; `pay` brings figures to a year; `opinions` finds what is said alike and otherwise,
by the words in `themes`. This room asks the database, with three queries however many interviews there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlmodel import Session, col, select

from app import models
from app.comparison import opinions, pay
from app.comparison.pay import Assumptions, Pay
from app.comparison.values import Quote, Statement
from app.db import mentions
from app.errors import NotFound
from app.extraction.values import Category
from app.interviews import withdrawn

MOST = 50
NEWEST = 20
QUOTES_PER_CELL = 3

__all__ = ["MOST", "NEWEST", "QUOTES_PER_CELL", "Assumptions", "Comparison", "Wanted", "compare"]


@dataclass(frozen=True)
class Wanted:
    """Which interviews, and what of them. Without ids the newest that have words.

    `role` and `employer` narrow the interviews, `category` the quotes. `stale` lets in quotes that are no longer in
    the transcript.
    """

    interview_ids: Sequence[str] = ()
    role: str | None = None
    employer: str | None = None
    category: Category | None = None
    stale: bool = False
    quotes_per_cell: int = QUOTES_PER_CELL
    assumptions: Assumptions = field(default_factory=Assumptions)


@dataclass(frozen=True)
class Compared:
    """One interview of a comparison. `missing`: what nothing was said about; None: that is not known yet."""

    id: str
    title: str
    interviewee: str | None
    role: str | None
    employer: str | None
    status: str
    missing: tuple[Category, ...] | None


@dataclass(frozen=True)
class Cell:
    """What one interview says about a category: how many quotes there are, and the best of them."""

    interview_id: str
    count: int
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class Row:
    """One category across the interviews. `nothing_from`: those that were searched, and say nothing about this."""

    category: Category
    count: int
    cells: tuple[Cell, ...]
    nothing_from: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """`chosen_by`: `ids`, or `newest`; then `has_more` says that older ones match too."""

    chosen_by: str
    has_more: bool
    interviews: tuple[Compared, ...]
    categories: tuple[Row, ...]
    pay: Pay
    agreements: tuple[Statement, ...]
    contradictions: tuple[Statement, ...]


def compare(session: Session, owner_id: str, wanted: Wanted) -> Comparison:
    """Raises NotFound and ConsentWithdrawn for an interview that is named; others of that kind are left out."""
    interviews = _interviews(session, owner_id, wanted)
    shown = interviews if wanted.interview_ids else interviews[:NEWEST]
    quotes = _quotes(session, [one.id for one in shown], wanted)
    searched = _searched(shown, quotes)
    rows = tuple(_row(category, shown, quotes, wanted, searched=searched) for category in _asked_for(wanted))
    money, said = pay.compare(quotes, wanted.assumptions), opinions.subjects(quotes)
    return Comparison(
        chosen_by="ids" if wanted.interview_ids else "newest",
        has_more=len(interviews) > len(shown),
        interviews=tuple(_compared(one, rows, is_searched=one.id in searched) for one in shown),
        categories=rows,
        pay=money,
        agreements=(*pay.agreements(money), *opinions.agreements(said)),
        contradictions=(*pay.contradictions(money), *opinions.contradictions(said)),
    )


def _asked_for(wanted: Wanted) -> Iterable[Category]:
    return Category if wanted.category is None else (wanted.category,)


def _interviews(session: Session, owner_id: str, wanted: Wanted) -> list[models.Interview]:
    """Those named, in that order; or the newest, one more than are shown."""
    fitting = [models.Interview.owner_id == owner_id, *_narrowing(wanted)]
    if wanted.interview_ids:
        named = _named(session, owner_id, wanted.interview_ids)
        ids = [one.id for one in named]
        kept = set(session.exec(select(models.Interview.id).where(col(models.Interview.id).in_(ids), *fitting)))
        return [one for one in named if one.id in kept]
    by_age = select(models.Interview).where(
        *fitting,
        col(models.Interview.deleted_at).is_(None),
        models.Interview.status != "withdrawn",
        col(models.Interview.transcript_version) > 0,
    )
    return list(session.exec(by_age.order_by(col(models.Interview.id).desc()).limit(NEWEST + 1)))


def _named(session: Session, owner_id: str, interview_ids: Sequence[str]) -> list[models.Interview]:
    ids = list(dict.fromkeys(interview_ids))
    own = select(models.Interview).where(
        models.Interview.owner_id == owner_id,
        col(models.Interview.deleted_at).is_(None),
        col(models.Interview.id).in_(ids),
    )
    found = {one.id: one for one in session.exec(own)}
    for interview_id in ids:
        if interview_id not in found:
            raise NotFound(f"There is no interview with the id {interview_id}.")
        if found[interview_id].status == "withdrawn":
            raise withdrawn()
    return [found[interview_id] for interview_id in ids]


def _narrowing(wanted: Wanted) -> list[Any]:
    asked = ((models.Interview.role, wanted.role), (models.Interview.employer, wanted.employer))
    return [mentions(column, text) for column, text in asked if text is not None]


def _quotes(session: Session, interview_ids: Sequence[str], wanted: Wanted) -> list[Quote]:
    """What may be shown, in the order of the interviews and of what was said."""
    query = (
        select(models.Insight, models.InsightCategory.category)
        .join(models.InsightCategory, col(models.InsightCategory.insight_id) == models.Insight.id)
        .where(col(models.Insight.interview_id).in_(interview_ids), models.Insight.state != "rejected")
        .order_by(col(models.Insight.start_ms), col(models.Insight.id), col(models.InsightCategory.rank))
    )
    if not wanted.stale:
        query = query.where(col(models.Insight.stale).is_(False))
    order = {interview_id: place for place, interview_id in enumerate(interview_ids)}
    quotes = (_quote(group) for _, group in groupby(session.exec(query), key=lambda row: row[0].id))
    kept = (quote for quote in quotes if wanted.category is None or wanted.category in quote.categories)
    return sorted(kept, key=lambda quote: order[quote.interview_id])


def _quote(rows: Iterable[tuple[models.Insight, str]]) -> Quote:
    pairs = list(rows)
    insight = pairs[0][0]
    return Quote(
        insight_id=insight.id,
        interview_id=insight.interview_id,
        quote=insight.quote,
        speaker=insight.speaker,
        start_ms=insight.start_ms,
        end_ms=insight.end_ms,
        categories=tuple(category for _, category in pairs),
        values=tuple(insight.values),
        confidence=insight.confidence,
        state=insight.state,
        stale=insight.stale,
    )


def _searched(interviews: Iterable[models.Interview], quotes: Iterable[Quote]) -> set[str]:
    """Ids of those whose silence says something. One that was just brought in has words that nobody has searched."""
    speaking = {quote.interview_id for quote in quotes}
    return {
        one.id for one in interviews if one.transcript_version > 0 and (one.status == "ready" or one.id in speaking)
    }


def _row(
    category: Category,
    interviews: Sequence[models.Interview],
    quotes: Sequence[Quote],
    wanted: Wanted,
    *,
    searched: set[str],
) -> Row:
    by_interview: Mapping[str, list[Quote]] = {one.id: [] for one in interviews}
    for quote in quotes:
        if category in quote.categories:
            by_interview[quote.interview_id].append(quote)
    cells = tuple(
        Cell(interview_id, len(said), tuple(sorted(said, key=Quote.worth)[: wanted.quotes_per_cell]))
        for interview_id, said in by_interview.items()
    )
    silent = tuple(one.id for one in interviews if one.id in searched and not by_interview[one.id])
    return Row(category, sum(cell.count for cell in cells), cells, silent)


def _compared(interview: models.Interview, rows: Sequence[Row], *, is_searched: bool) -> Compared:
    missing = tuple(row.category for row in rows if interview.id in row.nothing_from)
    return Compared(
        id=interview.id,
        title=interview.title,
        interviewee=interview.interviewee,
        role=interview.role,
        employer=interview.employer,
        status=interview.status,
        missing=missing if is_searched else None,
    )
