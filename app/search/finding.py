"""Finding: the rows whose words a query asks for, newest first, with what they stand for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import and_, text
from sqlmodel import Session, col, select

from app import cursors, models
from app.errors import CursorInvalid
from app.search.index import marks
from app.search.queries import Query
from app.search.snippets import Snippet, snippet

Kind = Literal["segment", "insight"]
SEARCH_INDEX = sa.table("search_index", sa.column("rowid", sa.Integer))


@dataclass(frozen=True)
class Filters:
    """Which rows; None: all."""

    kind: Kind | None = None
    interview_id: str | None = None


@dataclass(frozen=True)
class Hit:
    """A segment or an insight in which every word of a query stands. `id` is the row's, as a cursor has it."""

    id: str
    kind: Kind
    interview: models.Interview
    said: models.Segment | models.Insight
    snippet: Snippet


def page(
    session: Session, owner_id: str, query: Query, filters: Filters, *, limit: int, before: cursors.Position | None
) -> list[Hit]:
    """Up to `limit` hits, older than `before`. What was indexed last comes first, of one interview what was said first.

    Raises CursorInvalid.
    """
    if not query.terms:
        return []
    number, found = _matching(session, owner_id, query, filters)
    if before is not None:
        found = found.where(number < _number(before))
    ids = session.execute(found.order_by(number.desc()).limit(limit)).scalars().all()
    return [_hit(query, *row) for row in _shown(session, ids)]


def _number(before: cursors.Position) -> int:
    if not re.fullmatch("[0-9]{1,18}", before.id):
        raise CursorInvalid("This cursor is not one of ours.")
    return int(before.id)


def _matching(session: Session, owner_id: str, query: Query, filters: Filters) -> tuple[Any, Any]:
    """The number of a row, and the query for the numbers of the rows."""
    wanted = [*marks(owner_id, filters.kind, filters.interview_id)]
    for term in query.terms:
        wanted += term.words[:-1] if term.is_open else term.words
    begun = [term.words[-1] for term in query.terms if term.is_open]
    # The index knows which words a row has, and not in which order: a phrase is looked for in the rows that are left.
    phrases = [
        col(models.SearchEntry.words).contains(f" {' '.join(term.words)}{'' if term.is_open else ' '}", autoescape=True)
        for term in query.terms
        if len(term.words) > 1
    ]
    if session.get_bind().dialect.name == "sqlite":
        return _of_sqlite(wanted, begun, phrases)
    return col(models.SearchEntry.id), sa.select(col(models.SearchEntry.id)).where(
        _of_postgres(wanted, begun), *phrases
    )


def _of_sqlite(wanted: Sequence[str], begun: Sequence[str], phrases: Sequence[Any]) -> tuple[Any, Any]:
    words = [f'"{word}"' for word in dict.fromkeys(wanted)] + [f'"{word}"*' for word in begun]
    # By the index's own number it is read from its end and no further than the page: in the order that is wanted.
    number = SEARCH_INDEX.c.rowid
    found = sa.select(number).where(text("search_index match :words").bindparams(words=" AND ".join(words)))
    if phrases:
        found = found.join(models.SearchEntry, col(models.SearchEntry.id) == number).where(*phrases)
    return number, found


def _of_postgres(wanted: Sequence[str], begun: Sequence[str]) -> Any:
    words = [f"'{word}'" for word in dict.fromkeys(wanted)] + [f"'{word}':*" for word in begun]
    # Word for word as the migration has it: only then is the index used.
    indexed = "array_to_tsvector(string_to_array(btrim(search_entry.words), ' '))"
    return text(f"{indexed} @@ cast(:words as tsquery)").bindparams(words=" & ".join(words))


def _shown(session: Session, ids: Sequence[int | None]) -> Sequence[Any]:
    """(row, interview, segment or None, insight or None) of each, in the same order."""
    entry, interview, transcript = models.SearchEntry, models.Interview, models.Transcript
    current = and_(
        col(transcript.interview_id) == interview.id, col(transcript.version) == interview.transcript_version
    )
    segment = and_(
        col(models.Segment.transcript_id) == transcript.id, col(models.Segment.number) == entry.segment_number
    )
    query = (
        select(entry, interview, models.Segment, models.Insight)
        .join(interview, col(interview.id) == entry.interview_id)
        .join(transcript, current)
        .join(models.Segment, segment, isouter=True)
        .join(models.Insight, col(models.Insight.id) == entry.insight_id, isouter=True)
        .where(col(entry.id).in_(ids))
    )
    return session.exec(query.order_by(col(entry.id).desc())).all()


def _hit(
    query: Query,
    entry: models.SearchEntry,
    interview: models.Interview,
    segment: models.Segment | None,
    insight: models.Insight | None,
) -> Hit:
    if insight is not None:
        return Hit(str(entry.id), "insight", interview, insight, snippet(insight.quote, query))
    assert segment is not None  # noqa: S101  the index follows the current transcript
    return Hit(str(entry.id), "segment", interview, segment, snippet(segment.text, query))
