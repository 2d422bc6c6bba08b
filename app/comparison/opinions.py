"""Opinions: what a quote praises, complains of or holds, and where several interviews say it alike or otherwise."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.comparison.themes import COMPLAINT, DENIED, ELSEWHERE, KNOWN_DENIALS, PRAISE, STANCES, THEMES, Stance
from app.comparison.values import PEOPLE_SAID, Quote, Side, Statement, best_of_each
from app.extraction import sentences
from app.extraction.conversation import straighten
from app.extraction.values import Category

Basis = Literal["feeling", "stance"]
PRAISED, COMPLAINED = "praised", "complained of"
WORDS_BETWEEN = 6
BOTH = 2
# The labels under which people feel something, and those under which anything here is looked for.
FEELING = frozenset({Category.ENJOYS, Category.DISLIKES, Category.COMPENSATION})
SPEAKING = FEELING.union(*(stance.categories for stance in STANCES))
# A contrast, or a second thought: what is felt before it is not felt about what comes after it.
TURNS = re.compile(
    r"[,;]?\s+(?:but|although|though|however|whereas|while|except|yet)\b|;|\s[-\u2013\u2014]\s", re.IGNORECASE
)


@dataclass(frozen=True)
class Opinion:
    """`says` about `about`: praised or complained of a theme, or one side of a stance."""

    basis: Basis
    about: str
    says: str


def opinions(text: str, categories: Iterable[str], *, is_vouched_for: bool = False) -> set[Opinion]:
    """What is said in so many words. A feeling counts where words, label and theme stand in one clause.

    Where a person has vouched for the label (`is_vouched_for`), it says enough of the feeling by itself.
    """
    labels = set(categories)
    if labels.isdisjoint(SPEAKING):
        return set()
    clauses = [clause for clause in _clauses(straighten(text)) if not ELSEWHERE.search(clause)]
    return {*_feelings(clauses, labels, is_vouched_for=is_vouched_for), *_stances(clauses, labels)}


def _feelings(clauses: Sequence[str], labels: set[str], *, is_vouched_for: bool) -> Iterator[Opinion]:
    for clause in clauses if labels & FEELING else ():
        felt = _felt(clause)
        if felt == () and is_vouched_for:
            yield from (Opinion("feeling", theme, says) for theme in _themes(clause) for says in _label_says(labels))
        for says in felt or ():
            cue = PRAISE if says == PRAISED else COMPLAINT
            near = (theme for theme in _themes(clause) if _are_near(THEMES[theme], cue, clause))
            yield from (Opinion("feeling", theme, says) for theme in near if _is_labelled(theme, says, labels))


def _themes(clause: str) -> list[str]:
    return [theme for theme, words in THEMES.items() if words.search(clause)]


def _label_says(labels: set[str]) -> tuple[str, ...]:
    """What the labels alone say is felt; () when they say both, or nothing."""
    said = (PRAISED,) * (Category.ENJOYS in labels) + (COMPLAINED,) * (Category.DISLIKES in labels)
    return said if len(said) < BOTH else ()


def _are_near(one: re.Pattern[str], other: re.Pattern[str], clause: str) -> bool:
    """Whether only a few words lie between some match of each: further apart they are about two things."""
    return any(
        len(clause[min(a.end(), b.end()) : max(a.start(), b.start())].split()) <= WORDS_BETWEEN
        for a in one.finditer(clause)
        for b in other.finditer(clause)
    )


def _clauses(text: str) -> Iterator[str]:
    for sentence in sentences.split(text):
        yield from (clause for clause in TURNS.split(sentence.text) if clause.strip())


def _felt(clause: str) -> tuple[str, ...] | None:
    """What is felt here; () when the words do not say; None when they cannot be understood."""
    rest = KNOWN_DENIALS.sub(" ", clause)
    if DENIED.search(rest):
        return None
    found = tuple(
        says
        for says, is_said in ((PRAISED, PRAISE.search(rest)), (COMPLAINED, COMPLAINT.search(clause)))
        if is_said is not None
    )
    return found if len(found) < BOTH else None


def _is_labelled(theme: str, says: str, labels: set[str]) -> bool:
    """Whether the insight was kept for this feeling. That pay is good or bad is labelled as pay."""
    label = Category.ENJOYS if says == PRAISED else Category.DISLIKES
    return label in labels or (theme == "pay" and Category.COMPENSATION in labels)


def _stances(clauses: Sequence[str], labels: set[str]) -> Iterator[Opinion]:
    for stance in STANCES:
        if stance.categories.isdisjoint(labels):
            continue
        side = _side(stance, clauses)
        if side is not None:
            yield Opinion("stance", stance.about, side)


def _side(stance: Stance, clauses: Sequence[str]) -> str | None:
    """What is denied also reads as said, with a "not" before it: denials are looked for first and taken out."""
    denies = any(stance.denied.search(clause) for clause in clauses)
    rest = (stance.denied.sub(" ", clause) for clause in clauses)
    says = any(stance.said.search(clause) and not DENIED.search(clause) for clause in rest)
    if says == denies:
        return None
    return stance.says if says else stance.denies


@dataclass(frozen=True)
class Subject:
    """Everything that several interviews say of one thing, side by side. Who says both is on neither side."""

    basis: Basis
    about: str
    sides: Mapping[str, Sequence[Quote]]

    @property
    def decided(self) -> dict[str, list[Quote]]:
        of = {says: {quote.interview_id for quote in quotes} for says, quotes in self.sides.items()}
        torn = {one for one in set().union(*of.values()) if sum(one in interviews for interviews in of.values()) > 1}
        kept = {says: [q for q in quotes if q.interview_id not in torn] for says, quotes in self.sides.items()}
        return {says: quotes for says, quotes in kept.items() if quotes}


def subjects(quotes: Iterable[Quote]) -> list[Subject]:
    """By feeling, then by stance, each in the order of the lexicon."""
    found: dict[tuple[Basis, str], dict[str, list[Quote]]] = {}
    for quote in quotes:
        for opinion in opinions(quote.quote, quote.categories, is_vouched_for=quote.state in PEOPLE_SAID):
            sides = found.setdefault((opinion.basis, opinion.about), {})
            sides.setdefault(opinion.says, []).append(quote)
    order: list[tuple[Basis, str]] = [
        *(("feeling", name) for name in THEMES),
        *(("stance", one.about) for one in STANCES),
    ]
    return [Subject(*key, dict(sorted(found[key].items()))) for key in order if key in found]


def agreements(said: Iterable[Subject]) -> list[Statement]:
    """What two or more interviews say alike."""
    return [
        Statement(subject.about, subject.basis, _alike(subject, says, len(best)), (Side(says, best),))
        for subject in said
        for says, quotes in subject.decided.items()
        if len(best := best_of_each(quotes)) > 1
    ]


def contradictions(said: Iterable[Subject]) -> list[Statement]:
    """What some interviews say and others say the contrary of."""
    found = []
    for subject in said:
        sides = tuple(Side(says, best_of_each(quotes)) for says, quotes in subject.decided.items())
        if len(sides) > 1:
            found.append(Statement(subject.about, subject.basis, _against(subject, sides), sides))
    return found


def _alike(subject: Subject, says: str, count: int) -> str:
    if subject.basis == "stance":
        return f"{count} interviews say that {says}."
    return f"{subject.about[0].upper()}{subject.about[1:]}: {says} in {count} interviews."


def _against(subject: Subject, sides: Sequence[Side]) -> str:
    one, other = sides
    if subject.basis == "stance":
        return f"{_count(one)} that {one.says}, {_count(other)} that {other.says}."
    counts = f"{one.says} in {len(one.quotes)}, {other.says} in {len(other.quotes)}"
    return f"{subject.about[0].upper()}{subject.about[1:]}: {counts}."


def _count(side: Side) -> str:
    return f"{len(side.quotes)} say" if len(side.quotes) > 1 else "1 says"
