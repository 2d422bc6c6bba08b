"""Interviews over HTTP: planned as JSON, or made at once with their recording."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Body, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from app import cursors, erasures, errors, interviews, jobs
from app.api import arrivals, bodies, declared, deps, schemas, views
from app.api.deps import HouseDep, ReaderDep, ReadSessionDep, WriterDep, WriteSessionDep
from app.api.routes import Route
from app.interviews import Filters

router = APIRouter(prefix="/v1/interviews", tags=["interviews"], route_class=Route)

KEPT_LONG_ENOUGH = (errors.RecordingErased, errors.TranscriptErased)
# Without a body a recording is heard again as it was.
AS_BEFORE = schemas.TranscriptionIn()

UPLOAD_ERRORS = (
    errors.ConsentRequired,
    errors.BodyTooLarge,
    errors.RecordingTooLarge,
    errors.RecordingEmpty,
    errors.NotAudio,
    errors.MediaTypeRefused,
    errors.MultipartInvalid,
    errors.UploadTooSlow,
    errors.DigestMismatch,
    errors.StorageFull,
    errors.RecordingsUnavailable,
)


@router.post(
    "",
    status_code=201,
    responses=declared.INTERVIEW_CREATED
    | declared.INTERVIEW_KNOWN
    | declared.failures(*UPLOAD_ERRORS, errors.FieldInvalid, errors.JsonInvalid),
    openapi_extra=bodies.CREATE_INTERVIEW,
)
async def create_interview(
    request: Request,
    response: Response,
    later: BackgroundTasks,
    house: HouseDep,
    caller: WriterDep,
    session: WriteSessionDep,
) -> schemas.InterviewOut:
    """Plan an interview, or make one with its recording.

    JSON plans; a multipart form (fields before the file) or raw audio (fields in the query) brings the recording.
    With one of your contacts (`contact_id`), what is not said of the interviewee is as the contact has it.
    Who calls and whether everybody agreed is checked before the first byte of the recording is read.
    A recording that you have sent before leads to its interview, with 200, unless `on_duplicate` is `new`.
    """
    intake = await arrivals.read_intake(request, house)
    wanted = arrivals.described(intake)
    arrival = await arrivals.take(intake, house, caller, wanted)
    made, spare = await run_in_threadpool(arrivals.create, session, house, caller, wanted, arrival)
    arrivals.tell(response, later, house, made, spare)
    return made


@router.get("", responses=declared.LINKED | declared.failures(errors.CursorInvalid))
def list_interviews(
    request: Request,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    filters: Annotated[schemas.InterviewFilters, Query()],
) -> schemas.InterviewPage:
    """List interviews.

    Newest first unless `sort` says otherwise. `q` looks into titles, people, employers and all that was said.
    """
    page = _page(session, caller.owner_id, filters)
    bodies.link_next(request, response, page.next_cursor)
    return page


def _page(session: ReadSessionDep, owner_id: str, asked: schemas.InterviewFilters) -> schemas.InterviewPage:
    wanted = Filters(asked.status, asked.q, asked.contact_id)
    query = f"interviews {owner_id} {wanted} {asked.sort}"
    position = cursors.decode(asked.cursor, query=query)
    rows = interviews.page(session, owner_id, wanted, sort=asked.sort, limit=asked.limit + 1, cursor=position)
    page = cursors.page_of(rows, limit=asked.limit, query=query, value=lambda row: row.title)
    return schemas.InterviewPage(items=views.interviews(session, page.items), next_cursor=page.next_cursor)


@router.get("/{interview_id}", responses=declared.ETAGGED | declared.NOT_MODIFIED | declared.failures(errors.NotFound))
def get_interview(
    interview_id: deps.InterviewId,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    if_none_match: deps.IfNoneMatch = None,
) -> schemas.InterviewOut:
    """Show an interview. With the progress of its newest job."""
    found = interviews.find(session, caller.owner_id, interview_id)
    bodies.not_modified(response, interviews.etag(found, jobs.latest(session, found.id)), if_none_match)
    return views.interview(session, found)


@router.patch(
    "/{interview_id}",
    responses=declared.ETAGGED | declared.failures(errors.NotFound, errors.FieldInvalid, errors.VersionMismatch),
)
def update_interview(
    interview_id: deps.InterviewId,
    change: schemas.InterviewChange,
    response: Response,
    caller: WriterDep,
    session: WriteSessionDep,
    if_match: deps.IfMatch = None,
) -> schemas.InterviewOut:
    """Change an interview. Only what is named is changed; with `If-Match`, only if nobody else has changed it."""
    wanted = change.model_dump(exclude_unset=True)
    changed = interviews.update(session, caller, interview_id, wanted, if_match=if_match)
    response.headers["ETag"] = interviews.etag(changed, jobs.latest(session, changed.id))
    return views.interview(session, changed)


@router.delete(
    "/{interview_id}",
    status_code=204,
    responses=declared.failures(errors.NotFound, errors.VersionMismatch),
)
def delete_interview(
    interview_id: deps.InterviewId,
    later: BackgroundTasks,
    house: HouseDep,
    caller: WriterDep,
    session: WriteSessionDep,
    if_match: deps.IfMatch = None,
) -> None:
    """Erase an interview. The recording, the words, the insights and what is known of the person.

    The record of consent stays (who agreed, to what and when): it proves that you were allowed.
    """
    erasure = interviews.delete(session, caller, interview_id, if_match=if_match)
    bodies.finish_erasure(later, house, erasure.id)


@router.post(
    "/{interview_id}/transcriptions",
    status_code=202,
    responses=declared.ACCEPTED
    | declared.failures(
        errors.NotFound, errors.RecordingAbsent, errors.StateConflict, errors.ConsentWithdrawn, *KEPT_LONG_ENOUGH
    ),
)
def create_transcription(
    interview_id: deps.InterviewId,
    response: Response,
    house: HouseDep,
    caller: WriterDep,
    session: WriteSessionDep,
    wanted: Annotated[schemas.TranscriptionIn, Body()] = AS_BEFORE,
) -> schemas.JobOut:
    """Hear the recording again. With other options, if any; until it is done, readers keep the transcript they have."""
    asked = wanted.model_dump(exclude_none=True)
    job = interviews.hear_again(session, house.queue, caller.owner_id, interview_id, asked)
    bodies.point_to_job(response, job)
    return views.job(job)


@router.post(
    "/{interview_id}/extractions",
    status_code=202,
    responses=declared.ACCEPTED
    | declared.failures(
        errors.NotFound,
        errors.TranscriptNotReady,
        errors.TranscriptErased,
        errors.StateConflict,
        errors.ConsentWithdrawn,
    ),
)
def create_extraction(
    interview_id: deps.InterviewId, response: Response, house: HouseDep, caller: WriterDep, session: WriteSessionDep
) -> schemas.JobOut:
    """Extract the insights again. From the current transcript; what people have judged stays."""
    job = interviews.extract_again(session, house.queue, caller.owner_id, interview_id)
    bodies.point_to_job(response, job)
    return views.job(job)


@router.get("/{interview_id}/erasures", responses=declared.failures(errors.NotFound, errors.ConsentWithdrawn))
def list_interview_erasures(
    interview_id: deps.InterviewId, caller: ReaderDep, session: ReadSessionDep
) -> schemas.ErasureListOut:
    """List the certificates of an interview. Of the parts whose time was over; a withdrawal's is with its consent."""
    interview = interviews.readable(session, caller.owner_id, interview_id)
    found = erasures.of_interview(session, interview.id)
    return schemas.ErasureListOut(items=[schemas.ErasureOut.model_validate(erasure) for erasure in found])
