"""Insights over HTTP: of one interview, of all, and what people say to them or add."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from app import cursors, errors, insights, interviews, models, transcripts
from app.api import bodies, declared, deps, replays, schemas, views
from app.api.deps import ReaderDep, ReadSessionDep, WriterDep, WriteSessionDep
from app.api.routes import Route
from app.insights import Filters, Sort

router = APIRouter(prefix="/v1", tags=["insights"], route_class=Route)

FiltersDep = Annotated[schemas.InsightFilters, Query()]
AllFiltersDep = Annotated[schemas.AllInsightFilters, Query()]


@router.get(
    "/interviews/{interview_id}/insights",
    responses=declared.LINKED
    | declared.failures(
        errors.CursorInvalid,
        errors.NotFound,
        errors.TranscriptNotReady,
        errors.TranscriptErased,
        errors.ConsentWithdrawn,
    ),
)
def list_interview_insights(
    interview_id: deps.InterviewId,
    request: Request,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    filters: FiltersDep,
) -> schemas.InsightPage:
    """List the insights of an interview. In the order they were said; those that are stale are among them, marked."""
    interview = interviews.readable(session, caller.owner_id, interview_id)
    transcripts.check_ready(interview)
    wanted = Filters(interview_ids=(interview.id,), stale=True, **_said(filters))
    page = _page(session, caller.owner_id, wanted, filters, sort="start")
    bodies.link_next(request, response, page.next_cursor)
    return schemas.InsightPage(items=views.insight_list(session, page.items), next_cursor=page.next_cursor)


@router.get("/insights", responses=declared.LINKED | declared.failures(errors.CursorInvalid))
def list_insights(
    request: Request, response: Response, caller: ReaderDep, session: ReadSessionDep, filters: AllFiltersDep
) -> schemas.InsightWithInterviewPage:
    """List the insights of all interviews. Newest first, each with the interview that it is from.

    Those whose quote is no longer in the transcript are left out unless `stale` asks for them.
    """
    named = filters.model_dump(include={"role", "employer", "interviewee", "stale"})
    wanted = Filters(interview_ids=tuple(sorted(filters.interview_id)), **named, **_said(filters))
    page = _page(session, caller.owner_id, wanted, filters, sort=filters.sort)
    bodies.link_next(request, response, page.next_cursor)
    items = views.insights_with_interviews(session, page.items)
    return schemas.InsightWithInterviewPage(items=items, next_cursor=page.next_cursor)


def _said(filters: schemas.InsightFilters) -> dict[str, Any]:
    """In one order, whatever the order they came in: the same filters are the same query to a cursor."""
    return {
        "categories": tuple(sorted(filters.category)),
        "states": tuple(sorted(filters.state)),
        "q": filters.q,
        "min_confidence": filters.min_confidence,
    }


def _page(
    session: ReadSessionDep, owner_id: str, wanted: Filters, asked: schemas.InsightFilters, *, sort: Sort
) -> cursors.Page[models.Insight]:
    query = f"insights {owner_id} {wanted} {sort}"
    position = cursors.decode(asked.cursor, query=query)
    rows = insights.page(session, owner_id, wanted, sort=sort, limit=asked.limit + 1, cursor=position)
    return cursors.page_of(rows, limit=asked.limit, query=query, value=lambda row: str(row.start_ms))


def _as_it_is(session: Session, owner_id: str, insight_id: str) -> schemas.InsightOut:
    return views.insight(session, insights.find(session, owner_id, insight_id))


@router.post(
    "/interviews/{interview_id}/insights",
    status_code=201,
    responses=declared.INSIGHT_CREATED
    | declared.failures(
        errors.NotFound,
        errors.ConsentWithdrawn,
        errors.TranscriptNotReady,
        errors.TranscriptErased,
        errors.InsightPresent,
        errors.QuoteNotFound,
    ),
)
@replays.drawn_anew(_as_it_is)
def create_insight(
    interview_id: deps.InterviewId,
    wanted: schemas.InsightIn,
    response: Response,
    caller: WriterDep,
    session: WriteSessionDep,
) -> schemas.InsightOut:
    """Add an insight by hand. Its quote must stand in the transcript; no later extraction changes or doubles it."""
    made = insights.add(session, caller.owner_id, interview_id, wanted.by_hand())
    response.headers["Location"] = f"/v1/insights/{made.id}"
    response.headers["ETag"] = insights.etag(made)
    return views.insight(session, made)


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
    responses=declared.ETAGGED
    | declared.failures(
        errors.NotFound,
        errors.VersionMismatch,
        errors.InsightStale,
        errors.InsightPresent,
        errors.QuoteNotFound,
    ),
)
def review_insight(
    insight_id: deps.InsightId,
    change: schemas.InsightChange,
    response: Response,
    caller: WriterDep,
    session: WriteSessionDep,
    if_match: deps.IfMatch = None,
) -> schemas.InsightOut:
    """Judge an insight. Confirm, correct or reject: your word stays, no later extraction changes it.

    Correct what it quotes, what it is about, and the pay that it names. Only what is named is changed.
    """
    reviewed = insights.review(session, caller.owner_id, insight_id, change.named(), if_match=if_match)
    response.headers["ETag"] = insights.etag(reviewed)
    return views.insight(session, reviewed)


@router.delete(
    "/insights/{insight_id}",
    status_code=204,
    responses=declared.failures(errors.NotFound, errors.VersionMismatch, errors.InsightFound),
)
def delete_insight(
    insight_id: deps.InsightId, caller: WriterDep, session: WriteSessionDep, if_match: deps.IfMatch = None
) -> None:
    """Delete an insight that was added by hand. One that was found is rejected instead: deleted, it would come back."""
    insights.remove(session, caller.owner_id, insight_id, if_match=if_match)
