"""Transcripts over HTTP: one address, several representations."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse

from app import errors, interviews, transcripts
from app.api import bodies, declared, deps, negotiation, schemas, views
from app.api.deps import ReaderDep, ReadSessionDep
from app.api.routes import Route
from app.transcripts import values
from app.transcripts.formats import FORMATS

router = APIRouter(prefix="/v1/interviews/{interview_id}/transcript", tags=["transcripts"], route_class=Route)

TEXTS = {
    "text/vtt": "WEBVTT\n\n00:00:00.320 --> 00:00:01.480\n<v Speaker 1>What do you like?\n",
    "application/x-subrip": "1\n00:00:00,320 --> 00:00:01,480\nSpeaker 1: What do you like?\n",
    "text/plain": "[00:00] Speaker 1: What do you like?\n",
    "text/markdown": "**Speaker 1** [00:00]\n\nWhat do you like?\n",
}
VARY = {"Vary": declared.header("The same address has other representations.", "Accept")}


@router.get(
    "",
    response_model=schemas.TranscriptOut,
    responses={
        200: {"description": "The transcript.", "headers": declared.ETAG | VARY}
        | {"content": {kind: {"schema": {"type": "string"}, "example": text} for kind, text in TEXTS.items()}}
    }
    | declared.NOT_MODIFIED
    | declared.failures(
        errors.NotFound, errors.FormatNotOffered, errors.TranscriptNotReady, errors.ConsentWithdrawn
    ),
)  # fmt: skip
def get_transcript(
    interview_id: deps.InterviewId,
    caller: ReaderDep,
    session: ReadSessionDep,
    wanted_format: Annotated[
        Literal["json", "vtt", "srt", "txt", "md"] | None,
        Query(alias="format", description="Wins over Accept. Default: JSON."),
    ] = None,
    include: Annotated[
        Literal["words", "none"], Query(description="`none` leaves the words' times out of the JSON: a tenth is left.")
    ] = "words",
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="An older version; default: current.")] = None,
    accept: Annotated[str | None, Header(max_length=1000, include_in_schema=False)] = None,
    if_none_match: deps.IfNoneMatch = None,
) -> Response:
    """Read the transcript. As JSON, WebVTT, SRT, plain text or Markdown."""
    interviews.readable(session, caller.owner_id, interview_id)
    chosen = negotiation.choose(wanted_format, accept)
    number, transcript = transcripts.pick(session, interview_id, version)
    response = _written(chosen, interview_id, number, transcript, with_words=include == "words")
    # A version never changes, so its number and the representation name the bytes.
    bodies.not_modified(response, f'"{number}-{chosen}-{include}"', if_none_match)
    return response


def _written(
    chosen: str, interview_id: str, number: int, transcript: values.Transcript, *, with_words: bool
) -> Response:
    vary = {"Vary": "Accept"}
    if chosen == negotiation.JSON:
        return JSONResponse(views.transcript(interview_id, number, transcript, with_words=with_words), headers=vary)
    media_type, write = FORMATS[chosen]
    return Response(write(transcript), media_type=media_type, headers=vary)
