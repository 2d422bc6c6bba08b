"""A piece of a text around what was found in it, and where in the piece that stands. Pure."""

from dataclasses import dataclass

from app.search.queries import Query, places
from app.search.words import tokens

MOST_CHARS = 300
BEFORE_CHARS = 80
CUT = "…"


@dataclass(frozen=True)
class Snippet:
    """`highlights`: from and to, counted in characters (Unicode code points) of `text`."""

    text: str
    highlights: tuple[tuple[int, int], ...]


def snippet(text: str, query: Query) -> Snippet:
    """The whole text if it is short; else up to MOST_CHARS of it around the first place, cut between words."""
    found = list(tokens(text))
    spans = places(query, found)
    start, end = 0, len(text)
    if end > MOST_CHARS:
        first = spans[0][0] if spans else 0
        start = next((one.start for one in found if first - BEFORE_CHARS <= one.start <= first), first)
        start = 0 if start <= BEFORE_CHARS else start
        end = _end(start, [one.end for one in found], len(text))
    lead, tail = CUT if start else "", CUT if end < len(text) else ""
    shift = len(lead) - start
    inside = tuple((a + shift, min(b, end) + shift) for a, b in spans if start <= a < end)
    return Snippet(f"{lead}{text[start:end]}{tail}", inside)


def _end(start: int, ends: list[int], length: int) -> int:
    last = start + MOST_CHARS
    if last >= length:
        return length
    return max((end for end in ends if start < end <= last), default=last)
