"""Insights: found by extraction, with evidence; confirmed, corrected or rejected by people, whose word stays."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from app import cursors, models, transcripts
from app.db import WriteSession, now
from app.errors import CursorInvalid, InsightStale, NotFound, PassingFailure, VersionMismatch
from app.extraction import RULES, Finding, Judge, extract
from app.extraction.turns import SpokenTurn, locate, turns_of
from app.transcripts.values import Transcript

# People have spoken about these; a re-run leaves them as they are.
TOUCHED = ("confirmed", "corrected", "rejected")


@dataclass(frozen=True)
class Found:
    """What extraction found in one version of a transcript, with the turns that its evidence is looked up in."""

    version: int
    turns: Sequence[SpokenTurn]
    findings: Sequence[Finding]


def find_in(version: int, transcript: Transcript, *, judge: Judge = RULES) -> Found:
    """Pure, and seconds long for a long interview: call it where no transaction is open."""
    turns = turns_of(transcript)
    return Found(version, turns, extract(turns, judge=judge))


def keep(session: WriteSession, *, interview_id: str, found: Found) -> int:
    """Replaces what nobody has touched; returns how many are new.

    A finding that says again what a person has already judged (same quote) is not kept a second time. Raises
    PassingFailure when the transcript has a newer version than the one that was read.
    """
    interview = session.get_one(models.Interview, interview_id)
    if interview.transcript_version != found.version:
        raise PassingFailure("The transcript was changed while it was being read.")
    judged = _settle_old(session, interview_id, found)
    new = [finding for finding in found.findings if finding.quote not in judged]
    for finding in new:
        _keep(session, interview, finding, found.turns[finding.turn_index])
    return len(new)


def extract_and_keep(session: WriteSession, *, interview_id: str) -> int:
    """Both in one transaction, for short transcripts."""
    found = find_in(*transcripts.current(session, interview_id))
    return keep(session, interview_id=interview_id, found=found)


def _settle_old(session: WriteSession, interview_id: str, found: Found) -> set[str]:
    """Removes untouched insights, marks touched ones whose quote is gone as stale; returns the touched quotes."""
    judged = set()
    for insight in session.exec(select(models.Insight).where(models.Insight.interview_id == interview_id)):
        if insight.state not in TOUCHED:
            session.delete(insight)
            continue
        judged.add(insight.quote)
        _check_against(session, insight, found.version, found.turns)
    session.flush()
    return judged


def _check_against(session: WriteSession, insight: models.Insight, version: int, spoken: Sequence[SpokenTurn]) -> None:
    """Whoever holds the ETag of an insight that was moved or went stale learns of it; of nothing new, nobody does."""
    _place(insight, version, spoken)
    if session.is_modified(insight):
        insight.version += 1
        insight.updated_at = now()


def _place(insight: models.Insight, version: int, spoken: Sequence[SpokenTurn]) -> None:
    """Moves an insight to its quote's place in this version, or marks it stale."""
    for turn in spoken:
        start = turn.text.find(insight.quote)
        if start >= 0:
            evidence = locate(turn, start, start + len(insight.quote))
            insight.transcript_version, insight.stale = version, False
            insight.speaker, insight.segment_ids = evidence.speaker, list(evidence.segment_ids)
            insight.start_ms, insight.end_ms = evidence.start_ms, evidence.end_ms
            return
    insight.stale = True


def _keep(session: WriteSession, interview: models.Interview, finding: Finding, turn: SpokenTurn) -> None:
    evidence = locate(turn, finding.start, finding.end)
    insight = models.Insight(
        owner_id=interview.owner_id,
        interview_id=interview.id,
        transcript_version=interview.transcript_version,
        quote=finding.quote,
        speaker=evidence.speaker,
        start_ms=evidence.start_ms,
        end_ms=evidence.end_ms,
        segment_ids=list(evidence.segment_ids),
        value=finding.value.model_dump(mode="json") if finding.value else None,
        confidence=finding.confidence,
        method=finding.method,
        because=finding.because.split(),
    )
    session.add(insight)
    session.flush()
    _set_categories(session, insight.id, list(finding.categories))


