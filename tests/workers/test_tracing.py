"""A job and a delivery as a collector sees them, and that neither waits for it."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from app import deliveries, tracing, webhooks
from app.db import writing
from app.deliveries import Event
from app.extraction import RULES
from app.tracing import open_tracing
from app.webhooks import Wanted
from tests.collector import Collector
from tests.installation import Installation, installed
from tests.receiver import Receiver
from tests.whole.odd_worker import OddEar
from workers import shift
from workers.bench import Bench, Ears
from workers.courier import Courier
from workers.gate import Gate

SECRET_PATH = "/zyxquokka"
STEPS = ["prepare", "hear", "tell_apart", "keep", "extract", "finish"]


@pytest.fixture
def there() -> Iterator[Collector]:
    with Collector() as there:
        yield there


@pytest.fixture
def here(tmp_path: Path, there: Collector) -> Iterator[Installation]:
    with installed(tmp_path, model="odd", hear_step_s=600, otlp_endpoint=there.url, webhook_allow_private=True) as here:
        yield here


def recorded(here: Installation, **facts: Any) -> str:
    interview = here.interview()
    here.record(interview, **facts)
    return here.submit(interview)


def work(here: Installation) -> None:
    shift.work(shift.lay_out(here.settings, ears=lambda _engine, _model: OddEar()), once=True)


def bench_of(here: Installation) -> Bench:
    traced = open_tracing(here.settings, service="candid-worker")
    ears = Ears(lambda _engine, _model: OddEar())
    return Bench("w1", here.settings, here.engine, here.queue, here.recordings, ears, Gate(1), RULES, tracing=traced)


def test_each_step_of_a_job_is_a_span_within_that_of_its_attempt(here: Installation, there: Collector) -> None:
    job_id = recorded(here)
    work(here)
    (job,) = there.named("transcription")
    steps = sorted((seen for seen in there.spans if seen is not job), key=lambda seen: seen.span.start_time_unix_nano)
    assert [seen.name for seen in steps] == STEPS
    assert {seen.span.parent_span_id for seen in steps} == {job.span.span_id}
    ids = {"job": job_id, "interview": here.interview_of(job_id).id, "attempt": 1}
    assert all(seen.facts == ids for seen in steps)
    assert job.facts == ids | {"starts": 1, "outcome": "succeeded"}


def test_a_job_continues_the_trace_of_the_request_that_queued_it(here: Installation, there: Collector) -> None:
    asking = open_tracing(here.settings, service="candid-api")
    with asking.step("POST"):
        recorded(here)
    asking.close()
    work(here)
    (asked,), (job,) = there.named("POST"), there.named("transcription")
    assert {seen.trace for seen in there.spans} == {asked.trace}
    assert job.span.parent_span_id == asked.span.span_id


def test_a_job_that_fails_says_its_code(here: Installation, there: Collector) -> None:
    recorded(here, sha256="0" * 64)
    work(here)
    (job,), (step,) = there.named("transcription"), there.named("prepare")
    assert (job.facts["outcome"], job.facts["error.type"], step.facts["error.type"]) == (
        *("failed", "recording-lost"),
        "recording-lost",
    )
    assert job.span.status.code == step.span.status.code == StatusCode.ERROR.value


@pytest.mark.parametrize(("status", "fault"), [(204, None), (500, "500")])
def test_a_delivery_says_what_came_of_it_and_not_where_it_went(
    here: Installation, there: Collector, status: int, fault: str | None
) -> None:
    with Receiver().answers(status) as receiver:
        with writing(here.engine) as session:
            webhook = webhooks.create(session, here.owner_id, Wanted(receiver.url + SECRET_PATH, (Event.JOB_FAILED,)))
            deliveries.announce(session, Event.JOB_FAILED, owner_id=here.owner_id, cause="1", ids={"job_id": "job_1"})
        bench = bench_of(here)
        assert asyncio.run(Courier(bench).deliver_due()) == 1
        bench.tracing.close()
    (seen,) = there.spans
    assert (seen.name, seen.span.kind - 1) == ("deliver", SpanKind.CLIENT.value)
    assert (seen.facts["webhook"], seen.facts["http.response.status_code"]) == (webhook.id, status)
    assert seen.facts.get("error.type") == fault
    assert SECRET_PATH.encode() not in there.raw


@pytest.mark.parametrize("ill", [{"status": 500}, {"pause_s": 60.0}])
def test_a_job_does_not_wait_for_a_collector_that_is_ill(
    here: Installation, there: Collector, ill: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    there.status, there.pause_s = ill.get("status", 200), ill.get("pause_s", 0)
    job_id, began = recorded(here), time.monotonic()
    work(here)
    assert here.job(job_id).status == "succeeded"
    assert time.monotonic() - began < 30 + tracing.GRACE_S
