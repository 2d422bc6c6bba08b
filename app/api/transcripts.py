"""Transcripts over HTTP: one address, several representations, read and brought in; and edits of one."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from app import errors, interviews, revisions, transcripts
from app.api import bodies, declared, deps, imports, negotiation, schemas, views
from app.api.deps import HouseDep, ReaderDep, ReadSessionDep, WriterDep, WriteSessionDep
from app.api.routes import Route
from app.revisions import Edited
from app.transcripts import values
from app.transcripts.formats import FORMATS

router = APIRouter(prefix="/v1/interviews/{interview_id}/transcript", tags=["transcripts"], route_class=Route)

READ_ERRORS = (errors.NotFound, errors.TranscriptNotReady, errors.TranscriptErased, errors.ConsentWithdrawn)
IMPORT_ERRORS = (
    errors.NotFound,
    errors.ConsentRequired,
    errors.ConsentWithdrawn,
    errors.TranscriptErased,
    errors.StateConflict,
    errors.VersionMismatch,
    errors.BodyTooLarge,
    errors.MediaTypeRefused,
    errors.UploadTooSlow,
    errors.JsonInvalid,
    errors.FieldInvalid,
    errors.TranscriptUnreadable,
    errors.TranscriptEmpty,
)
EDIT_ERRORS = (
    errors.NotFound,
    errors.ConsentWithdrawn,
    errors.TranscriptNotReady,
    errors.TranscriptErased,
    errors.StateConflict,
    errors.VersionMismatch,
)


@router.get(
    "",
    response_model=schemas.TranscriptOut,
    responses={
        200: {"description": "The transcript.", "headers": declared.ETAG | declared.VARY}
        | {
            "content": {
                kind: {"schema": {"type": "string"}, "example": text} for kind, text in declared.TRANSCRIPTS.items()
            }
        }
    }
    | declared.NOT_MODIFIED
    | declared.failures(errors.FormatNotOffered, *READ_ERRORS),
)
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
    bodies.not_modified(response, transcripts.etag(number, chosen, include), if_none_match)
    return response


def _written(
    chosen: str, interview_id: str, number: int, transcript: values.Transcript, *, with_words: bool
) -> Response:
    vary = {"Vary": "Accept"}
    if chosen == negotiation.JSON:
        return JSONResponse(views.transcript(interview_id, number, transcript, with_words=with_words), headers=vary)
    media_type, write = FORMATS[chosen]
    return Response(write(transcript), media_type=media_type, headers=vary)


@router.put(
    "",
    response_model=schemas.TranscriptOut,
    responses=declared.IMPORTED | declared.failures(*IMPORT_ERRORS),
    openapi_extra=bodies.PUT_TRANSCRIPT,
)
async def put_transcript(
    interview_id: deps.InterviewId,
    request: Request,
    house: HouseDep,
    caller: WriterDep,
    session: WriteSessionDep,
    asked: Annotated[schemas.ImportFields, Query()],
    if_match: deps.IfMatch = None,
) -> Response:
    """Bring in a transcript that was made elsewhere.

    It is kept as a new version, which readers get at once; what was found in older ones is held against it. `Link`
    leads to the job that looks for insights in it. The answer leaves the words' times out, as `include=none` does.
    """
    came = await imports.receive(request, house, caller, interview_id, asked, if_match)
    kept, job = await run_in_threadpool(revisions.bring_in, session, house.queue, caller, interview_id, came)
    response = await run_in_threadpool(_written, "json", interview_id, kept.version, kept.transcript, with_words=False)
    imports.tell(response, interview_id, kept, job)
    return response


@router.patch(
    "/segments/{segment_id}",
    responses=declared.ETAGGED | declared.failures(*EDIT_ERRORS, errors.FieldInvalid),
)
def edit_segment(
    interview_id: deps.InterviewId,
    segment_id: deps.SegmentId,
    change: schemas.SegmentChange,
    response: Response,
    caller: WriterDep,
    session: WriteSessionDep,
    if_match: deps.IfMatch = None,
) -> schemas.TranscriptEditOut:
    """Correct a segment. Its words, or who says them: a new version of the transcript, all else as it was.

    Words that stay keep their times, new ones get times between their neighbours'. `If-Match` takes the transcript's
    ETag. Insights whose quote is gone are stale; `POST .../extractions` looks for new ones.
    """
    edited, wanted = Edited(caller, interview_id, if_match), change.model_dump()
    made = revisions.edit_segment(session, edited, segment_id, **wanted)
    response.headers["ETag"] = transcripts.etag(made.version)
    return views.edit(interview_id, made, segment_id=segment_id)


@router.patch("/speakers/{speaker_id}", responses=declared.ETAGGED | declared.failures(*EDIT_ERRORS))
def edit_speaker(
    interview_id: deps.InterviewId,
    speaker_id: deps.SpeakerId,
    change: schemas.SpeakerChange,
    response: Response,
    caller: WriterDep,
    session: WriteSessionDep,
    if_match: deps.IfMatch = None,
) -> schemas.TranscriptEditOut:
    """Name a speaker, or say who asks and who answers. A new version of the transcript, all else as it was.

    `If-Match` takes the transcript's ETag. Who asks matters to what is found: `POST .../extractions` looks again.
    """
    edited, wanted = Edited(caller, interview_id, if_match), change.model_dump(exclude_unset=True)
    made = revisions.edit_speaker(session, edited, speaker_id, wanted)
    response.headers["ETag"] = transcripts.etag(made.version)
    return views.edit(interview_id, made)
