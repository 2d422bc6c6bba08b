"""Insights over HTTP: of one interview, of all, and a person's word on each."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app import cursors, errors, insights, interviews, transcripts
from app.api import bodies, declared, deps, schemas, views
from app.api.deps import ReaderDep, ReadSessionDep, WriterDep, WriteSessionDep
from app.api.routes import Route
from app.insights import Filters

router = APIRouter(prefix="/v1", tags=["insights"], route_class=Route)

FiltersDep = Annotated[schemas.InsightFilters, Query()]


@router.get(
    "/interviews/{interview_id}/insights",
    responses=declared.LINKED
    | declared.failures(errors.CursorInvalid, errors.NotFound, errors.TranscriptNotReady, errors.ConsentWithdrawn),
)
def list_interview_insights(
    interview_id: deps.InterviewId,
    request: Request,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    filters: FiltersDep,
) -> schemas.InsightPage:
    """List the insights of an interview. In the order they were said."""
    interview = interviews.readable(session, caller.owner_id, interview_id)
    transcripts.check_ready(interview)
    page = _page(session, caller.owner_id, interview_id, filters)
    bodies.link_next(request, response, page.next_cursor)
    return page


@router.get("/insights", responses=declared.LINKED | declared.failures(errors.CursorInvalid))
def list_insights(
    request: Request, response: Response, caller: ReaderDep, session: ReadSessionDep, filters: FiltersDep
) -> schemas.InsightPage:
    """List the insights of all interviews. Newest first."""
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
    responses=declared.ETAGGED | declared.NOT_MODIFIED | declared.failures(errors.NotFound),
)
def get_insight(
    insight_id: deps.InsightId,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    if_none_match: deps.IfNoneMatch = None,
) -> schemas.InsightOut:
    """Show an insight with its proof."""
    found = insights.find(session, caller.owner_id, insight_id)
    bodies.not_modified(response, insights.etag(found), if_none_match)
    return views.insight(session, found)


@router.patch(
    "/insights/{insight_id}",
    responses=declared.ETAGGED | declared.failures(errors.NotFound, errors.VersionMismatch, errors.InsightStale),
)
def review_insight(
    insight_id: deps.InsightId,
    change: schemas.InsightChange,
    response: Response,
    caller: WriterDep,
    session: WriteSessionDep,
    if_match: deps.IfMatch = None,
) -> schemas.InsightOut:
    """Judge an insight. Confirm, correct or reject: your word stays, no later extraction changes it."""
    reviewed = insights.review(session, caller.owner_id, insight_id, change.changes(), if_match=if_match)
    response.headers["ETag"] = insights.etag(reviewed)
    return views.insight(session, reviewed)