def _set_categories(session: WriteSession, insight_id: str, categories: Sequence[str]) -> None:
    for old in session.exec(select(models.InsightCategory).where(models.InsightCategory.insight_id == insight_id)):
        session.delete(old)
    session.flush()
    for rank, category in enumerate(dict.fromkeys(categories)):
        session.add(models.InsightCategory(insight_id=insight_id, category=category, rank=rank))


def mark_stale(session: WriteSession, interview_id: str) -> None:
    """After a new transcript version: every insight is checked against its words, none is served as true unseen."""
    known = session.exec(select(models.Insight).where(models.Insight.interview_id == interview_id)).all()
    if not known:
        # The first transcript of an interview: reading it back would hold the write lock for nothing.
        return
    version, transcript = transcripts.current(session, interview_id)
    spoken = turns_of(transcript)
    for insight in known:
        _check_against(session, insight, version, spoken)


def find(session: Session, owner_id: str, insight_id: str) -> models.Insight:
    insight = session.get(models.Insight, insight_id)
    if insight is None or insight.owner_id != owner_id:
        raise NotFound("There is no insight with this id.")
    return insight


def categories_of(session: Session, insights: Sequence[models.Insight]) -> dict[str, list[str]]:
    """Insight id -> its categories, the main one first."""
    rows = session.exec(
        select(models.InsightCategory)
        .where(col(models.InsightCategory.insight_id).in_([insight.id for insight in insights]))
        .order_by(col(models.InsightCategory.rank))
    )
    found: dict[str, list[str]] = {insight.id: [] for insight in insights}
    for row in rows:
        found[row.insight_id].append(row.category)
    return found


@dataclass(frozen=True)
class Filters:
    interview_id: str | None = None
    category: str | None = None
    state: str | None = None


def page(
    session: Session, owner_id: str, filters: Filters, *, limit: int, cursor: cursors.Position | None
) -> list[models.Insight]:
    """Up to `limit` insights after `cursor`: of one interview in the order they were said, of all newest first."""
    query: Any = select(models.Insight).where(models.Insight.owner_id == owner_id)
    if filters.interview_id:
        query = query.where(models.Insight.interview_id == filters.interview_id)
    if filters.state:
        query = query.where(models.Insight.state == filters.state)
    if filters.category:
        with_it = select(models.InsightCategory.insight_id).where(models.InsightCategory.category == filters.category)
        query = query.where(col(models.Insight.id).in_(with_it))
    return list(session.exec(_in_order(query, cursor, spoken=filters.interview_id is not None).limit(limit)))


def _in_order(query: Any, cursor: cursors.Position | None, *, spoken: bool) -> Any:
    by_id, start = col(models.Insight.id), col(models.Insight.start_ms)
    if not spoken:
        return (query if cursor is None else query.where(by_id < cursor.id)).order_by(by_id.desc())
    if cursor is not None:
        at = _ms(cursor)
        query = query.where(or_(start > at, and_(start == at, by_id > cursor.id)))
    return query.order_by(start, by_id)


def _ms(cursor: cursors.Position) -> int:
    if not re.fullmatch("[0-9]{1,15}", cursor.value):
        raise CursorInvalid("This cursor is not one of ours.")
    return int(cursor.value)


def review(
    session: WriteSession, owner_id: str, insight_id: str, changes: Mapping[str, Any], *, if_match: str | None
) -> models.Insight:
    """A person's word on an insight: state, categories, value, note. Raises VersionMismatch, InsightStale."""
    insight = find(session, owner_id, insight_id)
    if if_match is not None and not {"*", etag(insight)} & {tag.strip() for tag in if_match.split(",")}:
        raise VersionMismatch("Somebody changed this insight since you read it. Read it again.")
    changes = dict(changes)
    categories = changes.pop("categories", None)
    if insight.stale and changes.get("state") == "confirmed":
        raise InsightStale("Its quote is no longer in the transcript, so it cannot be confirmed.")
    if "state" not in changes and (categories is not None or "value" in changes):
        changes["state"] = "corrected"
    for name, value in changes.items():
        setattr(insight, name, value)
    if categories is not None:
        _set_categories(session, insight.id, categories)
    insight.version += 1
    insight.updated_at = now()
    return insight


def etag(insight: models.Insight) -> str:
    return f'"{insight.version}"'
