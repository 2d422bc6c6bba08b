"""Many machines' worth of processes on this one: a data folder for each, and one Postgres and one S3 server for all."""

import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import av
import pytest

from app.keys import Scope
from tests import databases, s3_server
from tests.whole.service import SAMPLE, Service, Started

RATE = 16_000

needs_servers = [
    pytest.mark.database,
    s3_server.needs_server,
    pytest.mark.skipif(not databases.IS_POSTGRES, reason="many machines share a Postgres (make test-servers)"),
]


@dataclass
class Fleet:
    """`machines` are services that share a database and a bucket, and nothing else."""

    folder: Path
    database_url: str
    bucket: str
    settings: dict[str, str] = field(default_factory=dict)
    machines: list[Service] = field(default_factory=list)

    def machine(self, **settings: str) -> Service:
        folder = self.folder / f"machine-{len(self.machines)}"
        folder.mkdir()
        ours = {"CANDID_RECORDINGS_URL": self.bucket, **self.settings, **settings}
        self.machines.append(Service(folder, self.database_url, ours))
        return self.machines[-1]

    def app(self, **settings: str) -> Service:
        """A machine with an API that is up, at `url`."""
        machine = self.machine(**settings)
        machine.api()
        return machine

    def worker(self, *, pause_s: float | None) -> Started:
        """A worker on a machine of its own, with an ear that sleeps so long in each window; None: with a real one."""
        machine = self.machine()
        return machine.worker() if pause_s is None else machine.odd_worker(pause_s=pause_s)

    def end(self) -> None:
        for machine in self.machines:
            for started in machine.started:
                started.process.kill()
                started.process.wait()


@contextmanager
def fleet(folder: Path, **settings: str) -> Iterator[Fleet]:
    """No process at first; every one that is started ends with it."""
    with databases.on_postgres() as url:
        made = Fleet(folder, url, s3_server.location(), settings)
        try:
            yield made
        finally:
            made.end()


def keys(app: Service, *, owners: int, each: int) -> list[str]:
    """`each` keys of every one of so many new owners, as tokens."""
    found = []
    for number in range(owners):
        owner = "new"
        for _ in range(each):
            asked = {"name": f"owner {number}", "owner": owner, "scopes": [Scope.READ, Scope.WRITE]}
            made = app.post("/v1/api-keys", json=asked)
            assert made.status_code == 201, made.text
            owner = made.json()["owner_id"]
            found.append(made.json()["token"])
    return found


def speech(*, seconds: float) -> bytes:
    """The beginning of the sample, as 16-bit samples at `RATE`."""
    wanted, found = round(seconds * RATE) * 2, b""
    with av.open(str(SAMPLE)) as memo:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        for frame in memo.decode(memo.streams.audio[0]):
            found += b"".join(bytes(part.planes[0])[: part.samples * 2] for part in resampler.resample(frame))
            if len(found) >= wanted:
                break
    return found[:wanted]


def recording(sound: bytes, *, number: int) -> bytes:
    """A WAV file of the sound that is like no other: its last samples are the number."""
    made = io.BytesIO()
    with wave.open(made, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(sound + number.to_bytes(4, "little"))
    return made.getvalue()
