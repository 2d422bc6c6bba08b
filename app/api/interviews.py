"""Interviews over HTTP: planned as JSON, or made at once with their recording."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from app import cursors, errors, interviews, jobs
from app.api import arrivals, bodies, deps, schemas, views
from app.api.deps import HouseDep, ReaderDep, ReadSessionDep, WriterDep, WriteSessionDep
from app.api.problems import responses
from app.interviews import Filters

router = APIRouter(prefix="/v1/interviews", tags=["interviews"])

# A body that streams has a limit of its own (settings.max_recording_bytes), counted as it comes.
STREAMED = 2**62
UPLOAD_ERRORS = (
    errors.KeyMissing,
    errors.ScopeMissing,
    errors.ConsentRequired,
    errors.InvalidRequest,
    errors.RecordingTooLarge,
    errors.RecordingEmpty,
    errors.NotAudio,
    errors.MediaTypeRefused,
    errors.MultipartInvalid,
    errors.UploadTooSlow,
    errors.StorageFull,
)


@router.post(
    "",
    status_code=201,
    responses=bodies.CREATED | responses(*UPLOAD_ERRORS),
    openapi_extra=bodies.CREATE_INTERVIEW,
    max_body_size=STREAMED,
)
async def create_interview(
    request: Request, response: Response, house: HouseDep, caller: WriterDep, session: WriteSessionDep
) -> schemas.InterviewOut:
    """Plan an interview, or make one with its recording.

    JSON plans; a multipart form (fields before the file) or raw audio (fields in the query) brings the recording.
    Who calls and whether everybody agreed is checked before the first byte of the recording is read.
    """
    intake = await arrivals.read_intake(request, house)
    wanted = arrivals.parse(schemas.InterviewIn, intake.fields)
    arrivals.check_agreed(intake, consent=wanted.consent)
    arrival = await arrivals.take(intake, house, caller, consent=wanted.consent)
    made = await run_in_threadpool(arrivals.create, session, house.queue, caller, wanted, arrival)
    response.headers["Location"] = made.links.self
    return made


@router.get("", responses=bodies.LINKED | responses(errors.KeyMissing, errors.CursorInvalid, errors.InvalidRequest))
def list_interviews(
    request: Request,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    filters: Annotated[schemas.InterviewFilters, Query()],
) -> schemas.InterviewPage:
    """Newest first unless `sort` says otherwise. `q` looks into titles, people, employers and all that was said."""
    wanted = Filters(filters.status, filters.q, filters.contact_id)
    query = f"interviews {caller.owner_id} {wanted} {filters.sort}"
    position = cursors.decode(filters.cursor, query=query)
    rows = interviews.page(
        session, caller.owner_id, wanted, sort=filters.sort, limit=filters.limit + 1, cursor=position
    )
    page = cursors.page_of(rows, limit=filters.limit, query=query, value=lambda row: row.title)
    bodies.link_next(request, response, page.next_cursor)
    return schemas.InterviewPage(items=views.interviews(session, page.items), next_cursor=page.next_cursor)


@router.get(
    "/{interview_id}", responses=bodies.ETAGGED | bodies.NOT_MODIFIED | responses(errors.KeyMissing, errors.NotFound)
)
def get_interview(
    interview_id: deps.InterviewId,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    if_none_match: deps.IfNoneMatch = None,
) -> schemas.InterviewOut:
    """One interview, with the progress of its newest job."""
    found = interviews.find(session, caller.owner_id, interview_id)
    bodies.not_modified(response, interviews.etag(found, jobs.latest(session, found.id)), if_none_match)
    return views.interview(session, found)


@router.patch(
    "/{interview_id}",
    responses=bodies.ETAGGED | responses(*bodies.CHANGE_ERRORS, errors.NotFound, errors.VersionMismatch),
)
def update_interview(
    interview_id: deps.InterviewId,
    change: schemas.InterviewChange,
    response: Response,
    caller: WriterDep,
    session: WriteSessionDep,
    if_match: deps.IfMatch = None,
) -> schemas.InterviewOut:
    """Change what is known of the interview. With `If-Match`, only if nobody else has."""
    wanted = change.model_dump(exclude_unset=True)
    changed = interviews.update(session, caller.owner_id, interview_id, wanted, if_match=if_match)
    response.headers["ETag"] = interviews.etag(changed, jobs.latest(session, changed.id))
    return views.interview(session, changed)


@router.delete(
    "/{interview_id}",
    status_code=204,
    responses=responses(errors.KeyMissing, errors.ScopeMissing, errors.NotFound, errors.VersionMismatch),
)
def delete_interview(
    interview_id: deps.InterviewId,
    later: BackgroundTasks,
    house: HouseDep,
    caller: WriterDep,
    session: WriteSessionDep,
    if_match: deps.IfMatch = None,
) -> None:
    """Erase the interview: the recording, the words, the insights and what is known of the person."""
    erasure = interviews.delete(session, caller, interview_id, if_match=if_match)
    bodies.finish_erasure(later, house, erasure.id)


@router.post(
    "/{interview_id}/transcriptions",
    status_code=202,
    responses=bodies.ACCEPTED
    | responses(*bodies.CHANGE_ERRORS, errors.NotFound, errors.RecordingAbsent, errors.ConsentWithdrawn),
)
def create_transcription(
    interview_id: deps.InterviewId,
    wanted: schemas.TranscriptionIn,
    response: Response,
    house: HouseDep,
    caller: WriterDep,
    session: WriteSessionDep,
) -> schemas.JobOut:
    """Hear the recording again, with other options. Until that is whole, readers keep the transcript they have."""
    job = interviews.hear_again(
        session, house.queue, caller.owner_id, interview_id, wanted.model_dump(exclude_none=True)
    )
    bodies.point_to_job(response, job)
    return views.job(job)


@router.post(
    "/{interview_id}/extractions",
    status_code=202,
    responses=bodies.ACCEPTED
    | responses(
        errors.KeyMissing, errors.ScopeMissing, errors.NotFound, errors.TranscriptNotReady, errors.ConsentWithdrawn,
        errors.InvalidRequest,
    ),
)  # fmt: skip
def create_extraction(
    interview_id: deps.InterviewId, response: Response, house: HouseDep, caller: WriterDep, session: WriteSessionDep
) -> schemas.JobOut:
    """Extract the insights again from the current transcript. What people have judged stays."""
    job = interviews.extract_again(session, house.queue, caller.owner_id, interview_id)
    bodies.point_to_job(response, job)
    return views.job(job)
