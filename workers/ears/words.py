"""From an engine's seconds within a window to words in milliseconds of the recording, for both engines."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.transcripts.values import Word
from workers.ears import HeardSegment, Hearing, Signals


@dataclass(frozen=True)
class SpokenWord:
    """A word as an engine gives it: text with its leading blank if the language has blanks, seconds in the window."""

    text: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True)
class SpokenSegment:
    text: str
    start_s: float
    end_s: float
    words: tuple[SpokenWord, ...]
    signals: Signals


def place(spoken: Iterable[SpokenSegment], hearing: Hearing, *, language: str) -> list[HeardSegment]:
    """The segments that say something, laid into the recording in order, none outside the window or over another."""
    placed: list[HeardSegment] = []
    floor_ms = hearing.start_ms
    for segment in spoken:
        heard = _place_one(segment, hearing, language=language, floor_ms=floor_ms)
        if heard.text:
            placed.append(heard)
            floor_ms = heard.end_ms
    return placed


def _place_one(segment: SpokenSegment, hearing: Hearing, *, language: str, floor_ms: int) -> HeardSegment:
    words: list[Word] = []
    start_ms, end_ms = _within(hearing, segment.start_s, segment.end_s, floor_ms=floor_ms)
    for spoken in segment.words:
        if not spoken.text.strip():
            continue
        word_start_ms, word_end_ms = _within(hearing, spoken.start_s, spoken.end_s, floor_ms=floor_ms)
        probability = min(max(float(spoken.probability), 0.0), 1.0)
        words.append(
            Word(start_ms=word_start_ms, end_ms=word_end_ms, text=spoken.text.strip(), probability=probability)
        )
        floor_ms = word_end_ms
    if words:
        start_ms, end_ms = words[0].start_ms, words[-1].end_ms
    # The text is made of the words where there are any: what is shown and what has times can then never differ.
    text = "".join(spoken.text for spoken in segment.words) if words else segment.text
    return HeardSegment(
        start_ms=start_ms,
        end_ms=end_ms,
        text=text.strip(),
        words=tuple(words),
        language=language,
        signals=segment.signals,
    )


def _within(hearing: Hearing, start_s: float, end_s: float, *, floor_ms: int) -> tuple[int, int]:
    # Whisper pads every window to 30 s and now and then aligns a word with the padding, or one word over another.
    start_ms = min(max(hearing.start_ms + round(start_s * 1000), floor_ms), hearing.end_ms)
    end_ms = min(max(hearing.start_ms + round(end_s * 1000), start_ms), hearing.end_ms)
    return start_ms, end_ms
