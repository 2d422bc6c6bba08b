"""Listening to a conversation: which sentences may be the interviewee's, and what was asked before each."""

import re
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.extraction import orders, pay, questions, sentences
from app.extraction.sentences import Sentence
from app.extraction.values import Category, Place, Said, Turn
from app.transcripts.values import Role

STRAIGHT = str.maketrans("\u2019\u2018`\u201c\u201d\u00a0\n\t", "'''\"\"   ")
KIND = r"(?:great|good|wonderful|helpful|awesome|amazing|perfect|lovely|fantastic|interesting|tough|hard|funny|tricky)"
# Each item ends at a word's end, so that there is one way only to read a run of them: no backtracking.
FILLER = re.compile(
    r"(?:(?:um+|uh+|well|oh|so|yeah|yes|yep|no|nope|okay|ok|right|sure|absolutely|definitely|exactly|great|wow|hmm+|"
    r"mm-?hmm|i see|no problem(?: at all)?|you're welcome|my pleasure|any ?time|of course|totally|got it|cool|nice|"
    rf"awesome|(?:that's|it's|what) (?:a |an )?(?:\w+ )?{KIND} (?:question|one|point)|\[[^\]]{{0,40}}\]|"
    r"thank(?:s| you)(?:,? \w+(?=[.!]))?|"
    r"(?:that's|that (?:would be|sounds|is)) (?:\w+ )?(?:great|wonderful|helpful|awesome|amazing|perfect)|"
    r"let me (?:think|see)|you know|i mean|hello|hi|hey|good (?:morning|afternoon)|i'm not sure|i don't know|let's see)"
    r"(?!\w)[\s,.!…-]*)+$",
    re.IGNORECASE,
)
KEEPS_ASKING = 3  # sentences of an interviewer's turn, from its end, that say what was asked
VOICES = 2
NOD_WORDS = 6
LOOKS_BACK = 20  # turns: what was asked longer ago is not what the words answer


@dataclass(frozen=True)
class _Context:
    """What is known when a sentence is said: the last question, and how far back it lies."""

    currency: str | None
    question: str = ""
    question_at: Place | None = None
    topics: Mapping[Category, float] = field(default_factory=dict)
    after: int = 0
    before: str = ""

    def asked(self, index: int, asking: Sequence[Sentence]) -> "_Context":
        """After the sentences `asking`, one after the other, in turn `index`."""
        question = " ".join(sentence.text for sentence in asking)
        at = Place(index, asking[0].start, asking[-1].end) if asking else None
        return _Context(self.currency, question, at, questions.topics(question))

    def told(self, statement: str) -> "_Context":
        return replace(self, after=self.after + 1, before=statement)

    def said(self, index: int, sentence: Sentence, *, mixed: bool) -> Said:
        return Said(
            turn_index=index,
            start=sentence.start,
            end=sentence.end,
            text=sentence.text,
            question=self.question,
            question_at=self.question_at,
            asked=self.topics,
            after=self.after,
            before=self.before,
            mixed=mixed,
            currency=self.currency,
        )


def straighten(text: str) -> str:
    """Curly quotes straight, other blanks plain; never a different length."""
    return text.translate(STRAIGHT)


def listen(turns: Sequence[Turn]) -> list[Said]:
    """The statements that may be the interviewee's, in order, each with what was asked.

    A figure the interviewer names is among them when the next words confirm it.
    """
    return list(_statements(turns))


def answered_at(turns: Sequence[Turn], place: Place) -> Place | None:
    """Where it was asked what the words at `place` answer; None: it was not, or they are not the interviewee's."""
    first = max(0, place.turn_index - LOOKS_BACK)
    near = list(zip(turns, roles_of(turns), strict=True))[first : place.turn_index + 1]
    for said in listen([Turn(turn.speaker, role, turn.text) for turn, role in near]):
        here = said.turn_index + first == place.turn_index and said.start < place.end and place.start < said.end
        if here:
            at = said.question_at
            return None if at is None else replace(at, turn_index=at.turn_index + first)
    return None


