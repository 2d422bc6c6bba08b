"""Consents over HTTP: given in the long form, listed, withdrawn."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Body, Query, Request, Response

from app import consents, cursors, errors, interviews
from app.api import bodies, declared, deps, schemas, views
from app.api.deps import HouseDep, ReaderDep, ReadSessionDep, WriterDep, WriteSessionDep
from app.api.routes import Route

router = APIRouter(prefix="/v1/consents", tags=["consents"], route_class=Route)

NO_REASON = schemas.WithdrawalIn()


@router.post(
    "",
    status_code=201,
    responses=declared.created(f"/v1/consents/{schemas.EXAMPLE_CONSENT}")
    | declared.failures(errors.NotFound, errors.ConsentWithdrawn),
)
def create_consent(
    wanted: schemas.ConsentIn, response: Response, caller: WriterDep, session: WriteSessionDep
) -> schemas.ConsentOut:
    """Record a consent. Who allowed what, how, and what proves it."""
    interview = interviews.readable(session, caller.owner_id, wanted.interview_id)
    given = consents.give(session, caller, interview.id, wanted.as_grant())
    response.headers["Location"] = f"/v1/consents/{given.id}"
    return views.consent(session, given)


@router.get(
    "",
    responses=declared.LINKED | declared.failures(errors.CursorInvalid),
)
def list_consents(
    request: Request,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    filters: Annotated[schemas.ConsentFilters, Query()],
) -> schemas.ConsentPage:
    """List consents. Newest first."""
    query = f"consents {caller.owner_id} {filters.interview_id}"
    position = cursors.decode(filters.cursor, query=query)
    rows = consents.page(
        session,
        caller.owner_id,
        interview_id=filters.interview_id,
        limit=filters.limit + 1,
        after=position.id if position else None,
    )
    page = cursors.page_of(rows, limit=filters.limit, query=query)
    bodies.link_next(request, response, page.next_cursor)
    return schemas.ConsentPage(items=[views.consent(session, row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/{consent_id}", responses=declared.failures(errors.NotFound))
def get_consent(consent_id: deps.ConsentId, caller: ReaderDep, session: ReadSessionDep) -> schemas.ConsentOut:
    """Show a consent. What became of it, and the certificate when something was erased."""
    return views.consent(session, consents.find(session, caller.owner_id, consent_id))


@router.post("/{consent_id}/withdraw", status_code=202, responses=declared.failures(errors.NotFound))
def withdraw_consent(
    consent_id: deps.ConsentId,
    later: BackgroundTasks,
    house: HouseDep,
    caller: WriterDep,
    session: WriteSessionDep,
    wanted: Annotated[schemas.WithdrawalIn, Body()] = NO_REASON,
) -> schemas.ConsentOut:
    """Withdraw a consent. From this answer on nothing of it can be read; the sound is erased right after."""
    erasure = consents.withdraw(session, caller, consent_id, wanted.reason)
    bodies.finish_erasure(later, house, erasure.id)
    return views.consent(session, consents.find(session, caller.owner_id, consent_id))
