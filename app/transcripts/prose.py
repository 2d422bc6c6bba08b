"""Transcripts that people wrote or saved as a text, plain or Markdown: their paragraphs as lines of a draft."""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from app.errors import TranscriptUnreadable
from app.transcripts import formats, labels
from app.transcripts.cues import SENTENCE_ENDS, one_line
from app.transcripts.drafts import Draft, Line, few, spread
from app.transcripts.formats import PARAGRAPH_MS, QUESTION_ENDS
from app.transcripts.values import Doubt, Notice

TIME = r"(?:(?P<hours>\d{1,2}):)?(?P<minutes>\d{1,2}):(?P<seconds>[0-5]\d)(?:\.\d{1,3})?"
STAMP = rf"[\[(]{TIME}[\])]"
STAMPED = re.compile(rf"{STAMP}\s*(?P<words>.*)")
STAMPED_NAME = re.compile(rf"(?P<words>.+?):?\s*[\[(]?{TIME}[\])]?:?")
DOUBT_OF = {mark: doubt for doubt, mark in formats.DOUBTS.items()}
MARKS = "|".join(map(re.escape, DOUBT_OF))
# After a question there is no doubt: the question has ended its paragraph.
BEFORE = rf"(?:\A|(?<=[^{''.join(QUESTION_ENDS)}] ))"
TXT_MARKS = re.compile(rf"{BEFORE}((?:(?:{MARKS}) )+)(?=\S)")
MD_MARKS = re.compile(rf"{BEFORE}((?:\*(?:{MARKS})\* )+)(?=\S)")
MD_HEAD = re.compile(rf"\*\*(?P<words>.+)\*\* {STAMP}")
MD_BOLD_NAME = re.compile(r"\*\*(?P<name>[^*]{1,80}?)(?::\*\*|\*\*:)\s*")
MD_HEADING = re.compile(r"#{1,6}(?:\s|\Z)")
# Escapes and entities first: what they stand for is no markup.
MD_INLINE = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])|(?P<entity>&#?\w{1,31};)|\*+(?=\S)|(?<=\S)\*+|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|`+"
)
Pieces = list[tuple[tuple[Doubt, ...], str]]


@dataclass(frozen=True)
class _Paragraph:
    """One line of the file: who speaks, from when on, and the words with the doubts before them."""

    at: int
    pieces: Pieces
    name: str | None
    start_ms: int | None


def read_txt(text: str) -> Draft:
    """Plain text. `[mm:ss] Name: words` as we write it, `Name: words`, a line with a name and words below it, or words.

    Raises TranscriptUnreadable with the line.
    """
    notices, rest = _notices(_numbered(text))
    return Draft(_lines(list(_txt_paragraphs(rest))), notices)


def read_markdown(text: str) -> Draft:
    """Markdown, as we write it or with names before the words; headings are not words.

    Raises TranscriptUnreadable with the line.
    """
    numbered = ((at, line) for at, line in _numbered(text) if not MD_HEADING.match(line))
    notices, rest = _notices((at, line.removeprefix("> ")) for at, line in numbered)
    return Draft(_lines(list(_md_paragraphs(rest))), notices)


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    for at, line in enumerate(text.split("\n"), start=1):
        if one_line(line):
            yield at, one_line(line)


def _notices(numbered: Iterable[tuple[int, str]]) -> tuple[tuple[Notice, ...], list[tuple[int, str]]]:
    """The sentences about the whole that we write before the words, and the other lines."""
    rest = few(numbered)
    count = next((count for count, (_at, line) in enumerate(rest) if line not in formats.NOTICE_OF), len(rest))
    return tuple(formats.NOTICE_OF[line] for _at, line in rest[:count]), rest[count:]


def _txt_paragraphs(numbered: Iterable[tuple[int, str]]) -> Iterator[_Paragraph]:
    name, head_ms = None, None
    for at, line in numbered:
        if head := _head(line):
            name, head_ms = head
            continue
        stamped = STAMPED.fullmatch(line)
        start_ms = _ms(stamped) if stamped else head_ms
        said, words = labels.split(stamped["words"] if stamped else line)
        name, head_ms = said or name, None
        if words:
            yield _Paragraph(at, _pieces(words, TXT_MARKS), name, start_ms)


def _head(line: str) -> tuple[str, int | None] | None:
    """Who speaks in the lines below, and from when on: `Ada Okafor:`, `Ada Okafor 12:34`, `Ada Okafor [12:34]:`."""
    if line.endswith(":") and labels.is_name(line[:-1]):
        return line[:-1], None
    stamped = STAMPED_NAME.fullmatch(line)
    return (stamped["words"], _ms(stamped)) if stamped and labels.is_name(stamped["words"]) else None


