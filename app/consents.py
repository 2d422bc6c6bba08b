"""Consent: an append-only record of who allowed what, and its withdrawal, which erases."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlmodel import Session, select

from app import erasures, locks, models
from app.db import WriteSession, now
from app.errors import ConsentRequired, NotFound
from app.keys import Caller

NOTICE_VERSION = "2026-11"
# What everybody on a recording was told; a consent keeps its version and hash, so the words can be proved later.
NOTICE = (
    "This conversation is recorded so that the interviewer can listen instead of taking notes. The recording is "
    "transcribed and searched for what was said about the work: pay, a typical day, likes and dislikes, advice. "
    "Everyone on the recording agreed to that. Anyone may withdraw at any time; then the recording and everything "
    "made from it are erased."
)
NOTICE_SHA256 = hashlib.sha256(NOTICE.encode()).hexdigest()


class Purpose(StrEnum):
    RECORD = "record"
    TRANSCRIBE = "transcribe"
    ANALYSE = "analyse"
    SHARE = "share"
    QUOTE = "quote"


class Method(StrEnum):
    SPOKEN_ON_RECORDING = "spoken_on_recording"
    WRITTEN_FORM = "written_form"
    WEB_FORM = "web_form"
    APP_TAP = "app_tap"
    EMAIL = "email"
    OPERATOR_ASSERTED = "operator_asserted"


# Without these three there is nothing this service may do with a recording.
NEEDED = frozenset({Purpose.RECORD, Purpose.TRANSCRIBE, Purpose.ANALYSE})


@dataclass(frozen=True)
class Grant:
    """What is being allowed. The defaults are the short form, `consent=true`: the caller says that all agreed."""

    participants: Sequence[dict[str, Any]] = field(default_factory=list)
    purposes: Sequence[Purpose] = (Purpose.RECORD, Purpose.TRANSCRIBE, Purpose.ANALYSE)
    method: Method = Method.OPERATOR_ASSERTED
    evidence: dict[str, Any] | None = None
    jurisdiction: str | None = None


def give(session: WriteSession, caller: Caller, interview_id: str, grant: Grant) -> models.Consent:
    """Writes a consent and its first event. The interview shows it, so its ETag changes with it."""
    interview = session.get_one(models.Interview, interview_id)
    interview.version += 1
    interview.updated_at = now()
    consent = models.Consent(
        owner_id=caller.owner_id,
        interview_id=interview_id,
        participants=list(grant.participants),
        purposes=[purpose.value for purpose in grant.purposes],
        method=grant.method.value,
        evidence=grant.evidence,
        jurisdiction=grant.jurisdiction,
        notice_version=NOTICE_VERSION,
        notice_sha256=NOTICE_SHA256,
        asserted_by=caller.key_id,
    )
    session.add(consent)
    session.flush()
    session.add(models.ConsentEvent(consent_id=consent.id, seq=1, kind="given", by=caller.key_id))
    return consent


def find(session: Session, owner_id: str, consent_id: str) -> models.Consent:
    consent = locks.find(session, models.Consent, consent_id, owner_id=owner_id)
    if consent is None:
        raise NotFound("There is no consent with this id.")
    return consent


def page(
    session: Session, owner_id: str, *, interview_id: str | None, limit: int, after: str | None
) -> list[models.Consent]:
    """Up to `limit` consents, newest first, older than the id `after`."""
    query = select(models.Consent).where(models.Consent.owner_id == owner_id)
    if interview_id:
        query = query.where(models.Consent.interview_id == interview_id)
    if after:
        query = query.where(models.Consent.id < after)
    return list(session.exec(query.order_by(models.Consent.id.desc()).limit(limit)))  # type: ignore[attr-defined]


def history(session: Session, consent_id: str) -> list[models.ConsentEvent]:
    """The events of a consent, oldest first."""
    query = select(models.ConsentEvent).where(models.ConsentEvent.consent_id == consent_id)
    return list(session.exec(query.order_by(models.ConsentEvent.seq)))  # type: ignore[arg-type]


def is_withdrawn(events: Sequence[models.ConsentEvent]) -> bool:
    return any(event.kind == "withdrawn" for event in events)


def allows_recording(purposes: Sequence[str]) -> bool:
    return set(purposes) >= NEEDED


def require(session: Session, interview_id: str) -> None:
    """Raises ConsentRequired unless the interview has a live consent to record, transcribe and analyse."""
    if not is_given(session, interview_id):
        raise missing()


def is_given(session: Session, interview_id: str) -> bool:
    """Whether the interview has a live consent to record, transcribe and analyse."""
    return any(
        allows_recording(consent.purposes) and not is_withdrawn(history(session, consent.id))
        for consent in session.exec(select(models.Consent).where(models.Consent.interview_id == interview_id)).all()
    )


def missing() -> ConsentRequired:
    return ConsentRequired(
        "Say consent=true, before what was said, when everyone who speaks has agreed to be recorded and transcribed."
    )


def withdraw(session: WriteSession, caller: Caller, consent_id: str, reason: str | None) -> models.Erasure:
    """Refuses every further read and erases the words, in this transaction; the sound goes right after it.

    Any one participant's withdrawal erases the whole recording: there is no way to take one voice out of it.
    Withdrawing again answers with the same erasure.
    """
    consent = find(session, caller.owner_id, consent_id)
    events = history(session, consent.id)
    if is_withdrawn(events):
        return erasures.of_consent(session, consent.id)
    session.add(
        models.ConsentEvent(
            consent_id=consent.id, seq=len(events) + 1, kind="withdrawn", by=caller.key_id, reason=reason
        )
    )
    return erasures.begin(session, caller, interview_id=consent.interview_id, consent_id=consent.id)
