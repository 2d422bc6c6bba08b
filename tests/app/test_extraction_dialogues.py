"""Whole conversations of ours, about invented people, heard in four ways; the words marked in them must be found.

A dialogue is a text file of "Name: words" lines, the interviewer first. A sentence followed by
`[[category]]` or `[[compensation min max period currency]]` is one a careful reader would keep.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.extraction import Category, Finding, Turn, extract
from app.transcripts.values import Role

HERE = Path(__file__).parent
DIALOGUES = sorted((HERE / "dialogues").glob("*.txt"))
TRAPS = [line for line in (HERE / "traps.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]
MARK = re.compile(r" ?\[\[([^\]]+)\]\]")


@dataclass(frozen=True)
class Marked:
    category: Category
    sentence: str
    value: tuple[str, ...]


def read(path: Path) -> tuple[list[tuple[str, str]], list[Marked]]:
    lines = [line.split(": ", 1) for line in path.read_text("utf-8").splitlines()]
    marks = []
    for _, text in lines:
        for piece in re.split(r"(?<=\]\])", text):
            mark = MARK.search(piece)
            if mark:
                sentence = re.split(r"(?<=[.?!]) ", piece[: mark.start()].strip())[-1]
                category, *value = mark[1].split()
                marks.append(Marked(Category(category), sentence, tuple(value)))
    return [(name, MARK.sub("", text)) for name, text in lines], marks


def labelled(lines: list[tuple[str, str]]) -> list[Turn]:
    asker = lines[0][0]
    return [Turn(name, Role.INTERVIEWER if name == asker else Role.INTERVIEWEE, text) for name, text in lines]


def one_voice(lines: list[tuple[str, str]]) -> list[Turn]:
    return [Turn("S1", None, " ".join(text for _, text in lines))]


def bare(text: str) -> str:
    return re.sub(r"[.,?!]", "", text).lower()


def missed(findings: list[Finding], marks: list[Marked]) -> list[Marked]:
    def found(mark: Marked) -> bool:
        said = bare(mark.sentence)
        near = [f for f in findings if mark.category in f.categories]
        return any(said in bare(f.quote) or bare(f.quote) in said for f in near)

    return [mark for mark in marks if not found(mark)]


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_what_a_careful_reader_would_keep_is_found(path: Path) -> None:
    lines, marks = read(path)
    assert len(missed(extract(labelled(lines)), marks)) <= 1


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_names_without_roles_are_understood_from_who_asks(path: Path) -> None:
    lines, _ = read(path)
    assert extract([Turn(name, None, text) for name, text in lines]) == extract(labelled(lines))


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_one_stream_of_both_voices_gives_nearly_the_same(path: Path) -> None:
    lines, marks = read(path)
    findings = extract(one_voice(lines))
    assert len(missed(findings, marks)) <= 2
    assert not [f for f in findings if f.quote.endswith("?") and f.value is None]


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_a_stream_without_any_punctuation_still_gives_most(path: Path) -> None:
    lines, marks = read(path)
    lowered = [(name, bare(text)) for name, text in lines]
    assert len(missed(extract(one_voice(lowered)), marks)) <= len(marks) / 2


@pytest.mark.parametrize("form", [labelled, one_voice])
@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_pay_has_the_amounts_that_were_spoken(path: Path, form: object) -> None:
    lines, marks = read(path)
    findings = extract(labelled(lines) if form is labelled else one_voice(lines))
    for mark in marks:
        if not mark.value:
            continue
        pays = [f.value for f in findings if f.value and (mark.sentence in f.quote or f.quote in mark.sentence)]
        said = [(f"{p.amount_min}", f"{p.amount_max}", f"{p.period}", f"{p.currency}") for p in pays]
        spoken = [tuple(word.removesuffix(".0") for word in words)[: len(mark.value)] for words in said]
        assert mark.value in spoken


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_little_is_found_that_nobody_marked(path: Path) -> None:
    lines, marks = read(path)
    kept = [mark.sentence for mark in marks]
    extra = [f.quote for f in extract(labelled(lines)) if not any(k in f.quote or f.quote in k for k in kept)]
    assert len(extra) <= 1, extra


@pytest.mark.parametrize("role", [Role.INTERVIEWEE, None])
@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_gives_nothing(trap: str, role: Role | None) -> None:
    assert extract([Turn("S1", role, trap)]) == []
