"""The durable workflows: their steps in order, and what becomes of a job whose step fails. Nothing else.

A workflow is run again from its last finished step when its worker dies, so between steps nothing may depend on time
or chance. Changed steps need a new workflow name; the old one stays until its last job has ended.
"""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from time import monotonic
from typing import Any, ParamSpec, TypeVar

import structlog
from dbos import DBOS
from dbos import error as dbos_error

from app import claims, models, tracing
from app.claims import Claim
from app.db import WriteSession, reading
from app.errors import CandidError, PassingFailure, PermanentFailure, WorkCanceled
from app.jobs import APPLICATION, APPLICATION_VERSION, LONG_QUEUE, SHORT_QUEUE, WORKFLOWS, workflow_id
from workers import extraction, steps
from workers.bench import Bench
from workers.plans import Plan
from workers.speakers import Voices

log = structlog.get_logger()

P = ParamSpec("P")
R = TypeVar("R")

# How often a job may be started without getting anywhere is counted in our own row (claims.MAX_STARTS). The engine
# counts every start of a workflow, also the honest ones of a laptop that is switched off a lot: a backstop only.
ENGINE_MAX_STARTS = 100
POLL_S = 0.5
TRIES = 3
FIRST_PAUSE_S = 1.0

# The engine calls workflows by name with plain arguments; this is how they find what they work with. One per process.
_at_work: list[Bench] = []


def launch(bench: Bench) -> None:
    """Starts taking jobs. The worker's first heartbeat must have been written: peers would take it for dead."""
    _at_work[:] = [bench]
    url = bench.queue.url
    DBOS(
        config={
            "name": APPLICATION,
            "system_database_url": url if bench.queue.engine is None else None,
            "system_database_engine": bench.queue.engine,
            "executor_id": bench.worker_id,
            "application_version": APPLICATION_VERSION,
            "log_level": "WARNING",
            "sys_db_pool_size": 5,
            "scheduler_polling_interval_sec": 3600.0,
        }
    )
    DBOS.launch()
    slots = bench.gate.slots
    _serve(SHORT_QUEUE, slots)
    # One place is kept free of long recordings. With a single slot the gate makes them take turns.
    _serve(LONG_QUEUE, max(1, slots - 1))


def _serve(queue: str, slots: int) -> None:
    # Partitioned by owner: the engine draws owners at random and then by priority, so that one owner's backlog does
    # not starve another's.
    DBOS.register_queue(
        queue, worker_concurrency=slots, partition_worker_concurrency=slots, polling_interval_sec=POLL_S
    )


def land(bench: Bench) -> None:
    """Stops taking jobs and hands back what is unfinished. Threads of steps may still run: end the process after."""
    with reading(bench.engine) as session:
        unfinished = claims.of_worker(session, bench.worker_id)
    for claim in unfinished:
        bench.write(partial(claims.hand_back, claim=claim))
        log.info("handed back", job=claim.job_id, attempt=claim.attempt)
    DBOS.destroy()
    _at_work.clear()
    for workflow in bench.queue.client.list_workflows(
        status="PENDING", executor_id=bench.worker_id, load_input=False, load_output=False
    ):
        bench.queue.client.resume_workflow(workflow.workflow_id, queue_name=workflow.queue_name)


def take_over(executors: list[str]) -> None:
    """Puts the unfinished work of dead executors back into the queue; one that is not dead is fenced from then on."""
    # Not public, but the only call that moves a workflow on condition that the dead executor still has it. Without the
    # condition, two workers that notice the same death take the work from each other. Hence dbos<4 and the kill tests.
    DBOS._recover_pending_workflows(executors)  # noqa: SLF001  see above


def _passing(error: BaseException) -> bool:
    return not isinstance(error, PermanentFailure | WorkCanceled)


