"""From a transcript to turns, and from a place in a turn back to the segments and milliseconds it was said at."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from app.extraction.values import Place, Turn
from app.transcripts.values import Segment, Transcript

SLACK = 24  # characters a word may lie ahead: further on it is another word of the same spelling


@dataclass(frozen=True)
class Piece:
    """Where one word, or a whole segment, lies in its turn's text, and when it was said."""

    start: int
    end: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class SpokenSegment:
    """`words` is empty when the segment's words have no times."""

    id: int
    whole: Piece
    words: tuple[Piece, ...]


@dataclass(frozen=True)
class SpokenTurn(Turn):
    """Consecutive segments of one speaker, their texts joined by one blank."""

    segments: tuple[SpokenSegment, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """Where in the transcript a quote stands."""

    segment_ids: tuple[int, ...]
    speaker: str
    start_ms: int
    end_ms: int


def turns_of(transcript: Transcript) -> list[SpokenTurn]:
    """The transcript's turns in order; `speaker` is the speaker's id. Segments without words are left out."""
    roles = {speaker.id: speaker.role for speaker in transcript.speakers}
    spoken = (segment for segment in transcript.segments if segment.text.strip())
    return [
        SpokenTurn(speaker, roles.get(speaker), *_joined(segments))
        for speaker, segments in groupby(spoken, key=lambda segment: segment.speaker)
    ]


def locate(turn: SpokenTurn, start: int, end: int) -> Evidence:
    """The evidence for `turn.text[start:end]`: to the word's millisecond where words have times.

    Raises ValueError when no segment lies there.
    """
    # A turn may be a whole lecture: its segments lie in order, and are not gone through one by one.
    first = bisect_right(turn.segments, start, key=lambda segment: segment.whole.end)
    touched = turn.segments[first : bisect_left(turn.segments, end, key=lambda segment: segment.whole.start)]
    if not touched:
        raise ValueError(f"nothing was said at {start}..{end} of this turn")
    opening, closing = (_within(touched[i], start, end) for i in (0, -1))
    return Evidence(
        segment_ids=tuple(segment.id for segment in touched),
        speaker=turn.speaker or "",
        start_ms=opening[0].start_ms,
        end_ms=max(opening[0].start_ms, closing[-1].end_ms),
    )


def quoted(turns: Sequence[SpokenTurn], place: Place) -> dict[str, Any]:
    """The words at a place and the evidence for them, as JSON: text, speaker, start_ms, end_ms, segment_ids."""
    turn = turns[place.turn_index]
    found = locate(turn, place.start, place.end)
    return {
        "text": turn.text[place.start : place.end],
        "speaker": found.speaker,
        "start_ms": found.start_ms,
        "end_ms": found.end_ms,
        "segment_ids": list(found.segment_ids),
    }


def _within(segment: SpokenSegment, start: int, end: int) -> list[Piece]:
    return [word for word in segment.words if _touches(word, start, end)] or [segment.whole]


def _touches(piece: Piece, start: int, end: int) -> bool:
    return piece.start < end and start < piece.end


def _joined(segments: Iterable[Segment]) -> tuple[str, tuple[SpokenSegment, ...]]:
    texts: list[str] = []
    placed: list[SpokenSegment] = []
    at = 0
    for segment in segments:
        text = segment.text.strip()
        whole = Piece(at, at + len(text), segment.start_ms, segment.end_ms)
        placed.append(SpokenSegment(segment.id, whole, tuple(_words(segment, text, at))))
        texts.append(text)
        at += len(text) + 1
    return " ".join(texts), tuple(placed)


def _words(segment: Segment, text: str, offset: int) -> Iterator[Piece]:
    """Words are found in order; one that the text spells differently is passed over."""
    cursor = 0
    for word in segment.words:
        said = word.text.strip()
        place = text.find(said, cursor, cursor + len(said) + SLACK) if said else -1
        if place < 0:
            continue
        cursor = place + len(said)
        yield Piece(offset + place, offset + cursor, word.start_ms, word.end_ms)
