"""Processes are killed, frozen and asked to leave; nothing is lost and nothing counts twice."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import models
from tests.whole.odd_worker import POISON
from tests.whole.service import Service, Started, eventually, running

# As fast as the settings allow, so that a test need not wait half a minute for a worker to count as dead.
HASTY = {"CANDID_HEARTBEAT_S": "0.5", "CANDID_DEAD_AFTER_S": "3"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(tmp_path, **HASTY) as service:
        yield service


def has_heard(worker: Started, chunks: int = 1) -> None:
    eventually(lambda: len(worker.lines("heard")) >= chunks)


@pytest.mark.whisper
def test_a_worker_killed_while_hearing_goes_on_after_its_last_checkpoint(service: Service) -> None:
    _interview, job = service.upload()
    killed = service.worker()
    has_heard(killed)
    killed.kill()
    successor = service.worker("--once")
    assert successor.ended() == 0
    before, after = ([line["chunk"] for line in worker.lines("heard")] for worker in (killed, successor))
    assert before + after == [1, 2, 3, 4]
    assert not successor.lines("prepared")
    assert service.job(job).status == "succeeded"
    assert service.count(models.Transcript) == 1
    assert "lighthouse" in " ".join(segment.text for segment in service.segments())


def test_what_was_acknowledged_survives_kills_of_api_and_worker(service: Service) -> None:
    interview, job = service.upload()
    service.started[0].kill()
    worker = service.odd_worker(pause_s=1)
    has_heard(worker)
    worker.kill()
    service.odd_worker("--once").ended()
    service.api()
    assert service.get(f"/v1/interviews/{interview}").json()["status"] == "ready"
    assert len(service.segments()) == len({segment.start_ms for segment in service.segments()}) > 1
    assert (service.job(job).attempt, service.count(models.HeardChunk)) == (1, 0)


def test_poison_ends_failed_after_three_starts_and_its_neighbour_is_done(service: Service) -> None:
    _interview, poison = service.upload(vocabulary=POISON)
    _interview, neighbour = service.upload(title="on the other slot")
    workers = [service.odd_worker("--once", pause_s=0.2)]
    while workers[-1].ended() != 0:
        workers.append(service.odd_worker("--once", pause_s=0.2))
    begun = [(line["job"], line["starts"]) for worker in workers for line in worker.lines("begun")]
    assert [starts for job, starts in begun if job == poison] == [1, 2, 3]
    assert max(starts for job, starts in begun if job == neighbour) <= 2
    assert (service.job(poison).error or {})["code"] == "attempts-exhausted"
    assert [service.job(job).status for job in (poison, neighbour)] == ["failed", "succeeded"]


def test_a_worker_asked_to_leave_hands_its_job_back(service: Service) -> None:
    _interview, job = service.upload()
    worker = service.odd_worker(pause_s=2)
    has_heard(worker)
    worker.signal(signal.SIGTERM)
    assert worker.ended(within_s=25) == 0
    assert (service.job(job).status, service.workers()) == ("queued", [])
    successor = service.odd_worker("--once")
    assert successor.ended() == 0
    assert service.job(job).status == "succeeded"
    assert {line["chunk"] for line in worker.lines("heard")}.isdisjoint(
        line["chunk"] for line in successor.lines("heard")
    )


@pytest.mark.whisper
def test_a_cancel_takes_effect_within_five_seconds_and_can_be_taken_back(service: Service) -> None:
    interview, job = service.upload()
    worker = service.worker()
    has_heard(worker)
    began = time.monotonic()
    assert service.post(f"/v1/jobs/{job}/cancel").status_code == 200
    service.until(job, "canceled", within_s=5)
    eventually(lambda: worker.lines("ended"), within_s=5 - (time.monotonic() - began))
    assert service.get(f"/v1/interviews/{interview}").json()["status"] == "canceled"
    assert service.post(f"/v1/jobs/{job}/retry").status_code == 202
    assert service.until(job, "succeeded", "failed").attempt == 2
    assert [line["chunk"] for line in worker.lines("heard")] == [1, 2, 3, 4]


def test_a_frozen_worker_is_taken_over_and_changes_nothing_when_it_wakes_up(service: Service) -> None:
    _interview, job = service.upload()
    frozen = service.odd_worker(pause_s=1)
    has_heard(frozen)
    frozen.signal(signal.SIGSTOP)
    successor = service.odd_worker(pause_s=0.2)
    assert service.until(job, within_s=30).status == "succeeded"
    after = service.job(job).version, [segment.text for segment in service.segments()]
    frozen.signal(signal.SIGCONT)
    eventually(lambda: len(service.workers()) == 2, within_s=10)
    time.sleep(3)
    assert (service.job(job).version, [segment.text for segment in service.segments()]) == after
    assert service.count(models.Transcript) == 1
    assert successor.lines("took over")
