"""What the model pointed at, put together with what was found without it: nothing is taken away, all is told apart."""

from collections.abc import Sequence
from dataclasses import replace

from app.extraction import Category, Finding
from workers.llm.answers import MOST_CATEGORIES


def union(found: Sequence[Finding], pointed_at: Sequence[Finding]) -> list[Finding]:
    """In order of place; none overlap if those in `found` do not.

    Where both found the same words, or some of the same, the finding that was there stays, with both reasons: its
    words, value, confidence and main category are as they were, and categories that only the model named come after.
    """
    kept = list(found)
    for finding in pointed_at:
        if any(_overlap(one, finding) for one in kept):
            kept = [_seconded(one, finding) if _overlap(one, finding) else one for one in kept]
        else:
            kept.append(finding)
    return sorted(kept, key=lambda one: (one.turn_index, one.start))


def _overlap(one: Finding, other: Finding) -> bool:
    return one.turn_index == other.turn_index and one.start < other.end and other.start < one.end


def _seconded(known: Finding, finding: Finding) -> Finding:
    """`known`, which the model points at too. Reasons: `llm:<model>`, and `added:<category>` for each of its own."""
    room = max(0, MOST_CATEGORIES - len(known.categories))
    added = [category for category in finding.categories if category not in known.categories][:room]
    reasons = [] if known.method == "llm" else [finding.because, *(f"added:{category}" for category in added)]
    is_pay = Category.COMPENSATION in added and known.start <= finding.start and finding.end <= known.end
    return replace(
        known,
        categories=(*known.categories, *added),
        values=finding.values if is_pay else known.values,
        because=" ".join(dict.fromkeys([*known.because.split(), *reasons])),
    )
