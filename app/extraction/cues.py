"""Cues: words that speak for a category in an answer, with a weight each. General English, from the meanings only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.extraction import cues_person, cues_work
from app.extraction.values import Category, Score


@dataclass(frozen=True)
class Cue:
    """`weight` is the chance, as judged by hand, that the words alone make the sentence an insight of its kind."""

    name: str
    weight: float
    pattern: re.Pattern[str]


SPELT_OUT = {
    "<adverbs>": (
        r"(?:(?:really|just|truly|absolutely|do|still|also|actually|always|definitely|kind of|"
        r"sort of|honestly|mostly|especially|particularly|personally|probably|genuinely|thoroughly|"
        r"most) ){0,3}"
    ),
    "<not-negated>": (r"(?<!don't )(?<!didn't )(?<!not )(?<!never )(?<!n't really )"),
    "<very>": (
        r"(?:really |very |pretty |so |quite |extremely |incredibly |super |just |always |the most |"
        r"a bit |kind of |more |too |physically |emotionally |mentally ){0,3}"
    ),
    "<past-adverbs>": (
        r"(?:first |then |actually |originally |eventually |also |just |really |finally |later |"
        r"always |had |'d |was |never ){0,2}"
    ),
    "<lead>": (
        r"^(?:(?:so|and|but|well|just|yeah|also|first|then|ok|okay|or|please|always|definitely|"
        r"number \w+|number one|honestly|really),? ){0,3}"
    ),
}


def _pattern(written: str) -> re.Pattern[str]:
    for name, words in SPELT_OUT.items():
        written = written.replace(name, words)
    return re.compile(written, re.IGNORECASE)


CUES: Mapping[Category, tuple[Cue, ...]] = {
    category: tuple(Cue(name, weight, _pattern(written)) for name, weight, written in rows)
    for category, rows in {**cues_work.TABLE, **cues_person.TABLE}.items()
}
UNREAL = re.compile(
    r"\bif i (?:had|won|were) (?:a |the )?(?:million|billion|lottery|rich|unlimited|magic)"
    r"|\bfor free\b|\bjust kidding\b|\blottery\b",
    re.IGNORECASE,
)


def weigh(text: str) -> dict[Category, list[tuple[float, str]]]:
    """Every cue in one sentence: (weight, name) per category. Apostrophes must be straight."""
    found: dict[Category, list[tuple[float, str]]] = {}
    for category, cues in CUES.items():
        hits = [(cue.weight, f"cue:{cue.name}") for cue in cues if cue.pattern.search(text)]
        if hits:
            found[category] = hits
    return found


def combined(hits: list[tuple[float, str]]) -> Score:
    """Independent reasons together: one minus the chance that each of them misleads."""
    doubt = 1.0
    for weight, _ in hits:
        doubt *= 1 - weight
    names = [name for _, name in sorted(hits, key=lambda hit: (-hit[0], hit[1]))]
    return Score(round(1 - doubt, 4), tuple(names))
