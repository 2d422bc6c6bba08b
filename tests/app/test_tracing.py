"""Spans: what they say, what leaves of them, and that nothing waits for whoever should take them."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from opentelemetry.trace import SpanKind, StatusCode

from app import tracing
from app.errors import RecordingLost, WorkCanceled
from app.main import create_app
from app.settings import Settings
from app.tracing import Tracing, open_tracing
from tests.client import Client
from tests.collector import Collector, Seen
from tests.installation import Installation
from tests.scenes import make_key
from tests.whole.service import eventually

ROOT = Path(__file__).parents[2]
CANARY = "zyxquokka"
PARENT = f"00-{'a' * 32}-{'b' * 16}-01"
# Nobody listens here.
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def there() -> Iterator[Collector]:
    with Collector() as there:
        yield there


def open_to(there: Collector) -> Tracing:
    return open_tracing(Settings(otlp_endpoint=there.url), service="candid-test")


def only(there: Collector, traced: Tracing) -> Seen:
    traced.close()
    (seen,) = there.spans
    return seen


def traced_client(here: Installation, url: str) -> Client:
    return Client(create_app(here.settings.model_copy(update={"otlp_endpoint": url})), key=make_key(here))


def test_a_step_has_its_ids_and_no_field_that_is_not_on_the_list(there: Collector) -> None:
    traced = open_to(there)
    with (
        structlog.contextvars.bound_contextvars(interview="int_1", job="job_1", attempt=2, filename=CANARY),
        traced.step("hear"),
    ):
        tracing.tell(text=CANARY)
    seen = only(there, traced)
    assert (seen.service, seen.name, seen.facts) == (
        *("candid-test", "hear"),
        {"interview": "int_1", "job": "job_1", "attempt": 2},
    )


@pytest.mark.parametrize(
    ("error", "told"), [(RecordingLost(CANARY), "recording-lost"), (ValueError(CANARY), "ValueError")]
)
def test_a_failure_is_a_code_or_a_type_and_never_its_message(there: Collector, error: Exception, told: str) -> None:
    traced = open_to(there)
    with pytest.raises(type(error)), traced.step("hear"):
        raise error
    seen = only(there, traced)
    assert (seen.span.status.code, seen.facts) == (StatusCode.ERROR.value, {"error.type": told})
    assert CANARY.encode() not in there.raw


def test_work_that_was_canceled_has_not_failed(there: Collector) -> None:
    traced = open_to(there)
    with pytest.raises(WorkCanceled), traced.step("hear"):
        raise WorkCanceled
    seen = only(there, traced)
    assert (seen.span.status.code, seen.facts) == (StatusCode.UNSET.value, {"outcome": "canceled"})


def test_what_anybody_puts_on_a_span_does_not_leave_unless_it_is_on_the_list(there: Collector) -> None:
    traced = open_to(there)
    parent = tracing.W3C.extract({"traceparent": PARENT, "tracestate": f"k={CANARY}"})
    with traced.provider.get_tracer("x").start_as_current_span("GET", parent) as span:
        span.set_attributes({"url.query": CANARY, "url.path": f"/{CANARY}", "http.route": "/v1/search"})
        span.add_event(CANARY, {"exception.message": CANARY})
        span.set_status(StatusCode.ERROR, CANARY)
    seen = only(there, traced)
    assert (seen.trace, seen.facts) == ("a" * 32, {"http.route": "/v1/search"})
    assert CANARY.encode() not in there.raw


def test_a_job_continues_the_trace_of_who_asked_for_it(there: Collector) -> None:
    traced = open_to(there)
    with traced.job("transcription", PARENT, starts=1):
        carried = tracing.carried()
    seen = only(there, traced)
    assert (seen.trace, seen.span.parent_span_id.hex()) == ("a" * 32, "b" * 16)
    assert carried == {"traceparent": f"00-{'a' * 32}-{seen.span.span_id.hex()}-01"}
    assert seen.span.kind - 1 == SpanKind.CONSUMER.value


@pytest.mark.parametrize("odd", ["", "odd", f"00-{'0' * 32}-{'b' * 16}-01"])
def test_a_job_that_nobody_traced_has_a_trace_of_its_own(there: Collector, odd: str) -> None:
    traced = open_to(there)
    with traced.job("transcription", odd):
        pass
    assert only(there, traced).span.parent_span_id == b""


def test_without_a_collector_nothing_is_carried_and_nothing_is_told() -> None:
    traced = open_tracing(Settings(), service="candid-test")
    with traced.job("transcription", ""), traced.step("hear"):
        assert tracing.carried() == {}
        tracing.tell(job="job_1")
    traced.close()
    assert not traced.is_on


def test_a_request_is_a_span_of_its_route_with_the_ids_of_its_log_line(here: Installation, there: Collector) -> None:
    with traced_client(here, there.url) as client:
        answer = client.get("/v1/interviews/int_" + "0" * 32, headers={"traceparent": PARENT})
        client.get("/healthz")
    (seen,) = there.spans
    assert (seen.service, seen.name, seen.trace) == ("candid-api", "GET /v1/interviews/{interview_id}", "a" * 32)
    assert (seen.facts["request"], seen.facts["code"]) == (answer.headers["x-request-id"], "not-found")
    assert (seen.facts["interview"], seen.facts["http.response.status_code"]) == ("int_" + "0" * 32, 404)
    assert seen.facts["key_id"].startswith("key_")


def test_who_queues_a_job_is_told_apart_by_it_and_followed_by_it(here: Installation, there: Collector) -> None:
    interview = here.interview()
    here.record(interview)
    with traced_client(here, there.url) as client:
        job_id = client.post(f"/v1/interviews/{interview.id}/transcriptions", json={}).json()["id"]
    (seen,) = there.spans
    assert (seen.facts["job"], seen.facts["interview"]) == (job_id, interview.id)
    assert here.queue.traceparent(job_id, 1).startswith(f"00-{seen.trace}-{seen.span.span_id.hex()}-")


def test_the_environment_alone_sends_nothing(
    here: Installation, there: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The framework would send queries to whom these name.
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", there.url)
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    with Client(create_app(here.settings), key=make_key(here)) as client:
        client.get("/v1/search", params={"q": CANARY})
    assert there.raw == b""


@pytest.mark.parametrize("ill", [{"status": 500}, {"status": 503}, {"pause_s": 30.0}, None])
def test_a_collector_that_is_ill_costs_nothing_but_spans(
    here: Installation, ill: dict[str, Any] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A queue that runs over, and is being sent all the time.
    for name, value in {"SCHEDULE_DELAY": "20", "MAX_QUEUE_SIZE": "8", "MAX_EXPORT_BATCH_SIZE": "4"}.items():
        monkeypatch.setenv(f"OTEL_BSP_{name}", value)
    with Collector(**(ill or {})) as there:
        with traced_client(here, there.url if ill else NOBODY) as client:
            began = time.monotonic()
            assert {client.get("/v1/limits").status_code for _ in range(60)} == {200}
            left = time.monotonic()
        # One that hangs is asked for 10 s: no request and no end has waited for that.
        assert left - began < 10
        assert time.monotonic() - left < tracing.GRACE_S + 2


def test_spans_that_are_not_taken_are_logged_once_until_they_are(
    there: Collector, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    traced = open_to(there)
    for status in (500, 500, 500, 200):
        there.status, known = status, len(there.spans)
        with traced.step("hear"):
            pass
        eventually(lambda known=known: len(there.spans) > known)
    traced.close()
    told = capsys.readouterr().out
    assert (told.count("spans not sent"), told.count("spans sent again")) == (1, 1)


def run(code: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code], env=settings, capture_output=True, text=True, cwd=ROOT, check=False, timeout=60
    )


@pytest.mark.parametrize("program", ["app", "workers"])
@pytest.mark.parametrize("absent", ["opentelemetry.sdk", "opentelemetry.exporter"])
def test_a_collector_without_the_extra_is_refused_at_the_start(program: str, absent: str) -> None:
    code = f"import sys, runpy; sys.modules['{absent}'] = None; sys.argv = ['{program}']; "
    ended = run(f"{code}runpy.run_module('{program}', run_name='__main__')", CANDID_OTLP_ENDPOINT=NOBODY)
    assert ended.returncode == 1
    assert ended.stderr.endswith(
        "CANDID_OTLP_ENDPOINT needs the extra `opentelemetry`: pip install 'candid[opentelemetry]'\n"
    )


@pytest.mark.parametrize("settings", [{}, {"CANDID_OTLP_ENDPOINT": NOBODY}])
def test_only_who_has_a_collector_loads_the_sdk(settings: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import sys; from app.main import create_app; from app.settings import load; import workers.shift; "
        "create_app(load()); print(sorted({'.'.join(name.split('.')[:2]) for name in sys.modules}))"
    )
    ended = run(code, CANDID_DATA_DIR=str(tmp_path), **settings)
    assert ("opentelemetry.sdk" in ended.stdout, "opentelemetry.exporter" in ended.stdout) == (bool(settings),) * 2
