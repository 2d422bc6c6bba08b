"""Interviews: planned, recorded, listed, changed, erased."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from app import (
    consents,
    contacts,
    cursors,
    erasures,
    etags,
    jobs,
    locks,
    models,
    recordings,
    retention,
    search,
    titles,
    transcripts,
)
from app.consents import Grant
from app.db import ByCodePoint, WriteSession, mentions, now, together
from app.errors import ConsentWithdrawn, NotFound, RecordingAbsent, RecordingDuplicate, RecordingPresent
from app.jobs import Queue
from app.keys import Caller
from app.uploads import Kept

# What erasing an interview blanks: everything in the row that says something about a person.
PERSONAL = ("interviewee", "role", "employer", "contact_id", "planned_at", "planned_minutes")


@dataclass(frozen=True)
class Plan:
    """What is known of an interview before anybody has spoken. `vocabulary`: names and terms to listen for."""

    title: str | None = None
    interviewee: str | None = None
    role: str | None = None
    employer: str | None = None
    contact_id: str | None = None
    planned_at: datetime | None = None
    planned_minutes: int | None = None
    language: str | None = None
    vocabulary: list[str] = field(default_factory=list)


def plan(session: WriteSession, caller: Caller, wanted: Plan) -> models.Interview:
    """A new interview without a recording. Raises FieldInvalid when its contact is none of the caller's."""
    wanted = _with_contact(wanted, contacts.take_up(session, caller.owner_id, wanted.contact_id))
    interview = models.Interview(
        owner_id=caller.owner_id,
        title=wanted.title or titles.made_up(wanted),
        interviewee=wanted.interviewee,
        role=wanted.role,
        employer=wanted.employer,
        contact_id=wanted.contact_id,
        planned_at=wanted.planned_at,
        planned_minutes=wanted.planned_minutes,
        language=wanted.language,
        vocabulary=wanted.vocabulary,
    )
    session.add(interview)
    session.flush()
    return interview


def _with_contact(wanted: Plan, contact: models.Contact | None) -> Plan:
    """What is not said of the interviewee is as the contact has it."""
    if contact is None:
        return wanted
    return replace(
        wanted,
        interviewee=wanted.interviewee or contact.name,
        role=wanted.role or contact.role,
        employer=wanted.employer or contact.organisation,
    )


@dataclass(frozen=True)
class Arrival:
    """A recording that has come and is kept, with its name on the client's side and the consent that came along.

    `may_repeat`: it may be a recording that another interview has.
    """

    kept: Kept
    filename: str | None = None
    grant: Grant | None = None
    may_repeat: bool = False


def attach(
    session: WriteSession, queue: Queue, interview: models.Interview, caller: Caller, came: Arrival
) -> models.Job:
    """Records the recording and the consent and queues the transcription, in one transaction.

    Raises ConsentRequired, RecordingPresent, RecordingDuplicate. The bytes were kept before: should the commit fail,
    they are an orphan that the sweep removes; there is never a row without bytes.
    """
    check_can_record(session, interview)
    if came.grant is not None:
        consents.give(session, caller, interview.id, came.grant)
    consents.require(session, interview.id)
    if found := twin(session, caller.owner_id, came):
        raise duplicate(found.id)
    session.add(
        models.Recording(
            id=came.kept.recording_id,
            interview_id=interview.id,
            key=came.kept.key,
            filename=came.filename,
            media_type=came.kept.media_type,
            size_bytes=came.kept.size_bytes,
            sha256=came.kept.sha256,
        )
    )
    if interview.title == titles.UNKNOWN:
        interview.title = titles.made_up(interview, came.filename)
    session.flush()
    return jobs.submit(session, queue, interview, kind="transcription", options=hearing_options(interview))


def twin(session: WriteSession, owner_id: str, came: Arrival) -> models.Interview | None:
    """The owner's oldest interview with the same recording, byte for byte; None where that may be.

    What is withdrawn, deleted or kept long enough is not looked at: as if it had never been here.
    """
    if came.may_repeat:
        return None
    # Of two that come at once, the second waits here for what the first has committed.
    locks.hold(session, models.Owner, owner_id)
    return session.exec(
        select(models.Interview)
        .join(models.Recording, col(models.Recording.interview_id) == models.Interview.id)
        .where(
            models.Recording.sha256 == came.kept.sha256,
            models.Interview.owner_id == owner_id,
            models.Interview.status != "withdrawn",
            col(models.Interview.deleted_at).is_(None),
            col(models.Interview.recording_erased_at).is_(None),
        )
        .order_by(col(models.Interview.id))
    ).first()


def duplicate(interview_id: str) -> RecordingDuplicate:
    return RecordingDuplicate(
        "Another interview has the same recording. If this is to have it too, say on_duplicate=new.",
        interview_id=interview_id,
    )


def hearing_options(interview: models.Interview, **asked: Any) -> dict[str, Any]:
    """What the ear is told: what was asked for now, or else what is known of the interview."""
    known = {"language": interview.language, "vocabulary": interview.vocabulary}
    return known | {name: value for name, value in asked.items() if value is not None}


def check_can_record(session: Session, interview: models.Interview) -> None:
    """Raises ConsentWithdrawn, RecordingErased, TranscriptErased, RecordingPresent; StateConflict while it is searched.

    A recording whose words may not come back is not heard.
    """
    if interview.status == "withdrawn":
        raise withdrawn()
    recordings.check_kept(interview)
    transcripts.check_kept(interview)
    if recordings.of(session, interview.id) is not None:
        raise RecordingPresent("This interview has its recording. Make another interview for another recording.")
    jobs.check_idle(session, interview.id)


