"""Transcripts as JSON."""

from pydantic import ConfigDict, Field, JsonValue

from app.api.schemas.fields import EXAMPLE_INTERVIEW, Output, example
from app.transcripts.values import Doubt, Notice, Role


class WordOut(Output):
    start_ms: int
    end_ms: int
    text: str
    probability: float


class SegmentOut(Output):
    """Words of one speaker. `words` is left out when the request says `include=none`."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={"required": ["id", "start_ms", "end_ms", "speaker", "text", "doubts"]},
    )

    id: int
    start_ms: int
    end_ms: int
    speaker: str
    text: str
    doubts: list[Doubt] = Field(description="Why these words may be invented. Nothing is deleted for it.")
    words: list[WordOut] | None = None


class SpeakerOut(Output):
    id: str
    name: str | None
    role: Role | None


TRANSCRIPT_EXAMPLE = {
    "interview_id": EXAMPLE_INTERVIEW,
    "version": 1,
    "language": "en",
    "language_probability": 0.98,
    "duration_ms": 87400,
    "engine": "faster-whisper",
    "model": "base",
    "options": {"beam_size": 5},
    "notices": [],
    "speakers": [{"id": "S1", "name": None, "role": None}],
    "segments": [
        {
            "id": 1,
            "start_ms": 320,
            "end_ms": 1480,
            "speaker": "S1",
            "text": "What do you like?",
            "doubts": [],
            "words": [{"start_ms": 320, "end_ms": 610, "text": "What", "probability": 0.97}],
        }
    ],
}


class TranscriptOut(Output):
    """One version of the words. Times are in ms from the start of the recording."""

    model_config = example(TRANSCRIPT_EXAMPLE)

    interview_id: str
    version: int
    language: str | None
    language_probability: float | None
    duration_ms: int
    engine: str = Field(description="What heard it; `import`: nothing here did.")
    model: str = Field(description="The weights it was heard with; of an import, the format it came in.")
    options: dict[str, JsonValue]
    notices: list[Notice] = Field(
        description="What to know about the whole: no speech, an uncertain language, times that are estimated ..."
    )
    speakers: list[SpeakerOut]
    segments: list[SegmentOut]


class TranscriptEditOut(Output):
    """The version that an edit made, with what is different in it. Without a difference, the version there was."""

    model_config = example(
        {
            "interview_id": EXAMPLE_INTERVIEW,
            "version": 2,
            "speakers": TRANSCRIPT_EXAMPLE["speakers"],
            "segments": TRANSCRIPT_EXAMPLE["segments"],
        }
    )

    interview_id: str
    version: int
    speakers: list[SpeakerOut] = Field(description="All of them.")
    segments: list[SegmentOut] = Field(description="The one that was asked for; none for a speaker.")
