"""Makes `workers/classifier/trained.safetensors` from the dialogues: `make train`, forty minutes on two idle cores.

It trains in two rounds. The second is shorter and slower, and reads through inputs rounded to 8 bits.
`--after FILE` begins with the second: FILE is what `--rounds 1` made.

`--check N` trains N times without every Nth dialogue and says how well those are read instead, and writes nothing.
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional

from training import corpus, examples
from training.examples import Example
from training.network import Network, Shape
from workers.classifier import features, weights
from workers.classifier.passages import Cutter

RANK, DROPOUT, BATCH_TOKENS = 16, 0.1, 1500
WARM_UP, LEAST_RATE = 0.1, 0.05
WITHOUT_RULES = 0.15  # sentences whose features are hidden: the network must not lean on the rules alone
HEARS_ROUNDING = 1
SAYS_SO, IS_SO = 0.4, 0.5  # chances from which on a sentence counts, when checking
RULED, ASKED, RARE = 4.0, 1.0, -3.0  # where the last layer begins: at what the rules say


@dataclass(frozen=True)
class Round:
    """Passes over the examples, and how far a step goes: in the changes, and in the last layer."""

    epochs: int
    rate: float
    head_rate: float


ROUNDS = (Round(5, 4e-4, 2e-3), Round(3, 2e-4, 5e-4))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=Path, default=weights.TRAINED)
    parser.add_argument("--rounds", type=int, default=len(ROUNDS), choices=range(1, len(ROUNDS) + 1))
    parser.add_argument("--after", type=Path)
    asked = parser.parse_args()
    known = weights.base()
    base = {name: torch.from_numpy(array) for name, array in known.arrays.items()}
    cutter = Cutter(weights.tokenizer_of(known.tokenizer))
    read = [examples.of(dialogue, cutter) for dialogue in corpus.read_all()]
    if asked.check:
        _check(base, read, folds=asked.check, seed=asked.seed)
        return
    network = begin(base, seed=asked.seed)
    if asked.after:
        go_on_from(network, asked.after)
    train(network, read, ROUNDS[1 if asked.after else 0 : asked.rounds], seed=asked.seed)
    save(network, asked.into)


def begin(base: dict[str, torch.Tensor], *, seed: int) -> Network:
    torch.manual_seed(seed)
    network = Network(base, Shape(features.COUNT, examples.OUTPUTS, RANK, DROPOUT))
    _begin_at_the_rules(network)
    return network


def train(network: Network, read: Sequence[Example], rounds: Sequence[Round], *, seed: int) -> None:
    """The same on the same machine for the same seed."""
    chance = random.Random(seed)
    network.train()
    for one in rounds:
        if ROUNDS.index(one) >= HEARS_ROUNDING:
            network.round_inputs()
        _round(network, read, one, chance)
    network.eval()


def _round(network: Network, read: Sequence[Example], one: Round, chance: random.Random) -> None:
    optimizer = _optimizer(network, one)
    steps = one.epochs * sum(1 for _ in examples.batches(read, tokens=BATCH_TOKENS, chance=chance))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step / steps))
    for epoch in range(one.epochs):
        losses = [_step(network, batch, optimizer, schedule) for batch in
                  examples.batches(read, tokens=BATCH_TOKENS, chance=chance)]  # fmt: skip
        print(f"epoch {epoch + 1} of {one.epochs}: loss {sum(losses) / len(losses):.3f}", flush=True)


def _begin_at_the_rules(network: Network) -> None:
    width = network.head.in_features - features.COUNT
    with torch.no_grad():
        network.head.bias.fill_(RARE)
        for place in range(len(examples.CATEGORIES)):
            network.head.weight[place, width + place] += RULED
            network.head.weight[place, width + len(examples.CATEGORIES) + place] += ASKED


def _optimizer(network: Network, one: Round) -> torch.optim.Optimizer:
    body = [part for name, part in network.named_parameters() if part.requires_grad and not name.startswith("head")]
    groups = [{"params": body, "lr": one.rate}, {"params": list(network.head.parameters()), "lr": one.head_rate}]
    return torch.optim.AdamW(groups, weight_decay=0.01)


def _rate(done: float) -> float:
    return min(1.0, done / WARM_UP + 1e-3) * max(LEAST_RATE, 1 - done)


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


def save(network: Network, path: Path) -> None:
    """The low-rank changes in half precision, the last layer in full: about a megabyte."""
    kept = {"head.weight": network.head.weight, "head.bias": network.head.bias}
    for name, layer in network.changed():
        kept |= {f"{name}.up": (layer.up * layer.scale).half(), f"{name}.down": layer.down.half()}
    save_file({name: tensor.detach().contiguous() for name, tensor in kept.items()}, path)
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


def go_on_from(network: Network, path: Path) -> None:
    """Puts what `save` kept into the network again."""
    kept = load_file(path)
    with torch.no_grad():
        network.head.weight.copy_(kept["head.weight"])
        network.head.bias.copy_(kept["head.bias"])
        for name, layer in network.changed():
            layer.up.copy_(kept[f"{name}.up"].float() / layer.scale)
            layer.down.copy_(kept[f"{name}.down"].float())


def _check(base: dict[str, torch.Tensor], read: Sequence[Example], *, folds: int, seed: int) -> None:
    right, found, wanted = (torch.zeros(examples.OUTPUTS) for _ in range(3))
    for fold in range(folds):
        network = begin(base, seed=seed)
        train(network, [one for number, one in enumerate(read) if number % folds != fold], ROUNDS, seed=seed)
        for batch in examples.batches(read[fold::folds], tokens=8000, chance=random.Random(0)):
            with torch.no_grad():
                said = network(batch.ids, batch.mask, batch.pool, batch.features).sigmoid() > SAYS_SO
            true = batch.targets > IS_SO
            right, found, wanted = right + (said & true).sum(0), found + said.sum(0), wanted + true.sum(0)
    for place, name in enumerate([*examples.CATEGORIES, "any"]):
        f1 = 2 * right[place] / (found[place] + wanted[place])
        print(f"{name:13} {int(wanted[place]):5} sentences, F1 {f1:.2f}")


if __name__ == "__main__":
    main()
