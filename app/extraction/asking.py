"""What was asked, and what was answered: the questions of a conversation, each with the beginning of its answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.extraction import conversation, questions, sentences
from app.extraction.values import Place, Turn
from app.transcripts.values import Role

QUESTION_WORDS = 3  # "Really?" and "How so?" ask nothing new: the answer goes on behind them
ANSWER_SENTENCES = 3
# What comes later than this is no answer any more. It also bounds the work on a text of questions only.
LOOKS_AHEAD = 40
ASKERS = (Role.INTERVIEWER, Role.OTHER)


@dataclass(frozen=True)
class Exchange:
    """A question, and where its answer begins: 1-3 sentences of one turn; None: nothing of substance was answered.

    `led_in` is what was said right before it by who asks, such as "Let's talk about hours."; empty: nothing.
    """

    question: Place
    text: str
    answer: Place | None
    led_in: str = ""


@dataclass(frozen=True)
class _Line:
    """One sentence of the conversation. `role` None: it is not known which of the two speaks."""

    place: Place
    text: str
    role: Role | None
    asks: bool
    is_empty: bool


def exchanges(turns: Sequence[Turn]) -> list[Exchange]:
    """Every question put to the interviewee, in order. Questions in one breath share their answer."""
    lines = list(_lines(turns))
    return [
        Exchange(line.place, line.text, _answer(lines, at), _led_in(lines, at))
        for at, line in enumerate(lines)
        if _puts_question(line)
    ]


def _lines(turns: Sequence[Turn]) -> Iterator[_Line]:
    for index, (turn, role) in enumerate(zip(turns, conversation.roles_of(turns), strict=True)):
        for part in sentences.split(turn.text):
            text = conversation.straighten(part.text)
            is_empty = conversation.FILLER.match(text) is not None
            yield _Line(Place(index, part.start, part.end), text, role, questions.asks(text), is_empty)


def _puts_question(line: _Line) -> bool:
    """The interviewee's own questions are of speech: "Why do I do it? Because ..."."""
    if not line.asks or line.is_empty or line.role not in (Role.INTERVIEWER, None):
        return False
    return len(line.text.split()) >= QUESTION_WORDS or bool(questions.topics(line.text))


def _led_in(lines: Sequence[_Line], at: int) -> str:
    """The sentence before the question, if it is certainly the asker's."""
    if at == 0:
        return ""
    before, line = lines[at - 1], lines[at]
    same_breath = before.place.turn_index == line.place.turn_index and not (before.asks or before.is_empty)
    is_the_askers = line.role is Role.INTERVIEWER or questions.leads_in(before.text)
    return before.text if same_breath and is_the_askers else ""


def _answer(lines: Sequence[_Line], at: int) -> Place | None:
    first = _first_answered(lines, at)
    if first is None:
        return None
    last = first
    for place in range(first + 1, min(first + ANSWER_SENTENCES, len(lines))):
        if lines[place].place.turn_index != lines[first].place.turn_index or _belongs_to_asker(lines, place):
            break
        if not lines[place].is_empty:
            last = place
    return Place(lines[first].place.turn_index, lines[first].place.start, lines[last].place.end)


def _first_answered(lines: Sequence[_Line], at: int) -> int | None:
    """The first sentence of substance after a question that is not the asker's, before the next question."""
    asked = lines[at].place.turn_index
    for place in range(at + 1, min(at + 1 + LOOKS_AHEAD, len(lines))):
        line = lines[place]
        in_one_breath = line.place.turn_index == asked and (line.role in ASKERS or _only_questions(lines, at, place))
        if in_one_breath:
            continue
        if _puts_question(line):
            return None
        if not (line.role in ASKERS or line.is_empty or _belongs_to_asker(lines, place)):
            return place
    return None


def _only_questions(lines: Sequence[_Line], at: int, until: int) -> bool:
    return all(line.asks for line in lines[at : until + 1])


def _belongs_to_asker(lines: Sequence[_Line], place: int) -> bool:
    """A question, or where both voices are one: what leads in to the next question."""
    line = lines[place]
    if line.asks:
        return True
    asked_next = place + 1 < len(lines) and _puts_question(lines[place + 1])
    return line.role is None and asked_next and questions.leads_in(line.text)