def find(session: Session, owner_id: str, interview_id: str) -> models.Interview:
    """Raises NotFound, also for somebody else's. A writer holds what it finds (`locks`)."""
    interview = locks.find(session, models.Interview, interview_id, owner_id=owner_id)
    if interview is None or interview.deleted_at is not None:
        raise NotFound("There is no interview with this id.")
    return interview


def readable(session: Session, owner_id: str, interview_id: str) -> models.Interview:
    """An interview whose sound and words may be read. Raises NotFound, ConsentWithdrawn."""
    interview = find(session, owner_id, interview_id)
    if interview.status == "withdrawn":
        raise withdrawn()
    return interview


def withdrawn() -> ConsentWithdrawn:
    return ConsentWithdrawn("Consent was withdrawn; the recording and everything made from it are erased.")


@dataclass(frozen=True)
class Filters:
    """Which interviews; `q` stands in a title, a person or an employer, or its words in something that was said."""

    status: str | None = None
    q: str | None = None
    contact_id: str | None = None


def page(
    session: Session, owner_id: str, filters: Filters, *, sort: str, limit: int, cursor: cursors.Position | None
) -> list[models.Interview]:
    """Up to `limit` interviews after `cursor`. `sort`: created_at or title, with a leading - for downwards."""
    query = select(models.Interview).where(
        models.Interview.owner_id == owner_id, col(models.Interview.deleted_at).is_(None)
    )
    if filters.status:
        query = query.where(models.Interview.status == filters.status)
    if filters.contact_id:
        query = query.where(models.Interview.contact_id == filters.contact_id)
    if filters.q:
        query = query.where(_mentions(session, owner_id, filters.q))
    return list(session.exec(_in_order(query, sort, cursor).limit(limit)))


def _in_order(query: Any, sort: str, cursor: cursors.Position | None) -> Any:
    # Ids are UUIDv7: their order is the order of creation, so they serve as that key and as the tie-breaker.
    by_id, title = col(models.Interview.id), ByCodePoint(col(models.Interview.title))
    down = sort.startswith("-")
    if sort.removeprefix("-") == "title":
        if cursor is not None:
            beyond = title < cursor.value if down else title > cursor.value
            later = by_id < cursor.id if down else by_id > cursor.id
            query = query.where(or_(beyond, and_(title == cursor.value, later)))
        return query.order_by(title.desc() if down else title, by_id.desc() if down else by_id)
    if cursor is not None:
        query = query.where(by_id < cursor.id if down else by_id > cursor.id)
    return query.order_by(by_id.desc() if down else by_id)


def _mentions(session: Session, owner_id: str, text: str) -> Any:
    columns = (models.Interview.title, models.Interview.interviewee, models.Interview.role, models.Interview.employer)
    query = search.parse(text)
    said = [search.is_said(session, owner_id, query)] if query.terms else []
    return or_(mentions(together(*columns), text), *said)


def etag(interview: models.Interview, job: models.Job | None) -> str:
    """A strong ETag. Its first number counts changes to the interview, the second those of its job."""
    return f'"{interview.version}.{job.version if job else 0}"'


def check_version(interview: models.Interview, if_match: str | None) -> None:
    """Raises VersionMismatch. Only the interview's own number counts: progress of a job is nobody's edit."""
    etags.check(if_match, current=str(interview.version), what="interview")


def update(
    session: WriteSession, caller: Caller, interview_id: str, changes: Mapping[str, Any], *, if_match: str | None
) -> models.Interview:
    """Raises VersionMismatch, and FieldInvalid when its contact is none of the caller's."""
    interview = find(session, caller.owner_id, interview_id)
    check_version(interview, if_match)
    # Looked up before: a query writes what was changed so far, and a cleared title cannot be written.
    recording = recordings.of(session, interview_id)
    contacts.take_up(session, caller.owner_id, changes.get("contact_id"))
    for name, value in retention.columns(changes, by=caller.key_id, at=now()).items():
        setattr(interview, name, value)
    interview.vocabulary = interview.vocabulary or []
    interview.title = interview.title or titles.made_up(interview, recording.filename if recording else None)
    interview.version += 1
    interview.updated_at = now()
    return interview


def hear_again(
    session: WriteSession, queue: Queue, owner_id: str, interview_id: str, asked: dict[str, Any]
) -> models.Job:
    """A new transcription with other options. Raises RecordingAbsent, RecordingErased, TranscriptErased."""
    interview = readable(session, owner_id, interview_id)
    recordings.check_kept(interview)
    transcripts.check_kept(interview)
    if recordings.of(session, interview_id) is None:
        raise RecordingAbsent("There is no recording to hear yet. Send it by PUT.")
    return jobs.submit(session, queue, interview, kind="transcription", options=hearing_options(interview, **asked))


def extract_again(session: WriteSession, queue: Queue, owner_id: str, interview_id: str) -> models.Job:
    """A new extraction from the current transcript. Raises TranscriptNotReady."""
    interview = readable(session, owner_id, interview_id)
    transcripts.check_ready(interview)
    return jobs.submit(session, queue, interview, kind="extraction", options={})


def delete(session: WriteSession, caller: Caller, interview_id: str, *, if_match: str | None) -> models.Erasure:
    """Erases all but the record of consent, and hides what is left: a blank row that it and the certificate hang on."""
    interview = find(session, caller.owner_id, interview_id)
    check_version(interview, if_match)
    erasure = erasures.begin(session, caller, interview_id=interview.id, consent_id=None)
    for name in PERSONAL:
        setattr(interview, name, None)
    interview.title, interview.vocabulary = "", []
    interview.deleted_at = now()
    return erasure
