"""Dialogues as the network sees them: windows of tokens, the rules' features, and what should come out."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from app.extraction import conversation, rules
from app.extraction.values import Category, Said
from training.corpus import Dialogue, Span
from workers.classifier import features
from workers.classifier.passages import Cutter, Passage

CATEGORIES = tuple(Category)
OUTPUTS = len(CATEGORIES) + 1  # the last one: worth keeping at all. Learnt with the others, not asked afterwards.
# What a mark says of a sentence: how likely people would keep it, and how much being wrong about it costs.
TARGETS = {"certain": (1.0, 1.0), "borderline": (0.7, 1.0), "optional": (0.3, 0.3)}
SIMILAR_TOKENS = 24  # windows whose lengths differ by less than this may share a batch


@dataclass(frozen=True)
class Example:
    """One dialogue: `targets` and `costs` are [sentences, OUTPUTS], `features` [sentences, features.COUNT]."""

    said: Sequence[Said]
    passages: Sequence[Passage]
    features: Tensor
    targets: Tensor
    costs: Tensor


@dataclass(frozen=True)
class Batch:
    """`pool` [sentences, windows * tokens] averages the tokens of each sentence."""

    ids: Tensor
    mask: Tensor
    pool: Tensor
    features: Tensor
    targets: Tensor
    costs: Tensor


def of(dialogue: Dialogue, cutter: Cutter) -> Example:
    said = conversation.listen(dialogue.turns)
    targets, costs = torch.zeros(len(said), OUTPUTS), torch.ones(len(said), OUTPUTS)
    for index, one in enumerate(said):
        for span in dialogue.spans:
            if _covers(span, one):
                _mark(span, targets[index], costs[index])
    return Example(said, cutter.cut(said), torch.from_numpy(features.of(said, rules.judge(said))), targets, costs)


def _covers(span: Span, said: Said) -> bool:
    """At least half of the shorter one lies within the other."""
    if span.turn_index != said.turn_index:
        return False
    shared = min(span.end, said.end) - max(span.start, said.start)
    return shared * 2 >= min(span.end - span.start, said.end - said.start)


def _mark(span: Span, targets: Tensor, costs: Tensor) -> None:
    target, cost = TARGETS[span.weight]
    for place in [*(CATEGORIES.index(category) for category in span.categories), OUTPUTS - 1]:
        if target >= targets[place]:
            targets[place], costs[place] = target, cost


def batches(examples: Sequence[Example], *, tokens: int, chance: random.Random) -> Iterator[Batch]:
    """All windows once, in random order, those of like length together; a batch is at most `tokens` with padding."""
    windows = [(example, passage) for example in examples for passage in example.passages]
    chance.shuffle(windows)
    windows.sort(key=lambda window: len(window[1].ids) // SIMILAR_TOKENS)
    made: list[list[tuple[Example, Passage]]] = [[]]
    for window in windows:
        longest = max(len(passage.ids) for _, passage in [*made[-1], window])
        if made[-1] and longest * (len(made[-1]) + 1) > tokens:
            made.append([])
        made[-1].append(window)
    chance.shuffle(made)
    return (_batch(windows) for windows in made)


def _batch(windows: Sequence[tuple[Example, Passage]]) -> Batch:
    length = max(len(passage.ids) for _, passage in windows)
    ids, mask = torch.zeros(len(windows), length, dtype=torch.long), torch.zeros(len(windows), length, dtype=torch.bool)
    rows = [(example, place) for example, passage in windows for place in passage.places]
    pool, row = torch.zeros(len(rows), len(windows) * length), 0
    for number, (_, passage) in enumerate(windows):
        ids[number, : len(passage.ids)] = torch.tensor(passage.ids)
        mask[number, : len(passage.ids)] = True
        for place in passage.places:
            first = number * length
            pool[row, first + place.start : first + place.end] = 1 / (place.end - place.start)
            row += 1
    parts = (
        torch.stack([getattr(example, name)[place.index] for example, place in rows])
        for name in ("features", "targets", "costs")
    )
    return Batch(ids, mask, pool, *parts)
