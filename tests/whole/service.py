"""Real processes for tests of the whole: the API and workers as a person starts them, on a folder of their own."""

import functools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
from sqlalchemy import func
from sqlmodel import select

from app import jobs, models
from app.db import open_engine, reading
from tests import databases, s3_server

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample" / "interview.m4a"
# An invented key with every scope, as CANDID_FIRST_KEY takes it.
KEY = f"cdd_{'0123456789abcdef' * 2}_{'t' * 40}"
PATIENCE_S = 90.0
NONE: Mapping[str, str] = {}

T = TypeVar("T")


def eventually(look: Callable[[], T], *, within_s: float = PATIENCE_S, every_s: float = 0.05) -> T:
    """The first true answer of `look`; fails the test when there is none in time."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(every_s)
    raise AssertionError(f"not within {within_s} s")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@dataclass
class Started:
    """A process of ours, and what it has logged."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def lines(self, event: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in found if line["event"] == event]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def ended(self, *, within_s: float = PATIENCE_S) -> int:
        return self.process.wait(within_s)


@dataclass
class Service:
    """One installation in `folder`. Every process is started with the same settings and ended with the test."""

    folder: Path
    database_url: str
    settings: dict[str, str] = field(default_factory=dict)
    started: list[Started] = field(default_factory=list)
    url: str = ""

    @functools.cached_property
    def bucket(self) -> str:
        """Where the recordings are when they are on S3."""
        return s3_server.location()

    @property
    def recordings(self) -> str:
        return self.bucket if s3_server.ON_S3 else str(self.folder / "data" / "recordings")

    @property
    def staging(self) -> Path:
        """Where uploads are on their way in."""
        return self.folder / "data" / ("incoming" if s3_server.ON_S3 else "recordings/.incoming")

    def environment(self) -> dict[str, str]:
        bucket = self.bucket if s3_server.ON_S3 else ""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CANDID_")}
        ours = {
            "CANDID_DATA_DIR": str(self.folder / "data"),
            "CANDID_DATABASE_URL": self.database_url,
            "CANDID_FIRST_KEY": KEY,
            "CANDID_PORT": "0",
            "CANDID_MODEL": "tiny.en",
            "CANDID_THREADS": "2",
            "CANDID_HEAR_STEP_S": "30",
            "CANDID_LOG_FORMAT": "json",
        }
        # Asked for first: it makes the environment lead to the server.
        ours |= {"CANDID_RECORDINGS_URL": bucket} if bucket else {}
        return kept | ours | self.settings

    def start(self, *arguments: str) -> Started:
        log = self.folder / f"{len(self.started)}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, env=self.environment(), stdout=file, stderr=file
            )
        self.started.append(Started(process, log))
        return self.started[-1]

    def worker(self, *arguments: str) -> Started:
        return self.start("-m", "workers", *arguments)

    def odd_worker(self, *arguments: str, pause_s: float = 0.0) -> Started:
        """A worker whose ear is a fake (see odd_worker.py)."""
        return self.start("-m", "tests.whole.odd_worker", str(pause_s), *arguments)

    def api(self) -> Started:
        return self._served(self.start("-m", "app"))

    def odd_api(self, where: str) -> Started:
        """An API that is killed `before` or `after` the commit of its first answer (see odd_api.py)."""
        return self._served(self.start("-m", "tests.whole.odd_api", where))

    def _served(self, started: Started) -> Started:
        found = eventually(lambda: re.search(r"http://127\.0\.0\.1:(\d+)", started.log.read_text()), within_s=30)
        self.url = found.group(0)
        return started

    def upload(self, recording: Path = SAMPLE, **fields: str) -> tuple[str, str]:
        """The ids of the interview and its job, as the 201 gives them."""
        with recording.open("rb") as file:
            answer = httpx.post(
                f"{self.url}/v1/interviews",
                headers={"Authorization": f"Bearer {KEY}"},
                data={"consent": "true", "on_duplicate": "new", **fields},
                files={"file": (recording.name, file, "audio/mp4")},
            )
        assert answer.status_code == 201, answer.text
        return answer.json()["id"], answer.json()["job"]["id"]

    def post(self, path: str, *, headers: Mapping[str, str] = NONE, **options: Any) -> httpx.Response:
        return httpx.post(f"{self.url}{path}", headers={"Authorization": f"Bearer {KEY}", **headers}, **options)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers={"Authorization": f"Bearer {KEY}"})

    def job(self, job_id: str) -> models.Job:
        return self._read(lambda session: session.get_one(models.Job, job_id))

    def jobs(self) -> list[models.Job]:
        """Oldest first."""
        return self._read(lambda session: list(session.exec(select(models.Job).order_by(models.Job.id))))

    def until(self, job_id: str, *statuses: str, within_s: float = PATIENCE_S) -> models.Job:
        eventually(lambda: self.job(job_id).status in (statuses or jobs.ENDED), within_s=within_s)
        return self.job(job_id)

    def count(self, table: Any) -> int:
        return int(self._read(lambda session: session.exec(select(func.count()).select_from(table)).one()))

    def segments(self) -> list[models.Segment]:
        return self._read(lambda session: list(session.exec(select(models.Segment))))

    def workers(self) -> list[models.Worker]:
        return self._read(lambda session: list(session.exec(select(models.Worker))))

    def _read(self, look: Callable[[Any], T]) -> T:
        engine = open_engine(self.database_url)
        try:
            with reading(engine) as session:
                return look(session)
        finally:
            engine.dispose()


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Service]:
    """A service whose API is up; `settings` are CANDID_... variables. Ends every process that it started."""
    with databases.empty(folder / "data") as url:
        service = Service(folder, url, settings)
        try:
            service.api()
            yield service
        finally:
            for started in service.started:
                started.process.kill()
                started.process.wait()
