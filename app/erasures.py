"""Erasing an interview: the words in the transaction that asks for it, the sound after, a certificate at the end."""

import shutil
import time
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine, delete, func
from sqlmodel import Session, col, select

from app import contacts, jobs, locks, models, recordings, search
from app.db import BUSY_TIMEOUT_MS, WriteSession, now, reading, writing
from app.errors import NotFound
from app.keys import Caller
from app.recordings import Recordings

log = structlog.get_logger()

# Together a few seconds: who waits here also has dead workers to look after, and an erasure can be finished later.
CHECKPOINT_TRIES, CHECKPOINT_PAUSE_S, READER_PATIENCE_MS = 10, 0.1, 200


def begin(session: WriteSession, caller: Caller, *, interview_id: str, consent_id: str | None) -> models.Erasure:
    """Marks the interview withdrawn, stops its work and erases its words."""
    interview = session.get_one(models.Interview, interview_id)
    interview.status = "withdrawn"
    interview.transcript_version = 0
    # The words to listen for are names of people and places; so are those of the jobs, below.
    interview.vocabulary = []
    interview.version += 1
    interview.updated_at = now()
    # Counted before the jobs are canceled: a job that ends takes what was heard with it.
    erased = _erase_words(session, interview_id)
    for job in _jobs(session, interview_id, *jobs.ACTIVE):
        jobs.cancel(session, interview.owner_id, job.id)
    for job in _jobs(session, interview_id, *jobs.ACTIVE, *jobs.ENDED):
        # To whom words were sent stays known: what is there, no erasure of ours reaches.
        job.options = {name: job.options[name] for name in job.options if name == "llm"}
    erasure = models.Erasure(
        owner_id=interview.owner_id,
        interview_id=interview_id,
        consent_id=consent_id,
        requested_by=caller.key_id,
        erased=erased,
    )
    session.add(erasure)
    session.flush()
    return erasure


def _jobs(session: Session, interview_id: str, *statuses: str) -> list[models.Job]:
    query = select(models.Job).where(models.Job.interview_id == interview_id, col(models.Job.status).in_(statuses))
    return list(session.exec(query))


def _erase_words(session: WriteSession, interview_id: str) -> dict[str, Any]:
    transcripts = select(models.Transcript.id).where(models.Transcript.interview_id == interview_id)
    of_interview = select(models.Job.id).where(models.Job.interview_id == interview_id)
    segments = session.exec(
        select(func.count()).select_from(models.Segment).where(col(models.Segment.transcript_id).in_(transcripts))
    ).one()
    search.forget(session, interview_id)
    counts = {
        "segments": segments,
        "heard_chunks": _delete(session, models.HeardChunk, col(models.HeardChunk.job_id).in_(of_interview)),
        "contacts": contacts.forget(session, interview_id),
        "insights": _delete(session, models.Insight, col(models.Insight.interview_id) == interview_id),
        "transcripts": _delete(session, models.Transcript, col(models.Transcript.interview_id) == interview_id),
        "questions": _delete(session, models.PlannedQuestion, col(models.PlannedQuestion.interview_id) == interview_id),
    }
    return dict(counts)


def _delete(session: WriteSession, table: Any, where: Any) -> int:
    return int(session.execute(delete(table).where(where)).rowcount)  # type: ignore[attr-defined]


def of_consent(session: Session, consent_id: str) -> models.Erasure:
    erasure = session.exec(select(models.Erasure).where(models.Erasure.consent_id == consent_id)).first()
    if erasure is None:
        raise NotFound("Nothing was erased for this consent.")
    return erasure


def pending(session: Session) -> list[str]:
    """Ids of the erasures whose sound may still be there."""
    return list(session.exec(select(models.Erasure.id).where(col(models.Erasure.completed_at).is_(None))))


def finish(engine: Engine, store: Recordings, work_dir: Path, erasure_id: str) -> bool:
    """Erases the sound and completes the certificate; False while that is not possible yet.

    May be called any number of times, by any process. Each part is safe to do again, and the certificate comes last:
    should we die, or the database be busy, the erasure stays pending and somebody comes again.
    """
    with reading(engine) as session:
        erasure = session.get_one(models.Erasure, erasure_id)
        if erasure.completed_at is not None:
            return True
        if _jobs(session, erasure.interview_id, "running"):
            return False
        recording = recordings.of(session, erasure.interview_id)
        folders = [work_dir / job.id for job in _jobs(session, erasure.interview_id, *jobs.ENDED)]
    # The bytes before the row: while there is a row, it says where to look.
    if recording is not None:
        store.erase(recording.key)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    with writing(engine) as session:
        _forget_recording(session, erasure)
    search.purge(engine)
    if not _empty_log(engine):
        return False
    with writing(engine) as session:
        session.get_one(models.Erasure, erasure_id).completed_at = now()
    log.info("erased", interview=erasure.interview_id)
    return True


def _forget_recording(session: WriteSession, known: models.Erasure) -> None:
    locks.hold(session, models.Interview, known.interview_id)
    erasure = session.get_one(models.Erasure, known.id)
    recording = recordings.of(session, erasure.interview_id)
    if recording is not None:
        facts = {"sha256": recording.sha256, "size_bytes": recording.size_bytes}
        erasure.erased = {**erasure.erased, "recording": facts}
        session.delete(recording)


def _empty_log(engine: Engine) -> bool:
    """Whether nothing of what was erased is left in SQLite's write-ahead log; True for other databases.

    The log holds pages as they were before; a checkpoint that truncates it drops them, unless somebody is reading.
    """
    if engine.dialect.name != "sqlite":
        return True
    connection = engine.raw_connection()
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout={READER_PATIENCE_MS}")
        for _ in range(CHECKPOINT_TRIES):
            busy, _pages, _moved = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return True
            # A reader is waited for by SQLite itself; another checkpoint, such as a commit's own, is not.
            time.sleep(CHECKPOINT_PAUSE_S)
        return False
    finally:
        # The connection goes back to the pool, where others count on its patience.
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        connection.close()
