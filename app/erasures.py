"""Erasing an interview, or what of it was kept long enough: words in the transaction that asks for it, sound after it.

A certificate comes at the end.
"""

import shutil
import time
from enum import StrEnum
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine, delete, func
from sqlmodel import Session, col, select

from app import contacts, deliveries, jobs, locks, models, parts, recordings, replies, search, titles
from app.db import BUSY_TIMEOUT_MS, WriteSession, now, reading, writing
from app.deliveries import Event
from app.errors import NotFound, RecordingsUnavailable
from app.jobs import Queue
from app.keys import Caller
from app.recordings import Recordings

log = structlog.get_logger()

# Together a few seconds: who waits here also has dead workers to look after, and an erasure can be finished later.
CHECKPOINT_TRIES, CHECKPOINT_PAUSE_S, READER_PATIENCE_MS = 10, 0.1, 200

# Who asks for an erasure when nobody does.
RETENTION = "retention"


class Kind(StrEnum):
    """What is erased. All but the first leave the rest of the interview as it is."""

    EVERYTHING = "everything"
    RECORDING = "recording"
    TRANSCRIPT = "transcript"


def begin(session: WriteSession, caller: Caller, *, interview_id: str, consent_id: str | None) -> models.Erasure:
    """Marks the interview withdrawn, stops its work and erases its words."""
    interview = session.get_one(models.Interview, interview_id)
    interview.status = "withdrawn"
    interview.transcript_version = 0
    # The words to listen for are names of people and places; so are those of the jobs, below.
    interview.vocabulary = []
    interview.hold_reason = interview.hold_by = interview.hold_at = None
    interview.version += 1
    interview.updated_at = now()
    _forget_filename(session, interview)
    # Counted before the jobs are canceled: a job that ends takes what was heard with it.
    of_interview = col(models.PlannedQuestion.interview_id) == interview_id
    erased = _erase_words(session, interview_id) | {"questions": _delete(session, models.PlannedQuestion, of_interview)}
    for upload in _uploads(session, interview_id):
        upload.about = ""
    for job in _jobs(session, interview_id, *jobs.ACTIVE):
        jobs.cancel(session, interview.owner_id, job.id)
    _forget_options(session, interview_id)
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


def begin_part(session: WriteSession, interview: models.Interview, kind: Kind) -> models.Erasure:
    """Refuses further reads of a part that was kept long enough, and erases the words if it is they.

    Nothing may be at work on the interview.
    """
    if kind is Kind.RECORDING:
        interview.recording_erased_at = now()
        _forget_filename(session, interview)
        # Heard and never kept: without the recording no attempt can go on from it.
        erased = {"heard_chunks": _erase_heard(session, interview.id)}
    else:
        interview.transcript_erased_at, interview.transcript_version = now(), 0
        erased = _erase_words(session, interview.id) | {"answers": _erase_answers(session, interview.id)}
        _forget_options(session, interview.id)
    interview.version += 1
    interview.updated_at = now()
    erasure = models.Erasure(
        owner_id=interview.owner_id, interview_id=interview.id, kind=kind, requested_by=RETENTION, erased=erased
    )
    session.add(erasure)
    session.flush()
    return erasure


def _forget_options(session: Session, interview_id: str) -> None:
    for job in _jobs(session, interview_id, *jobs.ACTIVE, *jobs.ENDED):
        # To whom words were sent stays known: what is there, no erasure of ours reaches.
        job.options = {name: job.options[name] for name in job.options if name == "llm"}


def _forget_filename(session: Session, interview: models.Interview) -> None:
    """A file is often named after the person; its name goes with the recording, also where it became the title."""
    recording = recordings.of(session, interview.id)
    if recording is not None and titles.is_of_file(interview.title, recording.filename):
        interview.title = titles.made_up(interview)


def _jobs(session: Session, interview_id: str, *statuses: str) -> list[models.Job]:
    query = select(models.Job).where(models.Job.interview_id == interview_id, col(models.Job.status).in_(statuses))
    return list(session.exec(query))


def _uploads(session: Session, interview_id: str) -> list[models.Upload]:
    return list(session.exec(select(models.Upload).where(models.Upload.interview_id == interview_id)))


def _erase_words(session: WriteSession, interview_id: str) -> dict[str, Any]:
    transcripts = select(models.Transcript.id).where(models.Transcript.interview_id == interview_id)
    segments = session.exec(
        select(func.count()).select_from(models.Segment).where(col(models.Segment.transcript_id).in_(transcripts))
    ).one()
    search.forget(session, interview_id)
    counts = {
        "segments": segments,
        "heard_chunks": _erase_heard(session, interview_id),
        "contacts": contacts.forget(session, interview_id),
        "insights": _delete(session, models.Insight, col(models.Insight.interview_id) == interview_id),
        "transcripts": _delete(session, models.Transcript, col(models.Transcript.interview_id) == interview_id),
        "replies": replies.forget_interview(session, interview_id),
    }
    return dict(counts)


def _erase_heard(session: WriteSession, interview_id: str) -> int:
    of_interview = select(models.Job.id).where(models.Job.interview_id == interview_id)
    return _delete(session, models.HeardChunk, col(models.HeardChunk.job_id).in_(of_interview))


