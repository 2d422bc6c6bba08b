"""Cues: a transcript's words cut to what a screen can show at once, at the words' own times."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import chain, groupby, pairwise
from typing import NamedTuple

from app.transcripts.values import Segment, Transcript

LINE_CHARS = 42  # the common limits for subtitles: two lines of 42, no more than 7 seconds
CUE_LINES = 2
CUE_MS = 7_000
PAUSE_MS = 1_000  # a longer silence between words clears the screen

SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")  # noqa: RUF001 - Chinese and Japanese end sentences so
CLAUSE_ENDS = (",", ";", ":", "、", "，")  # noqa: RUF001 - as above

UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x9f\ufdd0]")


class Cue(NamedTuple):
    start_ms: int
    end_ms: int
    speaker: str
    text: str


def one_line(text: str) -> str:
    """Words apart by one space and nothing that ends a line: in every format a line break means something."""
    return " ".join(UNPRINTABLE.sub(" ", text).split())


def turns(transcript: Transcript) -> Iterator[list[Segment]]:
    for _, segments in groupby(spoken(transcript), key=lambda segment: segment.speaker):
        yield list(segments)


def spoken(transcript: Transcript) -> list[Segment]:
    return [segment for segment in transcript.segments if one_line(segment.text)]


def cut(transcript: Transcript, *, labels: dict[str, str]) -> list[Cue]:
    """Cues in order of their start; `labels` are what will stand before the words where the speaker changes."""
    found: list[Cue] = []
    for turn in turns(transcript):
        label = labels.get(turn[0].speaker, "")
        for words in _runs(turn):
            found += _split(words, label=label)
            label = ""
    return sorted(found, key=lambda cue: cue.start_ms)


def _runs(turn: Sequence[Segment]) -> Iterator[list[Cue]]:
    """What may be cut anew: the words of neighbouring segments together, a segment without timed words by itself.

    Together, because Whisper ends segments anywhere: cut one by one they leave an "and" on the screen for 60 ms.
    """
    timed = [(_timed_words(segment), segment) for segment in turn]
    for has_words, run in groupby(timed, key=lambda pair: bool(pair[0])):
        if has_words:
            yield list(chain.from_iterable(words for words, _ in run))
        else:
            yield from ([_whole(segment)] for _, segment in run)


def _whole(segment: Segment) -> Cue:
    return Cue(segment.start_ms, segment.end_ms, segment.speaker, one_line(segment.text))


def _timed_words(segment: Segment) -> list[Cue]:
    """The segment's text cut before each word that has times; empty when words and text do not agree.

    The text is what counts: it keeps what a language puts between words (nothing, in Chinese), and a text that was
    corrected by hand is never shown with the words as first heard.
    """
    text, at, cuts = one_line(segment.text), 0, []
    for word in segment.words:
        spelled = one_line(word.text)
        found = text.find(spelled, at)
        if found < 0:
            return []
        cuts.append(found)
        at = found + len(spelled)
    bounds = [*cuts, len(text) + 1]  # to the space before the next segment
    bounds[0] = 0
    return [
        Cue(word.start_ms, word.end_ms, segment.speaker, f"{text} "[start:end])
        for word, (start, end) in zip(segment.words, pairwise(bounds), strict=True)
    ]


def _split(words: Sequence[Cue], *, label: str) -> Iterator[Cue]:
    at = 0
    while at < len(words):
        count = _fitting(words[at:], label)
        yield _joined(words[at : at + count])
        at, label = at + count, ""


def _joined(words: Sequence[Cue]) -> Cue:
    text = "".join(word.text for word in words).strip()
    return Cue(words[0].start_ms, words[-1].end_ms, words[0].speaker, text)


def _fitting(words: Sequence[Cue], label: str) -> int:
    """How many words the next cue takes: all that fit, or back to the last stop or comma in their second half."""
    count = 1
    while count < len(words) and not _pause(words, count) and _fits(_joined(words[: count + 1]), label):
        count += 1
    if count == len(words) or _pause(words, count):
        return count
    for ends in (SENTENCE_ENDS, CLAUSE_ENDS):
        for earlier in range(count, count // 2, -1):
            if words[earlier - 1].text.rstrip().endswith(ends):
                return earlier
    return count


def _pause(words: Sequence[Cue], at: int) -> bool:
    return words[at].start_ms - words[at - 1].end_ms > PAUSE_MS


def _fits(cue: Cue, label: str) -> bool:
    shown = lines(label + cue.text)
    return cue.end_ms - cue.start_ms <= CUE_MS and len(shown) <= CUE_LINES and max(map(len, shown)) <= LINE_CHARS


def lines(text: str) -> list[str]:
    return textwrap.wrap(text, LINE_CHARS, break_long_words=False, break_on_hyphens=False) or [""]
