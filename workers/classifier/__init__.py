"""The classifier: a judge that has learnt from dialogues we wrote, on top of what the rules see.

    weights     all-MiniLM-L6-v2 from a package, and `trained.safetensors`: what our training changed in it
    encoder     runs it
    passages    what was asked and said, cut into windows that fit
    features    what the rules say of each sentence, as numbers

`training/` holds the dialogues and what makes `trained.safetensors` from them.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from app.extraction import Judge, Said, Score, Thresholds, Verdict, rules
from workers.classifier import features, weights
from workers.classifier.encoder import Encoder
from workers.classifier.passages import Cutter
from workers.classifier.weights import Array

# Chosen on annotated interviews, each time without the one that was measured: `make eval` does it again.
THRESHOLDS = Thresholds(enough=0.35, carries_on=0.25, enough_too=0.45)
LEAST = 0.05  # weaker than this says nothing


class Classifier:
    """Reads with the whole of what it needs in memory: about 60 MB. Loads at the first use, in less than a second."""

    def judge(self) -> Judge:
        return Judge(self.verdicts, THRESHOLDS, method="model")

    def verdicts(self, said: Sequence[Said]) -> list[Verdict]:
        """One verdict per statement. A strength is the chance that people would keep the sentence for that category."""
        ruled = rules.judge(said)
        chances = self.chances(said, ruled)
        return [_verdict(row, verdict) for row, verdict in zip(chances, ruled, strict=True)]

    def chances(self, said: Sequence[Said], ruled: Sequence[Verdict]) -> Array:
        """[sentences, categories], 0..1, categories in their order."""
        if not said:
            return np.zeros((0, len(features.CATEGORIES)), dtype=np.float32)
        encoder, cutter, trained = self._loaded
        passages = cutter.cut(said)
        vectors = np.zeros((len(said), trained.head_weight.shape[1] - features.COUNT), dtype=np.float32)
        for passage, tokens in zip(passages, encoder.read([one.ids for one in passages]), strict=True):
            for place in passage.places:
                vectors[place.index] = tokens[place.start : place.end].mean(axis=0)
        inputs = np.concatenate([vectors, features.of(said, ruled)], axis=1)
        logits = inputs @ trained.head_weight.T + trained.head_bias
        chances: Array = (1 / (1 + np.exp(-logits[:, : len(features.CATEGORIES)]))).astype(np.float32)
        return chances

    @cached_property
    def _loaded(self) -> tuple[Encoder, Cutter, weights.Trained]:
        base, tokenizer = weights.base()
        trained = weights.trained()
        return Encoder(weights.changed(base, trained.changes), tokenizer), Cutter(tokenizer), trained


def _verdict(chances: Array, ruled: Verdict) -> Verdict:
    """The classifier's chances, with the rules' reasons beside its own."""
    scores = {}
    for category, chance in zip(features.CATEGORIES, chances.tolist(), strict=True):
        if chance >= LEAST:
            seen = ruled.scores.get(category)
            scores[category] = Score(chance, (f"model:{chance:.2f}", *(seen.because if seen else ())))
    return Verdict(scores, ruled.pay)
