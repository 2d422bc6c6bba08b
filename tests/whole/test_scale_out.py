"""Two APIs and three workers on machines of their own; an API and two workers are killed while six keys send.

`CANDID_TEST_SCALE=60 pytest tests/whole/test_scale_out.py -s` is the long form, at the pace of the default settings;
with `CANDID_TEST_EAR=whisper` the ears are real.
"""

import hashlib
import itertools
import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app import models, parts, recordings, resumables
from app.db import now, open_engine
from app.recordings import Recordings
from tests.tus import Sender
from tests.whole.fleet import Fleet, fleet, keys, needs_servers, recording, speech
from tests.whole.service import Service, Started, eventually

pytestmark = needs_servers

RECORDINGS = int(os.environ.get("CANDID_TEST_SCALE", "12"))
IS_LONG = RECORDINGS > 12
# None: real ears, which need no rest to be busy for a while.
PAUSE_S = None if os.environ.get("CANDID_TEST_EAR") == "whisper" else 1.0
HASTY = {} if IS_LONG else {"CANDID_HEARTBEAT_S": "0.5", "CANDID_DEAD_AFTER_S": "3"}
DOORS = ("form", "raw", "tus")
PIECES = 4


@dataclass
class Phone:
    """One key's client: it sends to the API it knows, and to the other when that one is gone."""

    token: str
    urls: list[str]
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Interview to the SHA-256 of what was sent."""

    def send(self, number: int, door: str, sound: bytes) -> None:
        made = getattr(self, f"_{door}")(number, sound)
        self.acknowledged[made["id"]] = hashlib.sha256(sound).hexdigest()

    def get(self, path: str) -> httpx.Response:
        with self._client() as client:
            return client.get(path)

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self.urls[0], headers={"Authorization": f"Bearer {self.token}"}, timeout=60)

    def _turn(self) -> None:
        self.urls.append(self.urls.pop(0))

    def _insist(self, number: int, **request: object) -> dict[str, str]:
        while True:
            with suppress(httpx.TransportError), self._client() as client:
                client.headers["Idempotency-Key"] = f"recording-{number}"
                answer = client.post("/v1/interviews", **request)  # type: ignore[arg-type]
                if answer.status_code in (200, 201):
                    made: dict[str, str] = answer.json()
                    return made
                # A twin that died may still be at work in the database.
                assert answer.status_code == 409, answer.text
            self._turn()
            time.sleep(0.1)

    def _form(self, number: int, sound: bytes) -> dict[str, str]:
        return self._insist(number, data={"consent": "true"}, files={"file": ("memo.wav", sound, "audio/wav")})

    def _raw(self, number: int, sound: bytes) -> dict[str, str]:
        return self._insist(number, params={"consent": "true"}, content=sound, headers={"Content-Type": "audio/wav"})

    def _tus(self, _number: int, sound: bytes) -> dict[str, str]:
        """Every piece goes to another machine than the one before."""
        path, offset, size = self._begun(len(sound)), 0, -(-len(sound) // PIECES)
        while True:
            with suppress(httpx.TransportError), self._client() as client:
                offset = Sender(client).offset(path)
                answer = Sender(client).append(path, offset, sound[offset : offset + size])
                if "candid-interview" in answer.headers:
                    made: dict[str, str] = client.get(answer.headers["candid-interview"]).json()
                    return made
                assert answer.status_code == 204, answer.text
            self._turn()

    def _begun(self, size: int) -> str:
        while True:
            with suppress(httpx.TransportError), self._client() as client:
                return Sender(client).begun(size)
            self._turn()


@dataclass
class Killer:
    """Kills an API and two workers while recordings come in, and measures how long their work lies idle."""

    made: Fleet
    phones: list[Phone]
    workers: list[Started]
    app: Service
    missed_s: list[float] = field(default_factory=list)
    idle_s: list[float] = field(default_factory=list)

    def work(self) -> None:
        victims = iter(self.workers)
        for share in (4, 2):
            eventually(lambda share=share: self._acknowledged() >= RECORDINGS // share, within_s=600)
            if share == 4:
                self.app.started[0].kill()
            self._kill_a_worker(next(victims))

    def _acknowledged(self) -> int:
        return sum(len(phone.acknowledged) for phone in self.phones)

    def _kill_a_worker(self, victim: Started) -> None:
        name = str(eventually(lambda: victim.lines("worker ready"))[0]["worker"])
        held = eventually(lambda: self._held_by(name), within_s=600)
        victim.kill()
        killed_at = time.monotonic()
        eventually(lambda: not self._held_by(name), within_s=600)
        self.missed_s.append(time.monotonic() - killed_at)
        eventually(lambda: self._begun_again(held), within_s=600)
        self.idle_s.append(time.monotonic() - killed_at)

    def _held_by(self, worker: str) -> list[str]:
        return [job.id for job in self.app.jobs() if job.worker_id == worker]

    def _begun_again(self, jobs: list[str]) -> bool:
        return all(job.worker_id or job.finished_at for job in self.app.jobs() if job.id in jobs)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Fleet]:
    with fleet(tmp_path, CANDID_THREADS="1", **HASTY) as made:
        yield made


def test_nothing_is_lost_or_doubled_when_an_api_and_two_workers_are_killed(made: Fleet) -> None:
    apps, workers = [made.app(), made.app()], [made.worker(pause_s=PAUSE_S) for _ in range(3)]
    urls = [app.url for app in apps]
    tokens, sound = keys(apps[0], owners=3, each=2), speech(seconds=8)
    phones = [
        Phone(token, list(turn)) for token, turn in zip(tokens, itertools.cycle((urls, urls[::-1])), strict=False)
    ]
    killer, began = Killer(made, phones, workers, apps[0]), time.monotonic()
    with ThreadPoolExecutor(len(phones) + 1) as pool:
        killing = pool.submit(killer.work)
        sent = [pool.submit(send_all, phone, sound, share) for phone, share in shares(phones)]
        for one in (*sent, killing):
            one.result()
    eventually(lambda: all(job.finished_at for job in apps[1].jobs()), within_s=1200)
    took_s = time.monotonic() - began
    check_nothing_doubled(apps[1], phones)
    check_every_byte(apps[1], phones)
    check_no_orphans(made)
    check_nothing_staged(made, apps[0])
    print(  # noqa: T201
        f"\n{RECORDINGS} recordings ready in {took_s:.0f} s; two killed workers were missed after "
        f"{listed(killer.missed_s)}, their jobs were at work again after {listed(killer.idle_s)}"
    )


def listed(times_s: list[float]) -> str:
    return " and ".join(f"{one:.1f} s" for one in times_s)


def shares(phones: list[Phone]) -> Iterator[tuple[Phone, list[int]]]:
    for start, phone in enumerate(phones):
        yield phone, list(range(start, RECORDINGS, len(phones)))


def send_all(phone: Phone, sound: bytes, numbers: list[int]) -> None:
    for number in numbers:
        phone.send(number, DOORS[(number // 6 + number) % len(DOORS)], recording(sound, number=number))


def check_nothing_doubled(app: Service, phones: list[Phone]) -> None:
    known = [interview for phone in phones for interview in phone.acknowledged]
    assert len(known) == len(set(known)) == RECORDINGS
    assert {app.count(table) for table in (models.Interview, models.Recording, models.Job, models.Transcript)} == {
        RECORDINGS
    }
    assert Counter(job.status for job in app.jobs()) == {"succeeded": RECORDINGS}
    assert app.count(models.HeardChunk) == 0
    said = Counter((segment.transcript_id, segment.start_ms) for segment in app.segments())
    assert set(said.values()) == {1}
    assert len({transcript for transcript, _start in said}) == RECORDINGS


def check_every_byte(app: Service, phones: list[Phone]) -> None:
    """Each recording is downloaded from the API that is left."""
    for phone in phones:
        phone.urls = [app.url]
        for interview, sha256 in phone.acknowledged.items():
            assert phone.get(f"/v1/interviews/{interview}").json()["status"] == "ready"
            sound = phone.get(f"/v1/interviews/{interview}/recording").content
            assert hashlib.sha256(sound).hexdigest() == sha256


def check_nothing_staged(made: Fleet, killed: Service) -> None:
    """What was coming in when the API was killed is on its machine only: there it goes, a day later, with its next."""
    folders = {machine.folder: machine.folder / "data" / "incoming" for machine in made.machines}
    yesterday = time.time() - timedelta(hours=25).total_seconds()
    for left in sorted(folders[killed.folder].rglob("*"), reverse=True):
        os.utime(left, (yesterday, yesterday))
    killed.api()
    assert [left for folder in folders.values() for left in folder.rglob("*")] == []


def check_no_orphans(made: Fleet) -> None:
    """What the killed API was about to keep is gone after a day's sweep; everything else is there."""
    engine, store = open_engine(made.database_url), Recordings(made.bucket, made.folder / "incoming")
    later = now() + timedelta(hours=25)
    try:
        assert recordings.sweep(engine, store, at=later).lost == ()
        resumables.sweep(engine, store, at=later)
        parts.sweep(engine, store, before=later)
    finally:
        engine.dispose()
    assert store.bucket is not None
    assert sum(found.is_there for batch in store.bucket.listed("") for found in batch) == RECORDINGS