def _erase_answers(session: WriteSession, interview_id: str) -> int:
    """The questions are the person's own and stay; how they were asked and answered goes."""
    query = select(models.PlannedQuestion).where(models.PlannedQuestion.interview_id == interview_id)
    questions = [question for question in session.exec(query) if question.transcript_version is not None]
    for question in questions:
        question.transcript_version = question.similarity = question.asked = question.answer = None
    return len(questions)


def _delete(session: WriteSession, table: Any, where: Any) -> int:
    return int(session.execute(delete(table).where(where)).rowcount)  # type: ignore[attr-defined]


def of_consent(session: Session, consent_id: str) -> models.Erasure:
    erasure = session.exec(select(models.Erasure).where(models.Erasure.consent_id == consent_id)).first()
    if erasure is None:
        raise NotFound("Nothing was erased for this consent.")
    return erasure


def of_interview(session: Session, interview_id: str) -> list[models.Erasure]:
    """The certificates of an interview, oldest first."""
    query = select(models.Erasure).where(models.Erasure.interview_id == interview_id)
    return list(session.exec(query.order_by(col(models.Erasure.id))))


def pending(session: Session) -> list[str]:
    """Ids of the erasures whose sound may still be there."""
    return list(session.exec(select(models.Erasure.id).where(col(models.Erasure.completed_at).is_(None))))


def finish(engine: Engine, queue: Queue, store: Recordings, work_dir: Path, *erasure_ids: str) -> bool:
    """Erases the sound, and what the job engine noted, and completes the certificates; False while one of them cannot.

    May be called any number of times, by any process. Each part is safe to do again, and the certificates come last:
    should we die, or the database be busy, the erasures stay pending and somebody comes again.
    """
    with reading(engine) as session:
        waiting = [one for one in erasure_ids if session.get_one(models.Erasure, one).completed_at is None]
    erased = [one for one in waiting if _erase_or_log(engine, queue, store, work_dir, one)]
    # Once for all of them: to be rid of one word SQLite writes its whole index anew.
    if erased and not _is_rid_of_words(engine):
        return False
    for erasure_id in erased:
        with writing(engine) as session:
            erasure = _complete(session, erasure_id)
        log.info("erased", interview=erasure.interview_id, erasure=erasure_id)
    return erased == waiting


def _is_rid_of_words(engine: Engine) -> bool:
    """Drops what rows that are gone have left in the database's files; False while somebody reads there."""
    search.purge(engine)
    return _empty_log(engine)


def _erase_or_log(engine: Engine, queue: Queue, store: Recordings, work_dir: Path, erasure_id: str) -> bool:
    """As `_erase`. Whatever is the matter with one is no reason to leave the others."""
    try:
        return _erase(engine, queue, store, work_dir, erasure_id)
    except Exception:
        log.warning("erasure failed", erasure=erasure_id, exc_info=True)
        return False


def _erase(engine: Engine, queue: Queue, store: Recordings, work_dir: Path, erasure_id: str) -> bool:
    """Erases the sound, what the engine noted and the rows that led there; False while it cannot."""
    with reading(engine) as session:
        erasure = session.get_one(models.Erasure, erasure_id)
        if _jobs(session, erasure.interview_id, "running"):
            return False
        recording = None if erasure.kind == Kind.TRANSCRIPT else recordings.of(session, erasure.interview_id)
        uploads = [(upload.owner_id, upload.id) for upload in _uploads(session, erasure.interview_id)]
        ended = _jobs(session, erasure.interview_id, *jobs.ENDED)
    if not queue.forget(ended):
        return False
    # The bytes before the row: while there is a row, it says where to look.
    if not _erase_sound(store, recording, uploads):
        return False
    for job in ended:
        shutil.rmtree(work_dir / job.id, ignore_errors=True)
    with writing(engine) as session:
        _forget_recording(session, erasure)
        _forget_uploads(session, erasure)
    return True


def _erase_sound(store: Recordings, recording: models.Recording | None, uploads: list[tuple[str, str]]) -> bool:
    try:
        if recording is not None:
            store.erase(recording.key)
        for owner_id, upload_id in uploads:
            store.discard(store.staged_as(upload_id))
            parts.erase(store, owner_id, upload_id)
    except RecordingsUnavailable as error:
        log.warning("erasure waits", cause=error.detail)
        return False
    return True


def _complete(session: WriteSession, erasure_id: str) -> models.Erasure:
    locks.hold(session, models.Erasure, erasure_id)
    erasure = session.get_one(models.Erasure, erasure_id)
    if erasure.completed_at is not None:
        return erasure
    erasure.completed_at = now()
    # The rest of an interview goes on being there when a part of it was kept long enough.
    if erasure.kind == Kind.EVERYTHING:
        known = {"interview_id": erasure.interview_id, "consent_id": erasure.consent_id}
        deliveries.announce(session, Event.INTERVIEW_ERASED, owner_id=erasure.owner_id, cause=erasure.id, ids=known)
    return erasure


def _forget_recording(session: WriteSession, known: models.Erasure) -> None:
    locks.hold(session, models.Interview, known.interview_id)
    erasure = session.get_one(models.Erasure, known.id)
    recording = None if erasure.kind == Kind.TRANSCRIPT else recordings.of(session, erasure.interview_id)
    if recording is not None:
        facts = {"sha256": recording.sha256, "size_bytes": recording.size_bytes}
        erasure.erased = {**erasure.erased, "recording": facts}
        session.delete(recording)


def _forget_uploads(session: WriteSession, known: models.Erasure) -> None:
    for upload in _uploads(session, known.interview_id):
        session.delete(upload)


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
