"""Means of trained weights: what is kept is what the weights were, on the whole."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from training import averages  # noqa: E402 - needs torch, which an installation may lack
from training.averages import RANK, Average  # noqa: E402


def test_a_mean_is_that_of_all_that_were_added() -> None:
    average = Average()
    for value in (1.0, 2.0, 6.0):
        average.add({"layer": torch.full((2, 3), value)})
    assert torch.allclose(average.tensors["layer"], torch.full((2, 3), 3.0))


def test_what_is_added_is_not_changed_by_what_comes_after() -> None:
    average, first = Average(), torch.ones(2)
    average.add({"layer": first})
    average.add({"layer": torch.zeros(2)})
    assert first.tolist() == [1, 1]


def test_a_change_of_low_rank_is_kept_whole(tmp_path: Path) -> None:
    change = torch.randn(60, RANK - 4) @ torch.randn(RANK - 4, 90)
    head = {"head.weight": torch.randn(13, 8), "head.bias": torch.randn(13)}
    averages.save({"layer": change, **head}, tmp_path / "kept.safetensors")
    kept = averages.of_file(tmp_path / "kept.safetensors")
    assert torch.linalg.norm(kept["layer"] - change) < 2e-3 * torch.linalg.norm(change)
    assert torch.equal(kept["head.weight"], head["head.weight"])


def test_of_a_change_of_higher_rank_the_largest_part_is_kept() -> None:
    left, _ = torch.linalg.qr(torch.randn(80, 80))
    right, _ = torch.linalg.qr(torch.randn(80, 80))
    sizes = torch.arange(80, 0, -1).float() ** 2
    up, down = averages.narrow(left * sizes @ right)
    lost = torch.linalg.norm(left * sizes @ right - up @ down)
    assert lost < 1.05 * torch.linalg.norm(sizes[RANK:])
