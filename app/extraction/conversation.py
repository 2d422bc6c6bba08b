"""Listening to a conversation: which sentences may be the interviewee's, and what was asked before each."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.extraction import pay, questions, sentences
from app.extraction.sentences import Sentence
from app.extraction.values import Category, Said, Turn
from app.transcripts.values import Role

STRAIGHT = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "\u00a0": " ", "\n": " ", "\t": " "})
FILLER = re.compile(
    r"(?:(?:um+|uh+|well|oh|so|yeah|yes|yep|no|nope|okay|ok|right|sure|absolutely|definitely|exactly|great|wow|hmm+|mm-?hmm|"
    r"i see|of course|totally|got it|\[[^\]]{0,40}\]|cool|nice|awesome|thank you|thanks|(?:that's|it's|what) (?:a |an )?(?:\w+ )?"
    r"(?:good|great|interesting|tough|hard|funny|tricky) (?:question|one|point)|let me (?:think|see)|you know|i mean|hello|hi|hey"
    r"|good (?:morning|afternoon)|i'm not sure|i don't know|let's see)[\s,.!…-]*)+$",
    re.IGNORECASE,
)
KEEPS_ASKING = 3  # sentences of an interviewer's turn, from its end, that say what was asked
ANSWER_IS_OVER = 12  # sentences after a question in one stream of both voices: what was asked wears off anyway


@dataclass(frozen=True)
class _Question:
    text: str = ""
    topics: Mapping[Category, float] | None = None


def straighten(text: str) -> str:
    """Curly quotes straight, other blanks plain; never a different length."""
    return text.translate(STRAIGHT)


def roles_of(turns: Sequence[Turn]) -> list[Role | None]:
    """Per turn: the role given for its speaker, else inferred; None where both people may be speaking.

    Who asks most of the questions is the interviewer. A single speaker label without a role stays unknown.
    """
    given = {turn.speaker: turn.role for turn in turns if turn.role is not None}
    labels = list(dict.fromkeys(turn.speaker for turn in turns))
    named = {**_inferred(turns, labels, given), **given}
    return [turn.role or named.get(turn.speaker) for turn in turns]


def _inferred(
    turns: Sequence[Turn], labels: list[str | None], given: Mapping[str | None, Role | None]
) -> dict[str | None, Role]:
    if Role.INTERVIEWER in given.values():
        return dict.fromkeys(labels, Role.INTERVIEWEE)
    if Role.INTERVIEWEE in given.values():
        return dict.fromkeys(labels, Role.INTERVIEWER)
    asked: Counter[str | None] = Counter()
    for turn in turns:
        asked[turn.speaker] += sum(questions.asks(straighten(s.text)) for s in sentences.split(turn.text))
    ranked = asked.most_common()
    if len(labels) < 2 or not ranked or not ranked[0][1] or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):  # noqa: PLR2004 - a conversation takes two
        return {}
    return {label: Role.INTERVIEWER if label == ranked[0][0] else Role.INTERVIEWEE for label in labels}


def listen(turns: Sequence[Turn]) -> list[Said]:
    """The statements that may be the interviewee's, in order, each with what was asked.

    A figure the interviewer names is among them when the next words confirm it.
    """
    currency = pay.currency_of(turn.text for turn in turns)
    return list(_statements(turns, roles_of(turns), currency))


def _statements(turns: Sequence[Turn], roles: Sequence[Role | None], currency: str | None) -> Iterator[Said]:
    question, after, before = _Question(), 0, ""
    parts = [list(_plain(sentences.split(turn.text))) for turn in turns]
    for index, role in enumerate(roles):
        if role is Role.INTERVIEWER:
            question, after, before = _asked(parts[index], question), 0, ""
            yield from _confirmed(index, parts, question, currency)
            continue
        if role is Role.OTHER:
            continue
        for place, sentence in enumerate(parts[index]):
            if questions.asks(sentence.text):
                yield from _confirmed_here(index, parts[index], place, currency)
                if role is None:
                    question, after, before = _Question(sentence.text, questions.topics(sentence.text)), 0, ""
                continue
            if role is None and _introduces_question(parts[index], place):
                continue
            if FILLER.match(sentence.text):
                continue
            yield _said(index, sentence, question, after=after, before=before, mixed=role is None, currency=currency)
            after, before = after + 1, sentence.text


def _said(
    index: int, sentence: Sentence, question: _Question, *, after: int, before: str, mixed: bool, currency: str | None
) -> Said:
    return Said(
        turn_index=index,
        start=sentence.start,
        end=sentence.end,
        text=sentence.text,
        question=question.text,
        asked=question.topics or {},
        after=after,
        before=before,
        mixed=mixed,
        currency=currency,
    )


def _plain(parts: Iterable[Sentence]) -> Iterator[Sentence]:
    for part in parts:
        yield Sentence(part.start, part.end, straighten(part.text))


def _introduces_question(parts: Sequence[Sentence], place: int) -> bool:
    """In one stream of both voices: "So you trained as a nurse." right before a question is the interviewer's."""
    upcoming = parts[place + 1] if place + 1 < len(parts) else None
    return upcoming is not None and questions.asks(upcoming.text) and questions.leads_in(parts[place].text)


def _asked(parts: Sequence[Sentence], former: _Question) -> _Question:
    """What an interviewer's turn asks. "Right." and "That's great." leave the former question standing."""
    asking = [part.text for part in parts[-KEEPS_ASKING:] if questions.asks(part.text)]
    text = " ".join(asking or [part.text for part in parts[-KEEPS_ASKING:]])
    if asking or not former.text:
        return _Question(text, questions.topics(text))
    return former if all(FILLER.match(part.text) for part in parts) else _Question(text, questions.topics(text))


def _confirmed(index: int, parts: Sequence[list[Sentence]], question: _Question, currency: str | None) -> Iterator[Said]:
    answer = parts[index + 1] if index + 1 < len(parts) else []
    if not answer or not questions.confirms(answer[0].text):
        return
    for sentence in parts[index]:
        yield from _if_pay(index, sentence, question, currency)


def _confirmed_here(index: int, parts: Sequence[Sentence], place: int, currency: str | None) -> Iterator[Said]:
    if place + 1 < len(parts) and questions.confirms(parts[place + 1].text):
        question = _Question(parts[place].text, questions.topics(parts[place].text))
        yield from _if_pay(index, parts[place], question, currency)


def _if_pay(index: int, sentence: Sentence, question: _Question, currency: str | None) -> Iterator[Said]:
    if pay.named(sentence.text, asked=Category.COMPENSATION in (question.topics or {}), currency=currency):
        only_pay = _Question(question.text, {Category.COMPENSATION: 1.0})
        yield _said(index, sentence, only_pay, after=0, before="", mixed=True, currency=currency)
