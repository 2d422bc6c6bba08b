"""Counting hits and misses as ../shared/eval/insights/score.py does, to choose thresholds by."""

import importlib.util
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from service import ROOT

from app.extraction import Category, Finding

EVAL = ROOT.parent / "shared" / "eval" / "insights"
# A quote as score.py has it: turn, start, end, and the annotation it comes from.
Quote = tuple[int, int, int, dict[str, Any]]


def scorer() -> ModuleType:
    """`score.py` itself, so that what is chosen by is what is printed."""
    spec = importlib.util.spec_from_file_location("score", EVAL / "score.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(EVAL / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Annotated:
    """One interview as people annotated it."""

    id: str
    raw: dict[str, Any]
    gold: Sequence[Quote]
    optional: Sequence[Quote]


def annotated(score: ModuleType, name: str) -> Annotated:
    raw = json.loads((EVAL / "raw" / f"{name}.json").read_text())
    gold, optional = (score.load(str(EVAL / part), name, raw)[0] for part in ("gold", "optional"))
    return Annotated(name, raw, gold, optional)


@dataclass(frozen=True)
class Count:
    """Lenient counts: predictions that hit and those that are wrong; gold spans that were hit and those missed."""

    hits: int = 0
    wrong: int = 0
    found: int = 0
    missed: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.hits + other.hits, self.wrong + other.wrong, self.found + other.found, self.missed + other.missed
        )

    @property
    def f1(self) -> float:
        precision = self.hits / (self.hits + self.wrong) if self.hits + self.wrong else 0.0
        recall = self.found / (self.found + self.missed) if self.found + self.missed else 0.0
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


Counts = Mapping[Category, Count]


def count(score: ModuleType, interview: Annotated, findings: Iterable[Finding]) -> Counts:
    quotes = [(one.turn_index, one.start, one.end, {"categories": one.categories}) for one in findings]
    return {category: _count(score, interview, quotes, category) for category in Category}


def _count(score: ModuleType, interview: Annotated, quotes: Sequence[Quote], category: Category) -> Count:
    gold, said, spare = (
        [one for one in part if category in one[3]["categories"]]
        for part in (interview.gold, quotes, interview.optional)
    )
    spare += [one for one in interview.gold if one[3].get("borderline")]
    hits = [one for one in said if any(score.hit(one, other) for other in gold)]
    wrong = [one for one in said if one not in hits and not any(_touches(score, one, other) for other in spare)]
    found = [one for one in gold if any(score.hit(other, one) for other in said)]
    missed = [one for one in gold if one not in found and not one[3].get("borderline")]
    return Count(len(hits), len(wrong), len(found), len(missed))


def _touches(score: ModuleType, one: Quote, other: Quote) -> bool:
    return bool(score.ov(one, other) * 2 >= min(one[2] - one[1], other[2] - other[1]))


def added(counts: Iterable[Counts]) -> Counts:
    total = dict.fromkeys(Category, Count())
    for one in counts:
        total = {category: total[category] + one[category] for category in Category}
    return total


def micro(counts: Counts) -> float:
    return sum(counts.values(), Count()).f1


def macro(counts: Counts) -> float:
    return sum(count.f1 for count in counts.values()) / len(Category)
