"""Finding: the rows whose words a query asks for, newest first, with what they stand for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import BigInteger, and_, exists, literal_column, text
from sqlmodel import Session, col, select

from app import cursors, models
from app.errors import CursorInvalid
from app.search.index import marks
from app.search.queries import Query, Term
from app.search.snippets import Snippet, snippet

Kind = Literal["segment", "insight"]
FEW = 500


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
    found, number = _matching(session, owner_id, query, filters)
    newest = None if before is None else _number(before)
    # SQLite's index is in the order that is asked for.
    ids = None if _is_sqlite(session) else _few(session, found)
    if ids is None:
        found = found if newest is None else found.where(number < newest)
        ids = session.exec(found.order_by(number.desc()).limit(limit)).all()
    else:
        ids = sorted((one for one in ids if newest is None or one < newest), reverse=True)[:limit]
    return [_hit(query, *row) for row in _shown(session, ids)]


def _few(session: Session, found: Any) -> Sequence[int] | None:
    """All that a query finds, in no order, if that is not much.

    Asked for the newest only, Postgres looks at one row after the other until the page is full: soon done for what
    stands everywhere, and never for what stands nowhere. What is rare it finds at once by its index.
    """
    if _is_sqlite(session):
        ids = session.exec(found.limit(FEW + 1)).all()
    else:
        # It thinks that the beginning of a word is frequent, and making a row's words anew cheap. `offset 0` keeps the
        # limit from it: with that, walking along any index would seem cheaper still.
        session.execute(text("set local enable_seqscan = off"))
        ids = session.exec(select(found.offset(0).subquery().c.id).limit(FEW + 1)).all()
        session.execute(text("set local enable_seqscan = on"))
    return ids if len(ids) <= FEW else None


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def is_said(session: Session, owner_id: str, query: Query) -> Any:
    """The condition on an interview of the owner that all words of a query stand in one segment of its transcript.

    What stands in few places is looked up; what stands everywhere is soon met by looking at one interview after the
    other. Either way alone takes seconds for the other's words.
    """
    found, _number = _matching(session, owner_id, query, Filters(kind="segment"))
    places = _few(session, found)
    entry = models.SearchEntry
    if places is not None:
        return col(models.Interview.id).in_(select(entry.interview_id).where(col(entry.id).in_(places)))
    words = [_stands(term) for term in query.terms]
    return exists().where(
        col(entry.interview_id) == models.Interview.id, col(entry.segment_number).is_not(None), *words
    )


def _stands(term: Term) -> Any:
    text_ = f" {' '.join(term.words)}{'' if term.is_open else ' '}"
    return col(models.SearchEntry.words).contains(text_, autoescape=True)


def _number(before: cursors.Position) -> int:
    if not re.fullmatch("[0-9]{1,18}", before.id):
        raise CursorInvalid("This cursor is not one of ours.")
    return int(before.id)


def _matching(session: Session, owner_id: str, query: Query, filters: Filters) -> tuple[Any, Any]:
    """What selects the ids of the rows, and by which column they are to be put in order."""
    entry = models.SearchEntry
    wanted = [*marks(owner_id, filters.kind, filters.interview_id)]
    for term in query.terms:
        wanted += term.words[:-1] if term.is_open else term.words
    begun = [term.words[-1] for term in query.terms if term.is_open]
    # The index knows which words a row has, and not in which order: a phrase is looked for in the rows that are left.
    phrases = [_stands(term) for term in query.terms if len(term.words) > 1]
    if _is_sqlite(session):
        return _of_sqlite(wanted, begun, phrases)
    return select(entry.id).where(_of_postgres(wanted, begun), *phrases), col(entry.id)


def _of_sqlite(wanted: Sequence[str], begun: Sequence[str], phrases: Sequence[Any]) -> tuple[Any, Any]:
    words = [f'"{word}"' for word in dict.fromkeys(wanted)] + [f'"{word}"*' for word in begun]
    match = text("search_index match :words").bindparams(words=" AND ".join(words))
    # In the index's own order, so that it ends at the last row of the page: in another's, all that match are read.
    number = literal_column("search_index.rowid", BigInteger())
    found = select(number).select_from(text("search_index")).where(match)
    if phrases:
        found = found.where(exists().where(col(models.SearchEntry.id) == number, *phrases))
    return found, number


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