def _md_paragraphs(numbered: Iterable[tuple[int, str]]) -> Iterator[_Paragraph]:
    name, head_ms, is_headed = None, None, False
    for at, line in numbered:
        if head := MD_HEAD.fullmatch(line):
            name, head_ms, is_headed = _plain(head["words"]), _ms(head), True
            continue
        if not is_headed:
            said, line = _md_name(line)  # noqa: PLW2901  what is left of it
            name = said or name
        pieces = _pieces(line, MD_MARKS, _plain)
        if pieces:
            yield _Paragraph(at, pieces, name, head_ms)
            head_ms, is_headed = None, False


def _md_name(line: str) -> tuple[str | None, str]:
    """The name a line begins with, bold or not, and what comes after it."""
    bold = MD_BOLD_NAME.match(line)
    if bold:
        return _plain(bold["name"]), line[bold.end() :]
    plain = _plain(line)
    if plain.endswith(":") and labels.is_name(plain[:-1]):
        return plain[:-1], ""
    return labels.split(line)


def _plain(text: str) -> str:
    """Markdown's words without its marks."""
    return one_line(MD_INLINE.sub(_shown, text))


def _shown(found: re.Match[str]) -> str:
    return found["escaped"] or html.unescape(found["entity"] or "")


def _ms(stamp: re.Match[str]) -> int:
    hours, minutes, seconds = (int(stamp[part] or 0) for part in ("hours", "minutes", "seconds"))
    return ((hours * 60 + minutes) * 60 + seconds) * 1000


def _pieces(words: str, marks: re.Pattern[str], plain: Callable[[str], str] = str) -> Pieces:
    """Words with the doubts that stand before them."""
    first, *marked = marks.split(words)
    found = [((), first), *((_doubts(mark), after) for mark, after in zip(marked[::2], marked[1::2], strict=True))]
    pieces = ((doubts, plain(text).strip()) for doubts, text in found)
    return [(doubts, text) for doubts, text in pieces if text]


def _doubts(marks: str) -> tuple[Doubt, ...]:
    return tuple(DOUBT_OF[mark] for mark in re.findall(MARKS, marks))


def _lines(paragraphs: Sequence[_Paragraph]) -> list[Line]:
    """Raises TranscriptUnreadable where a time goes back: nobody can say which of the two is wrong."""
    latest_ms = 0
    for paragraph in paragraphs:
        if paragraph.start_ms is not None and paragraph.start_ms < latest_ms:
            raise TranscriptUnreadable(f"The time in line {paragraph.at} lies before the one above.", line=paragraph.at)
        latest_ms = paragraph.start_ms or latest_ms
    if any(paragraph.start_ms is None for paragraph in paragraphs):
        return few(line for paragraph in paragraphs for line in _unplaced(paragraph))
    following = [*paragraphs, None]
    return few(line for paragraph, after in pairwise(following) if paragraph for line in _placed(paragraph, after))


def _unplaced(paragraph: _Paragraph) -> list[Line]:
    lines = [Line(text, paragraph.name, doubts=doubts) for doubts, text in paragraph.pieces]
    return [replace(lines[0], start_ms=paragraph.start_ms), *lines[1:]]


def _placed(paragraph: _Paragraph, after: _Paragraph | None) -> list[Line]:
    """A paragraph's pieces from its own time to the next one's.

    Written again it must be one paragraph and end where it ended: so nothing within it ends a sentence after the
    length at which a paragraph is broken, and one that was broken there is that long.
    """
    lines, start_ms = _unplaced(paragraph), paragraph.start_ms or 0
    room_ms = None if after is None else (after.start_ms or 0) - start_ms
    times = spread(lines, start_ms, room_ms)
    within = [end for line, (_, end) in zip(lines[:-1], times, strict=False) if line.text.endswith(SENTENCE_ENDS)]
    if within and within[-1] - start_ms >= PARAGRAPH_MS:
        whole_ms = times[-1][1] - start_ms
        times = spread(lines, start_ms, whole_ms * (PARAGRAPH_MS - 1) // (within[-1] - start_ms))
    placed = [replace(line, start_ms=begins, end_ms=ends) for line, (begins, ends) in zip(lines, times, strict=True)]
    is_broken = after is not None and after.name == paragraph.name and lines[-1].text.endswith(SENTENCE_ENDS)
    if is_broken and room_ms is not None and room_ms >= PARAGRAPH_MS:
        placed[-1] = replace(placed[-1], end_ms=start_ms + room_ms)
    return placed
