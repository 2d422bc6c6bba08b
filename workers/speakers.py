"""Who spoke when, and who asks the questions. So far by channel only: one microphone is one speaker."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.transcripts.values import Role, Segment, Speaker

# Somebody who asks fewer questions than this, or a smaller share of them, is not called the interviewer.
FEWEST_QUESTIONS = 3
CLEAR_SHARE = 0.7
QUESTION_MARKS = ("?", "\uff1f", "\u061f")


@dataclass(frozen=True)
class Said:
    """A stretch of words and the channel it was on; `facts` is a Segment without `id` and `speaker`."""

    channel: str
    facts: Mapping[str, Any]

    @property
    def start_ms(self) -> int:
        return int(self.facts["start_ms"])

    @property
    def text(self) -> str:
        return str(self.facts["text"])


@dataclass(frozen=True)
class Voices:
    """`labels`: one speaker id for each stretch in order of time; `roles` where they are clear. Holds no words."""

    labels: list[str]
    roles: dict[str, str]


def in_order(said: Sequence[Said]) -> list[Said]:
    return sorted(said, key=lambda one: (one.start_ms, one.channel))


def tell_apart(said: Sequence[Said]) -> Voices:
    """A speaker for each channel that has words: S1, S2, ... in order of first words."""
    numbers: dict[str, str] = {}
    labels = [numbers.setdefault(one.channel, f"S{len(numbers) + 1}") for one in in_order(said)]
    texts = [one.text for one in in_order(said)]
    return Voices(labels, {speaker: str(role) for speaker, role in roles(labels, texts).items()})


def roles(labels: Sequence[str], texts: Sequence[str]) -> dict[str, Role]:
    """Who clearly asks most of the questions is the interviewer, and the other one of two the interviewee."""
    everybody = list(dict.fromkeys(labels))
    asked: Counter[str] = Counter()
    for label, text in zip(labels, texts, strict=True):
        asked[label] += sum(text.count(mark) for mark in QUESTION_MARKS)
    if len(everybody) < 2 or not asked.total():  # noqa: PLR2004  an interview takes two
        return {}
    curious, count = asked.most_common(1)[0]
    if count < FEWEST_QUESTIONS or count < CLEAR_SHARE * asked.total():
        return {}
    found = {curious: Role.INTERVIEWER}
    others = [speaker for speaker in everybody if speaker != curious]
    return found | ({others[0]: Role.INTERVIEWEE} if len(others) == 1 else {})


def segments(said: Sequence[Said], voices: Voices) -> tuple[Segment, ...]:
    """Numbered from 1 in order of time, each with its speaker."""
    ordered = in_order(said)
    return tuple(
        Segment(id=number, speaker=speaker, **one.facts)
        for number, (one, speaker) in enumerate(zip(ordered, voices.labels, strict=True), start=1)
    )


def speakers(voices: Voices) -> tuple[Speaker, ...]:
    return tuple(
        Speaker(id=label, role=Role(voices.roles[label]) if label in voices.roles else None)
        for label in dict.fromkeys(voices.labels)
    )
