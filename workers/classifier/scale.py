"""From the network's numbers to chances, and what chance is enough.

The dialogues we wrote are fuller of things worth keeping than life is, or less full. One number makes up for it, chosen
on annotated interviews and measured on others: `make eval` does it again. A number for each category was tried; what
thirteen interviews say of a category that they hold five times did not reliably carry over to the fourteenth.
"""

import numpy as np

from app.extraction import Thresholds
from workers.classifier.weights import Array

OFFSET = 0.5  # added to every logit: above zero, the network is too careful
THRESHOLDS = Thresholds(enough=0.4, carries_on=0.3, enough_too=0.46)


def chances(logits: Array, offset: float = OFFSET) -> Array:
    """[sentences, categories], 0..1."""
    squashed: Array = (1 / (1 + np.exp(-(logits + offset)))).astype(np.float32)
    return squashed
