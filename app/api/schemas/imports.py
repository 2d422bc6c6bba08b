"""Transcripts that come in: our own export as JSON, or plain turns; and what a person changes in one."""

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from app.api.schemas.fields import Input, Language, Line, Text, as_number, example
from app.api.schemas.transcripts import TRANSCRIPT_EXAMPLE
from app.errors import FieldInvalid
from app.transcripts import drafts, edits, labels
from app.transcripts.cues import one_line
from app.transcripts.subtitles import LAST_MS
from app.transcripts.values import Doubt, Notice, Role, Segment, Speaker, Transcript, Word

TURNS, WORDS, SPEAKERS, OPTIONS = drafts.MOST_SEGMENTS, 20_000, 1_000, 50
EDIT_LENGTH = 50_000  # an hour of talk; however it is escaped, it fits in a JSON body

# Not `Milliseconds` with a second bound: the contract would say `le` of it, which is no word of JSON Schema.
Moment = Annotated[int, Field(ge=0, le=LAST_MS), BeforeValidator(as_number)]
Ordinal = Annotated[int, Field(ge=1, le=2**53), BeforeValidator(as_number)]
Probability = Annotated[float, Field(ge=0, le=1, strict=True)]
Said = Annotated[Text, StringConstraints(max_length=drafts.MOST_CHARS)]
SpeakerId = Annotated[str, StringConstraints(pattern=edits.SPEAKER_ID)]
Number = Annotated[float, Field(ge=-(2**53), le=2**53, strict=True)]
Whole = Annotated[int, Field(ge=-(2**53), le=2**53, strict=True)]
Option = Annotated[Text, StringConstraints(max_length=30_000)] | Annotated[bool, Field(strict=True)] | Whole | Number


class ImportFields(Input):
    """What may be said about a transcript that comes in."""

    format: Literal["json", "vtt", "srt", "txt", "md"] | None = Field(
        default=None, description="What the body is. Wins over Content-Type."
    )
    consent: Literal["true", "false"] = Field(
        default="false", description="Everyone who speaks agreed to it. Not needed when known."
    )
    language: Language | None = Field(default=None, description="What is spoken, where the body does not say.")
    interviewer: Line | None = Field(default=None, description="The name or id of the speaker who asks the questions.")


class WordIn(Input):
    """A word of our own export."""

    start_ms: Moment
    end_ms: Moment
    text: Annotated[Text, StringConstraints(max_length=1_000)]
    probability: Probability


class SegmentIn(Input):
    """A segment of our own export. `id` counts from 1."""

    id: Annotated[int, Field(ge=1, le=TURNS), BeforeValidator(as_number)]
    start_ms: Moment
    end_ms: Moment
    speaker: SpeakerId
    text: Said
    doubts: list[Doubt] = Field(default_factory=list, max_length=10)
    words: list[WordIn] = Field(default_factory=list, max_length=WORDS)


class SpeakerIn(Input):
    """A speaker of our own export."""

    id: SpeakerId
    name: Line | None = None
    role: Role | None = None


class TranscriptIn(Input):
    """Our own export as JSON. Whose it was and which version it had there is read over."""

    model_config = example(TRANSCRIPT_EXAMPLE)

    interview_id: Annotated[str, StringConstraints(max_length=64)] | None = None
    version: Ordinal | None = None
    language: Language | None
    language_probability: Probability | None = None
    duration_ms: Moment
    engine: Annotated[Text, StringConstraints(min_length=1, max_length=40)]
    model: Annotated[Text, StringConstraints(min_length=1, max_length=200)]
    options: dict[Line, Option | None] = Field(default_factory=dict, max_length=OPTIONS)
    notices: list[Notice] = Field(default_factory=list, max_length=20)
    speakers: Annotated[list[SpeakerIn], Field(max_length=SPEAKERS)]
    segments: Annotated[list[SegmentIn], Field(max_length=TURNS)]

    def as_transcript(self, *, language: str | None) -> Transcript:
        """Word for word; what it was heard with stands in the options. Raises FieldInvalid."""
        self._check()
        return Transcript(
            language=self.language or language,
            language_probability=self.language_probability,
            duration_ms=self.duration_ms,
            **self._provenance(),
            notices=tuple(self.notices),
            speakers=tuple(Speaker(id=one.id, name=one.name, role=one.role) for one in self.speakers),
            segments=tuple(_segment(one) for one in self.segments),
        )

    def _provenance(self) -> dict[str, Any]:
        """Nobody here has heard it. What was an import where it comes from is that import still."""
        if self.engine == drafts.ENGINE:
            return {"engine": self.engine, "model": self.model, "options": self.options}
        heard = {"heard_by": self.engine, "heard_with": self.model}
        return {"engine": drafts.ENGINE, "model": "json", "options": self.options | heard}

    def _check(self) -> None:
        known = {one.id for one in self.speakers}
        if len(known) < len(self.speakers):
            raise FieldInvalid("/speakers", "Two speakers have the same id.")
        latest_ms = 0
        for at, one in enumerate(self.segments):
            here = f"/segments/{at}"
            if one.id != at + 1:
                raise FieldInvalid(f"{here}/id", f"Segments count from 1: this one is {at + 1}.")
            if one.speaker not in known:
                raise FieldInvalid(f"{here}/speaker", "No speaker has this id.")
            if one.start_ms < latest_ms:
                raise FieldInvalid(f"{here}/start_ms", "It lies before the start of the segment above.")
            latest_ms = one.start_ms
            _check_ends(here, one)
            for number, word in enumerate(one.words):
                _check_ends(f"{here}/words/{number}", word)


