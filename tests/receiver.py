"""Somebody's server that takes webhooks: a real HTTP server on this machine that answers what a test tells it to."""

import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> tuple[str, str]:
        """What it tells, and of which interview."""
        told = json.loads(self.body)
        return told["type"], told["data"]["interview_id"]

    def verified(self, secret: str) -> Any:
        """What the official library reads in it. Raises WebhookVerificationError."""
        return Webhook(secret).verify(self.body, self.headers)


class Call(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Listening"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver = self.server.receiver
        receiver.received.append(Received(self.path, headers, body))
        status = receiver.statuses.popleft() if receiver.statuses else 204
        if receiver.pause_s:
            time.sleep(receiver.pause_s)
        if receiver.dribbles:
            self._dribble()
            return
        self.send_response(status)
        if receiver.location:
            self.send_header("Location", receiver.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _dribble(self) -> None:
        # A head that never ends, a byte at a time: no single read takes long.
        self.close_connection = True
        try:
            for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 400:
                self.wfile.write(bytes([byte]))
                time.sleep(0.02)
        except OSError:
            return

    def log_message(self, *_arguments: object) -> None: ...


class Listening(ThreadingHTTPServer):
    daemon_threads = True
    receiver: "Receiver"

    def handle_error(self, *_arguments: object) -> None: ...


@dataclass
class Receiver:
    """`with Receiver() as there:`; `received` keeps every request, `statuses` are answered in turn, then 204."""

    received: list[Received] = field(default_factory=list)
    statuses: deque[int] = field(default_factory=deque)
    location: str | None = None
    pause_s: float = 0.0
    dribbles: bool = False
    url: str = ""

    def answers(self, *statuses: int) -> Self:
        self.statuses.extend(statuses)
        return self

    def __enter__(self) -> Self:
        self._server = Listening(("127.0.0.1", 0), Call)
        self._server.receiver = self
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
