"""Real processes while a model elsewhere takes its time: asked to leave, canceled, and what they log."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.llm_server import MODEL, FakeLlm, hangs, status
from tests.whole.service import Service, eventually, running

SECRET = "sk-quokka-9"


@pytest.fixture
def llm() -> Iterator[FakeLlm]:
    with FakeLlm() as llm:
        yield llm


@pytest.fixture
def service(tmp_path: Path, llm: FakeLlm) -> Iterator[Service]:
    settings = {"CANDID_LLM_URL": llm.url, "CANDID_LLM_MODEL": MODEL, "CANDID_LLM_KEY": SECRET}
    with running(tmp_path, **settings) as service:
        yield service


def test_a_worker_asked_to_leave_breaks_the_request_off_and_hands_its_job_back(service: Service, llm: FakeLlm) -> None:
    llm.next(hangs)
    _interview, job = service.upload()
    worker = service.odd_worker()
    eventually(lambda: llm.asked)
    worker.signal(signal.SIGTERM)
    assert worker.ended(within_s=5) == 0
    assert llm.left_alone.is_set()
    assert service.job(job).status == "queued"
    assert service.odd_worker("--once").ended() == 0
    assert (service.job(job).status, service.job(job).options["llm"]["status"]) == ("succeeded", "complete")


def test_a_job_that_is_canceled_breaks_the_request_off(service: Service, llm: FakeLlm) -> None:
    llm.next(hangs)
    _interview, job = service.upload()
    service.odd_worker()
    eventually(lambda: llm.asked)
    began = time.monotonic()
    service.post(f"/v1/jobs/{job}/cancel")
    assert service.until(job).status == "canceled"
    assert time.monotonic() - began < 5
    assert llm.left_alone.wait(1)
    assert service.get(f"/v1/jobs/{job}").json()["llm"]["status"] == "asking"


def test_neither_words_nor_the_key_are_logged(service: Service, llm: FakeLlm) -> None:
    llm.next(status(503, f'"{SECRET} was refused"'.encode()))
    service.upload()
    worker = service.odd_worker("--once")
    assert worker.ended() == 0
    assert {asked.headers["authorization"] for asked in llm.asked} == {f"Bearer {SECRET}"}
    said = [segment.text for segment in service.segments()]
    logged = worker.log.read_text()
    assert not [text for text in (*said, SECRET) if text in logged]
    assert [line["outcome"] for line in worker.lines("llm asked")] == ["complete"]
    assert worker.lines("stamina.retry_scheduled")
