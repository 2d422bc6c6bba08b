"""Bodies and headers that routes share, and how OpenAPI describes the uploads that FastAPI cannot see."""

from typing import Any

from fastapi import BackgroundTasks, Request, Response
from fastapi.exceptions import HTTPException
from pydantic_core import from_json

from app import erasures, models, uploads
from app.api import declared, digests, schemas
from app.api.declared import EXAMPLES, SCHEMAS
from app.api.deps import House
from app.errors import BodyTooLarge, JsonInvalid
from app.settings import Settings
from app.transcripts import RETRY_AFTER_S


async def read_json(request: Request, settings: Settings) -> tuple[bytes, Any]:
    """The body's bytes and what they say. Raises BodyTooLarge, JsonInvalid, UploadTooSlow."""
    body = await read(request, settings, limit_bytes=settings.max_json_bytes, kind="JSON body")
    return body, parsed(body)


async def read(request: Request, settings: Settings, *, limit_bytes: int, kind: str) -> bytes:
    """The whole body. Raises BodyTooLarge as soon as that is known, UploadTooSlow."""
    too_large = BodyTooLarge(f"A {kind} may have at most {limit_bytes} bytes.", limit_bytes=limit_bytes)
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit_bytes:
        raise too_large
    body = bytearray()
    async for chunk in uploads.paced(request.stream(), settings):
        body += chunk
        if len(body) > limit_bytes:
            raise too_large
    return bytes(body)


def parsed(body: bytes | str) -> Any:
    """Raises JsonInvalid."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError:
        raise JsonInvalid("The body is not JSON in UTF-8.") from None


async def has_body(request: Request, settings: Settings) -> bool:
    """Whether a request without a content type carries anything: `curl -X POST` sends neither. Raises UploadTooSlow."""
    if "content-type" in request.headers:
        return True
    async for chunk in uploads.paced(request.stream(), settings):
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
    "parameters": _query(schemas.InterviewIn) + digests.PARAMETERS,
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
    "parameters": _query(schemas.RecordingFields) + digests.PARAMETERS,
    "requestBody": {
        "required": True,
        "description": "The recording, raw or as the last part of a form.",
        "content": {
            "multipart/form-data": _form(schemas.RecordingFields, "recording-form"),
            "audio/*": _RAW,
        },
    },
}
PIECE: dict[str, Any] = {"content": {"application/offset+octet-stream": _RAW}}
PUT_TRANSCRIPT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Our own export or turns as JSON, subtitles, or a text with a name before what each one says.",
        "content": {
            "application/json": {
                "schema": {"oneOf": [{"$ref": f"{SCHEMAS}/TurnsIn"}, {"$ref": f"{SCHEMAS}/TranscriptIn"}]},
                "examples": {name: {"$ref": f"{EXAMPLES}/{name}"} for name in ("TurnsIn", "TranscriptIn")},
            },
            **{kind: {"schema": {"type": "string"}, "example": text} for kind, text in declared.TRANSCRIPTS.items()},
            "application/octet-stream": {
                "schema": {"type": "string"},
                "example": declared.TRANSCRIPTS["text/vtt"],
            },
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
        raise NotModified(etag, vary=response.headers.get("vary"))
    response.headers["ETag"] = etag


class NotModified(HTTPException):
    """Not a failure: an answer without a body."""

    def __init__(self, etag: str, *, vary: str | None = None) -> None:
        """`vary` as the whole answer would have it: what is kept of the two must not differ (RFC 9110, 15.4.5)."""
        super().__init__(304, headers={"ETag": etag} | ({"Vary": vary} if vary else {}))


def link_job(response: Response, job: models.Job) -> None:
    """The job that goes on working on what was just kept (RFC 8631)."""
    response.headers["Link"] = f'</v1/jobs/{job.id}>; rel="status"'


def point_to_job(response: Response, job: models.Job) -> None:
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    response.headers["Retry-After"] = str(RETRY_AFTER_S)


def finish_erasure(later: BackgroundTasks, house: House, erasure_id: str) -> None:
    """Erases the sound right after the answer, when the commit is certain. Should we die first, a worker does it."""
    settings = house.settings
    later.add_task(erasures.finish, house.engine, house.queue, house.recordings, settings.work_dir, erasure_id)
