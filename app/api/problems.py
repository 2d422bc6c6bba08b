"""Every failure wears this coat: RFC 9457 problem details, from one table of error families."""

from collections.abc import Iterable
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app import errors
from app.errors import CandidError

MEDIA_TYPE = "application/problem+json"
log = structlog.get_logger()

# The nearest ancestor counts, so a new leaf has a status from its first day.
STATUS: dict[type[CandidError], int] = {
    CandidError: 500,
    errors.NotFound: 404,
    errors.AccessRefused: 403,
    errors.KeyMissing: 401,
    errors.KeyRefused: 401,
    errors.InvalidRequest: 422,
    errors.CursorInvalid: 400,
    errors.MultipartInvalid: 400,
    errors.JsonInvalid: 400,
    errors.UploadRefused: 415,
    errors.RecordingTooLarge: 413,
    errors.BodyTooLarge: 413,
    errors.UploadTooSlow: 408,
    errors.UploadCutOff: 400,
    errors.StateConflict: 409,
    errors.VersionMismatch: 412,
    errors.FormatNotOffered: 406,
    errors.RangeInvalid: 416,
    errors.ConsentWithdrawn: 451,
    errors.StorageFull: 507,
}


class FieldProblem(BaseModel):
    """One thing that is wrong with the request."""

    pointer: str = Field(description="JSON Pointer into the body, or `/query/name`, `/path/name`, `/header/name`.")
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details. `code` is stable; members beyond these are facts of the single case."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"required": ["type", "title", "status", "code"]})

    type: str = Field(description="A URI that names the problem and leads to its explanation.")
    title: str = Field(description="The same sentence for every occurrence.")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What happened this time, for a person.")
    instance: str = Field(description="The path that was asked for.")
    code: str = Field(description="Stable name of the problem, for programs.")
    request_id: str = Field(description="Quote this when you ask for help.")
    errors: list[FieldProblem] | None = Field(default=None, description="What is wrong, field by field.")


def status_of(kind: type[CandidError]) -> int:
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)


def responses(*kinds: type[CandidError]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that can fail in these ways, with an example of each."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        status = status_of(kind)
        content = found.setdefault(
            status,
            {
                "description": kind.title(),
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        content["content"][MEDIA_TYPE]["examples"][kind.code] = {"summary": kind.title(), "value": _example(kind)}
    return found


def _example(kind: type[CandidError]) -> dict[str, Any]:
    return {
        "type": f"/problems#{kind.code}",
        "title": kind.title(),
        "status": status_of(kind),
        "detail": f"{kind.title()}.",
        "instance": "/v1/interviews",
        "code": kind.code,
        "request_id": "req_01979d2f0e5b7c3a8d21f4b6a9c0e735",
    }


def answer(request: Request, error: CandidError, *, headers: dict[str, str] | None = None) -> JSONResponse:
    status = status_of(type(error))
    body = {
        "type": f"/problems#{error.code}",
        "title": error.title(),
        "status": status,
        "detail": error.detail or error.title(),
        "instance": request.url.path,
        "code": error.code,
        "request_id": getattr(request.state, "request_id", ""),
        **error.facts,
    }
    return JSONResponse(body, status, headers=_headers(error) | (headers or {}), media_type=MEDIA_TYPE)


def _headers(error: CandidError) -> dict[str, str]:
    headers = {}
    if status_of(type(error)) == 401:  # noqa: PLR2004  the only status with a header of its own
        headers["WWW-Authenticate"] = 'Bearer realm="candid"'
    if "retry_after_s" in error.facts:
        headers["Retry-After"] = str(error.facts["retry_after_s"])
    if isinstance(error, errors.RangeInvalid):
        headers["Content-Range"] = f"bytes */{error.facts['size_bytes']}"
    return headers


def install(app: FastAPI) -> None:
    """Registers the one handler for each source of failures."""
    app.add_exception_handler(CandidError, _candid)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _cut_off)
    app.add_exception_handler(Exception, _unforeseen)


async def _candid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CandidError)  # noqa: S101  the registration above says so
    return answer(request, error)


async def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = list(field_problems(error.errors()))
    if any(problem["code"] == "json_invalid" for problem in found):
        return answer(request, errors.JsonInvalid("The body is not JSON.", errors=found))
    return answer(request, errors.InvalidRequest("Some fields are not what they should be.", errors=found))


def field_problems(found: Iterable[Any]) -> Iterable[dict[str, str]]:
    """Pydantic's findings without `input` and `ctx`: those would echo what the caller sent into logs and screens."""
    for one in found:
        source, *rest = one["loc"] or ("body",)
        parts = rest if source == "body" else [source, *rest]
        yield {"pointer": "".join(f"/{part}" for part in parts), "code": one["type"], "detail": one["msg"]}


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    kind = _ROUTER.get(error.status_code, CandidError)
    problem = answer(request, kind(kind.title() + "."), headers=dict(error.headers or {}))
    problem.status_code = error.status_code
    return problem


class _NoSuchPath(errors.NotFound):
    """There is nothing at this path."""

    code = "no-such-path"


class _MethodNotAllowed(CandidError):
    """This path does not take that method."""

    code = "method-not-allowed"


STATUS[_MethodNotAllowed] = 405
_ROUTER: dict[int, type[CandidError]] = {
    400: errors.InvalidRequest,
    404: _NoSuchPath,
    405: _MethodNotAllowed,
    413: errors.BodyTooLarge,
}


async def _cut_off(request: Request, _error: Exception) -> JSONResponse:
    # Nobody is left to read this; it is for the access log.
    return answer(request, errors.UploadCutOff("The connection ended before the recording did."))


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    log.error("unforeseen", request=getattr(request.state, "request_id", ""), exc_info=error)
    return answer(request, CandidError("Something went wrong here. It is noted under the request's id."))
