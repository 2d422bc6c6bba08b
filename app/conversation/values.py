"""What a conversation is measured in: who spoke when and how long, what was asked, cut off and waited."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.transcripts.values import Role


class Times(StrEnum):
    """Where the times come from: each word was heard, somebody gave them with the text, or they are counted out."""

    MEASURED = "measured"
    GIVEN = "given"
    ESTIMATED = "estimated"


class Reason(StrEnum):
    """Why a number is not known."""

    NO_SPEECH = "no-speech"
    ONE_SPEAKER = "one-speaker"
    ROLES_UNKNOWN = "roles-unknown"
    TIMES_ESTIMATED = "times-estimated"
    WORDS_WITHOUT_TIMES = "words-without-times"
    ONE_CHANNEL = "one-channel"
    LANGUAGE_NOT_READ = "language-not-read"
    NO_QUESTIONS = "no-questions"
    NO_ANSWERS = "no-answers"
    SLOT_NOT_PLANNED = "slot-not-planned"


class Kind(StrEnum):
    """How a question is put: so that it invites a telling, or so that a word answers it."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Stretch:
    """A place in the conversation, as proof: where it is in the transcript, and its ms of the recording."""

    segment_ids: tuple[int, ...]
    start_ms: int
    end_ms: int

    @property
    def duration_ms(self) -> int:
        return self.end_ms - self.start_ms


@dataclass(frozen=True)
class Spurt(Stretch):
    """Words of one speaker without a pause of half a second between two of them."""

    speaker: str
    text: str


@dataclass(frozen=True)
class Voice:
    """One speaker. `role` is given or inferred; `talk_share` is of all that was spoken, 0..1, and the shares are 1.

    What is of times is None where those are estimated; shares and monologues also where one label may be everybody's.
    """

    id: str
    name: str | None
    role: Role | None
    words: int
    word_share: float | None
    spoken_ms: int | None
    talk_share: float | None
    longest_monologue: Stretch | None


@dataclass(frozen=True)
class Talk:
    """How much of all that was spoken each side spoke, 0..1."""

    interviewer_share: float | None
    interviewee_share: float | None
    reason: Reason | None


@dataclass(frozen=True)
class Interruption(Stretch):
    """`by` began while `of` spoke, and `of` stopped; from the one to the other."""

    by: str
    of: str


@dataclass(frozen=True)
class Interruptions:
    """Counts are None, and there are no places, where a reason says why."""

    count: int | None
    by_interviewer: int | None
    by_interviewee: int | None
    places: tuple[Interruption, ...]
    reason: Reason | None


@dataclass(frozen=True)
class Question(Stretch):
    """A question that the interviewer put; `kind` None: the language is not one whose questions are read."""

    kind: Kind | None
    speaker: str
    text: str


@dataclass(frozen=True)
class Questions:
    count: int | None
    open: int | None
    closed: int | None
    open_share: float | None
    places: tuple[Question, ...]
    reason: Reason | None


@dataclass(frozen=True)
class Silences:
    """What was waited after each answer, from the interviewee's last word to the interviewer's next."""

    count: int | None
    median_ms: int | None
    longest_ms: int | None
    places: tuple[Stretch, ...]
    reason: Reason | None


@dataclass(frozen=True)
class Length:
    """How long it took, and how much longer than planned (less than 0: shorter), in minutes."""

    minutes: float | None
    planned_minutes: int | None
    over_minutes: float | None
    reason: Reason | None


@dataclass(frozen=True)
class Mark:
    """An insight on the timeline: its main category, and when it was said."""

    category: str
    start_ms: int


@dataclass(frozen=True)
class Conversation:
    """All of it, of one version of a transcript."""

    transcript_version: int
    times: Times
    voices: tuple[Voice, ...]
    talk: Talk
    interruptions: Interruptions
    questions: Questions
    silences: Silences
    length: Length
    spurts: Sequence[Spurt]
    marks: Sequence[Mark]
