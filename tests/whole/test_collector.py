"""API and worker as processes, and a collector: one trace leads through both, and neither waits for it when it ends."""

import signal
import time
from pathlib import Path

from app.tracing import GRACE_S
from tests.collector import Collector
from tests.whole.service import Service, eventually, running

# What two processes need to end by themselves here, the machine being busy.
ENDING_S = 12.0


def ends_in(service: Service) -> float:
    began = time.monotonic()
    for started in service.started:
        started.signal(signal.SIGTERM)
    for started in service.started:
        started.ended()
    return time.monotonic() - began


def test_one_trace_leads_from_the_upload_to_the_last_step(tmp_path: Path) -> None:
    with Collector() as there, running(tmp_path, CANDID_OTLP_ENDPOINT=there.url) as service:
        service.odd_worker()
        _interview_id, job_id = service.upload()
        assert service.until(job_id).status == "succeeded"
        ends_in(service)
    (asked,), (worked,), (last,) = (there.named(name) for name in ("POST /v1/interviews", "transcription", "finish"))
    assert asked.trace == worked.trace == last.trace
    assert asked.facts["job"] == worked.facts["job"] == last.facts["job"] == job_id
    assert (asked.service, worked.service) == ("candid-api", "candid-worker")


def test_a_collector_that_hangs_delays_no_job_and_no_end(tmp_path: Path) -> None:
    with (
        Collector(pause_s=60) as there,
        running(tmp_path, CANDID_OTLP_ENDPOINT=there.url, OTEL_BSP_SCHEDULE_DELAY="50") as service,
    ):
        worker = service.odd_worker()
        _interview_id, job_id = service.upload()
        assert service.until(job_id).status == "succeeded"
        eventually(lambda: {seen.service for seen in there.spans} == {"candid-api", "candid-worker"})
        assert ends_in(service) < ENDING_S + GRACE_S
        assert worker.process.returncode == 0
