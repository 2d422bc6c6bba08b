"""What every answer carries, the unforeseen too: a request id, what the caller may still do, headers for browsers."""

import logging
import re
import time
from collections.abc import Sequence

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import ids, logs, tracing
from app.api import admission, problems
from app.metrics import METHODS

log = structlog.get_logger()

# Asked every few seconds by machines.
WATCHERS = ("/healthz", "/readyz", "/metrics")
GIVEN_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")
HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(:\d{1,5})?")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
# Swagger UI styles itself inline and shows images as data.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'"
)


class Guarded:
    """ASGI middleware: binds the request id to logs and problems, and sets what a route has not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = Answer(scope, send)
        with structlog.contextvars.bound_contextvars(request=answer.request_id):
            try:
                await self.app(scope, receive, answer.send)
            except Exception as error:
                problem = problems.unforeseen(Request(scope), error)
                if answer.has_begun:
                    raise
                await problem(scope, receive, answer.send)
            finally:
                answer.note()


class Answer:
    """One answer on its way out, with the headers it must have."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.request_id = _request_id(scope)
        self.status: int | None = None
        self._began = time.perf_counter()
        self._scope, self._send = scope, send
        self._is_docs = scope["path"].startswith("/docs")
        self._state = scope.setdefault("state", {})
        self._state["request_id"] = self.request_id

    @property
    def has_begun(self) -> bool:
        return self.status is not None

    def note(self) -> None:
        """The line of this request: its route and never its path, and the problem's code where there was one."""
        route = getattr(self._scope.get("route"), "path", "none")
        log.log(
            logging.DEBUG if route in WATCHERS else logging.INFO,
            "answered",
            method=self._scope["method"] if self._scope["method"] in METHODS else "other",
            route=route,
            status=self.status,
            duration_ms=round((time.perf_counter() - self._began) * 1000),
            **self._facts(),
        )

    def _facts(self) -> dict[str, str]:
        """The problem's code, the key's id, and what the path says that may be said; as far as they are known."""
        facts = {"code": self._state["code"]} if "code" in self._state else {}
        if (caller := self._state.get("caller")) is not None:
            facts["key_id"] = caller.key_id
        return facts | logs.ids_of(self._scope.get("path_params", {}))

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            # The request's span ends with the last byte of the answer, before its line is written.
            tracing.tell(request=self.request_id, **self._facts())
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self.request_id
            if (standing := self._state.get("standing")) is not None:
                headers.update(admission.headers_of(standing))
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if self._is_docs:
                headers["Content-Security-Policy"] = DOCS_POLICY
        await self._send(message)


class Hosted:
    """ASGI middleware: answers to the hosts it is given only, `*` to any, `*.example.com` to those below.

    A page elsewhere that makes its own name resolve to this machine is thereby refused (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self.knows(Headers(scope=scope).getlist("host")):
            await self.app(scope, receive, send)
            return
        problem = problems.answer(Request(scope), problems.HostUnknown("CANDID_ALLOWED_HOSTS says which hosts are."))
        await problem(scope, receive, send)

    def knows(self, given: list[str]) -> bool:
        if "*" in self.hosts:
            return True
        named = [HOST.fullmatch(host) for host in given]
        if len(named) != 1 or named[0] is None:
            return False
        host = named[0]["host"].lower()
        return host in self.hosts or any(host.endswith(known[1:]) for known in self.hosts if known.startswith("*."))


def _request_id(scope: Scope) -> str:
    """The caller's own id when it is a harmless one, so that their log and ours can be laid side by side."""
    given: bytes = dict(scope["headers"]).get(b"x-request-id", b"")
    return given.decode() if GIVEN_ID.fullmatch(given) else ids.new(ids.Kind.REQUEST)
