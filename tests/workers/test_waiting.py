"""A worker whose recordings are out of reach waits, says so, and goes on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app import jobs
from app.db import writing
from tests import s3_server
from tests.installation import Installation, installed
from tests.s3_server import UNAVAILABLE, Wire
from tests.whole.odd_worker import OddEar
from tests.whole.service import eventually
from workers import shift

pytestmark = s3_server.needs_server


@pytest.fixture
def here(tmp_path: Path, wire: Wire) -> Iterator[Installation]:
    del wire
    with installed(tmp_path, model="odd", hear_step_s=30, recordings_url=s3_server.location()) as here:
        yield here


@contextmanager
def working(here: Installation) -> Iterator[None]:
    """A worker at work beside the test, until the queue is empty."""
    bench = shift.lay_out(here.settings, ears=lambda _engine, _model: OddEar())
    thread = threading.Thread(target=shift.work, args=[bench], kwargs={"once": True})
    thread.start()
    try:
        yield
    finally:
        thread.join(60)


def waiting(here: Installation, job_id: str) -> bool:
    job = here.job(job_id)
    return job.status == "running" and (job.error or {}).get("code") == "recordings-unavailable"


def test_a_job_waits_for_the_store_and_goes_on_when_it_is_back(here: Installation, wire: Wire) -> None:
    interview = here.interview()
    here.record(interview)
    job_id = here.submit(interview)
    wire.answers = UNAVAILABLE
    with working(here):
        eventually(lambda: waiting(here, job_id), within_s=30)
        wire.answers = None
    job = here.job(job_id)
    assert (job.status, job.attempt, job.starts, job.error) == ("succeeded", 1, 1, None)


def test_a_job_that_waits_can_be_canceled(here: Installation, wire: Wire) -> None:
    interview = here.interview()
    here.record(interview)
    job_id = here.submit(interview)
    wire.answers = UNAVAILABLE
    with working(here):
        eventually(lambda: waiting(here, job_id), within_s=30)
        with writing(here.engine) as session:
            jobs.cancel(session, here.owner_id, job_id)
        eventually(lambda: here.job(job_id).status == "canceled", within_s=30)
