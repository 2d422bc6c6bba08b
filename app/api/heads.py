"""HEAD wherever there is GET: the same answer without its body. A stream has no end to wait for, so it has none."""

from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.responses import StreamingResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Headed:
    """ASGI middleware: asks the routes of `app.state.headed` as GET when somebody asks for HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or not has_head(scope):
            await self.app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        asked = {**scope, "method": "GET"}
        try:
            await self.app(asked, receive, send_head)
        finally:
            # Those outside count under the route that was found, and under the method that was asked for.
            scope.update(asked | {"method": "HEAD"})


def headed(routes: Iterable[BaseRoute]) -> tuple[APIRoute, ...]:
    """The routes whose GET answers HEAD too: those that neither stream nor have a HEAD of their own."""
    ours = [route for route in routes if isinstance(route, APIRoute)]
    own = {route.path for route in ours if "HEAD" in (route.methods or ())}
    with_get = [route for route in ours if "GET" in (route.methods or ()) and not _streams(route)]
    return tuple(route for route in with_get if route.path not in own)


def has_head(scope: Scope) -> bool:
    """Whether one of those routes stands at the path, whatever the method that it was asked with."""
    asked = {**scope, "method": "GET"}
    return any(route.matches(asked)[0] is Match.FULL for route in scope["app"].state.headed)


def _streams(route: APIRoute) -> bool:
    # Where a route names no class, there is something else in its place.
    kind = route.response_class
    return isinstance(kind, type) and issubclass(kind, StreamingResponse)
