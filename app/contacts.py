"""Contacts: whom to talk to next, proposed from referrals or added by a person, whose word is never overwritten."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from app import cursors, models
from app.db import WriteSession, now
from app.errors import ContactNameless, FieldInvalid, NotFound, VersionMismatch
from app.extraction import Category
from app.extraction.referred import Referred, around, both, is_same, referred
from app.ids import Kind
from app.insights import Found, Talk, nearest

NAMES = ("name", "role", "organisation")
JUDGED = ("confirmed", "corrected", "rejected")
EVIDENCE = ("quote", "speaker", "start_ms", "end_ms", "segment_ids")


@dataclass(frozen=True)
class Proposal:
    """Somebody a referral sends to, and the insight that says so first."""

    who: Referred
    insight: models.Insight

    @property
    def said(self) -> dict[str, Any]:
        """Who it is, and what was offered."""
        return {"offered": self.who.offered.value} | _names(self.who)

    @property
    def heard(self) -> dict[str, Any]:
        """What a contact remembers of it."""
        return _names(self.who) | {name: getattr(self.insight, name) for name in EVIDENCE}


def _names(who: Referred | models.Contact) -> dict[str, str | None]:
    return {name: getattr(who, name) for name in NAMES}


def propose(session: WriteSession, *, interview_id: str, found: Found) -> int:
    """Contacts for the referrals that were just kept; returns how many are new.

    Who is heard of again keeps their id, and whatever a person made of them; they get the evidence of this time. Whom
    nobody has touched and nothing speaks of any more goes. Call it in the transaction that keeps the insights.
    """
    interview = session.get_one(models.Interview, interview_id)
    talk = Talk(found.turns)
    left = proposals(_referrals(session, interview_id), talk)
    for contact in of(session, interview_id):
        again = next((proposal for proposal in left if _is_heard_again(contact, proposal.who)), None)
        if again is not None:
            left.remove(again)
            _hear(contact, again)
        elif _is_touched(contact):
            follow([contact], found.version, talk)
        else:
            session.delete(contact)
    session.add_all(_new(interview, proposal) for proposal in left)
    return len(left)


def _new(interview: models.Interview, proposal: Proposal) -> models.Contact:
    contact = models.Contact(owner_id=interview.owner_id, interview_id=interview.id, **proposal.said)
    _hear(contact, proposal)
    return contact


def of(session: Session, interview_id: str) -> list[models.Contact]:
    """The contacts that an interview's referrals proposed, oldest first."""
    query = select(models.Contact).where(models.Contact.interview_id == interview_id)
    return list(session.exec(query.order_by(col(models.Contact.id))))


def _referrals(session: Session, interview_id: str) -> Sequence[models.Insight]:
    query = (
        select(models.Insight)
        .join(models.InsightCategory, col(models.InsightCategory.insight_id) == models.Insight.id)
        .where(
            models.Insight.interview_id == interview_id,
            models.InsightCategory.category == Category.REFERRAL,
            models.Insight.state != "rejected",
            col(models.Insight.stale).is_(False),
        )
    )
    return session.exec(query.order_by(col(models.Insight.start_ms), col(models.Insight.id))).all()


def proposals(insights: Iterable[models.Insight], talk: Talk) -> list[Proposal]:
    """Whom these referrals send to, each person once, with the insight that names them first. Pure."""
    people: list[Proposal] = []
    for insight in insights:
        for who in _sent_to(insight, talk):
            at = next((at for at, known in enumerate(people) if is_same(known.who, who)), None)
            if at is None:
                people.append(Proposal(who, insight))
            else:
                people[at] = replace(people[at], who=both(people[at].who, who))
    return people


def _sent_to(insight: models.Insight, talk: Talk) -> list[Referred]:
    spot = nearest(talk.spots(insight.quote), insight.start_ms)
    question = insight.question["text"] if insight.question else ""
    return referred(insight.quote, around(talk.turns, spot.place, question=question)) if spot else []


def _is_heard_again(contact: models.Contact, who: Referred) -> bool:
    """Whether it is the same person, as the contact is called now or as it was heard before somebody corrected it."""
    known = Referred(contact.name, contact.role, contact.organisation, who.offered)
    heard = {name: contact.heard[name] for name in NAMES} if contact.heard else {}
    return is_same(known, who) or is_same(replace(known, **heard), who)


def _is_touched(contact: models.Contact) -> bool:
    return contact.state in JUDGED or contact.note is not None


