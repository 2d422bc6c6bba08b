"""What a worker looks after beside its work: who is alive, what the dead have left, and what is to be erased."""

import os
import shutil
import socket
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic
from uuid import uuid4

import structlog
from sqlmodel import col, delete, select

from app import claims, deliveries, erasures, file_locks, models, parts, recordings, replies, resumables
from app.db import WriteSession, now, reading, writing
from app.errors import AttemptsExhausted, CandidError, PassingFailure, RecordingsUnavailable
from app.jobs import ACTIVE, workflow_id
from workers import jobs
from workers.bench import Bench
from workers.daily import Erasing

log = structlog.get_logger()

GIVEN_UP = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "SUCCESS")
FINISHED_WORK_IS_KEPT = timedelta(days=7)
TIDY_EVERY_S = 3600.0
GRACE_S = 5.0
BATCH = 500
# Erasures for which SQLite's index is rewritten once; each waits for its certificate until all of them are done.
CERTIFIED_TOGETHER = 100
# Of the time after which others count as dead: longer without looking ourselves, and what we saw before is forgotten.
GAP_SHARE = 2 / 3

Beat = object


def new_worker_id() -> str:
    """Never given twice: under one id, a restarted worker and its frozen predecessor would be one to the engine."""
    host = "".join(letter if letter.isalnum() else "-" for letter in socket.gethostname())[:60]
    return f"{host}-{os.getpid()}-{uuid4().hex[:6]}"


class Watch:
    """Who has been silent for too long, judged by this process's own clock: clocks of two machines are not compared.

    It says nothing until it has itself looked without a gap for that long. After an outage of the database, or a
    suspended laptop, everybody looks silent, and the healthy would be taken over along with the dead.
    """

    def __init__(self, *, dead_after_s: float) -> None:
        self.dead_after_s = dead_after_s
        self._looked_at: float | None = None
        self._seen: dict[str, tuple[Beat, float]] = {}

    def silent(self, beats: Mapping[str, Beat], *, at: float) -> set[str]:
        """Those in `beats` (worker id to its last beat) whose beat has not changed for `dead_after_s`."""
        if self._looked_at is None or at - self._looked_at > self.dead_after_s * GAP_SHARE:
            self._seen.clear()
        self._looked_at = at
        self._seen = {
            worker: self._seen[worker] if worker in self._seen and self._seen[worker][0] == beat else (beat, at)
            for worker, beat in beats.items()
        }
        return {worker for worker, (_beat, since) in self._seen.items() if at - since >= self.dead_after_s}


