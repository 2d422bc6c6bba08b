"""Deliveries: what happened, told to every webhook that wants to know; written with it, sent at least once."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, delete, select, update

from app import locks, models
from app.db import WriteSession, now
from app.errors import NotFound, WebhookDisabled

# The example of the Standard Webhooks specification: pauses before the second try and those after it, three days.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400))
# Of a pause, up to this much is added by chance: what failed together is not tried again together.
JITTER = 0.1
# Longer than the longest try. Should its worker die, others send it then; those of the same machine at once.
LEASE = timedelta(seconds=60)
ATTEMPTS_SHOWN = 30
SUCCESS, GONE = range(200, 300), 410


class Event(StrEnum):
    """What a webhook can be told of."""

    INTERVIEW_READY = "interview.ready"
    INTERVIEW_FAILED = "interview.failed"
    INTERVIEW_ERASED = "interview.erased"
    INSIGHTS_EXTRACTED = "insights.extracted"
    JOB_SUCCEEDED = "job.succeeded"
    JOB_FAILED = "job.failed"
    JOB_CANCELED = "job.canceled"


@dataclass(frozen=True)
class Attempt:
    """One try: when, and what came of it. `status` None: there was no answer, and `error` says why."""

    at: datetime
    took_ms: int
    status: int | None = None
    error: str | None = None

    @property
    def is_success(self) -> bool:
        return self.status in SUCCESS


@dataclass(frozen=True)
class Lease:
    """A delivery that one worker may send now, with all that is needed for it."""

    delivery_id: str
    webhook_id: str
    worker_id: str
    url: str
    body: str
    secrets: tuple[str, ...]


def announce(session: WriteSession, event: Event, *, owner_id: str, cause: str, ids: Mapping[str, str | None]) -> int:
    """Writes the event for every webhook of the owner that wants it; returns for how many.

    In the caller's transaction: it is told if, and only if, it has become true. `cause` names what happened: the same
    event for the same cause is written once.
    """
    at = now()
    body = json.dumps({"type": event.value, "timestamp": at.isoformat().replace("+00:00", "Z"), "data": data_of(ids)})
    wanting = [one for one in _enabled(session, owner_id) if event.value in one.events]
    fresh = [one for one in wanting if not _is_told(session, one.id, event, cause)]
    for webhook in fresh:
        session.add(
            models.Delivery(
                owner_id=owner_id, webhook_id=webhook.id, event=event.value, cause=cause, body=body, due_at=at
            )
        )
    return len(fresh)


PATHS = {"interview_id": "interviews", "job_id": "jobs", "consent_id": "consents"}


def data_of(ids: Mapping[str, str | None]) -> dict[str, Any]:
    """What is told of an event: which things, and where to read about them with a key. No words."""
    known = {name: value for name, value in ids.items() if value is not None}
    links = {name.removesuffix("_id"): f"/v1/{PATHS[name]}/{known[name]}" for name in known if name in PATHS}
    return {**known, "links": links}


def _enabled(session: Session, owner_id: str) -> list[models.Webhook]:
    query = select(models.Webhook).where(models.Webhook.owner_id == owner_id, col(models.Webhook.is_enabled))
    return list(session.exec(query))


def _is_told(session: Session, webhook_id: str, event: Event, cause: str) -> bool:
    query = select(models.Delivery.id).where(
        models.Delivery.webhook_id == webhook_id, models.Delivery.event == event.value, models.Delivery.cause == cause
    )
    return session.exec(query).first() is not None


def pause_after(tries: int, *, chance: float) -> timedelta | None:
    """How long to wait after that many tries that failed; None: it has failed for good. `chance`: 0 to 1."""
    if tries > len(PAUSES):
        return None
    return PAUSES[tries - 1] * (1 + JITTER * chance)


def disables(attempt: Attempt, *, is_last: bool, created_at: datetime, last_success_at: datetime | None) -> str | None:
    """Why the webhook is disabled by a try that failed; None: it is not.

    It says that it is gone, or nothing has reached it in all the days in which this delivery was tried.
    """
    if attempt.status == GONE:
        return "gone"
    if is_last and (last_success_at is None or last_success_at < created_at):
        return "failing"
    return None


def _due(at: datetime) -> ColumnElement[bool]:
    enabled = select(models.Webhook.id).where(col(models.Webhook.is_enabled))
    return and_(
        col(models.Delivery.status) == "pending",
        col(models.Delivery.due_at) <= at,
        col(models.Delivery.webhook_id).in_(enabled),
    )


def is_any_due(session: Session, *, at: datetime) -> bool:
    return session.exec(select(models.Delivery.id).where(_due(at)).limit(1)).first() is not None


def lease(session: WriteSession, worker_id: str, *, at: datetime, busy: Collection[str] = (), most: int) -> list[Lease]:
    """Deliveries that this worker sends next: of each webhook the oldest that is due, of those in `busy` none.

    One at a time for each webhook, so that one which hangs does not keep the others waiting.
    """
    free = or_(col(models.Delivery.leased_until).is_(None), col(models.Delivery.leased_until) <= at)
    oldest = (
        select(func.min(models.Delivery.id))
        .where(_due(at), free, col(models.Delivery.webhook_id).not_in(busy))
        .group_by(col(models.Delivery.webhook_id))
        .limit(most)
    )
    ids = session.exec(oldest).all()
    rows = select(models.Delivery).where(col(models.Delivery.id).in_(ids), free).with_for_update(skip_locked=True)
    found = list(session.exec(rows))
    for row in found:
        row.leased_by, row.leased_until = worker_id, at + LEASE
    return [_lease(session, row, worker_id, at=at) for row in found]


def _lease(session: Session, row: models.Delivery, worker_id: str, *, at: datetime) -> Lease:
    webhook = session.get_one(models.Webhook, row.webhook_id)
    return Lease(row.id, row.webhook_id, worker_id, webhook.url, row.body, secrets_of(webhook, at=at))


def secrets_of(webhook: models.Webhook, *, at: datetime) -> tuple[str, ...]:
    """What a delivery is signed with: the secret, and for a while after a change the one before."""
    old, until = webhook.old_secret, webhook.old_secret_until
    return (webhook.secret, old) if old is not None and until is not None and at < until else (webhook.secret,)


def settle(session: WriteSession, held: Lease, attempt: Attempt, *, chance: float) -> str | None:
    """Notes what came of a try; returns why its webhook was disabled, if it was.

    Does nothing when the lease is somebody else's by now, or the webhook was deleted. A try that failed at an address
    which the webhook no longer has says nothing of the new one: it is shown, does not count, and is due at once.
    """
    # The webhook first, as who changes or deletes it and who asks for a delivery again does.
    webhook = locks.hold(session, models.Webhook, held.webhook_id)
    row = locks.hold(session, models.Delivery, held.delivery_id)
    if webhook is None or row is None or row.leased_by != held.worker_id:
        return None
    shown = asdict(attempt) | {"at": attempt.at.isoformat()}
    row.attempts = [*row.attempts, shown][-ATTEMPTS_SHOWN:]
    row.leased_by = row.leased_until = None
    if webhook.url != held.url and not attempt.is_success:
        row.due_at = attempt.at
        return None
    row.tries += 1
    if attempt.is_success:
        row.status, row.finished_at, webhook.last_success_at = "delivered", attempt.at, attempt.at
        return None
    pause = None if attempt.status == GONE else pause_after(row.tries, chance=chance)
    if pause is None:
        row.status, row.finished_at = "failed", attempt.at
    else:
        row.due_at = attempt.at + pause
    return _disabled(webhook, row, attempt)


def _disabled(webhook: models.Webhook, row: models.Delivery, attempt: Attempt) -> str | None:
    is_last = row.status == "failed"
    why = disables(attempt, is_last=is_last, created_at=row.created_at, last_success_at=webhook.last_success_at)
    if why is not None and webhook.is_enabled:
        webhook.is_enabled, webhook.disabled_because = False, why
        webhook.version += 1
        webhook.updated_at = attempt.at
    return why


def release(session: WriteSession, worker_ids: Collection[str]) -> None:
    """Gives back what workers that have ended were sending: whether it arrived, nobody knows, so it is sent again."""
    held = col(models.Delivery.leased_by).in_(worker_ids)
    session.execute(update(models.Delivery).where(held).values(leased_by=None, leased_until=None))


def find(session: Session, owner_id: str, webhook_id: str, delivery_id: str) -> models.Delivery:
    """Raises NotFound, also for somebody else's."""
    row = locks.find(session, models.Delivery, delivery_id, owner_id=owner_id)
    if row is None or row.webhook_id != webhook_id:
        raise NotFound("This webhook has no delivery with this id.")
    return row


