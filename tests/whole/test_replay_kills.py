"""The API is killed in the middle of a request with an Idempotency-Key: sent again, it is done once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import models
from tests.scenes import SOUND
from tests.whole.service import KEY, Service, eventually, running

HEADERS = {"Idempotency-Key": "8e03978e-40d5", "X-Fatal": "1"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(tmp_path) as service:
        service.started[0].kill()
        yield service


def send(service: Service) -> httpx.Response:
    form: dict[str, Any] = {"data": {"consent": "true"}, "files": {"file": ("memo.wav", SOUND, "audio/wav")}}
    return service.post("/v1/interviews", headers=HEADERS, **form)


@pytest.mark.parametrize(("where", "done"), [("before", 0), ("after", 1)])
def test_killed_around_the_commit_and_sent_again_a_recording_is_there_once(
    service: Service, where: str, done: int
) -> None:
    api = service.odd_api(where)
    with pytest.raises(httpx.TransportError):
        send(service)
    assert api.ended() == -9
    assert (service.count(models.Interview), service.count(models.Reply)) == (done, done)
    service.odd_api(where)
    answer = send(service)
    assert (answer.status_code, "idempotency-replayed" in answer.headers) == (201, done == 1)
    assert [service.count(table) for table in (models.Interview, models.Recording, models.Job)] == [1, 1, 1]
    assert send(service).json()["id"] == answer.json()["id"]


def test_killed_while_the_recording_comes_the_key_is_free_at_once(service: Service) -> None:
    api = service.api()

    def endless() -> Iterator[bytes]:
        yield SOUND
        eventually(lambda: list(service.staging.iterdir()))
        api.kill()
        yield SOUND

    headers = {"Content-Type": "audio/wav", "Authorization": f"Bearer {KEY}", **HEADERS}
    url = "/v1/interviews?consent=true"
    with pytest.raises(httpx.TransportError):
        httpx.post(f"{service.url}{url}", headers=headers, content=endless())
    service.api()
    answer = service.post(url, headers=headers, content=SOUND)
    assert answer.status_code == 201, answer.text
    assert service.count(models.Interview) == 1
