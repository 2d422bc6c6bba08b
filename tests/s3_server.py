"""A real S3 server for tests, one per run, and a wire to it that can be cut.

SeaweedFS (Apache-2.0), because it is a whole server that comes as one program in a package, checks signatures and
hashes, and knows versions and unfinished uploads. `compose.yaml` runs the same.
"""

import atexit
import functools
import json
import os
import random
import socket
import subprocess
import sysconfig
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import obstore
import pytest
from obstore.store import S3Store

WEED = Path(sysconfig.get_path("scripts")) / "weed"
ON_S3 = os.environ.get("CANDID_TEST_RECORDINGS") == "s3"
PLAIN, VERSIONED = "candid-plain", "candid-versioned"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "candid", "AWS_SECRET_ACCESS_KEY": "not-a-secret", "AWS_REGION": "us-east-1"}
START_S = 60
# What a client sends at once and is longer than this is no head of a request.
HEAD_BYTES = 8192
VERSIONING = b'<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status>'

folder_only = pytest.mark.skipif(ON_S3, reason="about the folder of recordings")
needs_server = pytest.mark.skipif(not WEED.exists(), reason="there is no S3 server for this system")


def location(*, versioned: bool = False) -> str:
    """A place of one's own on the server, which is started when it is first needed."""
    _started()
    return f"s3://{VERSIONED if versioned else PLAIN}/{uuid4().hex}"


@functools.cache
def _started() -> str:
    """The server's URL; from then on the environment leads to it, for this process and those it starts."""
    folder = Path(tempfile.mkdtemp(prefix="candid-s3-"))
    first = _free_ports()
    config = folder / "s3.json"
    known = {"accessKey": CREDENTIALS["AWS_ACCESS_KEY_ID"], "secretKey": CREDENTIALS["AWS_SECRET_ACCESS_KEY"]}
    config.write_text(json.dumps({"identities": [{"name": "candid", "credentials": [known], "actions": ["Admin"]}]}))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([str(WEED), *_arguments(folder, config, first)], stdout=log, stderr=log)
    atexit.register(_end, process, folder)
    url = f"http://127.0.0.1:{first + 3}"
    os.environ.update(CREDENTIALS | {"AWS_ENDPOINT_URL": url})
    _wait(url, process, folder / "log")
    return url


def _arguments(folder: Path, config: Path, first: int) -> list[str]:
    ports = {"master": first, "volume": first + 1, "filer": first + 2, "s3": first + 3}
    return [
        *("-logtostderr=true", "server", "-s3", f"-dir={folder}", f"-s3.config={config}"),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", *(f"-{name}.port={port}" for name, port in ports.items())),
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.autoCreateBucket=false", "-master.telemetry=false"),
        *("-volume.max=200", "-master.volumeSizeLimitMB=256", "-volume.minFreeSpace=1GiB"),
    ]


def _free_ports() -> int:
    """The first of four free ports; the server also takes those 10,000 above."""
    while True:
        first = random.randrange(20_000, 30_000)  # noqa: S311  not a secret
        with suppress(OSError):
            for port in range(first, first + 4):
                for one in (port, port + 10_000):
                    with socket.socket() as probe:
                        probe.bind(("127.0.0.1", one))
            return first


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(httpx.TransportError):
            if all(httpx.put(signed(url, "PUT", bucket)).is_success for bucket in (PLAIN, VERSIONED)):
                versioning = signed(url, "PUT", VERSIONED, "versioning=")
                assert httpx.put(versioning, content=VERSIONING + b"</VersioningConfiguration>").is_success
                return
        time.sleep(0.2)
    raise AssertionError(log.read_text(errors="replace")[-3000:])


def signed(url: str, method: str, path: str, query: str = "") -> str:
    """A signed URL for any request, also those that no library of ours makes."""
    store = S3Store(
        "any",
        aws_endpoint_url_s3=f"{url}/{path}?{query}&x-id=",
        virtual_hosted_style_request=True,
        client_options={"allow_http": True},
    )
    return obstore.sign(store, method, "", timedelta(minutes=5))  # type: ignore[call-overload,no-any-return]


def _end(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    process.kill()
    process.wait()
    subprocess.run(["rm", "-rf", str(folder)], check=False)


@dataclass
class Wire:
    """A way to the server that does what it is told.

    It may be cut; it may give `answers` of its own, to requests that have `only` in them; it may pause before each
    block that a client sends, and `flips` a bit of those of a body. `carried` counts the bytes that came back.
    """

    url: str = ""
    answers: bytes | None = None
    only: bytes = b""
    is_cut: bool = False
    flips: bool = False
    pause_s: float = 0.0
    carried: int = 0
    _listener: socket.socket = field(default_factory=socket.socket)

    def __enter__(self) -> Self:
        at = urlsplit(_started())
        self._to = (at.hostname, at.port)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            if self.is_cut:
                return
            with socket.create_connection(self._to) as server:
                threading.Thread(target=self._pass_on, args=[server, client], daemon=True).start()
                self._pass_on_spoiled(client, server)

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while not self.is_cut and (block := source.recv(65536)):
                sink.sendall(block)
                self.carried += len(block)
            sink.shutdown(socket.SHUT_RDWR)

    def _pass_on_spoiled(self, source: socket.socket, sink: socket.socket) -> None:
        while (block := source.recv(65536)) and not self.is_cut:
            if self.answers is not None and self.only in block:
                source.sendall(self.answers)
                return
            if self.flips and len(block) > HEAD_BYTES:
                block = block[:-1] + bytes([block[-1] ^ 1])
            time.sleep(self.pause_s)
            sink.sendall(block)


NO_SUCH_CALL = b"HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
UNAVAILABLE = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
FORBIDDEN = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nContent-Length: 51\r\nConnection: close\r\n\r\n"
    b"<Error><Code>AccessDenied</Code><Message/></Error>\n"
)
