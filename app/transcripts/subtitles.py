"""Subtitles from elsewhere, WebVTT and SubRip: their cues as lines of a draft."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pysubs2 import SSAFile

from app.errors import TranscriptUnreadable
from app.transcripts import formats, labels
from app.transcripts.cues import one_line
from app.transcripts.drafts import MOST_CHARS, Draft, Line, few, in_order

ARROW = "-->"
# No tag holds the beginning of another: also what makes a text of beginnings only quick to read.
VOICE = re.compile(r"<v(?:\.[^\s<>]*)? ([^<>]*)>")
VTT_TAG = re.compile(r"<[^<>]*>")
SRT_TAG = re.compile(r"< ?/? ?(?:[ibus]|font|em|strong|span|br)\b[^<>]*>|\{\\[^{}]*\}", re.IGNORECASE)
LAST_MS = 100 * 3_600_000 - 1  # no format of subtitles writes a later time


@dataclass
class _Block:
    """A line with times and the lines below it; `at` is its number in the file, from 1."""

    at: int
    times: str
    texts: list[str] = field(default_factory=list)


def read_vtt(text: str) -> Draft:
    """WebVTT: voices from voice tags, else from names before the words; notes that we write ourselves as notices.

    Raises TranscriptUnreadable with the line.
    """
    if re.match(r"WEBVTT(?=\s|\Z)", text) is None:
        raise TranscriptUnreadable("A WebVTT file begins with the word WEBVTT.", line=1)
    paragraphs = list(_paragraphs(text.split("\n")))
    said = [one_line(" ".join(lines[1:])) for _at, lines in paragraphs if lines[0].strip() == "NOTE"]
    notices = tuple(formats.NOTICE_OF[sentence] for sentence in said if sentence in formats.NOTICE_OF)
    blocks = few(block for at, lines in paragraphs for block in _cue_of(at, lines))
    lines = few(part for line in _timed(blocks, "vtt") for part in _voices(line))
    return Draft(_owned(in_order(lines)), notices)


def read_srt(text: str) -> Draft:
    """SubRip: voices from names before the words. Raises TranscriptUnreadable with the line."""
    blocks: list[_Block] = []
    for at, line in enumerate(text.split("\n"), start=1):
        if ARROW in line:
            _drop_number(blocks)
            blocks.append(_Block(at, line))
        elif blocks:
            blocks[-1].texts.append(line)
        elif line.strip() and not line.strip().isdecimal():
            raise TranscriptUnreadable("A SubRip file begins with a number and a line of times.", line=at)
    lines = [_labelled(replace(line, text=SRT_TAG.sub("", line.text))) for line in _timed(few(blocks), "srt")]
    return Draft(_owned(in_order(lines)))


def _drop_number(blocks: Sequence[_Block]) -> None:
    """A number right above a line of times counts cues; anywhere else it is a word."""
    if blocks and blocks[-1].texts and blocks[-1].texts[-1].strip().isdecimal():
        blocks[-1].texts.pop()


def _paragraphs(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """(number of its first line, lines) of what stands between blank lines."""
    found: list[str] = []
    for at, line in enumerate([*lines, ""], start=1):
        if line.strip():
            found.append(line)
        elif found:
            yield at - len(found), found
            found = []


def _cue_of(at: int, lines: Sequence[str]) -> Iterator[_Block]:
    """The cue of a paragraph; none of a header, a note or a style."""
    for above, line in enumerate(lines[:2]):
        if ARROW in line:
            yield _Block(at + above, line, list(lines[above + 1 :]))
            return


def _timed(blocks: Sequence[_Block], format_: str) -> Iterator[Line]:
    """Each block as a line with its times, in the order of the file.

    pysubs2 reads the times, in every way that players take them. It never sees the texts: it would drop a year that
    stands alone on the last line as a cue's number, and take notes and names of cues for words.
    """
    events = SSAFile.from_string("\n".join(block.times for block in blocks), format_=format_).events
    if len(events) != len(blocks):
        at = next(block.at for block in blocks if not SSAFile.from_string(block.times, format_=format_).events)
        raise TranscriptUnreadable(f"Line {at} has no two times that can be read.", line=at)
    for block, event in zip(blocks, events, strict=True):
        if event.start > LAST_MS or event.end > LAST_MS:
            raise TranscriptUnreadable(f"Line {block.at} has a time of a hundred hours or more.", line=block.at)
        text = one_line(" ".join(block.texts))
        if len(text) > MOST_CHARS:
            raise TranscriptUnreadable(f"Below line {block.at} are more than {MOST_CHARS} characters.", line=block.at)
        yield Line(text, start_ms=event.start, end_ms=max(event.start, event.end))


def _voices(line: Line) -> Iterator[Line]:
    """A cue's words, by voice where it has voice tags."""
    before, *voiced = VOICE.split(line.text)
    if _vtt_text(before):
        yield _labelled(replace(line, text=_vtt_text(before)))
    for name, words in zip(voiced[::2], voiced[1::2], strict=True):
        yield replace(line, text=_vtt_text(words), name=one_line(html.unescape(name)))


def _vtt_text(text: str) -> str:
    return one_line(html.unescape(VTT_TAG.sub("", text)))


def _labelled(line: Line) -> Line:
    name, words = labels.split(one_line(line.text))
    return replace(line, text=words, name=name)


def _owned(lines: Iterable[Line]) -> list[Line]:
    """Whoever was named last goes on speaking; names are written where the speaker changes."""
    name, found = None, []
    for line in lines:
        name = line.name or name
        found.append(replace(line, name=name))
    return found