def roles_of(turns: Sequence[Turn]) -> list[Role | None]:
    """Per turn: the role given for its speaker, else inferred; None where both people may be speaking.

    Who asks most of the questions is the interviewer. A single speaker label without a role stays unknown.
    """
    given = {turn.speaker: turn.role for turn in turns if turn.role is not None}
    named = {**_inferred(turns, given), **given}
    return [turn.role or named.get(turn.speaker) for turn in turns]


def _inferred(turns: Sequence[Turn], given: Mapping[str | None, Role | None]) -> dict[str | None, Role]:
    labels = list(dict.fromkeys(turn.speaker for turn in turns))
    if Role.INTERVIEWER in given.values():
        return dict.fromkeys(labels, Role.INTERVIEWEE)
    if Role.INTERVIEWEE in given.values():
        return dict.fromkeys(labels, Role.INTERVIEWER)
    if len(labels) < VOICES:
        return {}
    asked = Counter(dict.fromkeys(labels, 0))
    for turn in turns:
        asked[turn.speaker] += sum(questions.asks(sentence.text) for sentence in _sentences(turn))
    ranked = asked.most_common(VOICES)
    if ranked[0][1] == ranked[1][1]:
        return {}
    return {label: Role.INTERVIEWER if label == ranked[0][0] else Role.INTERVIEWEE for label in labels}


def _sentences(turn: Turn) -> list[Sentence]:
    found = [Sentence(part.start, part.end, straighten(part.text)) for part in sentences.split(turn.text)]
    return [sentence for sentence in found if not orders.is_order(sentence.text)]


def _statements(turns: Sequence[Turn]) -> Iterator[Said]:
    parts = [_sentences(turn) for turn in turns]
    context = _Context(pay.currency_of(sentence.text for part in parts for sentence in part))
    for index, role in enumerate(roles_of(turns)):
        if role is Role.INTERVIEWER:
            context = _asked(index, parts[index], context)
            answer = parts[index + 1] if index + 1 < len(parts) else []
            for sentence in parts[index]:
                yield from _confirmed(context, index, sentence, answer[:1])
        elif role is not Role.OTHER:
            context = yield from _told(parts[index], index, context, mixed=role is None)


def _told(parts: Sequence[Sentence], index: int, context: _Context, *, mixed: bool) -> Generator[Said, None, _Context]:
    """The statements of one turn; returns the context the next turn begins with."""
    for place, sentence in enumerate(parts):
        following = parts[place + 1 : place + 2]
        if questions.asks(sentence.text):
            asked = context.asked(index, [sentence])
            yield from _confirmed(asked, index, sentence, following)
            context = asked if mixed else context
        elif not (mixed and _leads_in(sentence, following)) and not _is_empty(sentence.text):
            yield context.said(index, sentence, mixed=mixed)
            context = context.told(sentence.text)
    return context


def _is_empty(text: str) -> bool:
    """Whether this has no content of its own: "yes", "that's a good question", "yeah, that's about right"."""
    return FILLER.match(text) is not None or (len(text.split()) <= NOD_WORDS and questions.confirms(text))


def _leads_in(sentence: Sentence, following: Sequence[Sentence]) -> bool:
    """In one stream of both voices: "So you trained as a nurse." right before a question is the interviewer's."""
    asked = bool(following) and questions.asks(following[0].text)
    return asked and questions.leads_in(sentence.text)


def _asked(index: int, parts: Sequence[Sentence], context: _Context) -> _Context:
    """What an interviewer's turn asks. "Right." and "That's great." leave the former question standing."""
    last = parts[-KEEPS_ASKING:]
    asking = [part for part in last if questions.asks(part.text)]
    if not asking and context.question and all(FILLER.match(part.text) for part in parts):
        return context
    return context.asked(index, asking or last)


def _confirmed(context: _Context, index: int, sentence: Sentence, answer: Sequence[Sentence]) -> Iterator[Said]:
    """The interviewer's own sentence, if it names pay and the answer says that it is so."""
    if not answer or not questions.confirms(answer[0].text):
        return
    asked = Category.COMPENSATION in context.topics
    if pay.named(sentence.text, asked=asked, currency=context.currency):
        about_pay = replace(context, topics={Category.COMPENSATION: 1.0}, after=0)
        yield about_pay.said(index, sentence, mixed=True)
