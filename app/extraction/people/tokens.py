"""A text as tokens: words, clitics ("'s", "'d") and marks, each with its place."""

import re
from functools import cached_property

from app.extraction.conversation import straighten
from app.extraction.people import words

TOKEN = re.compile(
    r"[^\W_]+(?:[-'](?!(?:s|d|ll|m|re|ve|t)\b)[^\W_]+)*|'(?:s|d|ll|m|re|ve|t)\b|[^\w\s]|\n", re.IGNORECASE
)
CAPITAL = re.compile(r"\b(?!I\b)(?=[^\W\d_])[^a-zß-ÿ]")


class Tokens:
    """Places are numbers of tokens; a piece of the text is given by its first token and the one after its last.

    `text` is what was said, quotes straightened, its `parts` a line each; `words` gives them back as they were.
    """

    def __init__(self, *parts: str) -> None:
        self.text = "\n".join(straighten(part) for part in parts)
        self._said = "\n".join(parts)
        self._found = list(TOKEN.finditer(self.text))
        self.low = [token.group().lower() for token in self._found]

    def __len__(self) -> int:
        return len(self._found)

    @cached_property
    def is_bare(self) -> bool:
        """Whether this has no capitals at all, as some machines write: then a name is known by its place only."""
        return CAPITAL.search(self.text) is None

    def at(self, place: int) -> str:
        """The token in lower case; "." before the first and after the last."""
        return self.low[place] if 0 <= place < len(self.low) else "."

    def has(self, place: int, *said: str) -> bool:
        return tuple(self.low[place : place + len(said)]) == said

    def words(self, first: int, following: int) -> str:
        start, end = self.span(first, following)
        return self._said[start:end]

    def span(self, first: int, following: int) -> tuple[int, int]:
        """Characters, as `text[start:end]`."""
        return self._found[first].start(), self._found[following - 1].end()

    def place_of(self, character: int) -> int:
        """The first token at or after this place in the text."""
        return next((n for n, token in enumerate(self._found) if token.start() >= character), len(self))

    def is_word(self, place: int) -> bool:
        """Whether this is a word that can be part of a name or a phrase."""
        return self.at(place)[0].isalpha() and self.at(place) not in words.STOPS

    def run(self, place: int, *, limit: int) -> int:
        """The end of up to `limit` such words."""
        end = place
        while end < place + limit and self.is_word(end):
            end += 1
        return end

    def is_capital(self, place: int) -> bool:
        """Whether it is written as a name is: "Priya", not "HR", "Monday" or "I"."""
        if not 0 <= place < len(self):
            return False
        text, low = self._found[place].group(), self.low[place]
        if low in words.NAMES_TOO:
            return (
                text[0].isupper() and not self.begins_sentence(place) and self.at(place - 1) not in words.BEFORE_TIMES
            )
        looks = text[0].isupper() and len(text) > 1 and not text.isupper()
        return looks and low not in words.NO_NAMES | words.STOPS

    def is_written_large(self, place: int) -> bool:
        """Whether it has a capital at all, be it "Back" or "HR"; "I" does not count."""
        return 0 <= place < len(self) and self._found[place].group()[:1].isupper() and self.low[place] != "i"

    def is_proper(self, place: int) -> bool:
        """The same for an organisation, which may be "NASA"."""
        return self.is_written_large(place) and self.low[place] not in words.NO_NAMES | words.STOPS

    def begins_sentence(self, place: int) -> bool:
        return self.at(place - 1) in (".", "!", "?", "\n")
