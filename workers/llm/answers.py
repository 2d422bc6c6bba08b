"""What the model answered, held against what it was sent. It is believed where to look, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.extraction import Category, Finding, Pay, Said, Turn, conversation, pay
from app.extraction.spans import MIXED_DOUBT, MOST_SENTENCES
from workers.llm.faults import AnswerUnusable, NotReadWhole
from workers.llm.lines import Line, Part

# A model's own word on how sure it is means little, so it is not asked. Not measured: a coin's worth.
CONFIDENCE = 0.5
MOST_CATEGORIES = 3
MOST_FINDINGS = 1000
FAULT_LENGTH = 200


class Marked(BaseModel):
    """Sentences that the model points at. Whether they are there, and say that, is not yet known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: int = Field(alias="from")
    last: int = Field(alias="to")
    quote: str
    categories: list[str]


class Answer(BaseModel):
    """`first` and `last` are the receipt: servers with too small a context cut a request without a word."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: int
    last: int
    findings: Annotated[list[Marked], Field(max_length=MOST_FINDINGS)]


@dataclass(frozen=True)
class Checked:
    findings: list[Finding]
    dropped: int


def check(content: str, part: Part, turns: Sequence[Turn], *, model: str) -> Checked:
    """The findings that stand. Raises AnswerUnusable when this is not the answer that was asked for."""
    answer = _parsed(content)
    if (answer.first, answer.last) != (part[0].number, part[-1].number):
        fault = '"first" and "last" are not the numbers of the first and the last sentence of the part.'
        raise NotReadWhole("not-read-whole", fault)
    findings = [_finding(marked, part, turns, model=model) for marked in answer.findings]
    stand = [finding for finding in findings if finding is not None]
    return Checked(stand, dropped=len(findings) - len(stand))


def _parsed(content: str) -> Answer:
    """Thoughts before the answer and a fence around it are passed over."""
    said = content.rpartition("</think>")[2]
    try:
        return Answer.model_validate_json(said[said.find("{") : said.rfind("}") + 1])
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[0]
        place = "/".join(str(part) for part in wrong["loc"])
        raise AnswerUnusable("unreadable", f"{place}: {wrong['msg']}"[:FAULT_LENGTH]) from None


def _finding(marked: Marked, part: Part, turns: Sequence[Turn], *, model: str) -> Finding | None:
    """What the words quoted and the numbers agree on; None when they do not, or it is nothing to point at."""
    said = _said(marked, part, turns)
    categories = _categories(marked)
    if not said or not categories:
        return None
    start, end, index = said[0].start, said[-1].end, said[0].turn_index
    return Finding(
        turn_index=index,
        start=start,
        end=end,
        quote=turns[index].text[start:end],
        categories=categories,
        values=_pay(said) if Category.COMPENSATION in categories else (),
        confidence=CONFIDENCE * MIXED_DOUBT if said[0].mixed else CONFIDENCE,
        because=because(model),
        method="llm",
        question_at=said[0].question_at,
    )


def because(model: str) -> str:
    return f"llm:{model}"


def _said(marked: Marked, part: Part, turns: Sequence[Turn]) -> list[Said]:
    """The interviewee's sentences that the quote is from; empty when any of it is not theirs or not there."""
    run = [line for line in part if marked.first <= line.number <= marked.last]
    if len(run) != marked.last - marked.first + 1 or not 1 <= len(run) <= MOST_SENTENCES:
        return []
    if len({line.turn_index for line in run}) > 1:
        return []
    touched = _touched(marked.quote.strip(), run, turns[run[0].turn_index].text)
    if not all(line.is_quotable for line in touched):
        return []
    return [line.said for line in touched if line.said is not None]


def _touched(quote: str, run: Sequence[Line], text: str) -> list[Line]:
    """The lines of one turn that hold the quote, letter by letter; typographic quotation marks count as plain ones."""
    start, end = run[0].start, run[-1].end
    at = conversation.straighten(text).find(conversation.straighten(quote), start, end) if quote else -1
    return [line for line in run if at >= 0 and line.start < at + len(quote) and at < line.end]


def _categories(marked: Marked) -> tuple[Category, ...]:
    known = [Category(name) for name in dict.fromkeys(marked.categories) if name in set(Category)]
    return tuple(known[:MOST_CATEGORIES])


def _pay(said: Sequence[Said]) -> tuple[Pay, ...]:
    """Read from the words by our own rules, as for every other finding."""
    return pay.main_first(figure.pay for one in said for figure in _named(one))


def _named(said: Said) -> list[pay.Named]:
    asked = Category.COMPENSATION in said.asked
    return pay.named(said.text, asked=asked, currency=said.currency, question=said.question)
