"""What every answer carries: a request id, and headers that keep browsers from guessing."""

import re

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import ids

GIVEN_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")

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
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        is_docs = scope["path"].startswith("/docs")

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if is_docs:
                    headers["Content-Security-Policy"] = DOCS_POLICY
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            await self.app(scope, receive, guarded)


def _request_id(scope: Scope) -> str:
    """The caller's own id when it is a harmless one, so that their log and ours can be laid side by side."""
    given: bytes = dict(scope["headers"]).get(b"x-request-id", b"")
    return given.decode() if GIVEN_ID.fullmatch(given) else ids.new(ids.Kind.REQUEST)
