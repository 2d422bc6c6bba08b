"""Background work as people see it: asked for, shown, canceled, tried again. Queued in the transaction that asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dbos import DBOS, DBOSClient
from sqlalchemy import Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine import make_url
from sqlmodel import Session, col, delete, select

from app import deliveries, faults, locks, models, recordings, tracing, transcripts
from app.db import BUSY_TIMEOUT_MS, WriteSession, now, teach_unixepoch
from app.deliveries import Event
from app.errors import CandidError, ConsentWithdrawn, JobFinished, JobNotRetryable, NotFound, StateConflict
from app.faults import Fault

APPLICATION = "candid"
# A changed version strands every job that was queued under the old one, so it is never derived from the code.
# When the steps of a workflow change, it gets a new name instead, and the old one stays until it has drained.
APPLICATION_VERSION = "1"

SHORT_QUEUE, LONG_QUEUE = "short", "long"
SHORT_MS = 15 * 60 * 1000
SHORT_BYTES = 20 * 1000 * 1000
# A Voice Memo is AAC at about 64 kbit/s; used only until the decoder has measured the real length.
BYTES_PER_MINUTE = 480_000

ACTIVE = ("queued", "running")
ENDED = ("succeeded", "failed", "canceled")
RETRYABLE = ("failed", "canceled")

WORKFLOWS = {"transcription": "transcribe_v1", "extraction": "extract_v1"}


class Stage(StrEnum):
    """What a running job is doing now."""

    DECODING = "decoding"
    HEARING = "hearing"
    SPEAKERS = "speakers"
    KEEPING = "keeping"
    EXTRACTING = "extracting"


# Where each stage lies in a job's progress. Hearing is nearly all of the time, so it is nearly all of the bar.
SPANS: Mapping[Stage, tuple[float, float]] = {
    Stage.DECODING: (0.0, 0.04),
    Stage.HEARING: (0.04, 0.95),
    Stage.SPEAKERS: (0.95, 0.96),
    Stage.KEEPING: (0.96, 0.97),
    Stage.EXTRACTING: (0.97, 0.99),
}


@dataclass(frozen=True)
class Place:
    """Which queue a job waits in and how soon: the lower number first, among jobs of one owner."""

    queue: str
    priority: int


def place(*, size_bytes: int, duration_ms: int | None) -> Place:
    """Short is a known length of up to 15 minutes or, before anybody has measured, up to 20 MB."""
    minutes = (duration_ms / 60_000) if duration_ms is not None else size_bytes / BYTES_PER_MINUTE
    short = duration_ms <= SHORT_MS if duration_ms is not None else size_bytes <= SHORT_BYTES
    return Place(SHORT_QUEUE if short else LONG_QUEUE, 1 + min(9, int(minutes // 10)))


def progress_at(stage: Stage, share: float) -> float:
    """The whole job's progress, 0..1, when `share` (0..1) of a stage is done."""
    low, high = SPANS[stage]
    return low + (high - low) * min(1.0, max(0.0, share))


def eta_s(*, audio_left_ms: int, rtf: float | None) -> float | None:
    """Seconds left, from this machine's own real-time factor; None until there is one."""
    return None if rtf is None else round(max(0, audio_left_ms) / 1000 * rtf, 1)


def interview_status_after(outcome: str, *, status: str, readable: bool, kept_by_this_job: bool) -> str:
    """What an interview is once its job has ended with `outcome`.

    A re-run that fails or is canceled leaves a readable interview `ready`, unless it had already put its own
    transcript there: then insights are missing, and saying `ready` would hide that.
    """
    if status == "withdrawn":
        return status
    if outcome == "succeeded" or (readable and not kept_by_this_job):
        return "ready"
    return outcome


