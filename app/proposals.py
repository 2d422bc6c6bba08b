"""Proposals: whom the referrals of an interview send to, as contacts with the words for proof."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlmodel import Session, col, select

from app import contacts, models
from app.db import WriteSession
from app.extraction import Category
from app.extraction.referred import Referred, around, both, is_same, referred
from app.insights import Found, Talk, nearest

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
        return {"offered": self.who.offered.value} | contacts.names(self.who)

    @property
    def heard(self) -> dict[str, Any]:
        """What a contact remembers of it."""
        return contacts.names(self.who) | {name: getattr(self.insight, name) for name in EVIDENCE}


def propose(session: WriteSession, *, interview_id: str, found: Found) -> int:
    """Contacts for the referrals that were just kept; returns how many are new.

    Who is heard of again keeps their id, and whatever a person made of them; they get the evidence of this time. Whom
    nobody has touched and nothing speaks of any more goes. Call it in the transaction that keeps the insights.
    """
    interview = session.get_one(models.Interview, interview_id)
    talk = Talk(found.turns)
    left = of_referrals(_referrals(session, interview_id), talk)
    for contact in contacts.of(session, interview_id):
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


def of_referrals(insights: Iterable[models.Insight], talk: Talk) -> list[Proposal]:
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
    return is_same(known, who) or is_same(replace(known, **_names_heard(contact)), who)


def _names_heard(contact: models.Contact) -> dict[str, Any]:
    return {name: contact.heard[name] for name in contacts.NAMES} if contact.heard else {}


def _is_touched(contact: models.Contact) -> bool:
    return contact.state in JUDGED or contact.note is not None


def _hear(contact: models.Contact, proposal: Proposal) -> None:
    """Takes over the evidence, and the words for who it is where no person has decided on them."""
    first = _names_heard(contact) if contact.state != "proposed" else {}
    contact.heard, contact.insight_id = proposal.heard | first, proposal.insight.id
    contact.transcript_version = proposal.insight.transcript_version
    if contact.state == "proposed" and proposal.said != contacts.names(contact) | {"offered": contact.offered}:
        contacts.change(contact, proposal.said)


def follow(known: Iterable[models.Contact], version: int, talk: Talk) -> None:
    """Moves the evidence of each to its quote's place in this version; where it is gone, it stays as it was."""
    for contact in known:
        spot = nearest(talk.spots(contact.heard["quote"]), contact.heard["start_ms"]) if contact.heard else None
        if spot is not None:
            at = asdict(spot.evidence) | {"quote": spot.text, "segment_ids": list(spot.evidence.segment_ids)}
            contact.heard, contact.transcript_version = (contact.heard or {}) | at, version
