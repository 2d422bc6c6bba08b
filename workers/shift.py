"""One worker process from its first heartbeat to its last: set up, work until asked to stop, hand back, leave."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

import structlog
from sqlalchemy import func
from sqlmodel import col, or_, select

from app import backups, deliveries, migrations, models, tracing
from app.db import now, open_engine, reading
from app.jobs import Queue
from app.recordings import Recordings
from app.settings import Settings
from workers import jobs, judges, llm
from workers.bench import Bench, Ears, OpenEar
from workers.courier import Courier
from workers.ears import open_ear
from workers.gate import Gate
from workers.supervision import Locks, Supervision, new_worker_id

log = structlog.get_logger()

# Steps that are running when the process is to end may take this long; what is left is handed back.
GRACE_S = 15.0
LOOK_EVERY_S = 0.25


def work(bench: Bench, *, once: bool = False) -> None:
    """Works until `bench.stopping` is asked, or with `once` until nothing is left that this worker could do.

    When this returns, threads may still be busy with steps that were handed back: end the process.
    """
    with _on_duty(bench):
        while not bench.stopping.is_asked:
            sleep(LOOK_EVERY_S)
            if once and not _is_anything_left(bench):
                bench.stopping.ask()
        _wait_for_steps(bench)


def lay_out(settings: Settings, *, ears: OpenEar | None = None) -> Bench:
    """The bench of a new worker, on a database that is up to date afterwards."""
    backups.check_not_half(settings)
    migrations.upgrade(settings)
    queue = Queue(settings.sqlalchemy_url)
    queue.prepare()
    return Bench(
        worker_id=new_worker_id(),
        settings=settings,
        engine=open_engine(settings.sqlalchemy_url),
        queue=queue,
        recordings=Recordings(settings.recordings_location, settings.data_dir / "incoming"),
        ears=Ears(ears or _ears_of(settings)),
        gate=Gate(settings.slots),
        judge=judges.best(settings.models_dir),
        llm=llm.of(settings),
        tracing=tracing.open_tracing(settings, service="candid-worker"),
    )


def _ears_of(settings: Settings) -> OpenEar:
    return lambda engine, model: open_ear(
        engine=engine, model=model, models_dir=settings.models_dir, threads=settings.threads
    )


@contextmanager
def _on_duty(bench: Bench) -> Iterator[None]:
    settings = bench.settings
    locks = Locks(settings.data_dir / "workers")
    with locks.held(bench.worker_id):
        supervision = Supervision(bench, locks)
        supervision.beat()
        jobs.launch(bench)
        supervision.start()
        courier = Courier(bench)
        courier.start()
        log.info(
            "worker ready",
            worker=bench.worker_id,
            engine=settings.engine,
            model=settings.model,
            threads=settings.threads,
            slots=settings.slots,
        )
        try:
            yield
        finally:
            courier.end()
            supervision.end()
            jobs.land(bench)
            bench.queue.close()
            bench.engine.dispose()
            bench.tracing.close()
            log.info("worker ended", worker=bench.worker_id)


def _is_anything_left(bench: Bench) -> bool:
    """Whether there is work that is queued, or running here, or running nowhere any more; or a delivery due."""
    living = select(models.Worker.id).where(models.Worker.id != bench.worker_id)
    query = (
        select(func.count())
        .select_from(models.Job)
        .where(
            or_(
                models.Job.status == "queued",
                (col(models.Job.status) == "running") & col(models.Job.worker_id).not_in(living),
            )
        )
    )
    with reading(bench.engine) as session:
        is_due = deliveries.is_any_due(session, at=now())
        return bench.gate.inside > 0 or session.exec(query).one() > 0 or is_due


def _wait_for_steps(bench: Bench) -> None:
    """Until each job here has come to the end of its step, or the time is up."""
    until = monotonic() + GRACE_S
    while bench.gate.inside > bench.stopping.parked and monotonic() < until:
        sleep(LOOK_EVERY_S)


def leave() -> None:
    """Ends the process now. The engine's threads are not daemons: Python would wait for a parked one for ever."""
    os._exit(0)
