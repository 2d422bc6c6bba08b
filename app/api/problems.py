"""Every failure wears this coat: RFC 9457 problem details, from one table of error families."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match, Mount

from app import errors, faults, logs
from app.api import heads
from app.errors import CandidError
from app.faults import Fault

MEDIA_TYPE = "application/problem+json"
CHALLENGE = 'Bearer realm="candid"'
# What RFC 3986 lets a path carry as it is; anything else in the path asked for is escaped before it is shown.
PATH_SAFE = "/:@!$&'()*+,;=~-._"
# When to ask again, in seconds: others are done in a moment, a server takes longer to come back.
RETRY_AFTER_S = {Fault.BUSY: 1, Fault.AWAY: 5}
# A line that was cut while a commit was on its way leaves both sides guessing.
UNAVAILABLE = {
    Fault.BUSY: "Others are at work on it. Nothing was changed.",
    Fault.AWAY: "It does not answer. Look what is there before you send again what makes something new.",
}
log = structlog.get_logger()

# The nearest ancestor counts, so a new leaf has a status from its first day.
STATUS: dict[type[CandidError], int] = {
    CandidError: 500,
    errors.NotFound: 404,
    errors.UploadExpired: 410,
    errors.AccessRefused: 403,
    errors.KeyMissing: 401,
    errors.KeyRefused: 401,
    errors.InvalidRequest: 422,
    errors.CursorInvalid: 400,
    errors.MultipartInvalid: 400,
    errors.JsonInvalid: 400,
    errors.TusInvalid: 400,
    errors.TusVersionUnknown: 412,
    errors.IdempotencyKeyInvalid: 400,
    errors.UploadRefused: 415,
    errors.RecordingTooLarge: 413,
    errors.BodyTooLarge: 413,
    errors.UploadTooSlow: 408,
    errors.UploadCutOff: 400,
    errors.DigestMismatch: 400,
    errors.ChecksumMismatch: 460,
    # Not 409: to a tus client that means "go on from another offset", and it would send everything again.
    errors.RecordingDuplicate: 422,
    errors.StateConflict: 409,
    errors.UploadBusy: 423,
    errors.VersionMismatch: 412,
    errors.FormatNotOffered: 406,
    errors.RangeInvalid: 416,
    errors.ConsentWithdrawn: 451,
    errors.KeptLongEnough: 410,
    errors.StorageFull: 507,
    errors.RecordingsUnavailable: 503,
    errors.RateLimited: 429,
}


class FieldProblem(BaseModel):
    """One thing that is wrong with the request."""

    pointer: str = Field(description="JSON Pointer into the body, or `/query/name`, `/path/name`, `/header/name`.")
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details. `code` is stable; members beyond these are facts of the single case."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(
        description="A relative URI that names the problem and leads to its explanation.",
        json_schema_extra={"format": "uri-reference"},
    )
    title: str = Field(description="The same sentence for every occurrence.")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What happened this time, for a person.")
    instance: str = Field(description="The path that was asked for.", json_schema_extra={"format": "uri-reference"})
    code: str = Field(description="Stable name of the problem, for programs.")
    request_id: str = Field(description="Quote this when you ask for help.")
    errors: list[FieldProblem] = Field(default_factory=list, description="What is wrong, field by field.")


def status_of(kind: type[CandidError]) -> int:
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)


def leaves(kind: type[CandidError]) -> list[type[CandidError]]:
    """The kind and all below it, in order of their codes."""
    below = {one.code: one for child in kind.__subclasses__() for one in leaves(child)}
    return sorted({kind.code: kind, **below}.values(), key=lambda one: one.code)


def answer(
    request: Request, error: CandidError, *, status: int | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    """The problem as an answer; its status is its family's unless another is given."""
    status = status or status_of(type(error))
    request.state.code = error.code
    return JSONResponse(
        body(request, error, status=status), status, headers=_headers(error) | (headers or {}), media_type=MEDIA_TYPE
    )


def body(request: Request, error: CandidError, *, status: int | None = None) -> dict[str, Any]:
    """The problem's members; see `answer`."""
    return {
        "type": f"/problems#{error.code}",
        "title": error.title(),
        "status": status or status_of(type(error)),
        "detail": error.detail or f"{error.title()}.",
        "instance": quote(request.scope["path"], safe=PATH_SAFE),
        "code": error.code,
        "request_id": getattr(request.state, "request_id", ""),
        **error.facts,
    }


