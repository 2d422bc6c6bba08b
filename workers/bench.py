"""What a worker process works with: its name, the database, the recordings, the ears and the gate."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app import claims, faults, models
from app.claims import Claim, Report
from app.db import WriteSession, reading, writing
from app.errors import CandidError, RecordingsUnavailable, StorageFull, WorkCanceled
from app.extraction import Judge
from app.faults import Fault
from app.jobs import ENDED, Queue
from app.recordings import Recordings
from app.settings import Settings
from app.tracing import Tracing
from workers.ears import Ear
from workers.gate import Gate
from workers.llm import Llm

log = structlog.get_logger()

MODELS_IN_MEMORY = 2
# A line on the bar moves this often at most; a fsync for every window of a fast model would cost more than it shows.
REPORT_EVERY_S = 1.0

PATIENCE_S = 120
# Between two tries to reach the store of recordings, or to find room. It is tried for as long as the job is wanted:
# nothing else could be done with the time, and failing every job would leave people to start each again.
PAUSES_S = (1.0, 2.0, 5.0, 10.0, 30.0)

Answer = TypeVar("Answer")
OpenEar = Callable[[str, str], Ear]


class Ears:
    """The loaded models of this process, shared by its jobs, which take turns window by window.

    Turns are first come, first served: a plain lock lets one thread take it again and again, and a short recording
    would wait for a long one after all.
    """

    def __init__(self, open_ear: OpenEar) -> None:
        self._open = open_ear
        self._turns = Gate(1)
        self._loaded: OrderedDict[tuple[str, str], Ear] = OrderedDict()

    @contextmanager
    def turn(self, engine: str, model: str) -> Iterator[Ear]:
        """The ear, for this thread alone. Loading one takes seconds. Raises WeightsMissing, WeightsCorrupt."""
        with self._turns.enter():
            yield self._loaded.get((engine, model)) or self._load(engine, model)

    def _load(self, engine: str, model: str) -> Ear:
        began = monotonic()
        ear = self._open(engine, model)
        log.info("model loaded", engine=engine, model=model, took_s=round(monotonic() - began, 2))
        self._loaded[engine, model] = ear
        if len(self._loaded) > MODELS_IN_MEMORY:
            self._loaded.popitem(last=False)
        return ear


class Pace:
    """How fast this machine hears with a model: processing seconds for a second of sound, recent windows first."""

    def __init__(self) -> None:
        self._rtf: dict[str, float] = {}

    def note(self, model: str, *, audio_s: float, took_s: float) -> None:
        if audio_s > 0:
            now = took_s / audio_s
            self._rtf[model] = 0.8 * self._rtf.get(model, now) + 0.2 * now

    def rtf(self, model: str) -> float | None:
        return self._rtf.get(model)


class Stopping:
    """The wish to end this process: what has not begun does not begin any more.

    A plain flag, because it is set by a signal, which may come while this very thread holds the lock of an Event.
    """

    def __init__(self) -> None:
        self.is_asked = False
        self.parked = 0
        self._lock = threading.Lock()
        self._never = threading.Event()

    def ask(self) -> None:
        self.is_asked = True

    def park(self) -> None:
        """Goes on at once; once the process is to end, never: the step that comes next is another worker's."""
        if self.is_asked:
            with self._lock:
                self.parked += 1
            self._never.wait()


@dataclass(frozen=True)
class Bench:
    """One per process. `worker_id` is never used by two processes."""

    worker_id: str
    settings: Settings
    engine: Engine
    queue: Queue
    recordings: Recordings
    ears: Ears
    gate: Gate
    judge: Judge
    llm: Llm | None = None
    tracing: Tracing = field(default_factory=Tracing)
    pace: Pace = field(default_factory=Pace)
    stopping: Stopping = field(default_factory=Stopping)

    def claim(self, job_id: str, attempt: int) -> Claim:
        return Claim(job_id, attempt, self.worker_id)

    def folder(self, claim: Claim) -> Path:
        """A job's scratch space; made when absent."""
        folder = self.settings.work_dir / claim.job_id
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def is_wanted(self, claim: Claim) -> bool:
        """Asked between windows. A database that is away for a moment is no reason to stop."""
        try:
            with reading(self.engine) as session:
                return claims.is_wanted(session, claim)
        except SQLAlchemyError:
            log.warning("database away", exc_info=True)
            return True

    def is_over(self, claim: Claim) -> bool:
        """Whether the job has ended, by whomever."""
        with reading(self.engine) as session:
            job = session.get(models.Job, claim.job_id)
            return job is None or job.status in ENDED

    def write(self, change: Callable[[WriteSession], Answer]) -> Answer:
        """One transaction; tried again for a while when the database is away, so that minutes of work are not lost.

        A disk without room is waited for until there is some: nothing else could be written either.
        """
        until = monotonic() + PATIENCE_S
        while True:
            try:
                with writing(self.engine) as session:
                    return change(session)
            except SQLAlchemyError as error:
                fault = faults.of(error)
                is_patient = not self.stopping.is_asked if fault is Fault.FULL else monotonic() <= until
                if fault is None or not is_patient:
                    raise
                log.warning("database away", fault=fault, exc_info=True)
                sleep(2)

    def patiently(self, claim: Claim, work: Callable[[], Answer]) -> Answer:
        """Does what needs the store of recordings and room on disk; while one is missing, the job says so and waits.

        Raises WorkCanceled when the job is no longer wanted.
        """
        waited = False
        for pause_s in chain(PAUSES_S, repeat(PAUSES_S[-1])):
            try:
                found = work()
                break
            except (RecordingsUnavailable, StorageFull) as error:
                waited = True
                cause = error
            self._show_waiting(claim, cause)
            self._wait(claim, pause_s)
        if waited:
            self._show_waiting(claim, None)
        return found

    def _show_waiting(self, claim: Claim, cause: CandidError | None) -> None:
        # Where the database has no room either, nothing can be noted; that must not end the waiting.
        try:
            with writing(self.engine) as session:
                claims.note_waiting(session, claim, cause)
        except SQLAlchemyError:
            log.warning("waiting not written", exc_info=True)

    def _wait(self, claim: Claim, pause_s: float) -> None:
        until = monotonic() + pause_s
        while monotonic() < until:
            self.stopping.park()
            if not self.is_wanted(claim):
                raise WorkCanceled
            sleep(min(1.0, pause_s))

    def report(self, claim: Claim, report: Report) -> None:
        """Shows people how far a job is. Never raises: a database that is away for a moment must not cost the work."""
        try:
            with writing(self.engine) as session:
                claims.advance(session, claim, report)
        except Exception:
            log.warning("progress not written", exc_info=True)


class Seldom:
    """Lets a call through at most every REPORT_EVERY_S."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self) -> bool:
        now = monotonic()
        if now < self._next:
            return False
        self._next = now + REPORT_EVERY_S
        return True
