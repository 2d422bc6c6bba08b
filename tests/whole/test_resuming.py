"""Uploads over a real socket to a service that is killed: every byte that was called safe is there afterwards.

`CANDID_TEST_CUTS=20 pytest tests/whole/test_resuming.py -s` cuts as often as that, and prints.
"""

import hashlib
import json
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlmodel import select

from app import models
from tests.scenes import SOUND
from tests.tus import PIECE, VERSION, Sender
from tests.whole.service import KEY, Service, Started, eventually, running

MIB = 1024 * 1024
CUTS = int(os.environ.get("CANDID_TEST_CUTS", "5"))
# Enough for the service to call some of it safe, and to be killed with much of it still to come.
BYTES_PER_CUT = 32 * MIB
CLIENTS = Path(__file__).parents[1] / "clients"
NODE = pytest.mark.skipif(shutil.which("npm") is None, reason="Node and npm are not installed (Debian: nodejs npm)")
FORM = {"Authorization": f"Bearer {KEY}"}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service that comes back at the same address, as a client expects it."""
    with running(tmp_path, CANDID_PORT=str(free_port())) as service:
        yield service


def recording(path: Path, size: int) -> str:
    """Makes a recording whose every block is different; returns its SHA-256."""
    noise, made = random.Random(size), hashlib.sha256()  # noqa: S311  the same every time
    with path.open("wb") as file:
        for block in (SOUND, *(noise.randbytes(MIB) for _ in range(size // MIB))):
            file.write(block)
            made.update(block)
    return made.hexdigest()


def offset_of(service: Service) -> int:
    """What the database calls safe of the one upload; 0 before there is one."""

    def look(session: Any) -> int:
        return session.exec(select(models.Upload.offset_bytes)).first() or 0

    found: int = service._read(look)
    return found


def stored(service: Service) -> list[str]:
    found = (service.folder / "data" / "recordings").rglob("recording.wav")
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in found]


def test_what_came_before_a_kill_in_the_middle_of_a_piece_is_gone_on_from(service: Service, tmp_path: Path) -> None:
    sha256 = recording(tmp_path / "memo.wav", 24 * MIB)
    sound = (tmp_path / "memo.wav").read_bytes()
    with httpx.Client(base_url=service.url, headers=FORM, timeout=60) as client:
        path, url = Sender(client).begun(len(sound)), urlsplit(service.url)
    told = {"Host": url.netloc, **FORM, **VERSION, **PIECE, "Upload-Offset": "0", "Content-Length": str(len(sound))}
    with socket.create_connection((url.hostname, url.port), timeout=20) as link:
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        link.sendall(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode() + sound[: 20 * MIB])
        safe = eventually(lambda: offset_of(service), within_s=20)
        service.started[0].kill()
    service.api()
    with httpx.Client(base_url=service.url, headers=FORM, timeout=60) as client:
        offset = Sender(client).offset(path)
        assert 0 < safe <= offset < len(sound)
        finished = Sender(client).append(path, offset, sound[offset:])
        assert client.get(finished.headers["candid-interview"]).json()["recording"]["sha256"] == sha256
    assert stored(service) == [sha256]


def test_a_trickle_counts_every_few_seconds(service: Service) -> None:
    sound = SOUND + bytes(10 * MIB)
    with httpx.Client(base_url=service.url, headers=FORM, timeout=60) as client:
        path, url = Sender(client).begun(len(sound)), urlsplit(service.url)
    told = {"Host": url.netloc, **FORM, **VERSION, **PIECE, "Upload-Offset": "0", "Content-Length": str(len(sound))}
    with socket.create_connection((url.hostname, url.port), timeout=20) as link:
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        link.sendall(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode())
        for start in range(0, 40_000, 4000):
            link.sendall(sound[start : start + 4000])
            time.sleep(0.5)
        assert offset_of(service) >= 8000


@pytest.fixture(scope="session")
def tus_js_client() -> Path:
    if not (CLIENTS / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=CLIENTS, check=True, capture_output=True)
    return CLIENTS / "tus_upload.mjs"


def send(service: Service, script: Path, file: Path, *, chunk_bytes: int | None = None) -> Started:
    """A process that sends the file, or goes on where an earlier one of them was."""
    log = service.folder / f"client-{len(service.started)}.log"
    arguments = [f"{service.url}/v1/uploads", KEY, str(file), str(service.folder / "store.json")]
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["node", str(script), *arguments, *([str(chunk_bytes)] if chunk_bytes else [])], stdout=out, stderr=out
        )
    service.started.append(Started(process, log))
    return service.started[-1]


def when_more_is_safe(service: Service, client: Started, safe: int) -> int:
    """How much is safe, as soon as it is more; the client still has more to send."""
    found = eventually(lambda: (at := offset_of(service)) > safe and at, within_s=60, every_s=0.005)
    assert client.process.poll() is None, client.log.read_text()
    return found


@NODE
def test_tus_js_client_goes_on_after_every_kill_of_the_service_and_of_itself(
    service: Service, tus_js_client: Path, tmp_path: Path
) -> None:
    file = tmp_path / "memo.wav"
    sha256 = recording(file, CUTS * BYTES_PER_CUT)
    api, client, safe = service.started[0], send(service, tus_js_client, file), 0
    for cut in range(CUTS):
        safe = when_more_is_safe(service, client, safe)
        api.kill()
        if cut % 2:
            client.kill()
        api = service.api()
        assert offset_of(service) >= safe
        if cut % 2:
            client = send(service, tus_js_client, file)
    assert client.ended() == 0, client.log.read_text()
    (done,) = client.lines("done")
    made = service.get(done["interview"]).json()
    assert (made["recording"]["sha256"], made["recording"]["filename"]) == (sha256, "Memo übers Meer.wav")
    assert (stored(service), made["job"]["status"]) == ([sha256], "queued")
    print(f"\n{CUTS} cuts of {file.stat().st_size // MIB} MiB, SHA-256 equal")  # noqa: T201


@NODE
def test_tus_js_client_sends_in_chunks(service: Service, tus_js_client: Path, tmp_path: Path) -> None:
    sha256 = recording(tmp_path / "memo.wav", 5 * MIB)
    client = send(service, tus_js_client, tmp_path / "memo.wav", chunk_bytes=700_001)
    assert client.ended() == 0, client.log.read_text()
    assert stored(service) == [sha256]


@NODE
def test_tus_js_client_is_told_at_once_what_cannot_be(service: Service, tus_js_client: Path, tmp_path: Path) -> None:
    (tmp_path / "memo.wav").write_text("no recording at all\n" * 5000)
    client = send(service, tus_js_client, tmp_path / "memo.wav")
    assert client.ended(within_s=20) == 1
    assert "not-audio" in json.dumps(client.lines("failed"))
    assert stored(service) == []
