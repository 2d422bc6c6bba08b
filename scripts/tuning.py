"""Choosing how ready the classifier is to name each category, on some interviews, to be measured on others."""

import itertools
from collections.abc import Callable, Mapping, Sequence

from app.extraction import Category

Offsets = Mapping[Category, float]
Worth = Callable[[Offsets], float]

TOGETHER = (-1.5, -1.25, -1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
APART = (-1.0, -0.5, 0.5, 1.0)
# What a step away from the others must earn: 13 interviews tell little of a category that they hold five times.
COST = 0.002


def choose(worth: Worth) -> Offsets:
    """First one step for all categories, then each in turn, as far as it is worth it; the same every time."""
    together = max(TOGETHER, key=lambda step: worth(dict.fromkeys(Category, step)))
    chosen = dict.fromkeys(Category, together)
    for category in Category:
        moved = [chosen | {category: chosen[category] + step} for step in (0.0, *APART)]
        chosen = max(moved, key=lambda offsets: worth(offsets) - COST * _apart(offsets))
    return chosen


def _apart(offsets: Offsets) -> float:
    middle = sum(offsets.values()) / len(offsets)
    return sum(abs(offset - middle) for offset in offsets.values())


def without_each(indices: Sequence[int]) -> list[tuple[int, tuple[int, ...]]]:
    """(the one that is left out, the others) for each."""
    return [(index, tuple(itertools.filterfalse(index.__eq__, indices))) for index in indices]
