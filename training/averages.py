"""Means of trained weights: over the second half of a run, and over several runs.

Weights that training passes through, averaged, lie in a flatter place than where it ends, and carry over better to
texts of another kind (Izmailov et al. 2018, SWA); so does the mean of runs that began alike (Wortsman et al. 2022,
model soups). Unlike a vote of several networks, a mean is one network and costs nothing when it is used.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from training.network import Network
from workers.classifier import weights

RANK = 32  # of what is kept: a mean of changes of rank 16 has a higher rank, of which this keeps nearly all
EXTRA, ROUNDS = 16, 4  # how exactly the largest singular values are found
HEAD = ("head.weight", "head.bias")


class Average:
    """The running mean of sets of tensors with the same names and shapes."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._count = 0

    def add(self, tensors: Mapping[str, Tensor]) -> None:
        self._count += 1
        for name, tensor in tensors.items():
            mean = self.tensors.setdefault(name, torch.zeros_like(tensor))
            mean.add_((tensor - mean) / self._count)


def of_network(network: Network) -> dict[str, Tensor]:
    """What training changed: whole matrices by the names of the layers, and the last layer."""
    with torch.no_grad():
        changes = {name: layer.up @ layer.down * layer.scale for name, layer in network.changed()}
        return changes | {name: network.get_parameter(name).clone() for name in HEAD}


def of_file(path: Path) -> dict[str, Tensor]:
    """The same of what `save` wrote."""
    trained = weights.trained(path)
    changes = {name.removesuffix(".weight"): torch.from_numpy(array) for name, array in trained.changes.items()}
    head = (torch.from_numpy(trained.head_weight), torch.from_numpy(trained.head_bias))
    return changes | dict(zip(HEAD, head, strict=True))


def put(tensors: Mapping[str, Tensor], network: Network) -> None:
    """Makes `network`, not trained yet, the one that `tensors` describe."""
    with torch.no_grad():
        for name, layer in network.changed():
            layer.weight = layer.weight + tensors[name]
        for name in HEAD:
            network.get_parameter(name).copy_(tensors[name])


def save(tensors: Mapping[str, Tensor], path: Path) -> None:
    """The changes as products of two narrow matrices in half precision, the last layer in full; says what is lost."""
    kept = {name: tensors[name].contiguous() for name in HEAD}
    lost = 0.0
    for name in sorted(set(tensors) - set(HEAD)):
        up, down = narrow(tensors[name])
        lost = max(lost, float((tensors[name] - up @ down).norm() / tensors[name].norm()))
        kept |= {f"{name}.up": up.half().contiguous(), f"{name}.down": down.half().contiguous()}
    save_file(kept, path)
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, at most {lost:.0%} of a change lost", flush=True)


def narrow(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """[rows, RANK] and [RANK, columns], whose product is the nearest to `matrix` of that rank."""
    torch.manual_seed(0)
    left, sizes, right = torch.svd_lowrank(matrix, q=RANK + EXTRA, niter=ROUNDS)
    roots = sizes[:RANK].sqrt()
    return left[:, :RANK] * roots, (right[:, :RANK] * roots).T
