"""How long it takes to find the insights of a 5,000-word interview, on one core, after loading.

Usage: python scripts/bench_insights.py [--words N]
"""

import argparse
import os
import resource
import time
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

from app.extraction import Turn, extract
from app.settings import load
from training import corpus
from workers.classifier import Classifier, prepared, weights

MB = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=5000)
    words = parser.parse_args().words
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    turns = list(_turns(words))
    before = _memory()
    judge, loading = Classifier(load().models_dir).judge(), time.perf_counter()
    extract([Turn("S1", None, "I earn 50,000 dollars a year.")], judge=judge)
    loaded = time.perf_counter()
    found = extract(turns, judge=judge)
    took = time.perf_counter() - loaded
    said = sum(len(turn.text.split()) for turn in turns)
    ready = _size_mb(prepared.installed() / prepared.name())
    print(f"{said} words in {len(turns)} turns, one core: {len(found)} insights")
    print(
        f"load {loaded - loading:.2f} s, extraction {took:.2f} s, {_memory() - before:.0f} MB more memory at the peak"
    )
    print(f"on disk: packages {_installed_mb():.0f} MB, made ready {ready:.0f} MB")


def _turns(words: int) -> Iterator[Turn]:
    """Whole dialogues of ours, one after the other, as one long interview."""
    left = words
    for turn in (turn for dialogue in corpus.read_all()[::5] for turn in dialogue.turns):
        if left <= 0:
            return
        yield turn
        left -= len(turn.text.split())


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _installed_mb() -> float:
    return sum(file.size or 0 for name in weights.PIECES for file in distribution(name).files or []) / MB


def _size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.iterdir()) / MB


if __name__ == "__main__":
    main()
