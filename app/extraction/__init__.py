"""Insights from what was said: pure functions, no ML in here, nothing but words in and findings out.

The rooms, in the order a conversation passes through them:

    turns          a transcript becomes turns; a place in a turn leads back to segments and milliseconds
    sentences      a turn becomes sentences, punctuated or not
    orders         which sentences speak to a machine, and are passed over
    questions      which of them ask, and about what
    conversation   who is the interviewee; every statement of theirs with what was asked before it
    rules          a judge: cues, referrals, pay (numbers, currencies, money) and the question give each sentence scores
    spans          sentences strong enough become findings; neighbours about the same thing become one

A `Judge` sees statements and gives scores. The worker's (`workers/classifier`) has read the rules' scores, the
question and the words with a trained model; nothing before or after judging knows the difference.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.extraction import conversation, rules, spans
from app.extraction.spans import Thresholds
from app.extraction.values import Category, Finding, Method, Pay, Place, Said, Score, Turn, Verdict

__all__ = [
    "RULES", "Category", "Finding", "Judge", "Method", "Pay", "Place", "Said", "Score", "Thresholds", "Turn",
    "Verdict", "extract",
]  # fmt: skip


@dataclass(frozen=True)
class Judge:
    """A way of judging: what gives a verdict per statement, what is strong enough on its scale, and its name."""

    verdicts: Callable[[Sequence[Said]], Sequence[Verdict]]
    thresholds: Thresholds = spans.OF_RULES
    method: Method = "rule"


RULES = Judge(rules.judge)


def extract(turns: Sequence[Turn], *, judge: Judge = RULES) -> list[Finding]:
    """What the interviewee said that is worth keeping, in order of place; deterministic.

    Every quote is `turns[turn_index].text[start:end]`, 1-4 sentences of one turn; findings do not overlap.
    """
    said = conversation.listen(turns)
    judged = zip(said, judge.verdicts(said), strict=True)
    return spans.findings(turns, judged, judge.thresholds, method=judge.method)
