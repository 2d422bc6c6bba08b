"""The index: a row for each segment of a current transcript and for each insight that stands, and their words.

What changes words calls `follow_words`, `follow_insights` or `forget` in its own transaction: nobody finds what is
gone, or misses what is there. Rows that are right already stay as they are, so an edit costs what it changes.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Engine, delete, insert, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col, exists, select

from app import models
from app.db import WriteSession, reading, writing
from app.search.words import tokens

SEGMENT, INSIGHT = "segment", "insight"
# Postgres takes at most 1 MiB of words in a row. A segment of more is nobody's speech; it is found by its beginning.
MOST_BYTES = 500_000
# Pages of SQLite's index that one transaction merges: others write in between.
MERGE_PAGES = 200

Wanted = Mapping[str, str]


def follow_words(session: WriteSession, interview_id: str) -> None:
    """After another version of a transcript became current."""
    interview = session.get_one(models.Interview, interview_id)
    _put(session, interview, SEGMENT, _segments(session, interview))


def follow_insights(session: WriteSession, interview_id: str) -> None:
    """After an insight was found, judged, moved, went stale or was deleted."""
    interview = session.get_one(models.Interview, interview_id)
    _put(session, interview, INSIGHT, _insights(session, interview))


def forget(session: WriteSession, interview_id: str) -> int:
    """Takes all of an interview's rows out; returns how many there were."""
    gone = delete(models.SearchEntry).where(col(models.SearchEntry.interview_id) == interview_id)
    return int(session.execute(gone).rowcount)  # type: ignore[attr-defined]


def _segments(session: Session, interview: models.Interview) -> Wanted:
    query = (
        select(models.Segment.number, models.Segment.text)
        .join(models.Transcript, col(models.Transcript.id) == models.Segment.transcript_id)
        .where(
            models.Transcript.interview_id == interview.id,
            models.Transcript.version == interview.transcript_version,
        )
        .order_by(col(models.Segment.number))
    )
    return {str(number): said for number, said in session.exec(query)} if interview.status != "withdrawn" else {}


def _insights(session: Session, interview: models.Interview) -> Wanted:
    query = (
        select(models.Insight.id, models.Insight.quote)
        .where(
            models.Insight.interview_id == interview.id,
            models.Insight.state != "rejected",
            col(models.Insight.stale).is_(False),
        )
        .order_by(col(models.Insight.start_ms), col(models.Insight.id))
    )
    return dict(session.exec(query).all()) if interview.status != "withdrawn" else {}


def _put(session: WriteSession, interview: models.Interview, kind: str, said: Wanted) -> None:
    """Brings the rows of one kind to what was said, by reference: a segment's number or an insight's id."""
    wanted = {reference: indexed(interview, kind, text_) for reference, text_ in said.items()}
    known = _known(session, interview.id, kind)
    old = [known[reference][0] for reference in known if wanted.get(reference) != known[reference][1]]
    if old:
        session.execute(delete(models.SearchEntry).where(col(models.SearchEntry.id).in_(old)))
    # From the last to the first: the newest row is found first, and of one interview what was said first.
    new = [ref for ref in reversed(list(wanted)) if ref not in known or known[ref][1] != wanted[ref]]
    rows = [_row(interview, kind, reference, wanted[reference]) for reference in new]
    if rows:
        session.execute(insert(models.SearchEntry), rows)


def _row(interview: models.Interview, kind: str, reference: str, words: str) -> dict[str, Any]:
    return {
        "owner_id": interview.owner_id,
        "interview_id": interview.id,
        "segment_number": int(reference) if kind == SEGMENT else None,
        "insight_id": reference if kind == INSIGHT else None,
        "words": words,
    }


def _known(session: Session, interview_id: str, kind: str) -> dict[str, tuple[int, str]]:
    """Reference -> the row's id and words."""
    entry = models.SearchEntry
    reference = entry.segment_number if kind == SEGMENT else entry.insight_id
    query = select(reference, entry.id, entry.words).where(entry.interview_id == interview_id)
    return {str(ref): (int(number or 0), words) for ref, number, words in session.exec(query) if ref is not None}


def indexed(interview: models.Interview, kind: str, said: str) -> str:
    """A row's words: what it is and whose, which no spoken word can be for its `_`, then what is said.

    Each stands between blanks, so that a phrase is a part of the text.
    """
    words = [*marks(interview.owner_id, kind, interview.id), *(token.folded for token in tokens(said))]
    return f" {' '.join(words)} ".encode()[:MOST_BYTES].decode(errors="ignore")


def marks(owner_id: str, kind: str | None, interview_id: str | None) -> Iterator[str]:
    yield owner_id
    if kind is not None:
        yield f"kind_{kind}"
    if interview_id is not None:
        yield interview_id


def catch_up(engine: Engine) -> int:
    """Indexes interviews that have words and no row, as after an upgrade; returns how many."""
    entry, interview = models.SearchEntry, models.Interview
    absent = ~exists().where(col(entry.interview_id) == interview.id)
    with reading(engine) as session:
        query = select(interview.id).where(col(interview.transcript_version) > 0, absent)
        found = session.exec(query).all()
    for interview_id in found:
        with writing(engine) as session:
            follow_words(session, interview_id)
            follow_insights(session, interview_id)
    return len(found)


def check(engine: Engine) -> list[str]:
    """What is wrong with the index, in sentences; nothing, if it says what the transcripts and insights say."""
    with reading(engine) as session:
        interviews = session.exec(select(models.Interview)).all()
        faults = [fault for interview in interviews for fault in _faults(session, interview)]
    return faults + _faults_of_sqlite(engine)


def _faults(session: Session, interview: models.Interview) -> Iterator[str]:
    for kind, said in ((SEGMENT, _segments(session, interview)), (INSIGHT, _insights(session, interview))):
        wanted = {reference: indexed(interview, kind, text_) for reference, text_ in said.items()}
        known = {reference: words for reference, (_id, words) in _known(session, interview.id, kind).items()}
        for reference in wanted.keys() | known.keys():
            if wanted.get(reference) != known.get(reference):
                yield f"{interview.id}: {kind} {reference} is not indexed as it is"


def _faults_of_sqlite(engine: Engine) -> list[str]:
    if engine.dialect.name != "sqlite":
        return []
    try:
        with writing(engine) as session:
            session.execute(text("insert into search_index(search_index, rank) values ('integrity-check', 1)"))
    except DatabaseError as error:
        return [f"SQLite's index: {error.orig}"]
    return []


def purge(engine: Engine) -> None:
    """Drops the words of rows that are gone from SQLite's index, where they stay in old parts until those are merged.

    Postgres' goes with its next vacuum.
    """
    if engine.dialect.name != "sqlite":
        return
    pages, changed = -MERGE_PAGES, 2
    # Below two nothing was merged: the command itself is one change.
    while changed >= 2:  # noqa: PLR2004
        with writing(engine) as session:
            before = session.execute(text("select total_changes()")).scalar_one()
            session.execute(
                text("insert into search_index(search_index, rank) values ('merge', :pages)"), {"pages": pages}
            )
            changed = session.execute(text("select total_changes()")).scalar_one() - before
        pages = MERGE_PAGES
