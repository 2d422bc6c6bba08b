"""A language model as others serve it: a real HTTP server on this machine that answers what a test tells it to."""

import json
import select
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from workers.llm import Llm
from workers.llm.client import Endpoint

MODEL = "parrot-1"
PATIENCE_S = 20.0


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def part(self) -> dict[str, Any]:
        """What the model was given to read, without the note on a former answer."""
        content = self.body["messages"][-1]["content"]
        part: dict[str, Any] = json.JSONDecoder().raw_decode(content)[0]
        return part

    @property
    def note(self) -> str:
        content = self.body["messages"][-1]["content"]
        return content[json.JSONDecoder().raw_decode(content)[1] :].strip()

    @property
    def sentences(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.part["sentences"]
        return found

    @property
    def response_format(self) -> str | None:
        return self.body.get("response_format", {}).get("type")

    def answer(self, *findings: dict[str, Any]) -> str:
        """The text of a proper answer."""
        numbers = [sentence["n"] for sentence in self.sentences]
        return json.dumps({"first": numbers[0], "last": numbers[-1], "findings": findings})


class Call(BaseHTTPRequestHandler):
    """One request and what is sent for it."""

    protocol_version = "HTTP/1.1"
    server: "Listening"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.server.llm.hear(asked)(self, asked)

    def log_message(self, *arguments: object) -> None:
        """A test's output is not the place for a line per request."""

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def complete(self, content: str | None, *, finish_reason: str | None = "stop") -> None:
        choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish_reason}
        self.send(200, json.dumps({"object": "chat.completion", "choices": [choice]}).encode())


class Listening(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, llm: "FakeLlm") -> None:
        super().__init__(("127.0.0.1", 0), Call)
        self.llm = llm

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is what some tests are about."""


Behaviour = Callable[[Call, Asked], None]


@dataclass
class FakeLlm:
    """`FakeLlm().points_at("the quiet by the sea", "enjoys")`, after it has done what it was told to do `next`."""

    asked: list[Asked] = field(default_factory=list)
    left_alone: threading.Event = field(default_factory=threading.Event)
    _marks: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    _next: deque[Behaviour] = field(default_factory=deque)
    _always: Behaviour | None = None

    def __enter__(self) -> Self:
        self._server = Listening(self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def endpoint(self, *, key: str | None = None, timeout_s: float = 5.0) -> Endpoint:
        return Endpoint(self.url, MODEL, key, timeout_s)

    def reader(self, *, context_tokens: int = 4096, timeout_s: float = 5.0) -> Llm:
        return Llm(self.endpoint(timeout_s=timeout_s), context_tokens)

    def points_at(self, quote: str, *categories: str) -> Self:
        """In every part that has a sentence with these words."""
        self._marks.append((quote, categories))
        return self

    def next(self, *behaviours: Behaviour) -> Self:
        self._next += behaviours
        return self

    def always(self, behaviour: Behaviour) -> Self:
        self._always = behaviour
        return self

    def hear(self, asked: Asked) -> Behaviour:
        self.asked.append(asked)
        if self._next:
            return self._next.popleft()
        return self._always or self._reads

    def _reads(self, call: Call, asked: Asked) -> None:
        marks = [
            finding(sentence["n"], quote, *categories)
            for quote, categories in self._marks
            for sentence in asked.sentences
            if quote in sentence["text"]
        ]
        call.complete(asked.answer(*marks))


def finding(number: int, quote: str, *categories: str, to: int | None = None) -> dict[str, Any]:
    return {"from": number, "to": to or number, "quote": quote, "categories": list(categories)}


def says(content: str | None, *, finish_reason: str | None = "stop") -> Behaviour:
    return lambda call, _asked: call.complete(content, finish_reason=finish_reason)


def marks(*findings: dict[str, Any]) -> Behaviour:
    """A proper answer with these findings, whatever was asked."""
    return lambda call, asked: call.complete(asked.answer(*findings))


def cut_off(call: Call, asked: Asked) -> None:
    """An answer that ended because there was no room for more."""
    call.complete(asked.answer()[:-2], finish_reason="length")


def status(code: int, body: bytes = b'{"error": {"message": "no"}}', **headers: str) -> Behaviour:
    return lambda call, _asked: call.send(code, body, **headers)


def takes_only(*forms: str | None) -> Behaviour:
    """A server that knows these kinds of `response_format`, and no temperature."""

    def answer(call: Call, asked: Asked) -> None:
        if asked.response_format in forms and "temperature" not in asked.body:
            call.complete(asked.answer())
        else:
            call.send(400, b'{"error": "unsupported parameter"}')

    return answer


def redirects_to(url: str) -> Behaviour:
    return status(307, b"", Location=url)


def is_giant(call: Call, _asked: Asked) -> None:
    """A body without an end."""
    call.send_response(200)
    call.send_header("Transfer-Encoding", "chunked")
    call.end_headers()
    block = b" " * 65536
    while True:
        call.wfile.write(b"%x\r\n%s\r\n" % (len(block), block))


def hangs(call: Call, _asked: Asked) -> None:
    """No answer, until the client goes away; then `left_alone` is set."""
    readable, _, _ = select.select([call.connection], [], [], PATIENCE_S)
    if readable and not call.connection.recv(1):
        call.server.llm.left_alone.set()
    call.close_connection = True


def drips(call: Call, _asked: Asked) -> None:
    """A byte now and then, for ever: no pause between two is long enough to give up."""
    call.send_response(200)
    call.send_header("Content-Length", "1000000")
    call.end_headers()
    while not call.server.llm.left_alone.wait(0.05):
        call.wfile.write(b" ")


def texts(asked: Sequence[Asked]) -> list[str]:
    """Every sentence that was sent, in order, as often as it was."""
    return [sentence["text"] for request in asked for sentence in request.sentences]
