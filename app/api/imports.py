"""A transcript at the door: what format it is in, whether it may come in, and what it says."""

from typing import Any, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from app import models, revisions, transcripts
from app.api import bodies, negotiation, schemas
from app.api.deps import House
from app.api.problems import invalid
from app.db import reading
from app.errors import FieldInvalid, InvalidRequest, MediaTypeRefused
from app.keys import Caller
from app.revisions import Brought, Revision
from app.transcripts import reading as texts
from app.transcripts.values import Transcript

FORMATS = {media_type: name for name, media_type in negotiation.MEDIA_TYPES.items()}
Schema = TypeVar("Schema", bound=BaseModel)


async def receive(
    request: Request,
    house: House,
    caller: Caller,
    interview_id: str,
    asked: schemas.ImportFields,
    if_match: str | None,
) -> Brought:
    """Reads and understands the transcript, if it may come in; before that is known, no byte of it is read.

    Raises InvalidRequest, UploadRefused, and as `revisions.check_importable`.
    """
    format_ = asked.format or format_of(request.headers.get("content-type", ""))
    consent = asked.consent == "true"
    await run_in_threadpool(_check, house, caller, interview_id, consent=consent, if_match=if_match)
    limit = house.settings.max_transcript_bytes
    body = await bodies.read(request, house.settings, limit_bytes=limit, kind="transcript")
    # Ten hours of words take a second to read: not on the loop that everybody waits for.
    return Brought(await run_in_threadpool(understood, format_, body, asked), consent, if_match)


def format_of(content_type: str) -> str:
    """Raises MediaTypeRefused."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in FORMATS:
        known = ", ".join(FORMATS)
        raise MediaTypeRefused(f"Say what it is by ?format=json, vtt, srt, txt or md, or send it as one of {known}.")
    return FORMATS[media_type]


def _check(house: House, caller: Caller, interview_id: str, *, consent: bool, if_match: str | None) -> None:
    """A short look of its own, ended before the body is read."""
    with reading(house.engine) as session:
        revisions.check_importable(session, caller.owner_id, interview_id, consent=consent, if_match=if_match)


def understood(format_: str, body: bytes, asked: schemas.ImportFields) -> Transcript:
    """The transcript in a body. Raises InvalidRequest, with the line or the member where it is wrong."""
    if format_ == negotiation.JSON:
        found = _of_json(bodies.parsed(texts.decoded(body)), asked.language)
        texts.check_spoken(found)
    else:
        found = texts.read(format_, body, language=asked.language)
    if asked.interviewer is None:
        return found
    told = texts.with_interviewer(found, asked.interviewer)
    if told is None:
        raise FieldInvalid("/query/interviewer", "No speaker of this transcript has that name or id.")
    return told


def _of_json(content: Any, language: str | None) -> Transcript:
    if not isinstance(content, dict):
        raise InvalidRequest("The body must be a JSON object.")
    if "segments" in content:
        return _valid(schemas.TranscriptIn, content).as_transcript(language=language)
    return _valid(schemas.TurnsIn, content).as_transcript(language=language)


def _valid(schema: type[Schema], content: dict[str, Any]) -> Schema:
    try:
        return schema.model_validate(content)
    except ValidationError as error:
        # The first ones say what is wrong; a hundred thousand would be a body of their own.
        raise invalid(error.errors(include_input=False, include_context=False, include_url=False)[:20]) from None


def tell(response: Response, interview_id: str, kept: Revision, job: models.Job) -> None:
    """201 for the first transcript and 200 for another, at once: it is there, and only insights are still to come."""
    response.headers["ETag"] = transcripts.etag(kept.version, negotiation.JSON, "none")
    bodies.link_job(response, job)
    if kept.version == 1:
        response.status_code = 201
        response.headers["Location"] = f"/v1/interviews/{interview_id}/transcript"
