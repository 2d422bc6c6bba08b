"""Numbers: how deep the queue is, how long it waits, how workers do; the same from every API process."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app import claims, metrics, models
from app.claims import Claim
from app.db import now, writing
from tests import databases
from tests.client import Client
from tests.installation import Installation
from tests.scenes import SOUND, plan, upload


def numbers(here: Installation) -> dict[str, float]:
    return dict(_numbers(here))


def _numbers(here: Installation) -> Iterator[tuple[str, float]]:
    for family in metrics.look(here.engine, here.settings, at=now()):
        for sample in family.samples:
            yield sample.name + "".join(f"/{value}" for value in sample.labels.values()), sample.value


def work(here: Installation, **facts: object) -> None:
    with writing(here.engine) as session:
        session.add(
            models.Worker(**{"id": f"w{len(facts)}-{facts}", "engine": "faster-whisper", "model": "base"} | facts)
        )


def test_an_empty_installation_has_numbers_too(here: Installation) -> None:
    assert numbers(here) == {
        "candid_database_up": 1,
        "candid_oldest_queued_seconds": 0,
        "candid_workers": 0,
        "candid_worker_jobs": 0,
        "candid_erasures_pending": 0,
    }


def test_the_queue_is_as_old_as_the_job_that_waits_longest(here: Installation) -> None:
    ages = {here.submit(): 600, here.submit(): 60}
    with writing(here.engine) as session:
        for job_id, age in ages.items():
            session.get_one(models.Job, job_id).queued_at = now() - timedelta(seconds=age)
    assert numbers(here)["candid_jobs/queued"] == 2
    assert numbers(here)["candid_oldest_queued_seconds"] == pytest.approx(600, abs=30)


def test_a_job_that_comes_back_to_the_queue_waits_anew(here: Installation) -> None:
    job_id = here.submit()
    with writing(here.engine) as session:
        session.get_one(models.Job, job_id).queued_at = now() - timedelta(days=1)
        claims.begin(session, Claim(job_id, 1, "w1"), is_ours=lambda: True)
        claims.release(session, {"w1"})
    assert numbers(here)["candid_oldest_queued_seconds"] < 60


def test_a_job_from_before_the_time_was_noted_waits_since_it_was_made(here: Installation) -> None:
    job_id = here.submit()
    with writing(here.engine) as session:
        session.get_one(models.Job, job_id).queued_at = None
        session.get_one(models.Job, job_id).created_at = now() - timedelta(seconds=300)
    assert numbers(here)["candid_oldest_queued_seconds"] == pytest.approx(300, abs=30)


def test_what_workers_have_to_tell_is_the_mean_of_those_that_live(here: Installation) -> None:
    dead = now() - timedelta(hours=1)
    work(here, id="w1", rtf=0.25, jobs=2)
    work(here, id="w2", rtf=0.75, jobs=1)
    work(here, id="w3", rtf=9.0, jobs=7, beat_at=dead)
    work(here, id="w4")
    found = numbers(here)
    assert (found["candid_workers"], found["candid_worker_jobs"]) == (3, 3)
    assert found["candid_hearing_rtf/faster-whisper"] == 0.5
    assert found["candid_worker_heartbeat_age_seconds"] == pytest.approx(3600, abs=30)


@pytest.mark.skipif(databases.IS_POSTGRES, reason="SQLite's file, moved away")
def test_a_database_that_is_away_is_a_number_and_no_failure(here: Installation, client: Client) -> None:
    here.engine.dispose()
    client.service.state.house.engine.dispose()
    (here.settings.data_dir / "candid.db").rename(here.settings.data_dir / "away")
    answer = client.get("/metrics")
    assert (answer.status_code, "candid_database_up 0.0" in answer.text) == (200, True)


def test_bytes_that_come_in_are_counted_by_route(client: Client) -> None:
    def count(route: str) -> float:
        line = f'candid_http_request_bytes_total{{method="POST",route="{route}"}} '
        found = [line_ for line_ in client.get("/metrics").text.splitlines() if line_.startswith(line)]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    before = count("/v1/interviews")
    upload(client)
    assert count("/v1/interviews") - before > len(SOUND)
    middle = count("/v1/interviews")
    plan(client, title="x")
    assert 0 < count("/v1/interviews") - middle < 100
