"""Where a quote stands in what was said: which of several places is meant, and which places are the same."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from app.extraction.conversation import answered_at, straighten
from app.extraction.turns import Evidence, SpokenTurn, locate, quoted
from app.extraction.values import Place


@dataclass(frozen=True)
class Spot:
    """A place where a quote stands: `text` as the transcript has it, and the evidence for it."""

    place: Place
    text: str
    evidence: Evidence

    @property
    def start_ms(self) -> int:
        return self.evidence.start_ms


@dataclass(frozen=True)
class Sought:
    """A quote that is looked for: whose it is, and when it was said in the version that it comes from."""

    id: str
    quote: str
    start_ms: int


class Talk:
    """The turns of one transcript, to look quotes up in."""

    def __init__(self, turns: Sequence[SpokenTurn]) -> None:
        self.turns = turns
        self._texts = [straighten(turn.text) for turn in turns]

    def spots(self, quote: str) -> list[Spot]:
        """Every place where the quote stands in one turn, as whole words, in order.

        Curly quotes are straight ones and all blanks are alike: phones change these as people type.
        """
        words = straighten(quote.strip())
        return [self._spot(index, start, len(words)) for index, start in self._starts(words)]

    def _starts(self, words: str) -> Iterator[tuple[int, int]]:
        for index, text in enumerate(self._texts):
            start = text.find(words)
            while words and start >= 0:
                if not (_splits(text, start) or _splits(text, start + len(words))):
                    yield index, start
                start = text.find(words, start + 1)

    def _spot(self, index: int, start: int, length: int) -> Spot:
        turn = self.turns[index]
        evidence = locate(turn, start, start + length)
        return Spot(Place(index, start, start + length), turn.text[start : start + length], evidence)

    def question_at(self, place: Place) -> dict[str, Any] | None:
        """The evidence of what was asked before the words at `place`; None: nothing, or the asker says them."""
        asked = answered_at(self.turns, place)
        return None if asked is None else quoted(self.turns, asked)


def _splits(text: str, at: int) -> bool:
    """Whether `at` lies within a word. Scripts without capitals may write words without blanks: they are not asked."""
    return 0 < at < len(text) and _is_of_word(text[at - 1]) and _is_of_word(text[at])


def _is_of_word(character: str) -> bool:
    return character.isdigit() or character.lower() != character.upper()


def nearest(spots: Sequence[Spot], start_ms: int) -> Spot | None:
    """The spot that was said nearest to `start_ms`, of equals the earlier; None: there are none."""
    return min(spots, key=lambda spot: abs(spot.start_ms - start_ms), default=None)


def settle(sought: Sequence[Sought], talk: Talk) -> Mapping[str, Spot | None]:
    """By id the spot of each quote, nearest to where it was; None: its words are gone.

    Words that are said twice are two places: no two of `sought` get the same one, and they keep their order.
    """
    found: dict[str, Spot | None] = {one.id: None for one in sought}
    for quote, alike in groupby(sorted(sought, key=_words_and_time), key=lambda one: _words_and_time(one)[0]):
        those, spots = list(alike), talk.spots(quote)
        for one, spot in in_pairs([one.start_ms for one in those], [spot.start_ms for spot in spots]):
            found[those[one].id] = spots[spot]
    return found


def _words_and_time(sought: Sought) -> tuple[str, int]:
    return straighten(sought.quote), sought.start_ms


def in_pairs(before: Sequence[int], after: Sequence[int]) -> list[tuple[int, int]]:
    """Places in `before` and `after`, both ascending, that belong together: as many as can be, moved least in all.

    In order: where all of them moved by the same, each is paired with its own and not with its neighbour's.
    """
    if len(before) > len(after):
        return [(one, other) for other, one in in_pairs(after, before)]
    cost: list[list[float]] = [[0] * (len(after) + 1)]
    for one, here in enumerate(before):
        row: list[float] = [math.inf] * (len(after) + 1)
        for other in range(one, len(after)):
            row[other + 1] = min(row[other], cost[one][other] + abs(here - after[other]))
        cost.append(row)
    pairs, end = [], len(after)
    for one in range(len(before), 0, -1):
        while cost[one][end - 1] == cost[one][end]:
            end -= 1
        end -= 1
        pairs.append((one - 1, end))
    return pairs[::-1]


def is_same(one: Place, other: Place) -> bool:
    """Whether two places hold the same claim: they share at least half of the shorter one."""
    if one.turn_index != other.turn_index:
        return False
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared > 0 and shared * 2 >= min(one.end - one.start, other.end - other.start)


def followed(question: Mapping[str, Any], moved_ms: int, spot: Spot, talk: Talk) -> dict[str, Any] | None:
    """What was asked, where it stands before `spot` now that the answer has moved; None: its words are gone."""
    here = (spot.place.turn_index, spot.place.start)
    before = [one for one in talk.spots(question["text"]) if (one.place.turn_index, one.place.end) <= here]
    found = nearest(before, question["start_ms"] + moved_ms)
    return None if found is None else quoted(talk.turns, found.place)
