"""API keys over HTTP: made (shown once), listed, revoked."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app import cursors, errors, keys
from app.api import bodies, declared, deps, replays, schemas
from app.api.deps import CallerDep, KeyKeeperDep, ReadSessionDep, WriteSessionDep
from app.api.routes import Route
from app.keys import KeyRequest

router = APIRouter(prefix="/v1", tags=["api-keys"], route_class=Route)


@router.post(
    "/api-keys",
    status_code=201,
    responses=declared.created(f"/v1/api-keys/{schemas.EXAMPLE_KEY}") | declared.failures(errors.FieldInvalid),
)
@replays.never_shown_again
def create_api_key(
    wanted: schemas.KeyIn, response: Response, caller: KeyKeeperDep, session: WriteSessionDep
) -> schemas.KeyMade:
    """Make an API key.

    Its token is in this answer and nowhere else. No key can give a scope that it does not hold.
    """
    asked = KeyRequest(wanted.name, wanted.scopes, wanted.expires_at, wanted.owner)
    key, token = keys.create(session, caller, asked)
    response.headers["Location"] = f"/v1/api-keys/{key.id}"
    return schemas.KeyMade.model_validate(key.model_dump() | {"token": str(token)})


@router.get(
    "/api-keys",
    responses=declared.LINKED | declared.failures(errors.CursorInvalid),
)
def list_api_keys(
    request: Request,
    response: Response,
    caller: KeyKeeperDep,
    session: ReadSessionDep,
    asked: Annotated[schemas.PageQuery, Query()],
) -> schemas.KeyPage:
    """List API keys. Newest first, revoked ones too."""
    page = _page(session, caller.owner_id, asked)
    bodies.link_next(request, response, page.next_cursor)
    return page


def _page(session: ReadSessionDep, owner_id: str, asked: schemas.PageQuery) -> schemas.KeyPage:
    query = f"keys {owner_id}"
    position = cursors.decode(asked.cursor, query=query)
    rows = keys.page(session, owner_id, limit=asked.limit + 1, after=position.id if position else None)
    page = cursors.page_of(rows, limit=asked.limit, query=query)
    items = [schemas.KeyOut.model_validate(row) for row in page.items]
    return schemas.KeyPage(items=items, next_cursor=page.next_cursor)


@router.get("/api-keys/{key_id}", responses=declared.failures(errors.NotFound))
def get_api_key(key_id: deps.KeyId, caller: KeyKeeperDep, session: ReadSessionDep) -> schemas.KeyOut:
    """Show an API key. Without its secret."""
    return schemas.KeyOut.model_validate(keys.find(session, caller.owner_id, key_id))


@router.delete(
    "/api-keys/{key_id}", status_code=204, responses=declared.failures(errors.NotFound, errors.AccessRefused)
)
def revoke_api_key(key_id: deps.KeyId, caller: KeyKeeperDep, session: WriteSessionDep) -> None:
    """Revoke an API key. At once; a key cannot revoke itself."""
    keys.revoke(session, caller, key_id)


@router.get("/me")
def get_me(caller: CallerDep) -> schemas.MeOut:
    """Show who this key is. And what it may do."""
    return schemas.MeOut(owner_id=caller.owner_id, key_id=caller.key_id, scopes=sorted(caller.scopes))
