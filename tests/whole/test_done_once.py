"""What two APIs and three workers could each do, on machines of their own, is done once, and told by whom one asks."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
from sqlmodel import select

from app import models
from app.db import now, open_engine, writing
from tests.receiver import Receiver
from tests.scenes import wav
from tests.whole.fleet import fleet, needs_servers, recording, speech
from tests.whole.service import KEY, Service, Started, eventually

pytestmark = needs_servers

OLD = 12
FORM = {"Authorization": f"Bearer {KEY}"}


@dataclass
class Scene:
    apps: list[Service]
    workers: list[Started]
    old: list[str]

    def lines(self, event: str) -> int:
        return sum(len(worker.lines(event)) for worker in self.workers)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Recordings are kept for 30 days here, and those of some interviews came 31 days ago."""
    settings = {"CANDID_KEEP_RECORDINGS_DAYS": "30", "CANDID_WEBHOOK_ALLOW_PRIVATE": "true", "CANDID_THREADS": "1"}
    with fleet(tmp_path_factory.mktemp("fleet"), **settings) as made:
        apps = [made.app(), made.app()]
        old = [kept_for_long(apps[0], number) for number in range(OLD)]
        engine = open_engine(made.database_url)
        with writing(engine) as session:
            for found in session.exec(select(models.Recording)):
                found.received_at = now() - timedelta(days=31)
        engine.dispose()
        yield Scene(apps, [made.worker(pause_s=0.5) for _ in range(3)], old)


def kept_for_long(app: Service, number: int) -> str:
    made = send(app.url, wav(seconds=0.1 + number / 100)).json()
    assert app.post(f"/v1/jobs/{made['job']['id']}/cancel").status_code == 200
    interview: str = made["id"]
    return interview


def send(url: str, sound: bytes, **headers: str) -> httpx.Response:
    form = {"data": {"consent": "true", "on_duplicate": "new"}, "files": {"file": ("memo.wav", sound, "audio/wav")}}
    return httpx.post(f"{url}/v1/interviews", headers=FORM | headers, timeout=60, **form)  # type: ignore[arg-type]


def test_three_workers_erase_what_was_kept_long_enough_once(scene: Scene) -> None:
    app = scene.apps[1]
    eventually(lambda: scene.lines("retention done"))
    for interview in scene.old:
        (certificate,) = app.get(f"/v1/interviews/{interview}/erasures").json()["items"]
        assert certificate["completed_at"] is not None
        assert app.get(f"/v1/interviews/{interview}/recording").status_code == 410
    assert (app.count(models.RetentionRun), scene.lines("retention done")) == (1, 1)


def test_who_follows_at_one_api_sees_what_a_worker_elsewhere_does(scene: Scene) -> None:
    one, other = scene.apps
    job = send(one.url, recording(speech(seconds=4), number=1)).json()["job"]["id"]
    told = httpx.get(f"{other.url}/v1/jobs/{job}/events", headers=FORM, timeout=90).text
    events = [line.removeprefix("event: ") for line in told.splitlines() if line.startswith("event: ")]
    ids = [line for line in told.splitlines() if line.startswith("id: ")]
    assert (events[-1], len(ids)) == ("done", len(set(ids)))
    assert "progress" in events[:-1]
    assert '"status":"running"' in told
    assert other.job(job).status == "succeeded"


def test_twins_at_two_apis_are_done_once(scene: Scene) -> None:
    before, sound = scene.apps[0].count(models.Interview), wav(seconds=0.3)
    for number in range(5):
        key = {"Idempotency-Key": f"twins-{number}"}
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda app, key=key: send(app.url, sound, **key), scene.apps * 2))
        assert {answer.status_code for answer in answers} <= {201, 409}
        made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
        again = {send(app.url, sound, **key).json()["id"] for app in scene.apps}
        assert (len(made), again) == (1, made)
    assert scene.apps[1].count(models.Interview) == before + 5


def test_three_workers_deliver_each_event_once(scene: Scene) -> None:
    app = scene.apps[0]
    with Receiver() as there:
        there.pause_s = 0.3
        assert app.post("/v1/webhooks", json={"url": there.url, "events": ["job.succeeded"]}).status_code == 201
        jobs = {send(app.url, wav(seconds=0.5 + number / 100)).json()["job"]["id"] for number in range(OLD)}
        eventually(lambda: all(app.job(job).status == "succeeded" for job in jobs))
        eventually(lambda: scene.lines("delivered") >= app.count(models.Delivery))
        # Jobs of other tests may end meanwhile, and are told too.
        told = Counter((one.id, json.loads(one.body)["data"]["job_id"]) for one in there.received)
        assert jobs <= {job for _id, job in told}
        assert set(told.values()) == {1}
