"""A worker's hold on one attempt of a job: everything a worker writes about a job goes through one, or is not written.

A worker that was frozen and wakes up, or whose attempt was canceled and tried again, still believes in its claim.
Each function here looks first, in the same transaction, whether the claim is still the job's, and else does nothing.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from app import models
from app.db import WriteSession, now
from app.errors import AttemptsExhausted, CandidError, NotFound, WorkCanceled
from app.jobs import ACTIVE, Stage, end, locked, problem, set_interview

MAX_STARTS = 3
WORKING = {"transcription": "transcribing", "extraction": "extracting"}


@dataclass(frozen=True)
class Claim:
    job_id: str
    attempt: int
    worker_id: str


@dataclass(frozen=True)
class Report:
    """How far a job is. `audio_done_ms` and `eta_s` None: not known, what was known stays."""

    stage: Stage
    progress: float
    audio_done_ms: int | None = None
    eta_s: float | None = None


def begin(session: WriteSession, claim: Claim, *, is_ours: Callable[[], bool]) -> models.Job | None:
    """Makes the job this worker's, or None when there is nothing to do: ended, unwanted, or started too often.

    `is_ours` asks the job engine whom it gave the work to. It is asked while the job's row is locked: a worker that
    froze between being given the work and coming here could otherwise take it back from its successor.
    """
    try:
        job, interview = locked(session, claim.job_id)
    except NotFound:
        return None
    if job.attempt != claim.attempt or job.status not in ACTIVE or not is_ours():
        return None
    if _is_unwanted(job, interview):
        end(session, job, interview, outcome="canceled")
        return None
    if job.starts >= MAX_STARTS:
        error = AttemptsExhausted(f"The work ended its worker {job.starts} times and is not tried again.")
        end(session, job, interview, outcome="failed", error=error)
        return None
    job.status, job.worker_id, job.starts = "running", claim.worker_id, job.starts + 1
    job.started_at = job.started_at or now()
    job.error = None
    job.version += 1
    set_interview(interview, WORKING[job.kind])
    return job


def starts(session: Session, claim: Claim) -> int:
    """How often the attempt was started since it last got anywhere."""
    job = session.get(models.Job, claim.job_id)
    return 0 if job is None else job.starts


def held(session: WriteSession, claim: Claim) -> tuple[models.Job, models.Interview]:
    """The job and its interview, locked. Raises WorkCanceled when the claim is gone or the work is unwanted."""
    try:
        job, interview = locked(session, claim.job_id)
    except NotFound:
        raise WorkCanceled from None
    if not _holds(job, claim) or _is_unwanted(job, interview):
        raise WorkCanceled
    return job, interview


def is_wanted(session: Session, claim: Claim) -> bool:
    """False once the job is canceled, its consent withdrawn, or the claim somebody else's."""
    query = (
        select(models.Job.id)
        .join(models.Interview, col(models.Interview.id) == models.Job.interview_id)
        .where(
            models.Job.id == claim.job_id,
            models.Job.attempt == claim.attempt,
            models.Job.worker_id == claim.worker_id,
            models.Job.status == "running",
            col(models.Job.cancel_requested_at).is_(None),
            models.Interview.status != "withdrawn",
        )
    )
    return session.exec(query).first() is not None


def advance(session: WriteSession, claim: Claim, report: Report) -> None:
    """Notes how far the job is. Progress never goes back within an attempt, also when work is done again."""
    job = _mine(session, claim)
    if job is None:
        return
    job.stage = report.stage
    job.progress = max(job.progress, round(report.progress, 4))
    if report.audio_done_ms is not None:
        job.audio_done_ms = max(job.audio_done_ms, report.audio_done_ms)
    if report.eta_s is not None:
        job.eta_s = report.eta_s
    job.version += 1


def note_waiting(session: WriteSession, claim: Claim, cause: CandidError | None) -> None:
    """Shows on a running job what it waits for; None: it goes on."""
    job = _mine(session, claim)
    if job is not None:
        job.error = None if cause is None else problem(cause, attempt=job.attempt)
        job.version += 1


