"""Webhooks over HTTP: made (the secret is shown once), changed, deleted; what was sent, and sending it again."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app import cursors, deliveries, errors, webhooks
from app.api import bodies, declared, deps, replays, schemas, views
from app.api.deps import HouseDep, ReaderDep, ReadSessionDep, WriterDep, WriteSessionDep
from app.api.routes import Route
from app.webhooks import Wanted

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=Route)

HERE = f"/v1/webhooks/{schemas.EXAMPLE_WEBHOOK}"
RETRIED: declared.Responses = {
    202: {
        "description": "It is sent again.",
        "headers": {
            "Location": declared.header("The delivery's path.", f"{HERE}/deliveries/{schemas.EXAMPLE_DELIVERY}")
        },
    }
}


def _wanted(asked: schemas.WebhookIn, house: HouseDep, _caller: WriterDep) -> Wanted:
    """Looked up before a transaction begins: a name server may take its time."""
    webhooks.check_url(asked.url, allow_private=house.settings.webhook_allow_private)
    return Wanted(asked.url, asked.events, asked.description, asked.enabled)


def _change(change: schemas.WebhookChange, house: HouseDep, _caller: WriterDep) -> dict[str, object]:
    wanted = change.model_dump(exclude_unset=True)
    if "url" in wanted:
        webhooks.check_url(wanted["url"], allow_private=house.settings.webhook_allow_private)
    return wanted


@router.post(
    "",
    status_code=201,
    responses=declared.joined(declared.created(HERE), {201: {"headers": declared.ETAG}})
    | declared.failures(errors.WebhookUrlRefused, errors.WebhooksFull),
)
@replays.never_shown_again
def create_webhook(
    wanted: Annotated[Wanted, Depends(_wanted)], response: Response, caller: WriterDep, session: WriteSessionDep
) -> schemas.WebhookMade:
    """Be told of what happens.

    Its secret is in this answer and nowhere else. Deliveries follow the Standard Webhooks specification: signed, at
    least once (`webhook-id` tells a repetition), tried again for three days until a 2xx comes back within 15 seconds.
    """
    made = webhooks.create(session, caller.owner_id, wanted)
    response.headers["Location"] = f"/v1/webhooks/{made.id}"
    response.headers["ETag"] = webhooks.etag(made)
    return views.webhook_made(made)


@router.get("", responses=declared.LINKED | declared.failures(errors.CursorInvalid))
def list_webhooks(
    request: Request,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    asked: Annotated[schemas.PageQuery, Query()],
) -> schemas.WebhookPage:
    """List webhooks. Newest first, without their secrets."""
    page = _page(session, caller.owner_id, asked)
    bodies.link_next(request, response, page.next_cursor)
    return page


def _page(session: ReadSessionDep, owner_id: str, asked: schemas.PageQuery) -> schemas.WebhookPage:
    query = f"webhooks {owner_id}"
    position = cursors.decode(asked.cursor, query=query)
    rows = webhooks.page(session, owner_id, limit=asked.limit + 1, after=position.id if position else None)
    page = cursors.page_of(rows, limit=asked.limit, query=query)
    return schemas.WebhookPage(items=[views.webhook(row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/{webhook_id}", responses=declared.ETAGGED | declared.NOT_MODIFIED | declared.failures(errors.NotFound))
def get_webhook(
    webhook_id: deps.WebhookId,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    if_none_match: deps.IfNoneMatch = None,
) -> schemas.WebhookOut:
    """Show a webhook. Without its secret; and why it was disabled, if it was."""
    found = webhooks.find(session, caller.owner_id, webhook_id)
    bodies.not_modified(response, webhooks.etag(found), if_none_match)
    return views.webhook(found)


@router.patch(
    "/{webhook_id}",
    responses=declared.ETAGGED | declared.failures(errors.NotFound, errors.WebhookUrlRefused, errors.VersionMismatch),
)
def update_webhook(
    webhook_id: deps.WebhookId,
    wanted: Annotated[dict[str, object], Depends(_change)],
    response: Response,
    caller: WriterDep,
    session: WriteSessionDep,
    if_match: deps.IfMatch = None,
) -> schemas.WebhookOut:
    """Change a webhook. Only what is named is changed."""
    changed = webhooks.change(session, caller.owner_id, webhook_id, wanted, if_match=if_match)
    response.headers["ETag"] = webhooks.etag(changed)
    return views.webhook(changed)


@router.delete("/{webhook_id}", status_code=204, responses=declared.failures(errors.NotFound, errors.VersionMismatch))
def delete_webhook(
    webhook_id: deps.WebhookId, caller: WriterDep, session: WriteSessionDep, if_match: deps.IfMatch = None
) -> None:
    """Delete a webhook. With its deliveries, those too that were not sent yet."""
    webhooks.delete(session, caller.owner_id, webhook_id, if_match=if_match)


@router.post(
    "/{webhook_id}/secrets", status_code=201, responses=declared.created(HERE) | declared.failures(errors.NotFound)
)
@replays.never_shown_again
def create_webhook_secret(
    webhook_id: deps.WebhookId, response: Response, caller: WriterDep, session: WriteSessionDep
) -> schemas.WebhookMade:
    """Change a webhook's secret. For 24 hours deliveries are signed with both, so that none is refused meanwhile."""
    changed = webhooks.rotate(session, caller.owner_id, webhook_id)
    response.headers["Location"] = f"/v1/webhooks/{changed.id}"
    return views.webhook_made(changed)


