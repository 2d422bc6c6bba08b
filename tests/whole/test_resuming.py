"""Uploads over a real socket to a service that is killed: every byte that was called safe is there afterwards.

`CANDID_TEST_CUTS=20 pytest tests/whole/test_resuming.py -s` cuts as often as that, and prints.
"""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.s3_server import folder_only
from tests.scenes import SOUND
from tests.tus import PIECE, VERSION, Sender
from tests.whole import sending
from tests.whole.service import KEY, Service, Started, eventually, free_port, running

FORM = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service that comes back at the same address, as a client expects it."""
    with running(tmp_path, CANDID_PORT=str(free_port())) as service:
        yield service


def test_what_came_before_a_kill_in_the_middle_of_a_piece_is_gone_on_from(service: Service, tmp_path: Path) -> None:
    sha256 = sending.recording(tmp_path / "memo.wav", 24 * sending.MIB)
    sound = (tmp_path / "memo.wav").read_bytes()
    with httpx.Client(base_url=service.url, headers=FORM, timeout=60) as client:
        path, url = Sender(client).begun(len(sound)), urlsplit(service.url)
    told = {"Host": url.netloc, **FORM, **VERSION, **PIECE, "Upload-Offset": "0", "Content-Length": str(len(sound))}
    with socket.create_connection((url.hostname, url.port), timeout=20) as link:
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        link.sendall(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode() + sound[: 20 * sending.MIB])
        safe = eventually(lambda: sending.offset_of(service), within_s=20)
        service.started[0].kill()
    service.api()
    with httpx.Client(base_url=service.url, headers=FORM, timeout=60) as client:
        offset = Sender(client).offset(path)
        assert 0 < safe <= offset < len(sound)
        finished = Sender(client).append(path, offset, sound[offset:])
        assert client.get(finished.headers["candid-interview"]).json()["recording"]["sha256"] == sha256
    assert sending.stored(service) == [sha256]


@folder_only
def test_a_trickle_counts_every_few_seconds(service: Service) -> None:
    sound = SOUND + bytes(10 * sending.MIB)
    with httpx.Client(base_url=service.url, headers=FORM, timeout=60) as client:
        path, url = Sender(client).begun(len(sound)), urlsplit(service.url)
    told = {"Host": url.netloc, **FORM, **VERSION, **PIECE, "Upload-Offset": "0", "Content-Length": str(len(sound))}
    with socket.create_connection((url.hostname, url.port), timeout=20) as link:
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        link.sendall(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode())
        for start in range(0, 40_000, 4000):
            link.sendall(sound[start : start + 4000])
            time.sleep(0.5)
        assert sending.offset_of(service) >= 8000


def send(service: Service, file: Path, *chunk_bytes: str) -> Started:
    """A process of tus-js-client that sends the file, or goes on where an earlier one of them was."""
    script, store = sending.clients() / "tus_upload.mjs", service.folder / "store.json"
    return sending.started(service, "node", script, f"{service.url}/v1/uploads", KEY, file, store, *chunk_bytes)


def test_tus_js_client_goes_on_after_every_kill_of_the_service_and_of_itself(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "memo.wav"
    sha256 = sending.recording(file, sending.CUTS * sending.BYTES_PER_CUT)
    api, client, safe = service.started[0], send(service, file), 0
    for cut in range(sending.CUTS):
        safe = sending.when_more_is_safe(service, client, safe)
        api.kill()
        if cut % 2:
            client.kill()
        api = service.api()
        assert sending.offset_of(service) >= safe
        if cut % 2:
            client = send(service, file)
    assert client.ended() == 0, client.log.read_text()
    (done,) = client.lines("done")
    made = service.get(done["interview"]).json()
    assert (made["recording"]["sha256"], made["recording"]["filename"]) == (sha256, "Memo übers Meer.wav")
    assert (sending.stored(service), made["job"]["status"]) == ([sha256], "queued")
    print(f"\n{sending.CUTS} cuts of {file.stat().st_size // sending.MIB} MiB, SHA-256 equal")  # noqa: T201


def test_tus_js_client_sends_in_chunks(service: Service, tmp_path: Path) -> None:
    sha256 = sending.recording(tmp_path / "memo.wav", 5 * sending.MIB)
    client = send(service, tmp_path / "memo.wav", "700001")
    assert client.ended() == 0, client.log.read_text()
    assert sending.stored(service) == [sha256]


def test_tus_js_client_is_told_at_once_what_cannot_be(service: Service, tmp_path: Path) -> None:
    (tmp_path / "memo.wav").write_text("no recording at all\n" * 5000)
    client = send(service, tmp_path / "memo.wav")
    assert client.ended(within_s=20) == 1
    assert "not-audio" in json.dumps(client.lines("failed"))
    assert sending.stored(service) == []