def checkpoint(session: WriteSession, claim: Claim) -> None:
    """Notes that the work got somewhere for good: earlier starts no longer count against it.

    Otherwise a laptop that is switched off three times during a long recording would fail it.
    """
    job = _mine(session, claim)
    if job is not None:
        job.starts = 1


def succeed(session: WriteSession, claim: Claim) -> bool:
    return _finish(session, claim, outcome="succeeded")


def fail(session: WriteSession, claim: Claim, error: CandidError) -> bool:
    """Failed, unless nobody wanted it any more: a withdrawal takes away what a step is just reading."""
    return _finish(session, claim, outcome="failed", error=error)


def mark_canceled(session: WriteSession, claim: Claim) -> bool:
    """Canceled, if somebody wanted that: a step also stops because its claim was gone, and that may be back by now."""
    return _finish(session, claim, outcome="canceled")


def hand_back(session: WriteSession, claim: Claim) -> None:
    """Gives up a job that this worker began and will not finish: it is queued again, and this start did not count."""
    job = _mine(session, claim)
    if job is not None:
        job.starts = max(0, job.starts - 1)
        _requeue(session, job)


def of_worker(session: Session, worker_id: str) -> list[Claim]:
    query = select(models.Job).where(models.Job.status == "running", models.Job.worker_id == worker_id)
    return [Claim(job.id, job.attempt, worker_id) for job in session.exec(query)]


def held_by(session: Session, worker_ids: Collection[str]) -> dict[str, int]:
    """The running jobs of these workers, by their interviews, each with its version."""
    query = select(models.Job.id, models.Job.version).where(
        models.Job.status == "running", col(models.Job.worker_id).in_(worker_ids)
    )
    return dict(session.exec(query.order_by(col(models.Job.interview_id))).all())


def release(session: WriteSession, worker_ids: Collection[str], *, seen: Mapping[str, int] | None = None) -> list[str]:
    """Takes the jobs of dead workers from them, so that people see them queued; their starts count. Returns ids.

    `seen`: of these jobs, those that are as they were then. With another version somebody is at work on it.
    """
    released = []
    for job_id in held_by(session, worker_ids) if seen is None else seen:
        job, _interview = locked(session, job_id)
        is_as_seen = seen is None or job.version == seen[job_id]
        if job.status == "running" and job.worker_id in worker_ids and is_as_seen:
            _requeue(session, job)
            released.append(job.id)
    return released


def abandon(session: WriteSession, job_id: str, attempt: int, error: CandidError | None) -> bool:
    """Ends an attempt that the job engine has given up: failed with `error`, or canceled without one."""
    try:
        job, interview = locked(session, job_id)
    except NotFound:
        return False
    if job.attempt != attempt or job.status not in ACTIVE:
        return False
    end(session, job, interview, outcome="canceled" if error is None else "failed", error=error)
    return True


def _holds(job: models.Job, claim: Claim) -> bool:
    return job.status == "running" and job.attempt == claim.attempt and job.worker_id == claim.worker_id


def _is_unwanted(job: models.Job, interview: models.Interview) -> bool:
    return job.cancel_requested_at is not None or interview.status == "withdrawn"


def _mine(session: WriteSession, claim: Claim) -> models.Job | None:
    try:
        job, _interview = locked(session, claim.job_id)
    except NotFound:
        return None
    return job if _holds(job, claim) else None


def _finish(session: WriteSession, claim: Claim, *, outcome: str, error: CandidError | None = None) -> bool:
    try:
        job, interview = locked(session, claim.job_id)
    except NotFound:
        return False
    if not _holds(job, claim):
        return False
    if outcome == "canceled" and not _is_unwanted(job, interview):
        return False
    if outcome == "failed" and _is_unwanted(job, interview):
        outcome, error = "canceled", None
    end(session, job, interview, outcome=outcome, error=error)
    return True


def _requeue(session: WriteSession, job: models.Job) -> None:
    interview = session.get_one(models.Interview, job.interview_id)
    if _is_unwanted(job, interview):
        end(session, job, interview, outcome="canceled")
        return
    job.status, job.stage, job.worker_id, job.eta_s, job.queued_at = "queued", None, None, None, now()
    job.version += 1
    set_interview(interview, "queued")