class Locks:
    """A locked file for each worker process of this machine, in the data folder.

    The system lets go of a lock when its process ends, however it ends, and at no other time. So of the workers of
    this machine one can know at once what of others one can only suspect: a laptop's worker that was killed and
    started again goes on without waiting for anybody's silence. A frozen process keeps its lock: it is not dead.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def held(self, worker_id: str) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        # Locked under another name first: a peer that finds the file must never find it unlocked.
        path, fresh = self._path(worker_id), self.folder / f"{worker_id}.new"
        with fresh.open("w") as file:
            file_locks.take(file, wait=True)
            fresh.replace(path)
            yield
            path.unlink(missing_ok=True)

    def dead(self, worker_ids: Collection[str]) -> set[str]:
        """Those that were processes of this machine and have ended. Others, alive or elsewhere, are not among them."""
        return {worker_id for worker_id in worker_ids if self._has_ended(worker_id)}

    def sweep(self, known: Collection[str]) -> None:
        """Removes what ended processes left whom nobody knows any more: machines elsewhere took over what they had."""
        left = {path.stem for path in self.folder.glob("*.lock")} - set(known)
        self.forget(self.dead(left))

    def forget(self, worker_ids: Collection[str]) -> None:
        for worker_id in worker_ids:
            self._path(worker_id).unlink(missing_ok=True)

    def _path(self, worker_id: str) -> Path:
        return self.folder / f"{worker_id}.lock"

    def _has_ended(self, worker_id: str) -> bool:
        try:
            with self._path(worker_id).open("r+") as file:
                return file_locks.take(file)
        except FileNotFoundError:
            return False


class Supervision:
    """Three threads beside the work, so that none waits for another's reason to wait.

    `heartbeat` beats and does nothing else. `supervision` looks after the jobs of others and asks nobody but the
    database. `housekeeping` erases and sweeps, and may hang as long as the store of recordings does.
    """

    def __init__(self, bench: Bench, locks: Locks) -> None:
        self.bench, self.locks = bench, locks
        self.watch = Watch(dead_after_s=bench.settings.dead_after_s)
        self.erasing = Erasing(bench)
        self._ended = threading.Event()
        self._next_tidy = 0.0
        self._threads = [
            self._thread("heartbeat", self.beat),
            self._thread("supervision", self.take_over, self.reconcile),
            self._thread(
                "housekeeping",
                self.finish_erasures,
                self.sweep_scratch,
                self.erase_what_was_kept_long_enough,
                self.tidy,
            ),
        ]

    def _thread(self, name: str, *duties: Callable[[], None]) -> threading.Thread:
        return threading.Thread(target=self._repeat, args=[duties], name=name, daemon=True)

    def beat(self) -> None:
        """Writes the heartbeat. Before the engine is launched, or peers take its first work from it."""
        with writing(self.bench.engine) as session:
            settings, worker_id = self.bench.settings, self.bench.worker_id
            row = session.get(models.Worker, worker_id)
            if row is None:
                row = models.Worker(id=worker_id, engine=settings.engine, model=settings.model)
                session.add(row)
            row.beat_at = now()
            row.rtf, row.jobs = self.bench.pace.rtf(settings.model), self.bench.gate.inside

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """The worker leaves: each thread may end its round if that is soon, then its row goes.

        What is left half done by one that hangs, somebody does again: it is no other than after a kill.
        """
        self._ended.set()
        until = monotonic() + GRACE_S
        for thread in self._threads:
            thread.join(timeout=max(0.0, until - monotonic()))
        with suppress(Exception), writing(self.bench.engine) as session:
            _bury(session, {self.bench.worker_id})

    def _repeat(self, duties: tuple[Callable[[], None], ...]) -> None:
        while True:
            for duty in duties:
                _try(duty)
            if self._ended.wait(self.bench.settings.heartbeat_s):
                return

    def take_over(self) -> None:
        """Requeues the work of workers that have ended on this machine or gone silent elsewhere."""
        owed, beats = self._executors_with_work() - {self.bench.worker_id}, self._beats()
        others = (set(beats) | owed) - {self.bench.worker_id}
        silent = self.watch.silent({worker: beats.get(worker) for worker in others}, at=monotonic())
        ended = self.locks.dead(others)
        dead = silent | ended
        if not dead:
            return
        with reading(self.bench.engine) as session:
            seen = claims.held_by(session, dead)
        # The engine first. Who is silent and not dead would else find its claim gone while the engine still takes its
        # word, and that word, that the work is not wanted, would be given to its successor as the step's outcome.
        jobs.take_over(sorted(dead & owed))
        requeued = self.bench.write(lambda session: claims.release(session, dead, seen=seen))
        self.bench.write(lambda session: deliveries.release(session, dead))
        self.bench.write(lambda session: _bury(session, dead))
        self.locks.forget(ended)
        log.info("took over", workers=sorted(dead), count=len(requeued))

    def _beats(self) -> dict[str, Beat]:
        with reading(self.bench.engine) as session:
            return {row.id: row.beat_at for row in session.exec(select(models.Worker))}

    def _executors_with_work(self) -> set[str]:
        pending = self.bench.queue.client.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {workflow.executor_id for workflow in pending if workflow.executor_id}

    def reconcile(self) -> None:
        """Ends jobs whose workflow has ended without saying so: people must not wait for nothing."""
        with reading(self.bench.engine) as session:
            active = [
                (job.id, job.attempt)
                for job in session.exec(select(models.Job).where(col(models.Job.status).in_(ACTIVE)))
            ]
        for start in range(0, len(active), BATCH):
            self._reconcile(active[start : start + BATCH])

    def _reconcile(self, active: list[tuple[str, int]]) -> None:
        # The order matters: a job's row is ended before its workflow is. So whoever sees the workflow ended first and
        # then still finds the row active has found a lost job, and not one that is just ending.
        ids = {workflow_id(job_id, attempt): (job_id, attempt) for job_id, attempt in active}
        found = self.bench.queue.client.list_workflows(workflow_ids=list(ids), load_input=False, load_output=False)
        statuses = {workflow.workflow_id: workflow.status for workflow in found}
        for name, (job_id, attempt) in ids.items():
            status = statuses.get(name, "ERROR")
            if status in GIVEN_UP and self._abandon(job_id, attempt, given_up(status)):
                log.error("job given up", job=job_id, attempt=attempt, outcome=status)

    def _abandon(self, job_id: str, attempt: int, error: CandidError | None) -> bool:
        return self.bench.write(lambda session: claims.abandon(session, job_id, attempt, error))

    def finish_erasures(self) -> None:
        """Erases the sound of withdrawn interviews whose work has stopped by now."""
        with reading(self.bench.engine) as session:
            pending = erasures.pending(session)
        bench = self.bench
        for start in range(0, len(pending), CERTIFIED_TOGETHER):
            if self._ended.is_set():
                return
            together = pending[start : start + CERTIFIED_TOGETHER]
            erasures.finish(bench.engine, bench.queue, bench.recordings, bench.settings.work_dir, *together)

    def sweep_scratch(self) -> None:
        """Removes the scratch space of ended jobs: of one that was withdrawn, or ended on another machine, too."""
        folder = self.bench.settings.work_dir
        folders = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
        if not folders:
            return
        with reading(self.bench.engine) as session:
            active = set(session.exec(select(models.Job.id).where(col(models.Job.status).in_(ACTIVE))))
        for path in folders:
            if path.name.startswith("job_") and path.name not in active:
                shutil.rmtree(path, ignore_errors=True)

    def erase_what_was_kept_long_enough(self) -> None:
        self.erasing.step(at=now())

    def tidy(self) -> None:
        """Removes what dead uploads and workers left, old replies, deliveries and engine's records."""
        if monotonic() < self._next_tidy:
            return
        self._next_tidy = monotonic() + TIDY_EVERY_S
        for sweep in (
            self._sweep_uploads,
            self._sweep_recordings,
            self._sweep_locks,
            self._sweep_rows,
            self._sweep_engine,
        ):
            _try(sweep)

    def _sweep_uploads(self) -> None:
        resumables.sweep(self.bench.engine, self.bench.recordings, at=now())

    def _sweep_rows(self) -> None:
        self.bench.write(lambda session: replies.sweep(session, at=now()))
        shown_since = now() - timedelta(days=self.bench.settings.webhook_log_days)
        self.bench.write(lambda session: deliveries.sweep(session, before=shown_since))

    def _sweep_engine(self) -> None:
        client = self.bench.queue.client
        old = client.list_workflows(
            status=list(GIVEN_UP),
            completed_before=(now() - FINISHED_WORK_IS_KEPT).isoformat(),
            limit=BATCH,
            load_input=False,
            load_output=False,
        )
        client.delete_workflows([workflow.workflow_id for workflow in old])

    def _sweep_locks(self) -> None:
        self.locks.sweep(self._executors_with_work() | set(self._beats()))

    def _sweep_recordings(self) -> None:
        try:
            swept = recordings.sweep(self.bench.engine, self.bench.recordings, at=now())
            parts.sweep(self.bench.engine, self.bench.recordings, before=now() - recordings.UPLOAD_MAY_TAKE)
        except RecordingsUnavailable:
            log.warning("sweep waits")
            return
        if swept.orphans or swept.unfinished:
            log.info("swept", orphans=swept.orphans, unfinished=swept.unfinished)
        if swept.lost:
            log.error("recordings lost", recording=swept.lost[:BATCH], count=len(swept.lost))


def _try(duty: Callable[[], None]) -> None:
    """Whatever happens, what is next comes: a worker that stops beating loses its work to others."""
    try:
        duty()
    except Exception:
        log.warning("supervision failed", exc_info=True)


def given_up(status: str) -> CandidError | None:
    """Why a job whose workflow ended so is over; None: it was canceled."""
    if status == "CANCELLED":
        return None
    if status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
        return AttemptsExhausted("The work ended its worker every time it was tried.")
    return PassingFailure("Something went wrong on our side.")


def _bury(session: WriteSession, dead: Collection[str]) -> None:
    session.exec(delete(models.Worker).where(col(models.Worker.id).in_(dead)))
