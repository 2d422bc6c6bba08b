"""Contacts: whom to talk to next, as `proposals` has them or a person adds them; judged, planned with, erased."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from app import cursors, etags, locks, models, replies
from app.db import AnyCase, WriteSession, mentions, now, together
from app.errors import ContactNameless, FieldInvalid, NotFound
from app.extraction.referred import Referred
from app.ids import Kind

NAMES = ("name", "role", "organisation")


def names(who: Referred | models.Contact) -> dict[str, str | None]:
    """Who it is, as far as that is known."""
    return {name: getattr(who, name) for name in NAMES}


def of(session: Session, interview_id: str) -> list[models.Contact]:
    """The contacts that an interview's referrals proposed, oldest first."""
    query = select(models.Contact).where(models.Contact.interview_id == interview_id)
    return locks.held(session, query.order_by(col(models.Contact.id)))


def change(contact: models.Contact, changes: Mapping[str, Any]) -> None:
    """Something that is news to whoever has read the contact."""
    for name, value in changes.items():
        setattr(contact, name, value)
    contact.version += 1
    contact.updated_at = now()


def find(session: Session, owner_id: str, contact_id: str) -> models.Contact:
    """Raises NotFound, also for somebody else's."""
    contact = locks.find(session, models.Contact, contact_id, owner_id=owner_id)
    if contact is None:
        raise NotFound("There is no contact with this id.")
    return contact


@dataclass(frozen=True)
class Filters:
    """Which contacts; `q` looks into names, roles, organisations and notes."""

    state: str | None = None
    interview_id: str | None = None
    q: str | None = None


def page(
    session: Session, owner_id: str, filters: Filters, *, limit: int, cursor: cursors.Position | None
) -> list[models.Contact]:
    """Up to `limit` contacts after `cursor`, newest first."""
    query = select(models.Contact).where(models.Contact.owner_id == owner_id)
    if filters.state:
        query = query.where(models.Contact.state == filters.state)
    if filters.interview_id:
        query = query.where(models.Contact.interview_id == filters.interview_id)
    if filters.q:
        query = query.where(_mentions(filters.q))
    if cursor is not None:
        query = query.where(models.Contact.id < cursor.id)
    return list(session.exec(query.order_by(col(models.Contact.id).desc()).limit(limit)))


def _mentions(text: str) -> Any:
    columns = (models.Contact.name, models.Contact.role, models.Contact.organisation, models.Contact.note)
    return mentions(together(*columns), text)


def add(session: WriteSession, owner_id: str, known: Mapping[str, Any]) -> models.Contact:
    """A contact that a person adds by hand, with at least one of `NAMES`."""
    contact = models.Contact(owner_id=owner_id, state="confirmed", **known)
    session.add(contact)
    session.flush()
    return contact


def review(
    session: WriteSession, owner_id: str, contact_id: str, changes: Mapping[str, Any], *, if_match: str | None
) -> models.Contact:
    """A person's word on a contact: state, names, note. Raises VersionMismatch, ContactNameless."""
    contact = find(session, owner_id, contact_id)
    check_version(contact, if_match)
    if not any(changes.get(name, getattr(contact, name)) for name in NAMES):
        raise ContactNameless("A contact needs a name, a role or an organisation. Delete it, if it is nobody.")
    corrects = contact.heard is not None and any(name in changes for name in NAMES)
    change(contact, {"state": "corrected"} | dict(changes) if corrects else changes)
    return contact


def check_version(contact: models.Contact, if_match: str | None) -> None:
    """Raises VersionMismatch. Only the contact's own number counts: where its evidence lies is nobody's edit."""
    etags.check(if_match, current=str(contact.version), what="contact")


def delete(session: WriteSession, owner_id: str, contact_id: str, *, if_match: str | None) -> None:
    contact = find(session, owner_id, contact_id)
    check_version(contact, if_match)
    _delete(session, contact)


def _delete(session: WriteSession, contact: models.Contact) -> None:
    """Interviews that were planned with it name nobody of ours any more."""
    planned = select(models.Interview).where(models.Interview.contact_id == contact.id)
    for interview in locks.held(session, planned.order_by(col(models.Interview.id))):
        interview.contact_id = None
        interview.version += 1
        interview.updated_at = now()
    replies.forget_made(session, contact.id)
    session.delete(contact)


