"""The worker is killed while it delivers: it is delivered again under the same id, and never lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app import models
from tests.receiver import Receiver
from tests.whole.service import Service, eventually, running

HASTY = {"CANDID_HEARTBEAT_S": "0.5", "CANDID_DEAD_AFTER_S": "3", "CANDID_WEBHOOK_ALLOW_PRIVATE": "true"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(tmp_path, **HASTY) as service:
        yield service


@pytest.fixture
def there() -> Iterator[Receiver]:
    with Receiver() as there:
        yield there


def hook(service: Service, there: Receiver, *events: str) -> str:
    made = service.post("/v1/webhooks", json={"url": there.url, "events": events})
    assert made.status_code == 201, made.text
    secret: str = made.json()["secret"]
    return secret


def test_a_worker_killed_in_the_middle_of_a_delivery_loses_nothing(service: Service, there: Receiver) -> None:
    secret = hook(service, there, "job.canceled")
    _interview, job = service.upload()
    service.post(f"/v1/jobs/{job}/cancel")
    there.pause_s = 10.0
    killed = service.odd_worker()
    eventually(lambda: there.received)
    killed.kill()
    there.pause_s = 0.0
    successor = service.odd_worker()
    eventually(lambda: successor.lines("delivered"))
    first, second = there.received
    assert (first.id, first.body) == (second.id, second.body)
    assert second.verified(secret)["data"]["job_id"] == job
    assert service.count(models.Delivery) == 1


def test_every_job_is_told_although_api_and_worker_are_killed(service: Service, there: Receiver) -> None:
    hook(service, there, "interview.ready", "insights.extracted")
    uploaded = [service.upload() for _ in range(2)]
    killed = service.odd_worker(pause_s=0.5)
    eventually(lambda: killed.lines("heard"))
    killed.kill()
    service.started[0].kill()
    assert service.odd_worker("--once").ended() == 0
    told = {one.event for one in there.received}
    assert told == {(what, found) for found, _job in uploaded for what in ("interview.ready", "insights.extracted")}
