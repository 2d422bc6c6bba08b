"""The recording of an interview over HTTP: sent once, downloaded in ranges."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from app import errors, interviews, recordings
from app.api import arrivals, bodies, deps, downloads, schemas
from app.api.deps import HouseDep, ReaderDep, ReadSessionDep, WriterDep, WriteSessionDep
from app.api.interviews import STREAMED, UPLOAD_ERRORS
from app.api.problems import responses

router = APIRouter(prefix="/v1/interviews/{interview_id}/recording", tags=["recordings"])

READ_ERRORS = (errors.KeyMissing, errors.ScopeMissing, errors.NotFound, errors.ConsentWithdrawn, errors.RangeInvalid)
SOUND: dict[str, Any] = {
    "audio/*": {"schema": {"type": "string", "format": "binary"}, "example": "(the bytes of memo.m4a)"}
}

DOWNLOAD: dict[int | str, dict[str, Any]] = (
    {
        200: {"description": "The whole recording.", "content": SOUND},
        206: {"description": "The bytes asked for.", "content": SOUND},
    }
    | bodies.NOT_MODIFIED
    | responses(*READ_ERRORS)
)
DOWNLOAD_HEAD: dict[int | str, dict[str, Any]] = {200: {"description": "The headers of the whole recording."}}
DOWNLOAD_HEAD |= {
    status: {"description": about["description"]} for status, about in responses(*READ_ERRORS[:-1]).items()
}


@router.put(
    "",
    status_code=201,
    responses=bodies.CREATED
    | responses(*UPLOAD_ERRORS, errors.NotFound, errors.RecordingPresent, errors.ConsentWithdrawn),
    openapi_extra=bodies.PUT_RECORDING,
    max_body_size=STREAMED,
)
async def put_recording(
    interview_id: deps.InterviewId,
    request: Request,
    response: Response,
    house: HouseDep,
    caller: WriterDep,
    session: WriteSessionDep,
) -> schemas.InterviewOut:
    """Send the recording of an interview that was planned: raw, or as a multipart form with the file last."""
    intake = await arrivals.read_intake(request, house)
    wanted = await run_in_threadpool(arrivals.check_planned, house, caller, interview_id, intake)
    arrival = await arrivals.take(intake, house, caller, consent=wanted.consent)
    interview = await run_in_threadpool(arrivals.attach, session, house.queue, caller, interview_id, arrival)
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
    """The bytes as they came. One range is honoured, so that a player can seek."""
    interviews.readable(session, caller.owner_id, interview_id)
    return downloads.answer(house.recordings, recordings.find(session, interview_id), asked)


@router.head("", response_class=Response, responses=DOWNLOAD_HEAD)
def head_recording(
    interview_id: deps.InterviewId, house: HouseDep, caller: ReaderDep, session: ReadSessionDep
) -> Response:
    """What a download would say of itself: size, type, hash."""
    interviews.readable(session, caller.owner_id, interview_id)
    return downloads.answer(house.recordings, recordings.find(session, interview_id), downloads.HEAD)