def named(session: Session, owner_id: str, reference: str | None) -> models.Contact | None:
    """The contact that a reference names; None when it is an id of the caller's own making. Raises FieldInvalid."""
    if reference is None or not reference.startswith(f"{Kind.CONTACT}_"):
        return None
    # Without the interview that named it: whoever plans holds one already, and two could wait for each other.
    contact = locks.hold(session, models.Contact, reference)
    if contact is None or contact.owner_id != owner_id:
        raise FieldInvalid("/contact_id", "There is no contact with this id.")
    return contact


def take_up(session: WriteSession, owner_id: str, reference: str | None) -> models.Contact | None:
    """The contact that an interview is planned with, as `named`.

    Who plans to meet somebody trusts that they are there: a proposed contact is confirmed. Raises FieldInvalid.
    """
    contact = named(session, owner_id, reference)
    if contact is not None and contact.state == "proposed":
        change(contact, {"state": "confirmed"})
    return contact


def forget(session: WriteSession, interview_id: str) -> int:
    """Erases what an interview said of contacts; returns of how many.

    What a person wrote themselves stays theirs: a contact of which a name, role or organisation differs from what was
    heard keeps that and its note, and no trace of where it came from. Every other goes.
    """
    contacts = of(session, interview_id)
    for contact in contacts:
        heard = contact.heard or {}
        own = {name: value for name, value in names(contact).items() if value and value != heard.get(name)}
        if not own:
            _delete(session, contact)
            continue
        nothing = dict.fromkeys((*NAMES, "interview_id", "insight_id", "transcript_version", "heard", "offered"))
        change(contact, nothing | own)
    session.flush()
    return len(contacts)


@dataclass(frozen=True)
class Card:
    """A contact as it is shown. `stale`: its quote has not been found in the transcript that is current."""

    contact: models.Contact
    stale: bool
    has_recording: bool
    also_named_in: list[str]


def cards(session: Session, contacts: Sequence[models.Contact]) -> list[Card]:
    """All of them with three queries, however many they are."""
    ids = {contact.interview_id for contact in contacts if contact.interview_id}
    versions = dict(
        session.exec(
            select(models.Interview.id, models.Interview.transcript_version).where(col(models.Interview.id).in_(ids))
        ).all()
    )
    recorded = set(
        session.exec(select(models.Recording.interview_id).where(col(models.Recording.interview_id).in_(ids)))
    )
    named = _named_in(session, contacts)
    return [
        Card(
            contact,
            stale=versions.get(contact.interview_id or "") != contact.transcript_version,
            has_recording=contact.interview_id in recorded,
            also_named_in=sorted(named.get(_key(contact), set()) - {contact.interview_id or ""}),
        )
        for contact in contacts
    ]


def _key(contact: models.Contact) -> tuple[str, str]:
    return contact.owner_id, (contact.name or "").casefold()


def _named_in(session: Session, contacts: Sequence[models.Contact]) -> dict[tuple[str, str], set[str]]:
    """(owner, name) -> the interviews that name somebody so; without what people have rejected."""
    names = {contact.name for contact in contacts if contact.name}
    query = select(models.Contact).where(
        col(models.Contact.owner_id).in_({contact.owner_id for contact in contacts}),
        col(models.Contact.interview_id).is_not(None),
        models.Contact.state != "rejected",
        func.lower(AnyCase(col(models.Contact.name))).in_([name.lower() for name in names]),
    )
    found: dict[tuple[str, str], set[str]] = {}
    for row in session.exec(query):
        found.setdefault(_key(row), set()).add(row.interview_id or "")
    return found


def etag(card: Card) -> str:
    """A strong ETag. Its first number counts changes to the contact, the rest stands for all else that is shown."""
    shown = [card.contact.model_dump(mode="json"), card.stale, card.has_recording, card.also_named_in]
    return f'"{card.contact.version}.{etags.digest(shown)}"'
