"""Measures extraction: the table of score.py on annotated interviews, then on the sample as Whisper hears it.

Thresholds are chosen anew for every interview from the others (leave one interview out), so that no figure is
helped by the interview it is measured on. The classifier itself has never seen any of them.

Usage: python scripts/eval_insights.py [--judge classifier|rules] [--misses N] [--no-audio]
"""

import argparse
import itertools
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import eval_sample
import scoring
from scoring import EVAL, Annotated, Counts

from app.extraction import RULES, Finding, Judge, Said, Thresholds, Turn, Verdict, conversation, spans
from app.extraction.cli import TurnsFile, as_json
from workers.classifier import Classifier

ENOUGH = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
CARRIES_ON, ENOUGH_TOO = (0.5, 0.7, 0.85, 1.0), (0.8, 1.0, 1.25)  # as shares of it
GRID = [
    Thresholds(enough, enough * carries_on, min(0.95, enough * too))
    for enough, carries_on, too in itertools.product(ENOUGH, CARRIES_ON, ENOUGH_TOO)
]


@dataclass(frozen=True)
class Read:
    """An interview that was judged once, to be cut by many thresholds."""

    interview: Annotated
    turns: Sequence[Turn]
    judged: Sequence[tuple[Said, Verdict]]
    judge: Judge

    def findings(self, thresholds: Thresholds) -> list[Finding]:
        return spans.findings(self.turns, self.judged, thresholds, method=self.judge.method)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", choices=["classifier", "rules"], default="classifier")
    parser.add_argument("--misses", type=int, default=0, metavar="N")
    parser.add_argument("--no-audio", action="store_true")
    asked = parser.parse_args()
    judge = RULES if asked.judge == "rules" else Classifier().judge()
    if EVAL.exists():
        _annotated(judge, misses=asked.misses)
    else:
        print(f"No annotated interviews at {EVAL}: only the sample is measured.")
    if not asked.no_audio:
        eval_sample.show(judge)


def _annotated(judge: Judge, *, misses: int) -> None:
    score = scoring.scorer()
    names = json.loads((EVAL / "split.json").read_text())["dev"]
    read = [_read(scoring.annotated(score, name), judge) for name in names]
    table = [[scoring.count(score, one.interview, one.findings(cut)) for one in read] for cut in GRID]
    picked = [_best(table, without=index) for index in range(len(read))]
    found = [one.findings(GRID[cut]) for one, cut in zip(read, picked, strict=True)]
    _print_table(score, read, found)
    everything = GRID[_best(table, without=None)]
    print(f"thresholds from all of them (for shipping): {everything}; as shipped: {judge.thresholds}")
    _print_calibration(score, read, found)
    if misses:
        _print_worst(score, read, found, misses)


def _read(interview: Annotated, judge: Judge) -> Read:
    turns = [turn.turn() for turn in TurnsFile.model_validate(interview.raw).turns]
    said = conversation.listen(turns)
    return Read(interview, turns, list(zip(said, judge.verdicts(said), strict=True)), judge)


def _best(table: Sequence[Sequence[Counts]], *, without: int | None) -> int:
    def worth(cut: int) -> float:
        total = scoring.added(counts for index, counts in enumerate(table[cut]) if index != without)
        return scoring.micro(total) + scoring.macro(total) / 2

    return max(range(len(table)), key=worth)


def _print_table(score: ModuleType, read: Sequence[Read], found: Sequence[Sequence[Finding]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for one, findings in zip(read, found, strict=True):
            predicted = [as_json(finding) for finding in findings]
            (Path(folder) / f"{one.interview.id}.json").write_text(json.dumps(predicted))
        score.main(folder, "dev")


def _print_calibration(score: ModuleType, read: Sequence[Read], found: Sequence[Sequence[Finding]]) -> None:
    """Of findings that say they are so sure, how many are right (main category, lenient)?"""
    rows = [(finding.confidence, _is_right(score, one.interview, finding))
            for one, findings in zip(read, found, strict=True) for finding in findings]  # fmt: skip
    print("confidence  findings  right")
    for low, high in itertools.pairwise((0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)):
        right = [is_right for confidence, is_right in rows if low <= confidence < high]
        if right:
            print(f"{low:.1f}-{min(high, 1.0):.1f}    {len(right):7}    {sum(right) / len(right):.2f}")


def _is_right(score: ModuleType, interview: Annotated, finding: Finding) -> bool:
    count = scoring.count(score, interview, [finding])[finding.categories[0]]
    return count.wrong == 0


def _print_worst(score: ModuleType, read: Sequence[Read], found: Sequence[Sequence[Finding]], most: int) -> None:
    wrong, missed = [], []
    for one, findings in zip(read, found, strict=True):
        wrong += [
            (finding.confidence, _line(one, finding.categories, finding.quote))
            for finding in findings
            if not _is_right(score, one.interview, finding)
        ]
        quotes = [(finding.turn_index, finding.start, finding.end, {}) for finding in findings]
        missed += [
            (
                bool(gold[3].get("borderline")),
                f"{one.interview.id}: {'/'.join(gold[3]['categories'])}: {gold[3]['quote']}",
            )
            for gold in one.interview.gold
            if not any(score.hit(quote, gold) for quote in quotes)
        ]
    worst = {"surest false alarms": sorted(wrong, reverse=True), "misses, clear ones first": sorted(missed)}
    for title, lines in worst.items():
        print(f"\n{title}")
        for mark, line in lines[:most]:
            print(f"  {mark!s:5} {line[:240]}")


def _line(one: Read, categories: Sequence[str], quote: str) -> str:
    return f"{one.interview.id}: {'/'.join(categories)}: {quote}"


if __name__ == "__main__":
    main()