def _check_ends(here: str, one: SegmentIn | WordIn) -> None:
    if one.end_ms < one.start_ms:
        raise FieldInvalid(f"{here}/end_ms", "It lies before the start.")


def _segment(one: SegmentIn) -> Segment:
    words = tuple(
        Word(start_ms=word.start_ms, end_ms=word.end_ms, text=word.text, probability=word.probability)
        for word in one.words
    )
    return Segment(
        id=one.id,
        start_ms=one.start_ms,
        end_ms=one.end_ms,
        speaker=one.speaker,
        text=one.text,
        doubts=tuple(one.doubts),
        words=words,
    )


class NamedIn(Input):
    """Somebody who speaks in the turns, by a name or an id of yours."""

    id: Line | None = None
    name: Line | None = None
    role: Role | None = None


class TurnIn(Input):
    """What somebody said. `speaker` is an id or a name in `speakers`, or else a name."""

    speaker: Line
    role: Role | None = None
    text: Said
    start_ms: Moment | None = None
    end_ms: Moment | None = None


class TurnsIn(Input):
    """A conversation, turn by turn. Times that are absent are estimated from the number of words."""

    model_config = example(
        {
            "language": "en",
            "speakers": [{"name": "Ada Okafor", "role": "interviewee"}],
            "turns": [
                {"speaker": "Interviewer", "text": "What do you like about it?"},
                {"speaker": "Ada Okafor", "text": "What I love most about my job is the quiet by the sea."},
            ],
        }
    )

    language: Language | None = None
    speakers: list[NamedIn] = Field(default_factory=list, max_length=SPEAKERS)
    turns: Annotated[list[TurnIn], Field(min_length=1, max_length=TURNS)]

    def as_transcript(self, *, language: str | None) -> Transcript:
        """Raises FieldInvalid."""
        known = self._known()
        lines = [_line(at, turn, known.get(turn.speaker, NamedIn())) for at, turn in enumerate(self.turns)]
        _check_roles(lines)
        starts = [(at, line.start_ms) for at, line in enumerate(lines) if line.start_ms is not None]
        for (_, earlier_ms), (at, start_ms) in pairwise(starts):
            if len(starts) < len(lines) and start_ms < earlier_ms:
                raise FieldInvalid(f"/turns/{at}/start_ms", "It lies before a turn above, and some turns have no time.")
        return drafts.transcript(drafts.Draft(lines), model="json", language=self.language or language)

    def _known(self) -> dict[str, NamedIn]:
        """By id and by name."""
        known: dict[str, NamedIn] = {}
        for at, one in enumerate(self.speakers):
            for word in {one.id, one.name} - {None}:
                if known.setdefault(str(word), one) is not one:
                    raise FieldInvalid(f"/speakers/{at}", "Another speaker has this id or name.")
        return known


def _line(at: int, turn: TurnIn, known: NamedIn) -> drafts.Line:
    if turn.end_ms is not None and (turn.start_ms is None or turn.end_ms < turn.start_ms):
        raise FieldInvalid(f"/turns/{at}/end_ms", "It needs a start that lies not after it.")
    name = one_line(known.name or labels.unnamed(known.id or turn.speaker))
    return drafts.Line(turn.text, name or None, turn.start_ms, turn.end_ms, turn.role or known.role)


def _check_roles(lines: list[drafts.Line]) -> None:
    given: dict[str | None, Role] = {}
    for at, line in enumerate(lines):
        if line.role is not None and given.setdefault(line.name, line.role) is not line.role:
            raise FieldInvalid(f"/turns/{at}/role", "The same speaker has another role above.")


class SegmentChange(Input):
    """What to change in a segment; what is left out or null stays. An empty text takes the words out."""

    model_config = example({"text": "I make about fifty-two thousand dollars a year."})

    text: Annotated[Text, StringConstraints(max_length=EDIT_LENGTH), AfterValidator(one_line)] | None = Field(
        default=None, description="The words as they were."
    )
    speaker: SpeakerId | None = Field(default=None, description="Who says them; the next free id is a new speaker.")


def _name(text: str) -> str | None:
    return one_line(text) or None


class SpeakerChange(Input):
    """What to change about a speaker; null clears it."""

    model_config = example({"name": "Ada Okafor", "role": "interviewee"})

    name: Annotated[Line, AfterValidator(_name)] | None = Field(default=None, description="What to call them.")
    role: Role | None = Field(default=None, description="Who interviews whom matters to what is found.")
