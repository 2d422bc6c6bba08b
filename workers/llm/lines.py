"""The conversation as numbered lines, a sentence each, and parts of them: every line is in at least one part."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.extraction import Said, Turn, conversation, orders, questions, sentences
from app.extraction.spans import MOST_SENTENCES
from app.transcripts.values import Role

# What is worth pointing at is at most so long; with one sentence less repeated, none is cut by the end of a part.
OVERLAP = MOST_SENTENCES - 1
ASKERS = (Role.INTERVIEWER, Role.OTHER)


@dataclass(frozen=True)
class Line:
    """One sentence; numbers count from 1 over the whole conversation. `said` None: not the interviewee's, or empty."""

    number: int
    turn_index: int
    start: int
    end: int
    text: str
    role: Role | None
    said: Said | None

    @property
    def is_quotable(self) -> bool:
        """Whether it may stand between sentences that are pointed at: theirs, even if it is only "you know"."""
        if self.said is not None:
            return True
        is_askers = self.role in ASKERS or (self.role is None and questions.asks(self.text))
        return not is_askers and not orders.is_order(self.text)

    def as_json(self) -> str:
        facts = {"n": self.number, "who": self.role or "one of them", "text": self.text}
        return json.dumps(facts, ensure_ascii=False)

    @property
    def size_bytes(self) -> int:
        return len(self.as_json().encode()) + 2


Part = Sequence[Line]


def of(turns: Sequence[Turn]) -> list[Line]:
    """Every sentence of every turn, in order."""
    said = {(one.turn_index, one.start): one for one in conversation.listen(turns)}
    placed = [
        (index, role, sentence)
        for index, (turn, role) in enumerate(zip(turns, conversation.roles_of(turns), strict=True))
        for sentence in sentences.split(turn.text)
    ]
    return [
        Line(
            number=number,
            turn_index=index,
            start=sentence.start,
            end=sentence.end,
            text=conversation.straighten(sentence.text),
            role=role,
            said=said.get((index, sentence.start)),
        )
        for number, (index, role, sentence) in enumerate(placed, start=1)
    ]


def parts(lines: Sequence[Line], *, room_bytes: int) -> Iterator[Part]:
    """Consecutive lines that fit; each part repeats the end of the one before. A line that never fits goes alone."""
    sizes = [line.size_bytes for line in lines]
    fresh = 0
    while fresh < len(lines):
        start, size = fresh, sizes[fresh]
        while start > max(0, fresh - OVERLAP) and size + sizes[start - 1] <= room_bytes:
            start -= 1
            size += sizes[start]
        end = fresh + 1
        while end < len(lines) and size + sizes[end] <= room_bytes:
            size += sizes[end]
            end += 1
        yield lines[start:end]
        fresh = end


def halves(part: Part) -> list[Part]:
    """Two shorter parts that hold every line of this one and overlap; empty for a single line."""
    middle = len(part) // 2
    if not middle:
        return []
    return [part[:middle], part[middle - min(OVERLAP, middle // 2) :]]
