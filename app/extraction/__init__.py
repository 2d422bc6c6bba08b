"""Insights from what was said, by rules alone: pure functions, no ML, nothing but words in and findings out.

The rooms, in the order a conversation passes through them:

    turns          a transcript becomes turns; a place in a turn leads back to segments and milliseconds
    sentences      a turn becomes sentences, punctuated or not
    questions      which of them ask, and about what
    conversation   who is the interviewee; every statement of theirs with what was asked before it
    rules          a judge: cues, referrals, pay (numbers, money) and the question give each sentence scores
    spans          sentences strong enough become findings; neighbours about the same thing become one

A `Judge` sees statements and gives scores. Another way of judging (a model, several together) is another
function of that shape; nothing before or after it changes.
"""

from collections.abc import Callable, Sequence

from app.extraction import conversation, rules, spans
from app.extraction.values import Category, Finding, Pay, Said, Score, Turn, Verdict

Judge = Callable[[Sequence[Said]], Sequence[Verdict]]

__all__ = ["Category", "Finding", "Judge", "Pay", "Said", "Score", "Turn", "Verdict", "extract"]


def extract(turns: Sequence[Turn], *, judge: Judge = rules.judge) -> list[Finding]:
    """What the interviewee said that is worth keeping, in order of place; deterministic.

    Every quote is `turns[turn_index].text[start:end]`, 1-4 sentences of one turn; findings do not overlap.
    """
    said = conversation.listen(turns)
    return spans.findings(turns, said, judge(said))