class Queue:
    """The engine's queue in our own database; what is put in commits or rolls back with the caller's transaction."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = open_job_engine(url)
        self.client = DBOSClient(
            system_database_url=url,
            system_database_engine=self.engine,
            application_name=APPLICATION,
            lazy=True,
        )

    def prepare(self) -> None:
        """Creates or upgrades the engine's own tables. Safe at every start."""
        DBOS.migrate(self.url)

    def put(self, session: WriteSession, job: models.Job, where: Place) -> None:
        tracing.tell(interview=job.interview_id, job=job.id)
        self.client.enqueue_in_transaction(
            session,
            {
                "workflow_name": WORKFLOWS[job.kind],
                "workflow_id": workflow_id(job.id, job.attempt),
                "queue_name": where.queue,
                "queue_partition_key": job.owner_id,
                "priority": where.priority,
                "app_version": APPLICATION_VERSION,
                "attributes": tracing.carried(),
            },
            job.id,
            job.attempt,
        )

    def traceparent(self, job_id: str, attempt: int) -> str:
        """Of the request that queued this attempt; empty when it was not traced."""
        name = workflow_id(job_id, attempt)
        found = self.client.list_workflows(workflow_ids=[name], load_input=False, load_output=False)
        return str((found[0].attributes or {}).get("traceparent", "")) if found else ""

    def forget(self, jobs: Sequence[models.Job]) -> bool:
        """Removes what the engine has noted of jobs that have ended; False while a worker is still leaving one."""
        ids = _workflow_ids(jobs)
        if not ids:
            return True
        found = self.client.list_workflows(workflow_ids=ids, load_input=False, load_output=False)
        if any(workflow.status == "PENDING" for workflow in found):
            return False
        self.client.delete_workflows([workflow.workflow_id for workflow in found])
        return True

    def stop(self, jobs: Sequence[models.Job]) -> None:
        """Ends what the engine takes to be running. Only where no worker is alive: one would go on until it looks."""
        for name in _workflow_ids(jobs):
            self.client.cancel_workflow(name)

    def close(self) -> None:
        self.client.destroy()
        if self.engine is not None:
            self.engine.dispose()


def _workflow_ids(jobs: Sequence[models.Job]) -> list[str]:
    return [workflow_id(job.id, attempt) for job in jobs for attempt in range(1, job.attempt + 1)]


def workflow_id(job_id: str, attempt: int) -> str:
    return f"{job_id}.{attempt}"


def open_job_engine(url: str) -> Engine | None:
    """The job engine's own way into a SQLite file; None for Postgres, where it makes its own.

    It cannot share ours: it begins its transactions itself, and so do we.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return None
    # Parameters stay out of error texts: the library logs those, and errors of steps may quote what was bound.
    engine = create_engine(url, connect_args={"check_same_thread": False}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "handle_error", _as_if_disconnected)
    return engine


def _as_if_disconnected(context: ExceptionContext) -> None:
    """Has the engine wait and try again while a SQLite file cannot be written, and not only while it is locked.

    Otherwise a full disk ends the workflow in an error that cannot be noted either: a job that nobody works on, and
    nobody takes over. Of a lost connection the engine knows that it may come back.
    """
    error = context.sqlalchemy_exception
    if error is not None and faults.of(error) in (Fault.FULL, Fault.AWAY):
        context.is_disconnect, context.invalidate_pool_on_disconnect = True, False


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")
    teach_unixepoch(connection)


def submit(
    session: WriteSession, queue: Queue, interview: models.Interview, *, kind: str, options: Mapping[str, Any]
) -> models.Job:
    """A queued job for the interview. Raises StateConflict while another is at work on it."""
    check_idle(session, interview.id)
    job = models.Job(owner_id=interview.owner_id, interview_id=interview.id, kind=kind, options=dict(options))
    session.add(job)
    session.flush()
    _enqueue(session, queue, job, interview)
    return job


def find(session: Session, owner_id: str, job_id: str) -> models.Job:
    """Raises NotFound, also for somebody else's."""
    job = locks.find(session, models.Job, job_id, owner_id=owner_id)
    if job is None:
        raise NotFound("There is no job with this id.")
    return job


def latest(session: Session, interview_id: str) -> models.Job | None:
    query = select(models.Job).where(models.Job.interview_id == interview_id).order_by(col(models.Job.id).desc())
    return session.exec(query).first()


def cancel(session: WriteSession, owner_id: str, job_id: str) -> models.Job:
    """Ends a queued job at once and asks a running one to stop. Raises NotFound, JobFinished.

    The engine's entry stays where it is: when its turn comes, it finds that nobody wants it any more.
    """
    job = find(session, owner_id, job_id)
    if job.status == "queued":
        end(session, job, session.get_one(models.Interview, job.interview_id), outcome="canceled")
    elif job.status == "running":
        if job.cancel_requested_at is None:
            job.cancel_requested_at = now()
            job.version += 1
    elif job.status != "canceled":
        raise JobFinished(f"The job has {job.status} already.", job_status=job.status)
    return job


