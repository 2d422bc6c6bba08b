"""Drafts: what a text from elsewhere says, line by line, and how lines become a transcript of ours."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import TypeVar

from app.errors import TranscriptUnreadable
from app.transcripts import cues, labels
from app.transcripts.values import Doubt, Notice, Role, Segment, Speaker, Transcript

ENGINE = "import"  # of a transcript that nobody here has heard; its model is the format it came in
WORDS_PER_MINUTE = 150  # how fast people talk in interviews; what has no times gets them from its words at this rate
CHARS_PER_WORD = 8  # a longer word, or a text without blanks, counts as several
SENTENCE = re.compile(r"(?<=[.?!\u2026])\s+|(?<=[\u3002\uff1f\uff01])")
FEWEST_WORDS, MOST_WORDS = 6, 40  # a shorter sentence is no segment of its own, a longer one is several
# What is more than this is no conversation: ten hours have about 12,000 segments and 600,000 characters.
MOST_SEGMENTS, MOST_CHARS = 100_000, 1_000_000
T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """Words of one voice. `name` None: nobody says whose. Times in ms, None where the text has none."""

    text: str
    name: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    role: Role | None = None
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class Draft:
    lines: Sequence[Line]
    notices: tuple[Notice, ...] = ()


def transcript(draft: Draft, *, model: str, language: str | None = None) -> Transcript:
    """The transcript of a draft's lines, in order of time where all of them have one.

    Known starts must not go back where some are unknown. Names become S1, S2, ... in order of first words.
    """
    lines = [replace(line, text=cues.one_line(line.text)) for line in draft.lines]
    lines = in_order([line for line in lines if line.text])
    is_estimated = any(line.start_ms is None for line in lines)
    placed = list(_placed(few(part for line in lines for part in _sentences(line))))
    numbers = _numbers(lines)
    segments = [
        Segment(
            id=number,
            start_ms=line.start_ms or 0,
            end_ms=line.end_ms or 0,
            speaker=numbers[line.name],
            text=line.text,
            doubts=line.doubts,
        )
        for number, line in enumerate(placed, start=1)
    ]
    estimated = (Notice.TIMES_ESTIMATED,) if is_estimated else ()
    return Transcript(
        language=language,
        duration_ms=max((segment.end_ms for segment in segments), default=0),
        engine=ENGINE,
        model=model,
        options={"words_per_minute": WORDS_PER_MINUTE} if is_estimated else {},
        notices=tuple(dict.fromkeys((*draft.notices, *estimated))),
        speakers=_speakers(lines, numbers),
        segments=tuple(segments),
    )


def few(items: Iterable[T]) -> list[T]:
    """A list of them. Raises TranscriptUnreadable when there are more than a transcript can have."""
    found = list(islice(items, MOST_SEGMENTS + 1))
    if len(found) > MOST_SEGMENTS:
        raise TranscriptUnreadable(f"A transcript may have at most {MOST_SEGMENTS} segments.")
    return found


def in_order(lines: Sequence[Line]) -> list[Line]:
    """In order of time where every line has one, else as they come."""
    if any(line.start_ms is None for line in lines):
        return list(lines)
    return sorted(lines, key=lambda line: line.start_ms or 0)


def _numbers(lines: Sequence[Line]) -> dict[str | None, str]:
    names = dict.fromkeys(line.name for line in lines)
    return {name: f"S{number}" for number, name in enumerate(names, start=1)}


def _speakers(lines: Sequence[Line], numbers: dict[str | None, str]) -> tuple[Speaker, ...]:
    given = {line.name: line.role for line in lines if line.role is not None}
    return tuple(
        Speaker(
            id=number,
            # What we call somebody without a name is no name.
            name=None if name == labels.unnamed(number) else name,
            role=given.get(name) or (labels.role_of(name) if name else None),
        )
        for name, number in numbers.items()
    )


def _sentences(line: Line) -> Iterator[Line]:
    """A line without times in pieces, so that a time is estimated for every few words of it."""
    if line.start_ms is not None or line.doubts:
        yield line
        return
    part: list[str] = []
    for sentence in _breaths(line.text):
        part.append(sentence)
        if _words(" ".join(part)) >= FEWEST_WORDS:
            yield replace(line, text=" ".join(part))
            part = []
    if part:
        yield replace(line, text=" ".join(part))


def _breaths(text: str) -> Iterator[str]:
    """Sentences, and pieces of long ones: a machine may write an hour without a stop."""
    for sentence in SENTENCE.split(text):
        words = sentence.split(" ")
        for at in range(0, len(words), MOST_WORDS):
            yield " ".join(words[at : at + MOST_WORDS])


def _placed(lines: Sequence[Line]) -> Iterator[Line]:
    """Each line with a start and an end: those it has, else by its words after the last known time."""
    known = [at for at, line in enumerate(lines) if at == 0 or line.start_ms is not None]
    for first, after in pairwise([*known, len(lines)]):
        run = lines[first:after]
        start_ms = run[0].start_ms or 0
        limit_ms = lines[after].start_ms if after < len(lines) else None
        room_ms = None if limit_ms is None else limit_ms - start_ms
        for line, (begins_ms, ends_ms) in zip(run, spread(run, start_ms, room_ms), strict=True):
            yield replace(line, start_ms=begins_ms, end_ms=ends_ms if line.end_ms is None else line.end_ms)


def spread(lines: Sequence[Line], start_ms: int, room_ms: int | None) -> list[tuple[int, int]]:
    """Times for lines one after the other from `start_ms` on, by their words; closer together where room is short."""
    ends = [0]
    for line in lines:
        ends.append(ends[-1] + spoken_ms(line.text))
    share = 1.0 if room_ms is None else min(1.0, room_ms / ends[-1])
    return [(start_ms + int(begin * share), start_ms + int(end * share)) for begin, end in pairwise(ends)]


def spoken_ms(text: str) -> int:
    """How long a text takes to say, from the number of its words."""
    return _words(text) * 60_000 // WORDS_PER_MINUTE


def _words(text: str) -> int:
    return max(1, len(text.split()), len(text) // CHARS_PER_WORD)
