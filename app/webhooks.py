"""Webhooks: where an owner wants to be told of what happens, and the secrets that deliveries are signed with."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from app import addresses, etags, locks, models
from app.db import WriteSession, now
from app.deliveries import Event
from app.errors import NotFound, WebhooksFull

MOST = 10
SECRET_PREFIX = "whsec_"  # noqa: S105  as the specification has it
SECRET_BYTES = 32
# After a change both secrets sign for this long: time to bring the new one to whoever checks.
OVERLAP = timedelta(hours=24)


@dataclass(frozen=True)
class Wanted:
    """A webhook asked for."""

    url: str
    events: Sequence[Event]
    description: str | None = None
    enabled: bool = True


def check_url(url: str, *, allow_private: bool) -> None:
    """Looks the host up. Raises WebhookUrlRefused. To be called outside of a transaction: it may take seconds."""
    target = addresses.target_of(url, allow_private=allow_private)
    addresses.check(addresses.resolve(target), allow_private=allow_private)


def create(session: WriteSession, owner_id: str, wanted: Wanted) -> models.Webhook:
    """Raises WebhooksFull."""
    count = select(func.count()).select_from(models.Webhook).where(models.Webhook.owner_id == owner_id)
    if session.exec(count).one() >= MOST:
        raise WebhooksFull(f"There may be {MOST} webhooks. Delete one, or have one take more events.")
    webhook = models.Webhook(
        owner_id=owner_id,
        url=wanted.url,
        events=_in_order(wanted.events),
        description=wanted.description,
        is_enabled=wanted.enabled,
        secret=_new_secret(),
    )
    session.add(webhook)
    return webhook


def _in_order(events: Sequence[Event]) -> list[str]:
    return [event.value for event in Event if event in events]


def _new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def find(session: Session, owner_id: str, webhook_id: str) -> models.Webhook:
    """Raises NotFound, also for somebody else's."""
    webhook = locks.find(session, models.Webhook, webhook_id, owner_id=owner_id)
    if webhook is None:
        raise NotFound("There is no webhook with this id.")
    return webhook


def page(session: Session, owner_id: str, *, limit: int, after: str | None) -> list[models.Webhook]:
    """Up to `limit` webhooks of the owner, newest first, older than the id `after`."""
    query = select(models.Webhook).where(models.Webhook.owner_id == owner_id)
    if after:
        query = query.where(models.Webhook.id < after)
    return list(session.exec(query.order_by(col(models.Webhook.id).desc()).limit(limit)))


def change(
    session: WriteSession, owner_id: str, webhook_id: str, changes: Mapping[str, Any], *, if_match: str | None
) -> models.Webhook:
    """Changes what is named: url, events, description, enabled. Raises NotFound, VersionMismatch.

    One that is enabled again goes on with what it has not got yet.
    """
    webhook = find(session, owner_id, webhook_id)
    etags.check(if_match, current=str(webhook.version), what="webhook")
    if "enabled" in changes:
        webhook.is_enabled, webhook.disabled_because = changes["enabled"], None
    if "events" in changes:
        webhook.events = _in_order(changes["events"])
    for name in changes.keys() & {"url", "description"}:
        setattr(webhook, name, changes[name])
    _touch(webhook)
    return webhook


def rotate(session: WriteSession, owner_id: str, webhook_id: str) -> models.Webhook:
    """A new secret; the one before signs beside it for a day."""
    webhook = find(session, owner_id, webhook_id)
    webhook.old_secret, webhook.old_secret_until = webhook.secret, now() + OVERLAP
    webhook.secret = _new_secret()
    _touch(webhook)
    return webhook


def delete(session: WriteSession, owner_id: str, webhook_id: str, *, if_match: str | None) -> None:
    """With its secrets and its deliveries, those that were not sent yet too. Raises NotFound, VersionMismatch."""
    webhook = find(session, owner_id, webhook_id)
    etags.check(if_match, current=str(webhook.version), what="webhook")
    session.delete(webhook)


def etag(webhook: models.Webhook) -> str:
    """Its first number counts changes; when it was last reached is nobody's edit."""
    shown = webhook.last_success_at.isoformat() if webhook.last_success_at else ""
    return f'"{webhook.version}.{etags.digest(shown)}"'


def _touch(webhook: models.Webhook) -> None:
    webhook.version += 1
    webhook.updated_at = now()
