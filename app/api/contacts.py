"""Contacts over HTTP: proposed by referrals or added by hand, listed, judged, deleted."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app import contacts, cursors, errors
from app.api import bodies, declared, deps, schemas, views
from app.api.deps import ReaderDep, ReadSessionDep, WriterDep, WriteSessionDep
from app.api.routes import Route
from app.contacts import Filters

router = APIRouter(prefix="/v1/contacts", tags=["contacts"], route_class=Route)


@router.post("", status_code=201, responses=declared.created(f"/v1/contacts/{schemas.EXAMPLE_CONTACT}"))
def create_contact(
    wanted: schemas.ContactIn, response: Response, caller: WriterDep, session: WriteSessionDep
) -> schemas.ContactOut:
    """Add a contact. One that you know yourself: no interview proposed it."""
    made = contacts.add(session, caller.owner_id, wanted.model_dump(exclude_unset=True))
    response.headers["Location"] = f"/v1/contacts/{made.id}"
    return views.contact(*contacts.cards(session, [made]))


@router.get("", responses=declared.LINKED | declared.failures(errors.CursorInvalid))
def list_contacts(
    request: Request,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    filters: Annotated[schemas.ContactFilters, Query()],
) -> schemas.ContactPage:
    """List contacts. Newest first; one that two interviews name is there twice, and each says so."""
    page = _page(session, caller.owner_id, filters)
    bodies.link_next(request, response, page.next_cursor)
    return page


def _page(session: ReadSessionDep, owner_id: str, asked: schemas.ContactFilters) -> schemas.ContactPage:
    wanted = Filters(asked.state, asked.interview_id, asked.q)
    query = f"contacts {owner_id} {wanted}"
    position = cursors.decode(asked.cursor, query=query)
    rows = contacts.page(session, owner_id, wanted, limit=asked.limit + 1, cursor=position)
    page = cursors.page_of(rows, limit=asked.limit, query=query)
    items = [views.contact(card) for card in contacts.cards(session, page.items)]
    return schemas.ContactPage(items=items, next_cursor=page.next_cursor)


@router.get("/{contact_id}", responses=declared.ETAGGED | declared.NOT_MODIFIED | declared.failures(errors.NotFound))
def get_contact(
    contact_id: deps.ContactId,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    if_none_match: deps.IfNoneMatch = None,
) -> schemas.ContactOut:
    """Show a contact. With the quote to hear before it is trusted."""
    (card,) = contacts.cards(session, [contacts.find(session, caller.owner_id, contact_id)])
    bodies.not_modified(response, contacts.etag(card), if_none_match)
    return views.contact(card)


@router.patch(
    "/{contact_id}",
    responses=declared.ETAGGED | declared.failures(errors.NotFound, errors.VersionMismatch, errors.ContactNameless),
)
def review_contact(
    contact_id: deps.ContactId,
    change: schemas.ContactChange,
    response: Response,
    caller: WriterDep,
    session: WriteSessionDep,
    if_match: deps.IfMatch = None,
) -> schemas.ContactOut:
    """Judge a contact. Confirm, correct or reject: your word stays, no later extraction changes it."""
    wanted = change.model_dump(exclude_unset=True)
    reviewed = contacts.review(session, caller.owner_id, contact_id, wanted, if_match=if_match)
    (card,) = contacts.cards(session, [reviewed])
    response.headers["ETag"] = contacts.etag(card)
    return views.contact(card)


@router.delete("/{contact_id}", status_code=204, responses=declared.failures(errors.NotFound, errors.VersionMismatch))
def delete_contact(
    contact_id: deps.ContactId, caller: WriterDep, session: WriteSessionDep, if_match: deps.IfMatch = None
) -> None:
    """Delete a contact. A later extraction may propose it anew; reject it, if it should not."""
    contacts.delete(session, caller.owner_id, contact_id, if_match=if_match)
