"""Replies: what requests with an Idempotency-Key were answered, kept for a day so that to ask again changes nothing."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, event, insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, update

from app import ids, models
from app.db import WriteSession, now
from app.errors import (
    ConsentWithdrawn,
    IdempotencyKeyInUse,
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    NotFound,
)

KEPT_FOR = timedelta(hours=24)
RETRY_AFTER_S = 2
KEY_LENGTH = 255
# A String of structured fields (RFC 8941, 3.3.3), or the same without quotes as many clients send it.
QUOTED = rf'"([\x20\x21\x23-\x5B\x5D-\x7E]|\\["\\]){{1,{KEY_LENGTH}}}"'
PLAIN = rf"[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]{{1,{KEY_LENGTH}}}"
PATTERN = f"^({QUOTED}|{PLAIN})$"
SPENT = "Send another request with another key, or this one without a key."


def parse_key(given: Sequence[str]) -> str | None:
    """The key that the header's lines hold; None when there are none. Raises IdempotencyKeyInvalid."""
    if not given:
        return None
    text = given[0].strip(" \t")
    if len(given) > 1 or re.fullmatch(PATTERN, text, re.ASCII) is None:
        raise IdempotencyKeyInvalid(
            f"Send one key of 1 to {KEY_LENGTH} visible ASCII characters, such as a UUID; with quotes around it or not."
        )
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


@dataclass(frozen=True)
class Slot:
    """Where a reply is kept: a key means something to one owner and for one operation only."""

    owner_id: str
    operation: str
    key: str

    def row(self) -> ColumnElement[bool]:
        return and_(
            col(models.Reply.owner_id) == self.owner_id,
            col(models.Reply.operation) == self.operation,
            col(models.Reply.key) == self.key,
        )


@dataclass(frozen=True)
class Answer:
    """What is kept of an answer. `body` None: it holds words or a secret, and is not kept."""

    status: int
    headers: Mapping[str, str]
    body: str | None
    made_id: str | None = None
    interview_id: str | None = None


@dataclass(frozen=True)
class Key:
    """A request's key, for an operation that keeps its own answer in the transaction that makes something.

    `made_id`: what it made when it was asked for the first time; None while it is. `admit_twins`: from now on they find
    what was kept, while the operation goes on.
    """

    slot: Slot
    head_sha256: str
    made_id: str | None
    admit_twins: Callable[[], None]

    def claim(self, session: WriteSession) -> None:
        """As `claim_first`."""
        claim_first(session, self.slot)

    def keep(self, session: WriteSession, *, made_id: str, interview_id: str | None) -> None:
        """What was made and its key are there together; what may still come for it is no part of what was asked."""
        answer = Answer(201, {}, None, made_id=made_id, interview_id=interview_id)
        keep(session, self.slot, head_sha256=self.head_sha256, body_sha256="", answer=answer)


class InFlight:
    """The slots of requests that this process is answering. Their only mark: when the process dies, none is left.

    It belongs to the event loop's thread. Twins that reach two processes are told apart by `claim_first`.
    """

    def __init__(self) -> None:
        self._slots: set[Slot] = set()

    @contextmanager
    def holding(self, slot: Slot) -> Iterator[None]:
        """Raises IdempotencyKeyInUse."""
        if slot in self._slots:
            raise in_use()
        self._slots.add(slot)
        try:
            yield
        finally:
            self._slots.discard(slot)


def in_use() -> IdempotencyKeyInUse:
    return IdempotencyKeyInUse(
        "Another request with this key is being answered. Ask again, and you get its answer.",
        retry_after_s=RETRY_AFTER_S,
    )


