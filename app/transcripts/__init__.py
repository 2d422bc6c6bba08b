"""Transcripts: numbered, immutable versions of an interview's words, kept and read back.

`values` says what a transcript is made of; `formats` writes one as subtitles or text, `cues` cuts it for a screen and
`labels` names who speaks. `reading` takes one from elsewhere (`subtitles`, `prose`, `drafts`), `edits` changes one.
"""

from sqlalchemy import func
from sqlmodel import Session, col, select

from app import etags, models, search
from app.db import WriteSession
from app.errors import NotFound, TranscriptErased, TranscriptNotReady, VersionMismatch
from app.transcripts import values

# When to ask again for a transcript that is being made, in seconds.
RETRY_AFTER_S = 5


def keep(session: WriteSession, *, job: models.Job, transcript: values.Transcript) -> int:
    """Keeps the transcript that `job` made as the interview's current version; keeping it twice changes nothing.

    A later attempt may have heard it in another manner, with other weights say: that is a version of its own. Raises as
    `add`.
    """
    known = session.exec(select(models.Transcript).where(models.Transcript.job_id == job.id)).first()
    if known is not None and _manner(known) == _manner(transcript):
        return known.version
    if known is not None:
        known.job_id = None
        session.flush()
    return add(session, job.interview_id, transcript, job_id=job.id)


def _manner(one: models.Transcript | values.Transcript) -> tuple[object, ...]:
    return one.engine, one.model, one.language, one.options


def add(session: WriteSession, interview_id: str, transcript: values.Transcript, *, job_id: str | None) -> int:
    """A new version, which readers get from now on; the older ones stay readable by number. Raises TranscriptErased."""
    interview = session.get_one(models.Interview, interview_id)
    check_kept(interview)
    version = 1 + (_newest(session, interview_id) or 0)
    head = models.Transcript(
        interview_id=interview_id,
        version=version,
        job_id=job_id,
        **transcript.model_dump(mode="json", exclude={"segments"}),
    )
    session.add(head)
    session.flush()
    session.add_all(_row(head.id, segment) for segment in transcript.segments)
    interview.transcript_version = version
    interview.version += 1
    session.flush()
    search.follow_words(session, interview_id)
    return version


def _newest(session: Session, interview_id: str) -> int | None:
    return session.exec(
        select(func.max(models.Transcript.version)).where(models.Transcript.interview_id == interview_id)
    ).one()


def _row(transcript_id: str, segment: values.Segment) -> models.Segment:
    facts = segment.model_dump(mode="json", exclude={"id"})
    return models.Segment(transcript_id=transcript_id, number=segment.id, **facts)


def current(session: Session, interview_id: str) -> tuple[int, values.Transcript]:
    """The version that readers get, and its number. Raises TranscriptNotReady."""
    interview = session.get_one(models.Interview, interview_id)
    check_ready(interview)
    return interview.transcript_version, at_version(session, interview_id, interview.transcript_version)


def pick(session: Session, interview_id: str, version: int | None) -> tuple[int, values.Transcript]:
    """The version asked for, or the current one. Raises NotFound, TranscriptNotReady, TranscriptErased."""
    if version is None:
        return current(session, interview_id)
    check_kept(session.get_one(models.Interview, interview_id))
    return version, at_version(session, interview_id, version)


def check_kept(interview: models.Interview) -> None:
    """Raises TranscriptErased. Words whose time was over do not come back: that would undo the promise."""
    if interview.transcript_erased_at is not None:
        erased_at = interview.transcript_erased_at.isoformat()
        raise TranscriptErased("Its time was over, as was that of all that was found in it.", erased_at=erased_at)


def check_ready(interview: models.Interview) -> None:
    """Raises TranscriptNotReady, TranscriptErased."""
    check_kept(interview)
    if interview.transcript_version > 0:
        return
    on_its_way = interview.status in ("queued", "transcribing", "extracting")
    raise TranscriptNotReady(
        f"There is no transcript yet: the interview is {interview.status}.",
        current_value=interview.status,
        **({"retry_after_s": RETRY_AFTER_S} if on_its_way else {}),
    )


def etag(version: int, *representation: str) -> str:
    """A strong ETag: a version never changes, so its number and what is shown of it name the bytes."""
    return f'"{"-".join([str(version), *representation])}"'


def check_version(interview: models.Interview, if_match: str | None) -> None:
    """Raises VersionMismatch. Whoever has read any representation of a version has read that version."""
    if if_match is not None and interview.transcript_version == 0:
        raise VersionMismatch("There is no transcript yet that you could have read.")
    etags.check(if_match, current=str(interview.transcript_version), what="transcript")


def at_version(session: Session, interview_id: str, version: int) -> values.Transcript:
    """Raises NotFound when there never was such a version."""
    head = session.exec(
        select(models.Transcript).where(
            models.Transcript.interview_id == interview_id, models.Transcript.version == version
        )
    ).first()
    if head is None:
        raise NotFound("This interview has no transcript of that version.")
    rows = session.exec(
        select(models.Segment).where(models.Segment.transcript_id == head.id).order_by(col(models.Segment.number))
    )
    facts = head.model_dump(include=set(values.Transcript.model_fields) - {"segments"})
    return values.Transcript(**facts, segments=tuple(_segment(row) for row in rows))


def _segment(row: models.Segment) -> values.Segment:
    return values.Segment(id=row.number, **row.model_dump(exclude={"transcript_id", "number"}))
