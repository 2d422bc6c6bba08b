"""The classifier: a judge that has learnt from dialogues we wrote, on top of what the rules see.

    weights     all-mpnet-base-v2 from packages, and `trained.safetensors`: what our training changed in it
    graph       the encoder as an ONNX graph, in 8 bits
    encoder     runs it
    prepared    both made into one folder that loads at once
    passages    what was asked and said, cut into windows that fit
    features    what the rules say of each sentence, as numbers
    scale       from the network's numbers to chances that can be held against each other

`training/` holds the dialogues and what makes `trained.safetensors` from them.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from app.extraction import Judge, Said, Score, Verdict, rules
from workers.classifier import features, prepared, scale
from workers.classifier.prepared import Prepared
from workers.classifier.weights import Array

__all__ = ["Array", "Classifier", "verdicts"]

LEAST = 0.05  # weaker than this says nothing


class Classifier:
    """Reads with the whole of what it needs in memory: about 250 MB, loaded at the first use.

    `models_dir` is where that is made, some seconds once, when it was not made with the installation.
    """

    def __init__(self, models_dir: Path) -> None:
        self._models_dir = models_dir

    def judge(self) -> Judge:
        return Judge(self.verdicts, scale.THRESHOLDS, method="model")

    def verdicts(self, said: Sequence[Said]) -> list[Verdict]:
        """One verdict per statement. A strength is the chance that people would keep the sentence for that category."""
        ruled = rules.judge(said)
        return verdicts(said, scale.chances(self.logits(said, ruled)), ruled)

    def logits(self, said: Sequence[Said], ruled: Sequence[Verdict]) -> Array:
        """[sentences, categories], as the network gives them; categories in their order."""
        if not said:
            return np.zeros((0, len(features.CATEGORIES)), dtype=np.float32)
        model = self._loaded
        passages = model.cutter.cut(said)
        vectors = np.zeros((len(said), model.head_weight.shape[1] - features.COUNT), dtype=np.float32)
        for passage, tokens in zip(passages, model.encoder.read([one.ids for one in passages]), strict=True):
            for place in passage.places:
                # A sentence of characters that the tokenizer drops has no tokens: only the rules speak of it.
                if place.end > place.start:
                    vectors[place.index] = tokens[place.start : place.end].mean(axis=0)
        inputs = np.concatenate([vectors, features.of(said, ruled)], axis=1)
        logits: Array = (inputs @ model.head_weight.T + model.head_bias)[:, : len(features.CATEGORIES)]
        return logits

    @cached_property
    def _loaded(self) -> Prepared:
        return prepared.load(self._models_dir)


def verdicts(said: Sequence[Said], chances: Array, ruled: Sequence[Verdict]) -> list[Verdict]:
    """The classifier's chances, with the rules' reasons beside its own and the pay they have understood."""
    return [
        verdict if rules.is_beside_work(one) else _verdict(row, verdict)
        for one, row, verdict in zip(said, chances, ruled, strict=True)
    ]


def _verdict(chances: Array, ruled: Verdict) -> Verdict:
    scores = {}
    for category, chance in zip(features.CATEGORIES, chances.tolist(), strict=True):
        if chance >= LEAST:
            seen = ruled.scores.get(category)
            scores[category] = Score(chance, (f"model:{chance:.2f}", *(seen.because if seen else ())))
    return Verdict(scores, ruled.pay)