@dataclass(frozen=True)
class Filters:
    """Which deliveries of a webhook."""

    status: str | None = None
    event: str | None = None


def page(
    session: Session, webhook_id: str, filters: Filters, *, limit: int, after: str | None
) -> list[models.Delivery]:
    """Up to `limit` deliveries, newest first, older than the id `after`."""
    query = select(models.Delivery).where(models.Delivery.webhook_id == webhook_id)
    if filters.status:
        query = query.where(models.Delivery.status == filters.status)
    if filters.event:
        query = query.where(models.Delivery.event == filters.event)
    if after:
        query = query.where(models.Delivery.id < after)
    return list(session.exec(query.order_by(col(models.Delivery.id).desc()).limit(limit)))


def retry(session: WriteSession, webhook: models.Webhook, delivery_id: str) -> models.Delivery:
    """Sends a delivery again, under its old id, from now on and with all tries. Raises NotFound, WebhookDisabled."""
    row = find(session, webhook.owner_id, webhook.id, delivery_id)
    if not webhook.is_enabled:
        raise WebhookDisabled("Nothing is sent to this webhook. Enable it first.")
    row.status, row.tries, row.due_at, row.finished_at = "pending", 0, now(), None
    return row


def sweep(session: WriteSession, *, before: datetime) -> int:
    """Removes deliveries of events that are older than that; returns how many."""
    old = delete(models.Delivery).where(col(models.Delivery.created_at) < before)
    return int(session.execute(old).rowcount)  # type: ignore[attr-defined]