@router.get(
    "/{webhook_id}/deliveries",
    responses=declared.LINKED | declared.failures(errors.CursorInvalid, errors.NotFound),
)
def list_deliveries(
    webhook_id: deps.WebhookId,
    request: Request,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    filters: Annotated[schemas.DeliveryFilters, Query()],
) -> schemas.DeliveryPage:
    """List what was sent to a webhook, or is to be sent. Newest first, with every try; kept for 30 days by default."""
    webhook = webhooks.find(session, caller.owner_id, webhook_id)
    page = _deliveries(session, webhook.id, filters)
    bodies.link_next(request, response, page.next_cursor)
    return page


def _deliveries(session: ReadSessionDep, webhook_id: str, filters: schemas.DeliveryFilters) -> schemas.DeliveryPage:
    wanted = deliveries.Filters(filters.status, filters.event)
    query = f"deliveries {webhook_id} {wanted}"
    position = cursors.decode(filters.cursor, query=query)
    after = position.id if position else None
    rows = deliveries.page(session, webhook_id, wanted, limit=filters.limit + 1, after=after)
    page = cursors.page_of(rows, limit=filters.limit, query=query)
    return schemas.DeliveryPage(items=[views.delivery(row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/{webhook_id}/deliveries/{delivery_id}", responses=declared.failures(errors.NotFound))
def get_delivery(
    webhook_id: deps.WebhookId, delivery_id: deps.DeliveryId, caller: ReaderDep, session: ReadSessionDep
) -> schemas.DeliveryOut:
    """Show a delivery. What was sent, each try, and when the next one is."""
    return views.delivery(deliveries.find(session, caller.owner_id, webhook_id, delivery_id))


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/retry",
    status_code=202,
    responses=RETRIED | declared.failures(errors.NotFound, errors.WebhookDisabled),
)
def retry_delivery(
    webhook_id: deps.WebhookId,
    delivery_id: deps.DeliveryId,
    response: Response,
    caller: WriterDep,
    session: WriteSessionDep,
) -> schemas.DeliveryOut:
    """Send a delivery again. At once and under its old id, also when it had arrived; with all tries anew."""
    webhook = webhooks.find(session, caller.owner_id, webhook_id)
    sent = views.delivery(deliveries.retry(session, webhook, delivery_id))
    response.headers["Location"] = sent.links.self
    return sent
