"""Measures extraction: the table of score.py on annotated interviews, then on the sample as Whisper hears it.

How ready the classifier is to speak is chosen anew for every interview from the others (leave one interview out), so
that no figure is helped by the interview it is measured on. Its weights have seen none of them.

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

from app.extraction import RULES, Finding, Said, Turn, Verdict, conversation, rules, spans
from app.extraction.cli import TurnsFile, as_json
from app.settings import load
from workers.classifier import Array, Classifier, scale, verdicts

OFFSETS = tuple(step / 4 for step in range(-8, 9))


@dataclass(frozen=True)
class Read:
    """An interview that was read once, to be judged in many ways. `logits` None: by the rules alone."""

    interview: Annotated
    turns: Sequence[Turn]
    said: Sequence[Said]
    ruled: Sequence[Verdict]
    logits: Array | None

    def findings(self, offset: float) -> list[Finding]:
        if self.logits is None:
            return spans.findings(self.turns, zip(self.said, self.ruled, strict=True), RULES.thresholds)
        judged = verdicts(self.said, scale.chances(self.logits, offset), self.ruled)
        return spans.findings(self.turns, zip(self.said, judged, strict=True), scale.THRESHOLDS, method="model")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", choices=["classifier", "rules"], default="classifier")
    parser.add_argument("--misses", type=int, default=10, metavar="N")
    parser.add_argument("--no-audio", action="store_true")
    asked = parser.parse_args()
    classifier = None if asked.judge == "rules" else Classifier(load().models_dir)
    if EVAL.exists():
        _annotated(classifier, misses=asked.misses)
    else:
        print(f"No annotated interviews at {EVAL}: only the sample is measured.")
    if not asked.no_audio:
        eval_sample.show()


def _annotated(classifier: Classifier | None, *, misses: int) -> None:
    score = scoring.scorer()
    names = json.loads((EVAL / "split.json").read_text())["dev"]
    read = [_read(scoring.annotated(score, name), classifier) for name in names]
    found = [one.findings(scale.OFFSET) for one in read]
    if classifier is not None:
        print("as shipped (the offset was chosen on all of them, so a little too good):")
        _print_table(score, read, found)
        print("\nleave one interview out:")
        table = [[scoring.count(score, one.interview, one.findings(offset)) for one in read] for offset in OFFSETS]
        chosen = [_best(table, without=index) for index in range(len(read))]
        found = [one.findings(offset) for one, offset in zip(read, chosen, strict=True)]
    _print_table(score, read, found)
    if classifier is not None:
        print(f"offsets: {sorted(chosen)}; from all of them, for workers/classifier/scale.py: {_best(table)}")
    _print_calibration(score, read, found)
    _print_worst(score, read, found, misses)


def _read(interview: Annotated, classifier: Classifier | None) -> Read:
    turns = [turn.turn() for turn in TurnsFile.model_validate(interview.raw).turns]
    said = conversation.listen(turns)
    ruled = rules.judge(said)
    return Read(interview, turns, said, ruled, classifier.logits(said, ruled) if classifier else None)


def _best(table: Sequence[Sequence[Counts]], *, without: int | None = None) -> float:
    """The offset that is worth most on all interviews but one; macro counts half, as the rare kinds are few."""

    def worth(row: Sequence[Counts]) -> float:
        total = scoring.added(counts for index, counts in enumerate(row) if index != without)
        return scoring.micro(total) + scoring.macro(total) / 2

    return max(zip(OFFSETS, table, strict=True), key=lambda pair: worth(pair[1]))[0]


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
