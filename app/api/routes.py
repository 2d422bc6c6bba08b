"""What every route does before its own first line, and therefore what every route can answer."""

import inspect
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.types import Message

from app import errors, logs
from app.api import admission, bodies, deps, replays
from app.api.declared import failures, joined
from app.api.problems import DatabaseUnavailable, HostUnknown
from app.errors import CandidError, InvalidRequest, MediaTypeRefused

Answer = Callable[[Request], Coroutine[Any, Any, Response]]


class Route(APIRoute):
    """Knows who calls and how often, refuses query parameters that do not exist, and bounds a JSON body, in this order.

    FastAPI parses a JSON body before any dependency runs: without this, a stranger's malformed body would be answered
    with 400 instead of 401, and its own limit answers in plain text. A POST that changes something honours
    Idempotency-Key, before its body is read where the route reads that itself.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **about: Any) -> None:
        about |= told(endpoint)
        super().__init__(path, endpoint, **about)
        self.once = self._once()
        if self.once is not None:
            extra = self.openapi_extra or {}
            self.openapi_extra = extra | {"parameters": [*extra.get("parameters", []), replays.PARAMETER]}
            # What is there already may be answered with another success than what is made: that too is kept.
            done = {self.status_code or 200, *(status for status in self.responses if is_success(status))}
            self.responses = joined(self.responses, dict.fromkeys(done, replays.MARKED))
        self.responses = joined(self.responses, failures(*self.common_failures()))
        if self.methods == {"HEAD"}:
            self.responses = {status: said | {"content": {}} for status, said in self.responses.items()}

    def common_failures(self) -> Iterator[type[CandidError]]:
        yield from (CandidError, HostUnknown, errors.InvalidRequest)
        if uses(self.dependant, deps.caller):
            yield from (errors.KeyMissing, errors.KeyRefused, errors.RateLimited, DatabaseUnavailable)
        if uses(self.dependant, deps.write_session):
            yield errors.StorageFull
        if any(uses(self.dependant, check) for check in deps.SCOPE_CHECKS):
            yield errors.ScopeMissing
        if self.body_field is not None:
            yield from (errors.BodyTooLarge, errors.JsonInvalid, errors.MediaTypeRefused, errors.UploadTooSlow)
        if self.once is not None:
            yield from self.once.failures()

    def _once(self) -> replays.Once | None:
        """What answers a request of this route once only; None for routes that change nothing, or not by POST."""
        keeps_itself = uses(self.dependant, deps.idempotency_key)
        if self.methods != {"POST"} or not (keeps_itself or uses(self.dependant, deps.write_session)):
            return None
        return (replays.BegunOnce if keeps_itself else replays.Once)(
            self.name,
            self.endpoint,
            takes_body=self.body_field is not None or "requestBody" in (self.openapi_extra or {}),
            checks=tuple(check for check in deps.SCOPE_CHECKS if uses(self.dependant, check)),
        )

    def get_route_handler(self) -> Answer:
        answer = super().get_route_handler()
        names = frozenset(query_names(self))
        needs_key = uses(self.dependant, deps.caller)

        async def guarded(request: Request) -> Response:
            if needs_key:
                request.state.caller = await run_in_threadpool(admission.admit, request)
            refuse_unknown(request, names)
            if self.body_field is not None:
                request = await with_json(request, optional=not self.body_field.field_info.is_required())
            if self.once is not None:
                return await self.once.answer(request, answer)
            return await answer(request)

        async def noted(request: Request) -> Response:
            with structlog.contextvars.bound_contextvars(**logs.ids_of(request.path_params)):
                return await guarded(request)

        return noted


def is_success(status: int | str) -> bool:
    return str(status).startswith("2")


def told(endpoint: Callable[..., Any]) -> dict[str, str]:
    """The docstring's first sentence is what a list of operations shows; the rest explains."""
    whole = inspect.getdoc(endpoint) or ""
    summary, _, rest = whole.partition(".")
    return {"summary": " ".join(summary.split()), "description": rest.strip() or whole}


def uses(dependant: Dependant, wanted: Callable[..., Any]) -> bool:
    return dependant.call is wanted or any(uses(one, wanted) for one in dependant.dependencies)


def query_names(route: APIRoute) -> Iterator[str]:
    for one in query_fields(route.dependant):
        model = one.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield from (about.alias or name for name, about in model.model_fields.items())
        else:
            yield one.alias
    for parameter in (route.openapi_extra or {}).get("parameters", []):
        if parameter["in"] == "query":
            yield parameter["name"]


def query_fields(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.query_params
    for below in dependant.dependencies:
        yield from query_fields(below)


def refuse_unknown(request: Request, names: frozenset[str]) -> None:
    """A misspelt filter must not be a filter that lets everything through. Raises InvalidRequest."""
    unknown = [name for name in request.query_params if name not in names]
    if unknown:
        found = [
            {
                "pointer": "/query",
                "code": "extra_forbidden",
                "detail": f"Known here: {', '.join(sorted(names)) or '-'}.",
            }
        ]
        raise InvalidRequest("There is a query parameter that does not exist here.", errors=found)


async def with_json(request: Request, *, optional: bool) -> Request:
    """The same request with its body read. Raises MediaTypeRefused, BodyTooLarge, JsonInvalid, UploadTooSlow."""
    settings = request.app.state.house.settings
    if optional and not await bodies.has_body(request, settings):
        return _replayed(request, b"")
    if not bodies.is_json(request.headers.get("content-type", "")):
        raise MediaTypeRefused("Send the body as application/json.")
    body, _ = await bodies.read_json(request, settings)
    return _replayed(request, body)


def _replayed(request: Request, body: bytes) -> Request:
    """The request as it was before its body was read, with this body."""

    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, again)