def retry(session: WriteSession, queue: Queue, owner_id: str, job_id: str) -> models.Job:
    """A new attempt of a failed or canceled job.

    Raises NotFound, JobNotRetryable, ConsentWithdrawn, RecordingErased, TranscriptErased, StateConflict.

    What an earlier attempt heard is kept until the job succeeds, so hearing goes on where it was.
    """
    job = find(session, owner_id, job_id)
    interview = session.get_one(models.Interview, job.interview_id)
    if job.status not in RETRYABLE:
        raise JobNotRetryable(f"The job is {job.status}.", job_status=job.status)
    if interview.status == "withdrawn":
        raise ConsentWithdrawn("Consent was withdrawn: there is nothing left to work on.")
    if job.kind == "transcription":
        recordings.check_kept(interview)
    transcripts.check_kept(interview)
    check_idle(session, interview.id)
    job.status, job.stage, job.attempt, job.starts = "queued", None, job.attempt + 1, 0
    job.progress, job.audio_done_ms, job.eta_s = 0.0, 0, None
    job.error = job.cancel_requested_at = job.worker_id = job.started_at = job.finished_at = None
    job.queued_at = now()
    job.version += 1
    _enqueue(session, queue, job, interview)
    return job


def check_idle(session: Session, interview_id: str) -> None:
    """Raises StateConflict, with the job's id, while one is queued or at work on the interview."""
    active = session.exec(
        select(models.Job.id).where(models.Job.interview_id == interview_id, col(models.Job.status).in_(ACTIVE))
    ).first()
    if active is not None:
        raise StateConflict("This interview is being worked on. Wait for that job, or cancel it.", job_id=active)


def _enqueue(session: WriteSession, queue: Queue, job: models.Job, interview: models.Interview) -> None:
    recording = recordings.of(session, interview.id)
    short = job.kind == "extraction" or recording is None
    size, duration = (0, 0) if short or recording is None else (recording.size_bytes, recording.duration_ms)
    set_interview(interview, "queued")
    session.flush()
    queue.put(session, job, place(size_bytes=size, duration_ms=duration))


def locked(session: WriteSession, job_id: str) -> tuple[models.Job, models.Interview]:
    """A job, whosever it is, and its interview, held until the transaction ends. Raises NotFound."""
    owner_id = session.exec(select(models.Job.owner_id).where(models.Job.id == job_id)).first()
    job = find(session, owner_id or "", job_id)
    return job, session.get_one(models.Interview, job.interview_id)


def end(
    session: WriteSession,
    job: models.Job,
    interview: models.Interview,
    *,
    outcome: str,
    error: CandidError | None = None,
) -> None:
    """Ends a job that is queued or running; its interview follows. Says nothing about who may: see `app.claims`."""
    job.status, job.stage, job.eta_s, job.worker_id = outcome, None, None, None
    job.finished_at = now()
    job.version += 1
    if error is not None:
        job.error = problem(error, attempt=job.attempt)
    if outcome == "succeeded":
        job.progress, job.audio_done_ms = 1.0, job.audio_total_ms or job.audio_done_ms
    if outcome == "succeeded" or interview.status == "withdrawn":
        session.exec(delete(models.HeardChunk).where(col(models.HeardChunk.job_id) == job.id))
    status = interview_status_after(
        outcome,
        status=interview.status,
        readable=interview.transcript_version > 0,
        kept_by_this_job=_kept_a_transcript(session, job),
    )
    set_interview(interview, status)
    for what in events_of(outcome, interview_status=status):
        _announce(session, job, what)


def events_of(outcome: str, *, interview_status: str) -> list[Event]:
    """What there is to tell of a job that has ended: of itself, and of its interview when that is news."""
    found = [Event(f"job.{outcome}")]
    if outcome == "succeeded" and interview_status == "ready":
        found.append(Event.INTERVIEW_READY)
    if outcome == "failed" and interview_status == "failed":
        found.append(Event.INTERVIEW_FAILED)
    return found


def _announce(session: WriteSession, job: models.Job, event: Event) -> None:
    known = {"interview_id": job.interview_id, "job_id": job.id}
    deliveries.announce(session, event, owner_id=job.owner_id, cause=workflow_id(job.id, job.attempt), ids=known)


def announce_insights(session: WriteSession, job: models.Job) -> None:
    """Tells that a run has kept what it found, once for each attempt however often the step is done."""
    _announce(session, job, Event.INSIGHTS_EXTRACTED)


def problem(error: CandidError, *, attempt: int) -> dict[str, Any]:
    """How a failure is kept on its job: its facts, and what every failure has."""
    return {
        **error.facts,
        "code": error.code,
        "title": error.title(),
        "detail": error.detail,
        "attempt": attempt,
        "at": now().isoformat(),
    }


def set_interview(interview: models.Interview, status: str) -> None:
    if interview.status != status:
        interview.status = status
        interview.version += 1
        interview.updated_at = now()


def _kept_a_transcript(session: WriteSession, job: models.Job) -> bool:
    query = select(models.Transcript.id).where(models.Transcript.job_id == job.id)
    return session.exec(query).first() is not None
