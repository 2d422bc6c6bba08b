"""Makes `workers/classifier/trained.safetensors` from the dialogues: `make train`, twenty minutes on two idle cores.

Each run of RUNS starts from the same network, reads its dialogues in an order of its own, and gives the mean of its
weights over its second half; what is kept is the mean of the runs. `--only N` makes the Nth run by itself, and
`--mean FILE FILE ...` the mean of such runs.

`--check N` trains N times without every Nth dialogue and says how well those are read instead, and writes nothing.
"""

import argparse
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from training import averages, corpus, examples
from training.averages import Average
from training.examples import Example
from training.network import Network, Shape
from workers.classifier import features, weights
from workers.classifier.passages import Cutter

RANK, DROPOUT, BATCH_TOKENS = 16, 0.1, 1500
BEGINNING = 1  # the seed of the network that all runs start from: only such runs have a mean that means something
RATE, HEAD_RATE = 4e-4, 2e-3  # how far a step goes: in the changes, in the last layer
WARM_UP, SLOWS, LEAST_RATE = 0.1, 0.6, 0.1  # shares of a run, and of RATE
AVERAGES_FROM, EVERY = 0.5, 8  # the share of a run after which every eighth step counts
WITHOUT_RULES = 0.15  # sentences whose features are hidden: the network must not lean on the rules alone
SAYS_SO, IS_SO = 0.4, 0.5  # chances from which on a sentence counts, when checking
RULED, ASKED, RARE = 4.0, 1.0, -3.0  # where the last layer begins: at what the rules say


@dataclass(frozen=True)
class Run:
    """`writers`: the first letters of the names of the dialogues that it reads."""

    seed: int
    epochs: int
    writers: str


RUNS = (Run(seed=2, epochs=5, writers="defghi"),)


@dataclass(frozen=True)
class Material:
    """What every run starts from."""

    base: Mapping[str, Tensor]
    examples: Mapping[str, Example]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", type=int, metavar="N")
    parser.add_argument("--only", type=int, choices=range(1, len(RUNS) + 1))
    parser.add_argument("--mean", type=Path, nargs="+")
    parser.add_argument("--into", type=Path, default=weights.TRAINED)
    asked = parser.parse_args()
    if asked.mean:
        averages.save(mean([averages.of_file(path) for path in asked.mean]), asked.into)
        return
    material = _read()
    if asked.check:
        _check(material, folds=asked.check)
        return
    runs = [RUNS[asked.only - 1]] if asked.only else RUNS
    averages.save(mean([train(material, run) for run in runs]), asked.into)


def _read() -> Material:
    known = weights.base()
    cutter = Cutter(weights.tokenizer_of(known.tokenizer))
    base = {name: torch.from_numpy(array) for name, array in known.arrays.items()}
    return Material(base, {one.name: examples.of(one, cutter) for one in corpus.read_all()})


def mean(runs: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    average = Average()
    for run in runs:
        average.add(run)
    return average.tensors


def train(material: Material, run: Run) -> dict[str, Tensor]:
    """The mean of the run's weights. The same on the same machine for the same run."""
    network, average = begin(material.base), Average()
    read = [example for name, example in material.examples.items() if name[0] in run.writers]
    torch.manual_seed(run.seed)
    chance = random.Random(run.seed)
    optimizer = _optimizer(network)
    steps = run.epochs * sum(1 for _ in examples.batches(read, tokens=BATCH_TOKENS, chance=chance))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step / steps))
    step = 0
    for epoch in range(run.epochs):
        losses = []
        for batch in examples.batches(read, tokens=BATCH_TOKENS, chance=chance):
            losses.append(_step(network, batch, optimizer, schedule))
            step += 1
            if step > AVERAGES_FROM * steps and step % EVERY == 0:
                average.add(averages.of_network(network))
        print(f"epoch {epoch + 1} of {run.epochs}: loss {sum(losses) / len(losses):.3f}", flush=True)
    return average.tensors


def begin(base: Mapping[str, Tensor]) -> Network:
    torch.manual_seed(BEGINNING)
    network = Network(base, Shape(features.COUNT, examples.OUTPUTS, RANK, DROPOUT))
    _begin_at_the_rules(network)
    return network.train()


def _begin_at_the_rules(network: Network) -> None:
    width = network.head.in_features - features.COUNT
    with torch.no_grad():
        network.head.bias.fill_(RARE)
        for place in range(len(examples.CATEGORIES)):
            network.head.weight[place, width + place] += RULED
            network.head.weight[place, width + len(examples.CATEGORIES) + place] += ASKED


def _optimizer(network: Network) -> torch.optim.Optimizer:
    body = [part for name, part in network.named_parameters() if part.requires_grad and not name.startswith("head")]
    groups = [{"params": body, "lr": RATE}, {"params": list(network.head.parameters()), "lr": HEAD_RATE}]
    return torch.optim.AdamW(groups, weight_decay=0.01)


def _rate(done: float) -> float:
    """Rises, stays, and falls: as a share of the full rate."""
    return min(1.0, done / WARM_UP + 1e-3, max(LEAST_RATE, (1 - done) / (1 - SLOWS)))


def _step(network: Network, batch: examples.Batch, optimizer: torch.optim.Optimizer, schedule: object) -> float:
    shown = batch.features * (torch.rand(len(batch.features), 1) > WITHOUT_RULES)
    # Half precision where it does no harm: four times as fast on processors that have it.
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = network(batch.ids, batch.mask, batch.pool, shown).float()
    losses = functional.binary_cross_entropy_with_logits(logits, batch.targets, reduction="none")
    loss = (losses * batch.costs).sum(dim=1).mean()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    schedule.step()  # type: ignore[attr-defined]
    return float(loss.detach())


def _check(material: Material, *, folds: int) -> None:
    right, found, wanted = (torch.zeros(examples.OUTPUTS) for _ in range(3))
    names = sorted(material.examples)
    for fold in range(folds):
        held = names[fold::folds]
        others = {name: example for name, example in material.examples.items() if name not in held}
        network = begin(material.base).eval()
        averages.put(train(replace(material, examples=others), RUNS[-1]), network)
        tested = [material.examples[name] for name in held]
        for batch in examples.batches(tested, tokens=8000, chance=random.Random(0)):
            with torch.no_grad():
                said = network(batch.ids, batch.mask, batch.pool, batch.features).sigmoid() > SAYS_SO
            true = batch.targets > IS_SO
            right, found, wanted = right + (said & true).sum(0), found + said.sum(0), wanted + true.sum(0)
    for place, name in enumerate([*examples.CATEGORIES, "any"]):
        f1 = 2 * right[place] / (found[place] + wanted[place])
        print(f"{name:13} {int(wanted[place]):5} sentences, F1 {f1:.2f}")


if __name__ == "__main__":
    main()
