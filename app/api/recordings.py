"""The recording of an interview over HTTP: sent once, downloaded in ranges."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from app import errors, interviews, media_types, recordings
from app.api import arrivals, bodies, declared, deps, digests, downloads, schemas
from app.api.deps import HouseDep, ReaderDep, ReadSessionDep, WriterDep, WriteSessionDep
from app.api.interviews import KEPT_LONG_ENOUGH, UPLOAD_ERRORS
from app.api.routes import Route

router = APIRouter(prefix="/v1/interviews/{interview_id}/recording", tags=["recordings"], route_class=Route)

READ_ERRORS = (
    *(errors.NotFound, errors.ConsentWithdrawn, errors.RecordingErased),
    *(errors.RecordingLost, errors.RecordingsUnavailable),
)
SOUND: dict[str, Any] = {
    "content": {
        kind: {"schema": {"type": "string", "format": "binary"}, "example": "(the bytes of memo.m4a)"}
        for kind in sorted({kind.media_type for kind in media_types.KINDS.values()})
    },
    "headers": declared.ETAG
    | {
        "Accept-Ranges": declared.header("One range of bytes can be asked for.", "bytes"),
        "Content-Disposition": declared.header(
            "It is saved, never shown, under the name it came with.", "attachment; filename*=UTF-8''memo.m4a"
        ),
        "Content-Length": declared.header("How many bytes follow.", "712345"),
        "Repr-Digest": declared.header(
            "The SHA-256 of the whole recording, also beside a range of it (RFC 9530).",
            digests.EXAMPLE,
        ),
    },
}
WHOLE = {"headers": {"Content-Digest": declared.header("The same, of what follows here.", digests.EXAMPLE)}}
PART = {"headers": {"Content-Range": declared.header("Which bytes of how many.", "bytes 0-1023/712345")}}

DOWNLOAD: declared.Responses = (
    declared.joined({200: SOUND | {"description": "The whole recording."}}, {200: WHOLE})
    | declared.joined({206: SOUND | {"description": "The bytes asked for."}}, {206: PART})
    | declared.NOT_MODIFIED
    | declared.failures(*READ_ERRORS, errors.RangeInvalid)
)
DOWNLOAD_HEAD: declared.Responses = {200: SOUND | {"description": "The headers of the whole recording."}}
DOWNLOAD_HEAD |= declared.failures(*READ_ERRORS)


@router.put(
    "",
    status_code=201,
    responses=declared.INTERVIEW_CREATED
    | declared.failures(
        *UPLOAD_ERRORS,
        *(errors.NotFound, errors.RecordingPresent, errors.RecordingDuplicate),
        *(errors.StateConflict, errors.ConsentWithdrawn, *KEPT_LONG_ENOUGH),
    ),
    openapi_extra=bodies.PUT_RECORDING,
)
async def put_recording(
    interview_id: deps.InterviewId,
    request: Request,
    response: Response,
    house: HouseDep,
    caller: WriterDep,
    session: WriteSessionDep,
) -> schemas.InterviewOut:
    """Send the recording of a planned interview. Raw, or as a multipart form with the file last."""
    intake = await arrivals.read_intake(request, house)
    wanted = await run_in_threadpool(arrivals.check_planned, house, caller, interview_id, intake)
    arrival = await arrivals.take(intake, house, caller, wanted)
    interview = await run_in_threadpool(arrivals.put, session, house, caller, interview_id, arrival)
    response.headers["Location"] = interview.links.self
    return interview


@router.get("", response_class=StreamingResponse, responses=DOWNLOAD)
def get_recording(
    interview_id: deps.InterviewId,
    house: HouseDep,
    caller: ReaderDep,
    session: ReadSessionDep,
    asked: Annotated[downloads.Asked, Depends(downloads.asked)],
) -> Response:
    """Download the recording. The bytes as they came. One range is honoured, so that a player can seek."""
    interviews.readable(session, caller.owner_id, interview_id)
    return downloads.answer(house.recordings, recordings.find(session, interview_id), asked)


@router.head("", response_class=Response, responses=DOWNLOAD_HEAD)
def head_recording(
    interview_id: deps.InterviewId, house: HouseDep, caller: ReaderDep, session: ReadSessionDep
) -> Response:
    """Ask what a download would be. Its size, type and hash, without the bytes."""
    interviews.readable(session, caller.owner_id, interview_id)
    return downloads.answer(house.recordings, recordings.find(session, interview_id), downloads.HEAD)