def _step(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A step: checkpointed when done, tried again when it fails for a passing reason. Its first argument is the claim.

    What is inside runs only when the step is really done: after a crash the engine answers for finished steps itself.
    """

    def decorate(work: Callable[P, R]) -> Callable[P, R]:
        return DBOS.step(
            name=name,
            retries_allowed=True,
            interval_seconds=FIRST_PAUSE_S,
            max_attempts=TRIES,
            backoff_rate=3,
            should_retry=_passing,
        )(careful(name, work))

    return decorate


def careful(name: str, work: Callable[P, R]) -> Callable[P, R]:
    """The work of a step, so that the engine keeps of it what may be kept, and nothing when this process leaves."""

    def carefully(*args: P.args, **kwargs: P.kwargs) -> R:
        _bench().stopping.park()
        try:
            with _bench().tracing.step(name):
                result = work(*args, **kwargs)
        except CandidError as error:
            if isinstance(error, WorkCanceled):
                # Whoever leaves has handed the job back. The engine would keep this error for the one who goes on,
                # and the job would be canceled although nobody wanted that.
                _bench().stopping.park()
            # The engine keeps a step's error, where erasure does not reach: notes on it may quote the recording.
            error.__notes__ = []
            raise
        except Exception as error:
            log.exception("step failed", stage=name)
            raise PassingFailure("Something went wrong on our side.", cause=type(error).__name__) from None
        _bench().gate.prove(_job_of(*args))
        return result

    carefully.__name__ = carefully.__qualname__ = name
    return carefully


def _bench() -> Bench:
    return _at_work[0]


def _job_of(claim: object, *_others: object) -> str:
    return claim.job_id if isinstance(claim, Claim) else ""


@_step("prepare")
def prepare(claim: Claim) -> dict[str, Any]:
    return steps.prepare(_bench(), claim).model_dump(mode="json")


@_step("hear")
def hear(claim: Claim, plan: Plan, index: int) -> int:
    steps.hear(_bench(), claim, plan, index)
    return index


@_step("tell_apart")
def tell_apart(claim: Claim, plan: Plan) -> dict[str, Any]:
    return asdict(steps.tell_apart(_bench(), claim, plan))


@_step("keep")
def keep(claim: Claim, plan: Plan, voices: Voices) -> int:
    return steps.keep(_bench(), claim, plan, voices)


@_step("extract")
def extract(claim: Claim) -> int:
    return extraction.extract(_bench(), claim)


@_step("finish")
def finish(claim: Claim) -> bool:
    steps.finish(_bench(), claim)
    return True


@DBOS.workflow(name=WORKFLOWS["transcription"], max_recovery_attempts=ENGINE_MAX_STARTS)
def transcribe(job_id: str, attempt: int) -> None:
    _work(job_id, attempt, _transcription)


@DBOS.workflow(name=WORKFLOWS["extraction"], max_recovery_attempts=ENGINE_MAX_STARTS)
def extract_again(job_id: str, attempt: int) -> None:
    _work(job_id, attempt, _extraction)


def _transcription(claim: Claim) -> None:
    plan = Plan.model_validate(prepare(claim))
    for index in range(len(plan.chunks)):
        hear(claim, plan, index)
    voices = Voices(**tell_apart(claim, plan))
    keep(claim, plan, voices)
    _extraction(claim)


def _extraction(claim: Claim) -> None:
    extract(claim)
    finish(claim)


def _work(job_id: str, attempt: int, work: Callable[[Claim], None]) -> None:
    bench = _bench()
    claim = bench.claim(job_id, attempt)
    with reading(bench.engine) as session:
        started = claims.starts(session, claim)
    with bench.gate.enter(job_id, suspect=started > 0):
        bench.stopping.park()
        job = bench.write(lambda session: claims.begin(session, claim, is_ours=lambda: _is_ours(bench, claim)))
        if job is None:
            log.info("not begun", job=job_id, attempt=attempt)
            return
        with (
            structlog.contextvars.bound_contextvars(interview=job.interview_id, job=job_id, attempt=attempt),
            bench.tracing.job(job.kind, _asked_in(bench, claim), starts=job.starts),
        ):
            _carry_out(bench, job, claim, lambda: work(claim))


def _asked_in(bench: Bench, claim: Claim) -> str:
    """The `traceparent` of the request that queued the job, if one is wanted. Never raises, as `Bench.report`."""
    try:
        return bench.queue.traceparent(claim.job_id, claim.attempt) if bench.tracing.is_on else ""
    except Exception:
        log.warning("trace not found", exc_info=True)
        return ""


def _is_ours(bench: Bench, claim: Claim) -> bool:
    found = bench.queue.client.list_workflows(
        workflow_ids=[workflow_id(claim.job_id, claim.attempt)], load_input=False, load_output=False
    )
    return [(one.status, one.executor_id) for one in found] == [("PENDING", claim.worker_id)]


def _carry_out(bench: Bench, job: models.Job, claim: Claim, work: Callable[[], None]) -> None:
    began = monotonic()
    log.info("begun", starts=job.starts, stage=job.kind)
    outcome, facts = "succeeded", {}
    try:
        work()
    except WorkCanceled:
        outcome = "canceled"
        _end(bench, claim, lambda session: claims.mark_canceled(session, claim))
    except (PermanentFailure, dbos_error.DBOSMaxStepRetriesExceeded) as error:
        failure = error if isinstance(error, PermanentFailure) else _last(error)
        outcome, facts = "failed", {"code": failure.code}
        _end(bench, claim, lambda session: claims.fail(session, claim, failure))
        tracing.fail(failure.code)
    tracing.tell(outcome=outcome)
    log.info("ended", outcome=outcome, took_s=round(monotonic() - began, 1), **facts)


def _last(error: dbos_error.DBOSMaxStepRetriesExceeded) -> CandidError:
    """What the last try of a step failed with; our own sentence when it was nothing we know."""
    last = error.errors[-1] if error.errors else None
    return last if isinstance(last, CandidError) else PassingFailure("Something went wrong on our side.")


def _end(bench: Bench, claim: Claim, change: Callable[[WriteSession], bool]) -> None:
    # Also when the job was ended by others while we were frozen: what we have of its sound must go.
    if bench.write(change) or bench.is_over(claim):
        steps.clear(bench, claim)
