"""A conversation as a whole: how well somebody listened, as numbers with their places, and who spoke when.

`values` says what it is made of; `spurts` tells who holds the floor, `asked` how questions are put, `measures` counts,
`timeline` draws. All of those are pure; this file asks the database. Nothing of it is kept: it is made of the current
transcript whenever it is asked for.
"""

from sqlmodel import Session, col, select

from app import models, recordings, transcripts
from app.conversation import measures, timeline
from app.conversation.values import Conversation, Mark
from app.transcripts.values import Transcript

__all__ = ["Conversation", "measure", "of", "timeline"]


def of(session: Session, interview: models.Interview) -> Conversation:
    """Raises TranscriptNotReady, TranscriptErased."""
    version, transcript = transcripts.current(session, interview.id)
    recording = None if interview.recording_erased_at else recordings.of(session, interview.id)
    return measure(
        version,
        transcript,
        marks=_marks(session, interview.id),
        recorded_ms=recording.duration_ms if recording else None,
        planned_minutes=interview.planned_minutes,
    )


def measure(
    version: int,
    transcript: Transcript,
    *,
    marks: list[Mark] | None = None,
    recorded_ms: int | None = None,
    planned_minutes: int | None = None,
) -> Conversation:
    """Pure. `recorded_ms` is the length of the recording, if there is one that was decoded."""
    heard = measures.Heard(transcript)
    voices = measures.voices(heard)
    return Conversation(
        transcript_version=version,
        times=heard.times,
        voices=voices,
        talk=measures.talk(heard, voices),
        interruptions=measures.interruptions(heard),
        questions=measures.questions(heard),
        silences=measures.silences(heard),
        length=measures.length(heard, recorded_ms=recorded_ms, planned_minutes=planned_minutes),
        spurts=heard.spurts,
        marks=marks or [],
    )


def _marks(session: Session, interview_id: str) -> list[Mark]:
    """The insights that stand: neither rejected nor stale, in order of time."""
    insight, category = models.Insight, models.InsightCategory
    found = session.exec(
        select(category.category, insight.start_ms)
        .select_from(insight)
        .join(category, col(category.insight_id) == insight.id)
        .where(insight.interview_id == interview_id, insight.state != "rejected", col(insight.stale).is_(False))
        .where(category.rank == 0)
        .order_by(col(insight.start_ms), col(insight.id))
    )
    return [Mark(name, start_ms) for name, start_ms in found]
