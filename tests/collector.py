"""Somebody's OpenTelemetry collector: a real HTTP server that takes OTLP, and may be ill."""

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True)
class Seen:
    """A span as it came."""

    service: str
    span: Span

    @property
    def name(self) -> str:
        return self.span.name

    @property
    def trace(self) -> str:
        return self.span.trace_id.hex()

    @property
    def facts(self) -> dict[str, Any]:
        """Attributes; those of ours without `candid.`."""
        return {
            pair.key.removeprefix("candid."): getattr(pair.value, pair.value.WhichOneof("value"))
            for pair in self.span.attributes
        }


class Call(BaseHTTPRequestHandler):
    server: "Listening"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        collector = self.server.collector
        collector.took(self.path, body)
        time.sleep(collector.pause_s)
        self.send_response(collector.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None: ...


class Listening(ThreadingHTTPServer):
    daemon_threads = True
    collector: "Collector"

    def handle_error(self, *_arguments: object) -> None: ...


@dataclass
class Collector:
    """`with Collector() as there:`; `spans` has all that came, `raw` the bytes. It answers `status` after a pause."""

    status: int = 200
    pause_s: float = 0.0
    spans: list[Seen] = field(default_factory=list)
    raw: bytes = b""
    url: str = ""

    def took(self, path: str, body: bytes) -> None:
        self.raw += body
        assert path == "/v1/traces", path
        for one in ExportTraceServiceRequest.FromString(body).resource_spans:
            (service,) = (pair.value.string_value for pair in one.resource.attributes if pair.key == "service.name")
            self.spans += [Seen(service, span) for scope in one.scope_spans for span in scope.spans]

    def named(self, name: str) -> list[Seen]:
        return [seen for seen in self.spans if seen.name == name]

    def __enter__(self) -> Self:
        self._server = Listening(("127.0.0.1", 0), Call)
        self._server.collector = self
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