def _hear(contact: models.Contact, proposal: Proposal) -> None:
    """Takes over the evidence, and the words for who it is where no person has decided on them."""
    first = {name: contact.heard[name] for name in NAMES} if contact.heard and contact.state != "proposed" else {}
    contact.heard, contact.insight_id = proposal.heard | first, proposal.insight.id
    contact.transcript_version = proposal.insight.transcript_version
    if contact.state == "proposed" and proposal.said != _names(contact) | {"offered": contact.offered}:
        _change(contact, proposal.said)


def follow(contacts: Iterable[models.Contact], version: int, talk: Talk) -> None:
    """Moves the evidence of each to its quote's place in this version; where it is gone, it stays as it was."""
    for contact in contacts:
        spot = nearest(talk.spots(contact.heard["quote"]), contact.heard["start_ms"]) if contact.heard else None
        if spot is not None:
            at = asdict(spot.evidence) | {"quote": spot.text, "segment_ids": list(spot.evidence.segment_ids)}
            contact.heard, contact.transcript_version = (contact.heard or {}) | at, version


def _change(contact: models.Contact, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        setattr(contact, name, value)
    contact.version += 1
    contact.updated_at = now()


def find(session: Session, owner_id: str, contact_id: str) -> models.Contact:
    """Raises NotFound, also for somebody else's."""
    contact = session.get(models.Contact, contact_id)
    if contact is None or contact.owner_id != owner_id:
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
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    columns = (models.Contact.name, models.Contact.role, models.Contact.organisation, models.Contact.note)
    return or_(*(col(column).ilike(f"%{escaped}%", escape="\\") for column in columns))


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
    _change(contact, {"state": "corrected"} | dict(changes) if corrects else changes)
    return contact


def check_version(contact: models.Contact, if_match: str | None) -> None:
    """Raises VersionMismatch. Only the contact's own number counts: where its evidence lies is nobody's edit."""
    if if_match is None or if_match.strip() == "*":
        return
    known = {tag.strip().strip('"').partition(".")[0] for tag in if_match.split(",")}
    if str(contact.version) not in known:
        raise VersionMismatch("Somebody changed this contact since you read it. Read it again.")


def delete(session: WriteSession, owner_id: str, contact_id: str, *, if_match: str | None) -> None:
    contact = find(session, owner_id, contact_id)
    check_version(contact, if_match)
    _delete(session, contact)


def _delete(session: WriteSession, contact: models.Contact) -> None:
    """Interviews that were planned with it name nobody of ours any more."""
    for interview in session.exec(select(models.Interview).where(models.Interview.contact_id == contact.id)):
        interview.contact_id = None
        interview.version += 1
        interview.updated_at = now()
    session.delete(contact)


def take_up(session: WriteSession, owner_id: str, reference: str | None) -> models.Contact | None:
    """The contact that an interview is planned with; None when `reference` is an id of the caller's own making.

    Who plans to meet somebody trusts that they are there: a proposed contact is confirmed. Raises FieldInvalid.
    """
    if reference is None or not reference.startswith(f"{Kind.CONTACT}_"):
        return None
    try:
        contact = find(session, owner_id, reference)
    except NotFound:
        raise FieldInvalid("/contact_id", "There is no contact with this id.") from None
    if contact.state == "proposed":
        _change(contact, {"state": "confirmed"})
    return contact


def forget(session: WriteSession, interview_id: str) -> int:
    """Erases what an interview said of contacts; returns of how many.

    What a person wrote themselves stays theirs: a contact of which a name, role or organisation differs from what was
    heard keeps that and its note, and no trace of where it came from. Every other goes.
    """
    contacts = of(session, interview_id)
    for contact in contacts:
        heard = contact.heard or {}
        own = {name: value for name, value in _names(contact).items() if value and value != heard.get(name)}
        if not own:
            _delete(session, contact)
            continue
        nothing = dict.fromkeys((*NAMES, "interview_id", "insight_id", "transcript_version", "heard", "offered"))
        _change(contact, nothing | own)
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
        # SQLite lowers ASCII only, so the name is also looked for as it is.
        or_(
            col(models.Contact.name).in_(names),
            func.lower(models.Contact.name).in_([name.lower() for name in names]),
        ),
    )
    found: dict[tuple[str, str], set[str]] = {}
    for row in session.exec(query):
        found.setdefault(_key(row), set()).add(row.interview_id or "")
    return found


def etag(card: Card) -> str:
    """A strong ETag. Its first number counts changes to the contact, the rest stands for all else that is shown."""
    shown = [card.contact.model_dump(mode="json"), card.stale, card.has_recording, card.also_named_in]
    return f'"{card.contact.version}.{hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]}"'
