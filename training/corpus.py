"""The dialogues we wrote, read: turns without their marks, and what was marked in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.extraction.values import Category, Turn
from app.transcripts.values import Role

HERE = Path(__file__).parent / "dialogues"
MARK = re.compile(r"\{(?P<flag>[?~]?)(?P<labels>[a-z_,]+)(?:=(?P<pay>[^|{}]*))?\|(?P<words>[^{}|]+)\}")
LINE = re.compile(r"(?P<name>[\w .'\u2019-]{1,30})(?P<host>\*?): (?P<text>.*)")
ONE_VOICE = "machine"  # the style in which both people may speak within one turn

Weight = Literal["certain", "borderline", "optional"]
FLAGS: dict[str, Weight] = {"": "certain", "?": "borderline", "~": "optional"}


@dataclass(frozen=True)
class Span:
    """Words worth keeping: `turns[turn_index].text[start:end]`. `pay` as written in the mark, or None."""

    turn_index: int
    start: int
    end: int
    categories: tuple[Category, ...]
    weight: Weight
    pay: str | None


@dataclass(frozen=True)
class Dialogue:
    name: str
    style: str
    turns: tuple[Turn, ...]
    spans: tuple[Span, ...]


def read_all(folder: Path = HERE) -> list[Dialogue]:
    """Every dialogue, by name. Raises ValueError naming file and line where one is not written as it should be."""
    return [read(path) for path in sorted(folder.glob("*.txt"))]


def read(path: Path) -> Dialogue:
    header, *lines = path.read_text(encoding="utf-8").strip().splitlines()
    style = header.rpartition(";")[2].strip()
    matches = [_matched(path, number, line) for number, line in enumerate(lines, 2) if line.strip()]
    interviewer = matches[0]["name"]
    turns, spans = [], []
    for index, match in enumerate(matches):
        asks = match["name"] == interviewer or bool(match["host"])
        text, found = _unmarked(match["text"], index)
        turns.append(_turn(match["name"], text, asks=asks, style=style))
        spans += found
    return Dialogue(path.stem, style, tuple(turns), tuple(spans))


def _turn(name: str, text: str, *, asks: bool, style: str) -> Turn:
    if style == ONE_VOICE:
        return Turn("S1", None, text)
    return Turn(name, Role.INTERVIEWER if asks else Role.INTERVIEWEE, text)


def _matched(path: Path, number: int, line: str) -> re.Match[str]:
    match = LINE.fullmatch(line.rstrip())
    if match is None:
        raise ValueError(f"{path.name}:{number}: not `Name: text`")
    return match


def _unmarked(marked: str, index: int) -> tuple[str, list[Span]]:
    text, spans = "", []
    for piece in _pieces(marked):
        if isinstance(piece, str):
            text += piece
            continue
        start = len(text)
        text += piece["words"]
        labels = tuple(Category(label) for label in piece["labels"].split(","))
        spans.append(Span(index, start, len(text), labels, FLAGS[piece["flag"]], piece["pay"]))
    return text, spans


def _pieces(marked: str) -> Iterator[str | re.Match[str]]:
    at = 0
    for match in MARK.finditer(marked):
        yield marked[at : match.start()]
        yield match
        at = match.end()
    yield marked[at:]