def _headers(error: CandidError) -> dict[str, str]:
    headers = {}
    if status_of(type(error)) == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = CHALLENGE
    if "retry_after_s" in error.facts:
        headers["Retry-After"] = str(error.facts["retry_after_s"])
    if isinstance(error, errors.RangeInvalid):
        headers["Content-Range"] = f"bytes */{error.facts['size_bytes']}"
    if isinstance(error, errors.DigestMismatch):
        headers["Want-Repr-Digest"] = "sha-256=10"
    if isinstance(error, errors.TusVersionUnknown):
        headers["Tus-Version"] = "1.0.0"
    return headers


def install(app: FastAPI) -> None:
    """Registers the one handler for each source of failures. What none of them knows ends in `guards.Guarded`."""
    app.add_exception_handler(CandidError, _candid)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _cut_off)
    app.add_exception_handler(SQLAlchemyError, _database)


async def _candid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CandidError)  # noqa: S101  the registration above says so
    return answer(request, error)


async def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return answer(request, invalid(error.errors()))


def invalid(found: Iterable[Any]) -> errors.InvalidRequest:
    """Pydantic's findings as our error."""
    return errors.InvalidRequest("Some fields are not what they should be.", errors=list(field_problems(found)))


def field_problems(found: Iterable[Any]) -> Iterable[dict[str, str]]:
    """Pydantic's findings without `input` and `ctx`: those would echo what the caller sent into logs and screens."""
    for one in found:
        source, *rest = one["loc"] or ("body",)
        parts = rest if source == "body" else [source, *rest]
        yield {"pointer": "".join(f"/{part}" for part in parts), "code": one["type"], "detail": one["msg"]}


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    headers = dict(error.headers or {})
    if error.status_code in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        return Response(status_code=error.status_code, headers=headers)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods_of(request))
    kind = ROUTER.get(error.status_code, CandidError)
    return answer(request, kind(), status=error.status_code, headers=headers)


def _methods_of(request: Request) -> list[str]:
    """What the path does take. A route knows only its own methods, and the first that fits the path would answer."""
    routes = request.app.router.routes
    # A mount has moved the root below itself; the routes are asked as if nobody had been asked before.
    asked = {**request.scope, "root_path": request.scope.get("app_root_path", "")}
    if any(isinstance(route, Mount) and route.matches(asked)[0] is Match.FULL for route in routes):
        return ["GET", "HEAD"]
    return [
        method
        for method in METHODS
        if any(route.matches({**asked, "method": method})[0] is Match.FULL for route in routes)
        or (method == "HEAD" and heads.has_head(asked))
    ]


class NoSuchPath(errors.NotFound):
    """There is nothing at this path."""

    code = "no-such-path"


class MethodNotAllowed(CandidError):
    """This path does not take that method."""

    code = "method-not-allowed"


class DatabaseUnavailable(CandidError):
    """The database is busy or does not answer."""

    code = "database-unavailable"


class HostUnknown(CandidError):
    """This service does not answer to that host name."""

    code = "host-unknown"


STATUS[MethodNotAllowed] = 405
STATUS[HostUnknown] = 400
STATUS[DatabaseUnavailable] = 503
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
ROUTER: dict[int, type[CandidError]] = {
    400: errors.JsonInvalid,
    404: NoSuchPath,
    405: MethodNotAllowed,
}


async def _cut_off(request: Request, _error: Exception) -> JSONResponse:
    # Nobody is left to read this; it is for the access log.
    return answer(request, errors.UploadCutOff("The connection ended before the recording did."))


async def _database(request: Request, error: Exception) -> JSONResponse:
    fault = faults.of(error)
    if fault is None:
        raise error
    log.warning("database unavailable", outcome=fault.value, exc_info=error)
    return answer(request, _told(fault))


def _told(fault: Fault) -> CandidError:
    if fault is Fault.FULL:
        return errors.StorageFull("There is no room left for the database. Nothing was changed.")
    return DatabaseUnavailable(UNAVAILABLE[fault], retry_after_s=RETRY_AFTER_S[fault])


def unforeseen(request: Request, error: Exception) -> JSONResponse:
    """The answer to a defect of ours: noted here in full, told to nobody."""
    log.error("unforeseen", **logs.ids_of(request.path_params), exc_info=error)
    return answer(request, CandidError("Something went wrong here. It is noted under the request's id."))
