"""From the network's numbers to chances: what is enough for each category, and how sure that makes us.

The dialogues we wrote hold every category about as often as every other; life does not. How often each is worth
keeping was measured on annotated interviews, every time without the one that was measured: `make eval` does it again.
"""

from collections.abc import Mapping

import numpy as np

from app.extraction import Category, Thresholds
from workers.classifier.features import CATEGORIES
from workers.classifier.weights import Array

# Added to a category's logit: below zero, the network sees it too often.
OFFSETS: Mapping[Category, float] = dict.fromkeys(CATEGORIES, 0.0)
THRESHOLDS = Thresholds(enough=0.4, carries_on=0.3, enough_too=0.46)


def chances(logits: Array, offsets: Mapping[Category, float] = OFFSETS) -> Array:
    """[sentences, categories], 0..1."""
    moved = logits + np.array([offsets[category] for category in CATEGORIES], dtype=np.float32)
    squashed: Array = (1 / (1 + np.exp(-moved))).astype(np.float32)
    return squashed
