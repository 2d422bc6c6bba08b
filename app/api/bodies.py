"""Bodies and headers that routes share, and how OpenAPI describes the ones FastAPI cannot see."""

from typing import Any

from fastapi import BackgroundTasks, Request, Response
from fastapi.exceptions import HTTPException

from app import erasures, errors, models
from app.api import schemas
from app.api.deps import House
from app.transcripts import RETRY_AFTER_S


def _header(description: str, example: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}, "example": example}


_ETAG = {"ETag": _header("Names this version; send it back as If-Match or If-None-Match.", '"3.17"')}
_JOB = {
    "Location": _header("The job's path.", f"/v1/jobs/{schemas.EXAMPLE_JOB}"),
    "Retry-After": _header("Seconds after which to look again.", str(RETRY_AFTER_S)),
}

CHANGE_ERRORS = (
    errors.KeyMissing, errors.ScopeMissing, errors.InvalidRequest, errors.JsonInvalid, errors.BodyTooLarge,
)  # fmt: skip
ACCEPTED: dict[int | str, dict[str, Any]] = {202: {"headers": _JOB}}
LINKED: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "Link": _header('The next page, rel="next"; absent on the last.', '</v1/interviews?cursor=...>; rel="next"')
        }
    }
}
ETAGGED: dict[int | str, dict[str, Any]] = {200: {"headers": _ETAG}}
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "It is still the version you have."}}

_RAW = {"schema": {"type": "string", "format": "binary"}, "example": "(the bytes of memo.m4a)"}


def location(path: str) -> dict[str, Any]:
    return {"Location": _header("The new thing's path.", path)}


def created(path: str) -> dict[int | str, dict[str, Any]]:
    """The 201 of a route that makes something at `path`."""
    return {201: {"headers": location(path)}}


def _form(schema: type[schemas.Input], example: dict[str, Any]) -> dict[str, Any]:
    """A form's schema: the fields of `schema`, and then the file. Order matters, and is said."""
    fields = schema.model_json_schema(ref_template="#/components/schemas/{model}")["properties"]
    plain = {name: {"type": "string", "description": about.get("description", "")} for name, about in fields.items()}
    plain["consent"] = {"type": "string", "enum": ["true"], "description": "Everyone on the recording has agreed."}
    plain["file"] = {"type": "string", "format": "binary", "description": "The recording. It must be the last part."}
    return {
        "schema": {"type": "object", "properties": plain, "required": ["consent", "file"]},
        "example": example,
    }


CREATED = created(f"/v1/interviews/{schemas.EXAMPLE_INTERVIEW}")
CREATE_INTERVIEW: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/InterviewIn"},
                "example": schemas.InterviewIn.model_config["json_schema_extra"]["examples"][0],  # type: ignore[index]
            },
            "multipart/form-data": _form(
                schemas.InterviewIn, {"consent": "true", "title": "Coffee with Ada", "file": "(memo.m4a)"}
            ),
            "audio/*": _RAW,
        },
    },
}
PUT_RECORDING: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": _form(schemas.RecordingFields, {"consent": "true", "file": "(memo.m4a)"}),
            "audio/*": _RAW,
        },
    },
}


def link_next(request: Request, response: Response, next_cursor: str | None) -> None:
    """The next page also as a Link header, for clients that follow those (RFC 8288)."""
    if next_cursor is not None:
        url = request.url.include_query_params(cursor=next_cursor)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'


def not_modified(response: Response, etag: str, if_none_match: str | None) -> None:
    """Sets the ETag; answers 304 when the caller has that version already."""
    if if_none_match is not None and etag in (tag.strip() for tag in if_none_match.split(",")):
        raise NotModified(etag)
    response.headers["ETag"] = etag


class NotModified(HTTPException):
    """Not a failure: an answer without a body."""

    def __init__(self, etag: str) -> None:
        super().__init__(304, headers={"ETag": etag})


def point_to_job(response: Response, job: models.Job) -> None:
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    response.headers["Retry-After"] = str(RETRY_AFTER_S)


def finish_erasure(later: BackgroundTasks, house: House, erasure_id: str) -> None:
    """Erases the sound right after the answer, when the commit is certain. Should we die first, a worker does it."""
    later.add_task(erasures.finish, house.engine, house.recordings, house.settings.work_dir, erasure_id)
