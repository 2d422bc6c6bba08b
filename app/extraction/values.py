"""What extraction speaks of, as plain values: turns in, findings out, pay as an amount."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.transcripts.values import Role


class Category(StrEnum):
    """What a claim is about. Order matters: of two equally supported labels the earlier one leads."""

    COMPENSATION = "compensation"
    REFERRAL = "referral"
    WISH_KNOWN = "wish_known"
    DISLIKES = "dislikes"
    ENJOYS = "enjoys"
    ADVICE = "advice"
    EXPECTATIONS = "expectations"
    OUTLOOK = "outlook"
    SKILLS = "skills"
    TYPICAL_DAY = "typical_day"
    CULTURE = "culture"
    CAREER_PATH = "career_path"


Period = Literal["hour", "day", "week", "month", "year"]
Method = Literal["rule", "model", "llm"]
PayKind = Literal["base", "bonus", "equity", "total", "starting", "range"]


class Pay(BaseModel):
    """One figure of pay as it was said: no conversion of period or currency.

    A single figure has min = max; "at least" leaves the max open, "up to" the min; both are never open.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount_min: float | None = Field(ge=0)
    amount_max: float | None = Field(ge=0)
    currency: str | None = None
    period: Period | None = None
    kind: PayKind = "base"


MOST_FIGURES = 20  # of one claim: a sentence that names more is a list, and the rest of it says nothing new


@dataclass(frozen=True)
class Turn:
    """Words of one speaker label. `speaker` None, or one label for everybody: both people may be in it."""

    speaker: str | None
    role: Role | None
    text: str


@dataclass(frozen=True)
class Place:
    """`turns[turn_index].text[start:end]`."""

    turn_index: int
    start: int
    end: int


@dataclass(frozen=True)
class Finding:
    """A claim worth keeping. `turns[turn_index].text[start:end] == quote`, always.

    `values` are the figures of pay in it, the main one first, each once. `because` names the cues that spoke for the
    main category, strongest first: `asked:enjoys cue:love`. `question_at` is where it was asked, when it was.
    """

    turn_index: int
    start: int
    end: int
    quote: str
    categories: tuple[Category, ...]
    values: tuple[Pay, ...]
    confidence: float
    because: str
    method: Method = "rule"
    question_at: Place | None = None

    @property
    def value(self) -> Pay | None:
        """The main figure."""
        return self.values[0] if self.values else None


@dataclass(frozen=True)
class Said:
    """One sentence that may be the interviewee's, and all a judge may know about it.

    `asked` says what the last question was about (0..1 per category) and `after` how many sentences of
    substance lie between that question and this one. `mixed`: it is not known who of the two is speaking.
    """

    turn_index: int
    start: int
    end: int
    text: str
    question: str
    question_at: Place | None
    asked: Mapping[Category, float]
    after: int
    before: str
    mixed: bool
    currency: str | None


@dataclass(frozen=True)
class Score:
    """How strongly something speaks for a category, 0..1, and why (cue names, strongest first)."""

    strength: float
    because: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """A judge's view of one sentence: a score per category, and the figures of pay in it, the main one first."""

    scores: Mapping[Category, Score] = field(default_factory=dict)
    pay: tuple[Pay, ...] = ()
