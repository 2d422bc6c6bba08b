"""The encoder: token windows in, one vector per token out, on onnxruntime, which finding speech needs anyway."""

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from workers.classifier.weights import Array

FARTHEST, BUCKETS = 128, 32
NOT_SEEN = -1e4  # added to attention where there is no token
TOKENS_AT_ONCE = 256  # more at once no longer fits the nearer caches, and pads short windows more
PADDING = 1


class Encoder:
    """A graph of `graph.py` and its table of biases by distance [BUCKETS, heads], loaded in half a second."""

    def __init__(self, model: Path, by_distance: Array) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._by_distance = by_distance

    def read(self, windows: Sequence[Sequence[int]]) -> list[Array]:
        """Per window its tokens' vectors, [tokens, 768]."""
        longest_first = sorted(range(len(windows)), key=lambda index: -len(windows[index]))
        found: dict[int, Array] = {}
        for batch in _batches(longest_first, windows):
            hidden = self._hidden([windows[index] for index in batch])
            found |= {index: hidden[row, : len(windows[index])] for row, index in enumerate(batch)}
        return [found[index] for index in range(len(windows))]

    def _hidden(self, windows: Sequence[Sequence[int]]) -> Array:
        length = max(len(window) for window in windows)
        ids = np.full((len(windows), length), PADDING, dtype=np.int64)
        unseen = np.full((len(windows), 1, 1, length), NOT_SEEN, dtype=np.float32)
        for row, window in enumerate(windows):
            ids[row, : len(window)] = window
            unseen[row, ..., : len(window)] = 0
        bias = self._by_distance[buckets(length)].transpose(2, 0, 1) + unseen
        hidden: Array = self._session.run(["hidden"], {"ids": ids, "bias": bias})[0]
        return hidden


@lru_cache(maxsize=256)
def buckets(length: int) -> NDArray[np.int64]:
    """[length, length]: which bias goes with the way from one place to another; far ways share theirs.

    As T5 has it (Raffel et al. 2020), which MPNet took over.
    """
    behind = np.arange(length)[:, None] - np.arange(length)[None, :]
    half = BUCKETS // 2
    exact = half // 2
    far = np.abs(behind)
    spread = np.log(np.maximum(far, 1) / exact) / math.log(FARTHEST / exact) * (half - exact)
    shared = np.minimum(exact + spread.astype(np.int64), half - 1)
    found: NDArray[np.int64] = (behind < 0) * half + np.where(far < exact, far, shared)
    return found


def _batches(order: Sequence[int], windows: Sequence[Sequence[int]]) -> list[list[int]]:
    """Windows of like length together: a short one beside a long one is padded to its length."""
    batches: list[list[int]] = []
    for index in order:
        if batches and len(windows[batches[-1][0]]) * (len(batches[-1]) + 1) <= TOKENS_AT_ONCE:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches
