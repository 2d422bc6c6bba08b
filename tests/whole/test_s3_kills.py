"""The API is killed while it hands a recording to S3: no half of one is there, and nothing is left behind for good."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app import recordings
from app.buckets import PART_BYTES, Bucket
from app.db import now, open_engine
from app.recordings import Recordings
from app.settings import Settings
from tests import s3_server
from tests.s3_server import Wire
from tests.scenes import SOUND
from tests.whole.service import KEY, Service, eventually, running

pytestmark = s3_server.needs_server


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as wire:
        yield wire


def send(service: Service, sound: bytes) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "audio/wav"}
    with suppress(httpx.TransportError):
        httpx.post(f"{service.url}/v1/interviews?consent=true", headers=headers, content=sound, timeout=60)


def test_an_api_killed_while_it_sends_to_s3_leaves_no_half_a_recording(tmp_path: Path, wire: Wire) -> None:
    location = s3_server.location(versioned=True)
    with running(tmp_path, CANDID_RECORDINGS_URL=location, AWS_ENDPOINT_URL=wire.url) as service:
        wire.pause_s = 0.2
        sender = threading.Thread(target=send, args=[service, SOUND + bytes(PART_BYTES * 2)])
        sender.start()
        store = Recordings(location, tmp_path / "incoming")
        assert isinstance(store.store, Bucket)
        eventually(lambda: store.store._uploads(""), within_s=30)  # type: ignore[union-attr]
        service.started[0].kill()
        sender.join()
        wire.pause_s = 0.0
        service.api()
        assert service.get("/v1/interviews").json()["items"] == []
        engine = open_engine(Settings(data_dir=tmp_path / "data").sqlalchemy_url)
        swept = recordings.sweep(engine, store, at=now() + timedelta(hours=25))
        engine.dispose()
        assert (swept.unfinished, store.store._uploads(""), list(store.store.listed(""))) == (1, [], [[]])
