"""What a comparison is made of, as plain values: quotes go in, cells, figures and statements come out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

PEOPLE_SAID = ("confirmed", "corrected")


@dataclass(frozen=True)
class Quote:
    """An insight as a comparison shows it. `categories` and `values` (its figures of pay): the main one first."""

    insight_id: str
    interview_id: str
    quote: str
    speaker: str
    start_ms: int
    end_ms: int
    categories: tuple[str, ...]
    values: tuple[Mapping[str, Any], ...]
    confidence: float
    state: str
    stale: bool

    def worth(self) -> tuple[bool, float, int, str]:
        """A sort key, the best first: what people have vouched for, then what was found with more confidence."""
        return self.state not in PEOPLE_SAID, -self.confidence, self.start_ms, self.insight_id


@dataclass(frozen=True)
class Side:
    """What some of the interviews say: the best quote of each."""

    says: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class Statement:
    """What several interviews say alike (one side) or against each other (two), with a quote of each.

    `basis` says what was compared: figures of pay, what people feel about a theme, or what they hold to be so.
    """

    about: str
    basis: Literal["pay", "feeling", "stance"]
    sentence: str
    sides: tuple[Side, ...]


def best_of_each(quotes: "list[Quote]") -> tuple[Quote, ...]:
    """One quote per interview, the best; the best interview's first."""
    best: dict[str, Quote] = {}
    for quote in sorted(quotes, key=Quote.worth):
        best.setdefault(quote.interview_id, quote)
    return tuple(best.values())
