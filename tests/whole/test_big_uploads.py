"""Recordings as large as they may be, over a real socket: refused unread, taken without growing, safe when answered.

`CANDID_TEST_UPLOAD_MIB=2048 pytest tests/whole/test_big_uploads.py -s` takes the largest that is allowed and prints.
"""

import hashlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.scenes import SOUND
from tests.whole.service import KEY, ROOT, Service, eventually, running

MIB = 1024 * 1024
# As large as the suite can afford; memory that grows with the upload would show by now.
UPLOAD_BYTES = int(os.environ.get("CANDID_TEST_UPLOAD_MIB", "256")) * MIB
MAY_GROW_KIB = 50 * 1024
FORM_HEAD = (
    b'--b\r\nContent-Disposition: form-data; name="consent"\r\n\r\ntrue\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.wav"\r\n\r\n'
)
NO_CONSENT = FORM_HEAD.replace(b"true", b"false")
FORM_END = b"\r\n--b--\r\n"
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("big")) as service:
        yield service


@dataclass
class Refusal:
    """How a client that keeps sending was answered."""

    status: int
    sent_bytes: int
    body: str


def send_until_answered(service: Service, headers: dict[str, str], first: bytes = b"") -> Refusal:
    """Declares 2 GiB and sends slowly enough to hear an answer; counts what went into the socket."""
    url = urlsplit(service.url)
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": url.netloc, **headers}.items())
    with socket.create_connection((url.hostname, url.port), timeout=20) as link:
        # What lies in the kernel's buffers was not read by the server: the smaller they are, the truer the count.
        link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        link.sendall(f"POST /v1/interviews HTTP/1.1\r\n{head}Content-Length: {2**31}\r\n\r\n".encode() + first)
        sent = len(first)
        while sent < 64 * MIB and not select.select([link], [], [], 0.05)[0]:
            sent += link.send(bytes(1024))
        answer = HTTPResponse(link)
        answer.begin()
        return Refusal(answer.status, sent, answer.read().decode())


def files_of(service: Service) -> list[Path]:
    data = service.folder / "data"
    return [path for path in (data / "recordings").rglob("*") if path.name != ".incoming"]


@pytest.mark.parametrize("key", [None, "cdd_wrong", KEY[:-1] + "x"])
def test_a_stranger_who_offers_2_gib_is_refused_before_64_kib(service: Service, key: str | None) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"} | ({"Authorization": f"Bearer {key}"} if key else {})
    refusal = send_until_answered(service, headers, FORM_HEAD)
    assert (refusal.status, refusal.sent_bytes < 64 * 1024) == (401, True)
    assert files_of(service) == []


@pytest.mark.parametrize("door", ["form", "raw"])
def test_2_gib_without_consent_are_refused_before_64_kib_and_leave_nothing(service: Service, door: str) -> None:
    kind = "multipart/form-data; boundary=b" if door == "form" else "audio/wav"
    headers = {"Content-Type": kind, "Authorization": f"Bearer {KEY}"}
    refusal = send_until_answered(service, headers, NO_CONSENT if door == "form" else SOUND)
    assert (refusal.status, refusal.sent_bytes < 64 * 1024) == (422, True)
    assert '"consent-required"' in refusal.body
    assert files_of(service) == []


def test_more_than_the_limit_is_refused_by_its_declared_length(service: Service) -> None:
    url = urlsplit(service.url)
    head = f"POST /v1/interviews?consent=true HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {KEY}\r\n"
    with socket.create_connection((url.hostname, url.port), timeout=20) as link:
        link.sendall(f"{head}Content-Type: audio/wav\r\nContent-Length: {2**31 + 1}\r\n\r\n".encode())
        answer = link.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413")
    assert files_of(service) == []


def big(size: int) -> Iterator[bytes]:
    """A recording of `size` bytes, made as it is sent."""
    yield SOUND
    left, block = size - len(SOUND), bytes(MIB)
    while left > 0:
        yield block[:left]
        left -= min(left, MIB)


def form_of(size: int) -> Iterator[bytes]:
    yield FORM_HEAD
    yield from big(size)
    yield FORM_END


