"""Retention: recordings and transcripts are erased when the time is over that they were to be kept for.

Two clocks, each from when the thing came to be. What the installation says (`CANDID_KEEP_...`) and what was promised
for an interview hold side by side: the shorter counts. A hold stops both clocks; a withdrawal stops for nothing.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from app import erasures, locks, models
from app.db import WriteSession, now
from app.erasures import Kind
from app.settings import Settings

log = structlog.get_logger()

# What nobody is at work on, and nobody has withdrawn.
IDLE = ("planned", "ready", "failed", "canceled")


@dataclass(frozen=True)
class Due:
    """A part of an interview whose time is over."""

    interview_id: str
    kind: Kind


def days_kept(installation: int | None, promised: int | None) -> int | None:
    """For how many days something is kept; None: until somebody erases it."""
    known = [days for days in (installation, promised) if days is not None]
    return min(known) if known else None


def is_over(since: datetime, *, days: int | None, at: datetime) -> bool:
    return days is not None and at - since >= timedelta(days=days)


def columns(changes: Mapping[str, Any], *, by: str, at: datetime) -> dict[str, Any]:
    """Changes to an interview with its hold and its promises as the columns that they are kept in."""
    found = {name: value for name, value in changes.items() if name not in ("hold", "retention")}
    if "hold" in changes:
        hold = changes["hold"]
        found |= {"hold_reason": hold and hold["reason"], "hold_by": hold and by, "hold_at": at if hold else None}
    if "retention" in changes:
        promised = changes["retention"] or {}
        found["keep_recording_days"] = promised.get("recording_days")
        found["keep_transcript_days"] = promised.get("transcript_days")
    return found


def due(session: Session, settings: Settings, *, at: datetime, interview_id: str | None = None) -> list[Due]:
    """What is over, of all interviews or of one, unless it is held or being worked on; in order of interviews."""
    only = [models.Interview.id == interview_id] if interview_id else []
    free = [col(models.Interview.status).in_(IDLE), col(models.Interview.hold_at).is_(None), *only]
    parts = [*_due_recordings(session, settings, at, free), *_due_transcripts(session, settings, at, free)]
    return sorted(parts, key=lambda part: (part.interview_id, part.kind))


def _due_recordings(session: Session, settings: Settings, at: datetime, free: list[Any]) -> Iterator[Due]:
    interview, received_at = models.Interview, col(models.Recording.received_at)
    promised, days = col(interview.keep_recording_days), settings.keep_recordings_days
    query = (
        select(interview.id, received_at, promised)
        .join(models.Recording)
        .where(*free, col(interview.recording_erased_at).is_(None), _may_be_over(received_at, promised, days, at))
    )
    for interview_id, since, own in session.exec(query):
        if is_over(since, days=days_kept(days, own), at=at):
            yield Due(interview_id, Kind.RECORDING)


def _due_transcripts(session: Session, settings: Settings, at: datetime, free: list[Any]) -> Iterator[Due]:
    # From the oldest version on: an edit does not set the clock back.
    interview, made_at = models.Interview, func.min(models.Transcript.created_at)
    promised, days = col(interview.keep_transcript_days), settings.keep_transcripts_days
    query = (
        select(interview.id, made_at, promised)
        .join(models.Transcript)
        .where(*free, col(interview.transcript_erased_at).is_(None))
        .group_by(col(interview.id), promised)
        .having(_may_be_over(made_at, promised, days, at))
    )
    for interview_id, since, own in session.exec(query):
        if is_over(since, days=days_kept(days, own), at=at):
            yield Due(interview_id, Kind.TRANSCRIPT)


def _may_be_over(since: Any, promised: Any, days: int | None, at: datetime) -> Any:
    # Days in a column cannot be subtracted from an instant in the same words in every database.
    own = promised.is_not(None)
    return own if days is None else or_(since <= at - timedelta(days=days), own)


def begin(session: WriteSession, settings: Settings, part: Due, *, at: datetime) -> models.Erasure | None:
    """Refuses further reads of a part and erases its words; None when it was held, taken up or erased meanwhile."""
    # Locked first and then looked at again: a hold that was acknowledged holds.
    interview = locks.hold(session, models.Interview, part.interview_id)
    if interview is None or part not in due(session, settings, at=at, interview_id=interview.id):
        return None
    return erasures.begin_part(session, interview, part.kind)


def take(session: WriteSession, day: str, worker_id: str) -> models.RetentionRun | None:
    """The day's run, when this worker is to do it; None when it is done, or another worker that lives is at it."""
    run = next(iter(locks.held(session, select(models.RetentionRun).where(models.RetentionRun.day == day))), None)
    if run is None:
        run = models.RetentionRun(day=day, worker_id=worker_id)
        session.add(run)
        session.flush()
    if run.worker_id != worker_id and session.get(models.Worker, run.worker_id) is None:
        run.worker_id = worker_id
    return run if run.ended_at is None and run.worker_id == worker_id else None


def is_done(session: Session, day: str) -> bool:
    run = session.get(models.RetentionRun, day)
    return run is not None and run.ended_at is not None


def note(session: WriteSession, day: str, erased: Collection[Due], *, is_last: bool) -> None:
    """Counts what was erased; the last note ends the day's run."""
    run = session.get_one(models.RetentionRun, day)
    run.recordings += sum(part.kind is Kind.RECORDING for part in erased)
    run.transcripts += sum(part.kind is Kind.TRANSCRIPT for part in erased)
    if is_last:
        run.ended_at = now()
        log.info("retention done", count=run.recordings + run.transcripts)
