"""What the rules see in a sentence, as numbers beside what the network reads."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.extraction.values import Category, Said, Verdict

CATEGORIES = tuple(Category)
COUNT = 2 * len(CATEGORIES) + 4
LONG = 30  # words


def of(said: Sequence[Said], verdicts: Sequence[Verdict]) -> NDArray[np.float32]:
    """[sentences, COUNT]: the rules' score per category, what was asked per category, and four facts; all 0..1."""
    rows = [_row(one, verdict) for one, verdict in zip(said, verdicts, strict=True)]
    return np.array(rows, dtype=np.float32).reshape(len(said), COUNT)


def _row(said: Said, verdict: Verdict) -> list[float]:
    ruled = [verdict.scores[c].strength if c in verdict.scores else 0.0 for c in CATEGORIES]
    asked = [said.asked.get(category, 0.0) for category in CATEGORIES]
    facts = [
        float(bool(verdict.pay)),
        float(said.mixed),
        math.exp(-said.after / 4),
        min(1.0, len(said.text.split()) / LONG),
    ]
    return ruled + asked + facts