def memory_kib(process: int, name: str) -> int:
    """`VmRSS` or `VmHWM` (the peak) of a process."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+)", status)[1])  # type: ignore[index]


@LINUX
@pytest.mark.parametrize("door", ["form", "raw"])
def test_memory_does_not_grow_with_the_upload(tmp_path: Path, door: str) -> None:
    # A service of its own, so that no other test's peak is in the way; one small upload first warms it up.
    with running(tmp_path) as service:
        post(service, door, len(SOUND))
        process = service.started[0].process.pid
        idle, began = memory_kib(process, "VmRSS"), time.monotonic()
        recording = post(service, door, UPLOAD_BYTES)
        grown, took = memory_kib(process, "VmHWM") - idle, time.monotonic() - began
        stored = max(files_of(service), key=lambda path: path.stat().st_size if path.is_file() else 0)
        assert (recording["size_bytes"], stored.stat().st_size) == (UPLOAD_BYTES, UPLOAD_BYTES)
        assert recording["sha256"] == sha256_of(stored)
        shutil.rmtree(tmp_path / "data", ignore_errors=True)
    print(f"\n{door}: {UPLOAD_BYTES / MIB:.0f} MiB in {took:.1f} s, idle {idle} KiB, peak {grown:+} KiB")  # noqa: T201
    assert grown < MAY_GROW_KIB


def post(service: Service, door: str, size: int) -> dict[str, object]:
    kind = "multipart/form-data; boundary=b" if door == "form" else "audio/wav"
    answer = httpx.post(
        f"{service.url}/v1/interviews",
        params={"consent": "true"} if door == "raw" else {},
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": kind},
        content=form_of(size) if door == "form" else big(size),
        timeout=600,
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()["recording"]
    return found


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_a_client_that_goes_away_leaves_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        url = urlsplit(service.url)
        head = f"POST /v1/interviews?consent=true HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {KEY}\r\n"
        with socket.create_connection((url.hostname, url.port), timeout=20) as link:
            link.sendall(f"{head}Content-Type: audio/wav\r\nContent-Length: {64 * MIB}\r\n\r\n".encode())
            link.sendall(SOUND + bytes(4 * MIB))
            eventually(lambda: any(path.is_file() for path in files_of(service)), within_s=20)
        eventually(lambda: files_of(service) == [], within_s=20)
        assert service.get("/v1/interviews").json()["items"] == []


def test_an_upload_that_is_cut_by_a_kill_is_not_half_an_interview(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        url = urlsplit(service.url)
        head = f"POST /v1/interviews?consent=true HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {KEY}\r\n"
        with socket.create_connection((url.hostname, url.port), timeout=20) as link:
            link.sendall(f"{head}Content-Type: audio/wav\r\nContent-Length: {64 * MIB}\r\n\r\n".encode())
            link.sendall(SOUND + bytes(4 * MIB))
            eventually(lambda: any(path.is_file() for path in files_of(service)), within_s=20)
            service.started[0].signal(signal.SIGKILL)
            service.started[0].ended()
        service.api()
        assert service.get("/v1/interviews").json()["items"] == []
        assert not [
            path
            for path in (tmp_path / "data" / "recordings").rglob("*")
            if path.is_file() and ".incoming" not in path.parts
        ]


def test_the_service_listens_while_it_takes_an_upload(tmp_path: Path) -> None:
    waited: list[float] = []
    with running(tmp_path) as service:

        def watched() -> Iterator[bytes]:
            for number, block in enumerate(form_of(48 * MIB)):
                yield block
                if number % 6 == 0:
                    began = time.monotonic()
                    assert httpx.get(f"{service.url}/healthz").status_code == 200
                    waited.append(time.monotonic() - began)

        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "multipart/form-data; boundary=b"}
        answer = httpx.post(f"{service.url}/v1/interviews", headers=headers, content=watched(), timeout=60)
    assert answer.status_code == 201
    assert sorted(waited)[len(waited) // 2] < 0.5


def can_trace() -> bool:
    strace = shutil.which("strace")
    return strace is not None and subprocess.run([strace, "-o", os.devnull, "true"], check=False).returncode == 0


CALLS = re.compile(r"(?P<call>fsync|fdatasync|rename\w*|sendto|write)\((?P<what>.*)")


@pytest.mark.skipif(not can_trace(), reason="strace is not here, or may not look at processes")
def test_everything_is_on_disk_before_the_answer(tmp_path: Path) -> None:
    """What the kernel was asked, in this order: file, its new name, the folders, the database, and then the 201."""
    trace = tmp_path / "trace"
    strace = [
        "strace",
        "-f",
        "-y",
        "-qq",
        "-s",
        "64",
        "-o",
        str(trace),
        "-e",
        "trace=fsync,fdatasync,/rename,sendto,write",
    ]
    service = Service(tmp_path, f"sqlite:///{tmp_path / 'data' / 'candid.db'}")
    with (tmp_path / "0.log").open("wb") as log:
        # A session of its own: ending the tracer alone would leave the service running.
        process = subprocess.Popen(
            [*strace, sys.executable, "-m", "app"],
            cwd=ROOT,
            env=service.environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        found = eventually(lambda: re.search(r"http://127\.0\.0\.1:\d+", (tmp_path / "0.log").read_text()))
        service.url = found.group(0) if found else ""
        post(service, "form", 2 * MIB)
        lines = trace.read_text().splitlines()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
    assert order_of(lines, tmp_path / "data") == [
        "file",
        "name",
        "its folder",
        "the owner's",
        "the store",
        "words",
        "201",
    ]


def order_of(lines: list[str], data: Path) -> list[str]:
    """The first time each thing was made sure of after the recording itself was."""
    recordings = re.escape(str(data / "recordings"))
    things = {
        "file": rf"fsync\(\d+<{recordings}/\.incoming/\w+/recording>",
        "name": r"rename\w*\(.*recording\.wav",
        "its folder": rf"fsync\(\d+<{recordings}/own_\w+/rec_\w+>",
        "the owner's": rf"fsync\(\d+<{recordings}/own_\w+>",
        "the store": rf"fsync\(\d+<{recordings}>",
        "words": rf"f(data)?sync\(\d+<{re.escape(str(data / 'candid.db-wal'))}>",
        "201": r'(sendto|write)\(\d+<.*"HTTP/1\.1 201',
    }
    start = next(place for place, line in enumerate(lines) if re.search(things["file"], line))
    places = {
        name: next(place for place, line in enumerate(lines[start:]) if re.search(pattern, line))
        for name, pattern in things.items()
    }
    return sorted(places, key=places.__getitem__)
