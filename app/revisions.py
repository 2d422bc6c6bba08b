"""Revisions: versions of a transcript that people make, by bringing one from elsewhere or by editing one of ours.

A version is never changed: each of these adds one, and holds what was found so far against its words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from app import consents, contacts, insights, interviews, jobs, models, proposals, search, transcripts
from app.consents import Grant
from app.db import WriteSession
from app.extraction.turns import turns_of
from app.jobs import Queue
from app.keys import Caller
from app.transcripts import edits
from app.transcripts.values import Transcript


@dataclass(frozen=True)
class Revision:
    """A version of a transcript, and its words."""

    version: int
    transcript: Transcript


def check_importable(
    session: Session, owner_id: str, interview_id: str, *, consent: bool, if_match: str | None
) -> models.Interview:
    """The interview, if a transcript may come in.

    Raises NotFound, ConsentWithdrawn, TranscriptErased, ConsentRequired, VersionMismatch, StateConflict.
    """
    interview = interviews.readable(session, owner_id, interview_id)
    transcripts.check_kept(interview)
    if not consent:
        consents.require(session, interview.id)
    transcripts.check_version(interview, if_match)
    jobs.check_idle(session, interview.id)
    return interview


@dataclass(frozen=True)
class Brought:
    """A transcript from elsewhere. `consent`: the caller says that everybody who speaks agreed."""

    transcript: Transcript
    consent: bool = False
    if_match: str | None = None


def bring_in(
    session: WriteSession, queue: Queue, caller: Caller, interview_id: str, came: Brought
) -> tuple[Revision, models.Job]:
    """A transcript that was made elsewhere becomes the interview's current one, and is searched for insights.

    It belongs to the job that searches it: should that fail, the interview has failed, and says why there are no
    insights. Raises as `check_importable`.
    """
    interview = check_importable(session, caller.owner_id, interview_id, consent=came.consent, if_match=came.if_match)
    if came.consent and not consents.is_given(session, interview.id):
        consents.give(session, caller, interview.id, Grant())
    transcript = came.transcript
    if transcript.language is None:
        transcript = transcript.model_copy(update={"language": interview.language})
    job = jobs.submit(session, queue, interview, kind="extraction", options={})
    version = transcripts.add(session, interview.id, transcript, job_id=job.id)
    settle(session, interview.id)
    return Revision(version, transcript), job


@dataclass(frozen=True)
class Edited:
    """Whose hand changes which interview's transcript, and the version that they mean to change."""

    caller: Caller
    interview_id: str
    if_match: str | None = None


def edit_segment(
    session: WriteSession, edited: Edited, segment_id: int, *, text: str | None = None, speaker: str | None = None
) -> Revision:
    """Other words in a segment, or another speaker. Raises as `_edit`, and FieldInvalid."""
    return _edit(session, edited, lambda old: edits.with_segment(old, segment_id, text=text, speaker=speaker))


def edit_speaker(session: WriteSession, edited: Edited, speaker_id: str, changes: dict[str, Any]) -> Revision:
    """Another name or role. Raises as `_edit`."""
    return _edit(session, edited, lambda old: edits.with_speaker(old, speaker_id, changes))


def _edit(session: WriteSession, edited: Edited, change: Callable[[Transcript], Transcript]) -> Revision:
    """The current version with a change, as a new one; the current one itself when nothing is different.

    Engine and model stay those that heard it; the options say which version was edited and by which key. Raises
    NotFound, ConsentWithdrawn, TranscriptNotReady, VersionMismatch, and StateConflict while a job is at work, which
    would put its own version on top or read the old one.
    """
    interview = interviews.readable(session, edited.caller.owner_id, edited.interview_id)
    transcripts.check_ready(interview)
    transcripts.check_version(interview, edited.if_match)
    jobs.check_idle(session, interview.id)
    version, old = transcripts.current(session, interview.id)
    new = change(old)
    if new == old:
        return Revision(version, old)
    options = old.options | {"edited_from": version, "edited_by": edited.caller.key_id}
    new = new.model_copy(update={"options": options})
    version = transcripts.add(session, interview.id, new, job_id=None)
    settle(session, interview.id)
    return Revision(version, new)


def settle(session: WriteSession, interview_id: str) -> None:
    """After every new version, whoever made it: what was found so far follows its words, or is stale from now on.

    Call it in the transaction that adds the version: nothing is served as true unseen.
    """
    found, people = insights.of(session, interview_id), contacts.of(session, interview_id)
    if not found and not people:
        # The first transcript of an interview: reading it back would hold the write lock for nothing.
        return
    version, transcript = transcripts.current(session, interview_id)
    talk = insights.Talk(turns_of(transcript))
    insights.follow(session, found, version, talk)
    search.follow_insights(session, interview_id)
    proposals.follow(people, version, talk)