def sha256_of(*parts: str) -> str:
    """One hash for several texts, none of which holds a NUL."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


def find(session: Session, slot: Slot) -> models.Reply | None:
    row = session.get(models.Reply, (slot.owner_id, slot.operation, slot.key))
    return row if row is not None and is_live(row, at=now()) else None


def is_live(row: models.Reply, *, at: datetime) -> bool:
    return row.created_at > at - KEPT_FOR


def claim_first(session: WriteSession, slot: Slot) -> None:
    """Has the session's transaction take the slot with its first statement, so that a twin never begins its work.

    That statement then raises IdempotencyKeyInUse when a twin was faster: on Postgres it waits for a twin that is
    still at work, on SQLite the write lock does.
    """
    event.listen(session, "after_begin", lambda _session, _begun, connection: _claim(connection, slot), once=True)


def _claim(connection: Connection, slot: Slot) -> None:
    at = now()
    connection.execute(delete(models.Reply).where(slot.row(), col(models.Reply.created_at) <= at - KEPT_FOR))
    row = models.Reply(owner_id=slot.owner_id, operation=slot.operation, key=slot.key, created_at=at)
    try:
        connection.execute(insert(models.Reply).values(**row.model_dump()))
    except IntegrityError:
        raise in_use() from None


def keep(session: WriteSession, slot: Slot, *, head_sha256: str, body_sha256: str, answer: Answer) -> None:
    """Writes the answer into the claimed slot. Commits or rolls back with what was asked for."""
    session.execute(
        update(models.Reply)
        .where(slot.row())
        .values(
            head_sha256=head_sha256,
            body_sha256=body_sha256,
            status=answer.status,
            headers=dict(answer.headers),
            body=answer.body,
            made_id=answer.made_id,
            interview_id=_still_there(session, answer.interview_id),
        )
    )


def _still_there(session: Session, interview_id: str | None) -> str | None:
    """None too for the interview that the request itself withdrew: who asks again whether that went well is told."""
    interview = session.get(models.Interview, interview_id) if interview_id else None
    return interview.id if interview is not None and interview.status != "withdrawn" else None


def subjects(said: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Of the members of an answer: the id of what was made, and of the interview that it tells of."""
    made = said.get("id")
    is_interview = isinstance(made, str) and ids.is_a(ids.Kind.INTERVIEW, made)
    return made, said.get("interview_id") or (made if is_interview else None)


def check_same(kept: str, asked: str) -> None:
    """Raises IdempotencyKeyReused when two hashes are of different requests."""
    if kept != asked:
        raise IdempotencyKeyReused(f"This key was sent with another request. {SPENT}")


def check_there(session: Session, row: models.Reply) -> None:
    """Raises ConsentWithdrawn or NotFound when what the reply tells of is gone."""
    interview = session.get(models.Interview, row.interview_id) if row.interview_id else None
    if interview is not None and interview.status == "withdrawn":
        raise ConsentWithdrawn("Consent was withdrawn since; what this request had made is erased.")
    if row.is_forgotten:
        raise NotFound("What this request had made is not there any more.")


def forget_interview(session: WriteSession, interview_id: str) -> int:
    """Erases what was answered about an interview; the keys stay spent. Returns how many answers there were."""
    return _forget(session, col(models.Reply.interview_id) == interview_id)


def forget_made(session: WriteSession, made_id: str) -> int:
    """Erases the answer to the request that made this; its key stays spent."""
    return _forget(session, col(models.Reply.made_id) == made_id)


def tells_of(session: WriteSession, made_id: str, interview_id: str) -> None:
    """What was made has become part of an interview: the answer about it goes with that."""
    session.execute(update(models.Reply).where(col(models.Reply.made_id) == made_id).values(interview_id=interview_id))


def free(session: WriteSession, made_id: str) -> None:
    """As if this had never been made: its key may be used again."""
    session.execute(delete(models.Reply).where(col(models.Reply.made_id) == made_id))


def _forget(session: WriteSession, where: ColumnElement[bool]) -> int:
    blank = update(models.Reply).where(where).values(body=None, headers={}, is_forgotten=True)
    return int(session.execute(blank).rowcount)  # type: ignore[attr-defined]


def sweep(session: WriteSession, *, at: datetime) -> int:
    """Removes replies that are older than a day; returns how many."""
    old = delete(models.Reply).where(col(models.Reply.created_at) <= at - KEPT_FOR)
    return int(session.execute(old).rowcount)  # type: ignore[attr-defined]
