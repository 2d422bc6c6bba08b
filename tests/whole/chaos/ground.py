"""An installation under fire: an API and two workers that are started again whenever one of them has died."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import httpx
from sqlalchemy import Engine
from sqlmodel import col, or_, select

from app import models
from app.db import ReadSession, open_engine, reading
from app.settings import Settings
from tests import databases
from tests.whole.chaos import nursery
from tests.whole.chaos.nursery import Nursery, Wanted
from tests.whole.service import free_port

KEY = f"cdd_{'0123456789abcdef' * 2}_{'t' * 40}"
WORKERS = 2
LOOK_EVERY_S = 0.01
PATIENCE_S = 60.0
SETTINGS = {
    "CANDID_FIRST_KEY": KEY,
    "CANDID_HEARTBEAT_S": "0.2",
    "CANDID_DEAD_AFTER_S": "2",
    "CANDID_HEAR_STEP_S": "30",
    "CANDID_LOG_FORMAT": "json",
    "CANDID_WEBHOOK_ALLOW_PRIVATE": "true",
    "CANDID_WRITES_PER_MINUTE": "0",
    "CANDID_READS_PER_MINUTE": "0",
    "CANDID_UPLOADS_PER_MINUTE": "0",
}

T = TypeVar("T")


@dataclass
class Process:
    what: str
    pid: int


@dataclass
class Death:
    """When a process died, what it was, and after how many seconds all that it had was in other hands."""

    process: Process
    at: float
    over_after_s: float | None = None


@dataclass
class Ground:
    """`processes` live, or will in a moment: whatever dies is started again at once, as a service manager would."""

    folder: Path
    database_url: str
    nursery: Nursery
    port: int
    elsewhere: bool
    engine: Engine = field(init=False)
    processes: list[Process] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    _peace: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.engine = open_engine(self.database_url)
        self.armed.mkdir(parents=True)
        self._warden = threading.Thread(target=self._watch, name="warden", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def armed(self) -> Path:
        return self.folder / "armed"

    @property
    def settings(self) -> Settings:
        return Settings(
            data_dir=self.folder / "data",
            database_url=self.database_url,
            recordings_url=self.recordings_url,
            heartbeat_s=0.2,
            dead_after_s=2,
        )

    @property
    def recordings_url(self) -> str:
        return str(self.folder / "recordings")

    def begin(self) -> None:
        self.processes = [Process("api", self._bear("api"))]
        self.until(self.answers, "the API answers")
        self.processes += [Process(f"worker {n}", self._bear(f"worker {n}")) for n in range(1, WORKERS + 1)]
        self._warden.start()

    def end(self) -> None:
        """From now on what dies stays dead; everybody dies."""
        self.rest()
        for process in self.processes:
            nursery.end(process.pid)
        self.engine.dispose()

    def rest(self) -> None:
        """From now on what dies stays dead."""
        self._peace.set()
        if self._warden.is_alive():
            self._warden.join()

    def begin_again(self) -> None:
        """Kills each worker and starts it once more."""
        for worker in self.workers():
            nursery.end(worker.pid)
            worker.pid = self._bear(worker.what)

    def data_dir(self, what: str) -> Path:
        """Workers that are `elsewhere` share a database and a store, and no folder: as if on machines of their own."""
        return self.folder / (what if self.elsewhere and what != "api" else "data")

    def _bear(self, what: str) -> int:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CANDID_")}
        environment |= SETTINGS | {
            "CANDID_DATA_DIR": str(self.data_dir(what)),
            "CANDID_DATABASE_URL": self.database_url,
            "CANDID_RECORDINGS_URL": self.recordings_url,
            "CANDID_PORT": str(self.port),
        }
        log = self.folder / f"{what}.log"
        return self.nursery.bear(Wanted(what.partition(" ")[0], environment, str(log), str(self.armed)))

    def _watch(self) -> None:
        while not self._peace.wait(LOOK_EVERY_S):
            for process in self.processes:
                if not nursery.lives(process.pid):
                    self.deaths.append(Death(Process(process.what, process.pid), time.monotonic()))
                    process.pid = self._bear(process.what)
            for death in self.deaths:
                if death.over_after_s is None and self.is_taken_over(death):
                    death.over_after_s = time.monotonic() - death.at

    def answers(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/healthz", timeout=1).is_success
        return False

    def workers(self) -> list[Process]:
        return [process for process in self.processes if process.what != "api"]

    def kill(self, what: str) -> None:
        with suppress(ProcessLookupError):
            os.kill(next(one.pid for one in self.processes if one.what == what), 9)

    def until(self, look: Callable[[], T], what: str, *, within_s: float = PATIENCE_S) -> T:
        """The first true answer of `look`. Raises TimeoutError."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if found := look():
                return found
            time.sleep(LOOK_EVERY_S)
        raise TimeoutError(f"not within {within_s:g} s: {what}")

    def read(self, look: Callable[[ReadSession], T]) -> T:
        with reading(self.engine) as session:
            return look(session)

    def is_taken_over(self, death: Death) -> bool:
        """Whether everything that the dead one had is in other hands, or is done."""
        if death.process.what == "api":
            return self.answers()
        whose = f"%-{death.process.pid}-%"
        job, delivery = models.Job, models.Delivery
        left = (
            select(job.id).where(or_(col(job.worker_id).like(whose), job.status == "queued")),
            select(delivery.id).where(col(delivery.leased_by).like(whose)),
            select(models.Worker.id).where(col(models.Worker.id).like(whose)),
        )
        return not self.read(lambda session: [row for query in left for row in session.exec(query)])


@contextmanager
def under_fire(folder: Path, *, elsewhere: bool = False) -> Iterator[Ground]:
    """With `elsewhere` each worker is as if on a machine of its own: its death is only known by its silence."""
    cradle = Nursery()
    try:
        with databases.empty(folder / "data") as url:
            ground = Ground(folder, url, cradle, free_port(), elsewhere)
            try:
                ground.begin()
                yield ground
            finally:
                ground.end()
    finally:
        cradle.close()
