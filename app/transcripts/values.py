"""What a transcript is made of, as plain values: words, segments, speakers, doubts."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Doubt(StrEnum):
    """Why a segment's words may be invented. Shown to the reader, never deleted."""

    LOOP = "loop"
    OVER_SILENCE = "over-silence"
    LOW_CONFIDENCE = "low-confidence"


class Role(StrEnum):
    INTERVIEWER = "interviewer"
    INTERVIEWEE = "interviewee"
    OTHER = "other"


class Notice(StrEnum):
    """What a reader should know about the transcript as a whole."""

    NO_SPEECH = "no-speech"
    LANGUAGE_UNCERTAIN = "language-uncertain"
    LANGUAGE_MISMATCH = "language-mismatch"
    SEVERAL_LANGUAGES = "several-languages"
    TIMES_ESTIMATED = "times-estimated"


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Word(Value):
    """One word: times in ms from the start of the recording, probability 0..1 as the model gives it."""

    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)
    text: str
    probability: float = Field(ge=0, le=1)


class Segment(Value):
    """Words said by one speaker in one breath. `id` counts from 1 within its transcript version."""

    id: int = Field(ge=1)
    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)
    speaker: str
    text: str
    doubts: tuple[Doubt, ...] = ()
    words: tuple[Word, ...] = ()


class Speaker(Value):
    """`id` is `S1`, `S2`, ... in order of first words; `name` and `role` are known or None."""

    id: str
    name: str | None = None
    role: Role | None = None


class Transcript(Value):
    """One immutable version of the words of an interview.

    `language` is an ISO 639-1 code (None: nothing was said, or nobody said which it is); `language_probability` is
    None when the language was given and not detected. Segments are in order of `start_ms`. What was not heard here
    has the engine `import` and as its model the format that it came in.
    """

    language: str | None
    language_probability: float | None = None
    duration_ms: int = Field(ge=0)
    engine: str
    model: str
    options: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    speakers: tuple[Speaker, ...] = ()
    segments: tuple[Segment, ...] = ()
