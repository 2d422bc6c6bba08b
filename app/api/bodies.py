"""Bodies and headers that routes share, and how OpenAPI describes the uploads that FastAPI cannot see."""

from typing import Any

from fastapi import BackgroundTasks, Request, Response
from fastapi.exceptions import HTTPException
from pydantic_core import from_json

from app import erasures, models, uploads
from app.api import schemas
from app.api.declared import EXAMPLES
from app.api.deps import House
from app.errors import BodyTooLarge, JsonInvalid
from app.settings import Settings
from app.transcripts import RETRY_AFTER_S


async def read_json(request: Request, settings: Settings) -> tuple[bytes, Any]:
    """The body's bytes and what they say. Raises BodyTooLarge, JsonInvalid, UploadTooSlow."""
    limit = settings.max_json_bytes
    too_large = BodyTooLarge(f"A JSON body may have at most {limit} bytes.", limit_bytes=limit)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise too_large
    body = bytearray()
    async for chunk in uploads.paced(request.stream(), settings):
        body += chunk
        if len(body) > limit:
            raise too_large
    try:
        return bytes(body), from_json(bytes(body), allow_inf_nan=False)
    except ValueError:
        raise JsonInvalid("The body is not JSON in UTF-8.") from None


async def has_body(request: Request) -> bool:
    """Whether a request without a content type carries anything: `curl -X POST` sends neither."""
    if "content-type" in request.headers:
        return True
    async for chunk in request.stream():
        if chunk:
            return True
    return False


def is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


_RAW = {
    "schema": {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"},
    "examples": {"recording": {"$ref": f"{EXAMPLES}/recording"}},
}


def _fields(schema: type[schemas.Input]) -> dict[str, dict[str, Any]]:
    """The members of `schema` as text, which is all a form or a query can carry."""
    found = schema.model_json_schema()["properties"]
    return {name: _as_text(about) for name, about in found.items()}


def _as_text(about: dict[str, Any]) -> dict[str, Any]:
    plain = next((one for one in about.get("anyOf", []) if one.get("type") != "null"), about)
    kept = {name: value for name, value in plain.items() if name not in ("title", "default", "items", "maxItems")}
    if plain["type"] == "boolean":
        kept = {"type": "string", "enum": ["true", "false"]}
    if plain["type"] == "array":
        word = rf"[^,\u0000]{{0,{schemas.LINE_LENGTH}}}"
        kept = {"type": "string", "pattern": rf"^{word}(,{word}){{0,{schemas.VOCABULARY_LENGTH - 1}}}$"}
    return kept | {"description": about["description"]}


def _form(schema: type[schemas.Input], example: str) -> dict[str, Any]:
    """A form's schema: the fields of `schema`, and then the file. Order matters, and is said."""
    file = {
        "type": "string",
        "format": "binary",
        "contentMediaType": "application/octet-stream",
        "description": "The recording. It must be the last part.",
    }
    return {
        "schema": {
            "type": "object",
            "properties": _fields(schema) | {"file": file},
            "required": ["file"],
            "additionalProperties": False,
        },
        "examples": {example: {"$ref": f"{EXAMPLES}/{example}"}},
    }


def _query(schema: type[schemas.Input]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "required": False, "description": about.pop("description"), "schema": about}
        for name, about in _fields(schema).items()
    ]


# Fields may come in the query whatever the body is: raw audio has no other place for them.
CREATE_INTERVIEW: dict[str, Any] = {
    "parameters": _query(schemas.InterviewIn),
    "requestBody": {
        "required": True,
        "description": "JSON plans an interview; a form or raw audio brings its recording.",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/InterviewIn"}},
            "multipart/form-data": _form(schemas.InterviewIn, "interview-form"),
            "audio/*": _RAW,
        },
    },
}
PUT_RECORDING: dict[str, Any] = {
    "parameters": _query(schemas.RecordingFields),
    "requestBody": {
        "required": True,
        "description": "The recording, raw or as the last part of a form.",
        "content": {
            "multipart/form-data": _form(schemas.RecordingFields, "recording-form"),
            "audio/*": _RAW,
        },
    },
}
EXAMPLE_BODIES: dict[str, Any] = {
    "interview-form": {
        "summary": "With curl: -F consent=true -F title='Coffee with Ada' -F file=@memo.m4a",
        "value": {"consent": "true", "title": "Coffee with Ada", "file": "(the bytes of memo.m4a)"},
    },
    "recording-form": {
        "summary": "With curl: -F consent=true -F file=@memo.m4a",
        "value": {"consent": "true", "file": "(the bytes of memo.m4a)"},
    },
    "recording": {
        "summary": "With curl: -H 'Content-Type: audio/mp4' --data-binary @memo.m4a",
        "value": "(the bytes of memo.m4a)",
    },
}


def link_next(request: Request, response: Response, next_cursor: str | None) -> None:
    """The next page also as a Link header, for clients that follow those (RFC 8288)."""
    if next_cursor is not None:
        url = request.url.include_query_params(cursor=next_cursor)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'


def not_modified(response: Response, etag: str, if_none_match: str | None) -> None:
    """Sets the ETag; answers 304 when the caller has that version already."""
    # A proxy that compresses on the way makes the tag weak; for "have you changed" that is the same tag (RFC 9110).
    known = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    if etag in known or known == ["*"]:
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
