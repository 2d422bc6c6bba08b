"""Insights over HTTP: of one interview, of all, and a person's word on each."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app import cursors, errors, insights, interviews, transcripts
from app.api import bodies, deps, schemas, views
from app.api.deps import ReaderDep, ReadSessionDep, WriterDep, WriteSessionDep
from app.api.problems import responses
from app.insights import Filters

router = APIRouter(prefix="/v1", tags=["insights"])

LIST_ERRORS = (errors.KeyMissing, errors.ScopeMissing, errors.CursorInvalid, errors.InvalidRequest)
FiltersDep = Annotated[schemas.InsightFilters, Query()]


@router.get(
    "/interviews/{interview_id}/insights",
    responses=bodies.LINKED
    | responses(*LIST_ERRORS, errors.NotFound, errors.TranscriptNotReady, errors.ConsentWithdrawn),
)
def list_interview_insights(
    interview_id: deps.InterviewId,
    request: Request,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    filters: FiltersDep,
) -> schemas.InsightPage:
    """What one interview yielded, in the order it was said."""
    interview = interviews.readable(session, caller.owner_id, interview_id)
    transcripts.check_ready(interview)
    page = _page(session, caller.owner_id, interview_id, filters)
    bodies.link_next(request, response, page.next_cursor)
    return page


@router.get("/insights", responses=bodies.LINKED | responses(*LIST_ERRORS))
def list_insights(
    request: Request, response: Response, caller: ReaderDep, session: ReadSessionDep, filters: FiltersDep
) -> schemas.InsightPage:
    """The insights of all your interviews, newest first."""
    page = _page(session, caller.owner_id, None, filters)
    bodies.link_next(request, response, page.next_cursor)
    return page


def _page(
    session: ReadSessionDep, owner_id: str, interview_id: str | None, asked: schemas.InsightFilters
) -> schemas.InsightPage:
    wanted = Filters(interview_id, asked.category, asked.state)
    query = f"insights {owner_id} {wanted}"
    position = cursors.decode(asked.cursor, query=query)
    rows = insights.page(session, owner_id, wanted, limit=asked.limit + 1, cursor=position)
    page = cursors.page_of(rows, limit=asked.limit, query=query, value=lambda row: str(row.start_ms))
    return schemas.InsightPage(items=views.insight_list(session, page.items), next_cursor=page.next_cursor)


@router.get(
    "/insights/{insight_id}",
    responses=bodies.ETAGGED
    | bodies.NOT_MODIFIED
    | responses(errors.KeyMissing, errors.ScopeMissing, errors.NotFound, errors.InvalidRequest),
)
def get_insight(
    insight_id: deps.InsightId,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    if_none_match: deps.IfNoneMatch = None,
) -> schemas.InsightOut:
    """One insight with its proof."""
    found = insights.find(session, caller.owner_id, insight_id)
    bodies.not_modified(response, insights.etag(found), if_none_match)
    return views.insight(session, found)


@router.patch(
    "/insights/{insight_id}",
    responses=bodies.ETAGGED
    | responses(*bodies.CHANGE_ERRORS, errors.NotFound, errors.VersionMismatch, errors.InsightStale),
)
def review_insight(
    insight_id: deps.InsightId,
    change: schemas.InsightChange,
    response: Response,
    caller: WriterDep,
    session: WriteSessionDep,
    if_match: deps.IfMatch = None,
) -> schemas.InsightOut:
    """Confirm, correct or reject. Your word stays: no later extraction changes it."""
    wanted = change.model_dump(mode="json", exclude_unset=True)
    reviewed = insights.review(session, caller.owner_id, insight_id, wanted, if_match=if_match)
    response.headers["ETag"] = insights.etag(reviewed)
    return views.insight(session, reviewed)
