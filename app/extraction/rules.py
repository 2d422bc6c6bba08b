"""The judge that works by rules: cues in the words, what was asked, and pay parsed from figures."""

from collections.abc import Iterable

from app.extraction import cues, pay, questions, referrals
from app.extraction.values import Category, Said, Verdict

C = Category

ASKED = 0.55  # chance that a sentence right after a question is an insight of the kind asked for
FADING = 0.93  # and what is left of that with each further sentence
FIGURE = 0.8
FEW_WORDS = 4  # shorter ones have content only as the direct answer to a question


def judge(said: Iterable[Said]) -> list[Verdict]:
    """One verdict per sentence, in order. Deterministic; reads nothing but the sentence and its context."""
    return [_verdict(one) for one in said]


def is_beside_work(said: Said) -> bool:
    """Whether no judge need look: a daydream, or what was asked of a weekend."""
    return cues.UNREAL.search(said.text) is not None or questions.is_beside_work(said.question)


def _verdict(said: Said) -> Verdict:
    if is_beside_work(said):
        return Verdict()
    asked_pay = C.COMPENSATION in said.asked
    figures = pay.named(said.text, asked=asked_pay, currency=said.currency, question=said.question)
    hits = _hits(said, has_figure=bool(figures))
    if len(said.text.split()) < FEW_WORDS and not (said.after == 0 and said.asked):
        hits = {C.COMPENSATION: hits[C.COMPENSATION]} if figures else {}
    scores = {category: cues.combined(found) for category, found in hits.items()}
    return Verdict(scores, pay.main_first(one.pay for one in figures))


def _hits(said: Said, *, has_figure: bool) -> dict[Category, list[tuple[float, str]]]:
    hits = cues.weigh(said.text)
    sent = referrals.weigh(said.text)
    if sent:
        hits[C.REFERRAL] = sent
    if has_figure:
        hits.setdefault(C.COMPENSATION, []).append((FIGURE, "figure"))
    elif pay.TRAP.search(said.text) and C.COMPENSATION in hits:
        del hits[C.COMPENSATION]
    for category, weight in said.asked.items():
        if category is C.REFERRAL and not (sent or referrals.names_somebody(said.text)):
            continue  # asked whom to see, "that would be wonderful" sends nobody anywhere
        prior = ASKED * weight * FADING**said.after
        hits.setdefault(category, []).append((prior, f"asked:{category}"))
    return hits
