"""From judged sentences to findings: what is strong enough, which neighbours belong together, how sure we are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.extraction.values import MOST_FIGURES, Category, Finding, Method, Pay, Said, Score, Turn, Verdict

MOST_LABELS = 2
MOST_SENTENCES = 4
MIXED_DOUBT = 0.85  # it is not known who spoke
MOST_SURE = 0.95  # nothing that is found by itself is surer than this
ORDER = {category: place for place, category in enumerate(Category)}


@dataclass(frozen=True)
class Thresholds:
    """How strong is strong enough; every way of judging has its own scale.

    A sentence weaker than `enough` in every category is left out, but a neighbour that goes on about the same may be
    as weak as `carries_on`. A second label must be as clear as `enough_too`: it is not what the sentence was kept for.
    """

    enough: float
    carries_on: float
    enough_too: float


OF_RULES = Thresholds(enough=0.5, carries_on=0.35, enough_too=0.625)


@dataclass(frozen=True)
class _Claim:
    """A sentence worth keeping, its labels strongest first. `place` counts sentences, to know neighbours.

    `is_carried`: too weak to stand alone; its figures go with those of the sentence that it goes on from.
    """

    place: int
    said: Said
    labels: tuple[tuple[Category, Score], ...]
    pay: tuple[Pay, ...]
    is_carried: bool = False

    @property
    def lead(self) -> Category:
        return self.labels[0][0]


def findings(
    turns: Sequence[Turn], judged: Iterable[tuple[Said, Verdict]], thresholds: Thresholds, *, method: Method = "rule"
) -> list[Finding]:
    """One finding per run of neighbouring sentences about the same thing; none of them overlap."""
    return [_finding(turns, run, method) for run in _runs(_claims(judged, thresholds))]


def _claims(judged: Iterable[tuple[Said, Verdict]], thresholds: Thresholds) -> Iterator[_Claim]:
    last: _Claim | None = None
    for place, (said, verdict) in enumerate(judged):
        claim = _claim(place, said, verdict, thresholds)
        if claim is None and last is not None and _is_next(last, place, said):
            claim = _carried(last, place, said, verdict, at_least=thresholds.carries_on)
        last = claim
        if claim is not None:
            yield claim


def _claim(place: int, said: Said, verdict: Verdict, thresholds: Thresholds) -> _Claim | None:
    ranked = sorted(verdict.scores.items(), key=lambda item: (-item[1].strength, ORDER[item[0]]))
    if not ranked or ranked[0][1].strength < thresholds.enough:
        return None
    others = [item for item in ranked[1:] if item[1].strength >= thresholds.enough_too]
    labels = (ranked[0], *others)[:MOST_LABELS]
    has_pay = any(category is Category.COMPENSATION for category, _ in labels)
    return _Claim(place, said, labels, verdict.pay if has_pay else ())


def _carried(last: _Claim, place: int, said: Said, verdict: Verdict, *, at_least: float) -> _Claim | None:
    """The sentence as a continuation of `last`, when it leans the same way."""
    score = verdict.scores.get(last.lead)
    if score is None or score.strength < at_least:
        return None
    pay = verdict.pay if last.lead is Category.COMPENSATION else ()
    return _Claim(place, said, ((last.lead, score),), pay, is_carried=True)


def _is_next(last: _Claim, place: int, said: Said) -> bool:
    same_answer = said.question == last.said.question and said.after == last.said.after + 1
    return same_answer and place == last.place + 1 and said.turn_index == last.said.turn_index


def _runs(claims: Iterable[_Claim]) -> Iterator[list[_Claim]]:
    run: list[_Claim] = []
    for claim in claims:
        if run and not _continues(run, claim):
            yield run
            run = []
        run.append(claim)
    if run:
        yield run


def _continues(run: Sequence[_Claim], claim: _Claim) -> bool:
    # A figure has a claim of its own: put together, of two amounts one would have to stand behind the other.
    two_figures = not claim.is_carried and bool(claim.pay) and any(one.pay for one in run)
    return (
        _is_next(run[-1], claim.place, claim.said)
        and claim.lead is run[-1].lead
        and len(run) < MOST_SENTENCES
        and not two_figures
    )


def _finding(turns: Sequence[Turn], run: Sequence[_Claim], method: Method) -> Finding:
    start, end, index = run[0].said.start, run[-1].said.end, run[0].said.turn_index
    labels = _labels(run)
    lead = labels[0][1]
    return Finding(
        turn_index=index,
        start=start,
        end=end,
        quote=turns[index].text[start:end],
        categories=tuple(category for category, _ in labels),
        values=_figures(run),
        confidence=round(min(MOST_SURE, lead.strength) * (MIXED_DOUBT if run[0].said.mixed else 1), 3),
        because=" ".join(lead.because),
        method=method,
        question_at=run[0].said.question_at,
    )


def _figures(run: Sequence[_Claim]) -> tuple[Pay, ...]:
    """Each once. What is sure to be about pay leads."""
    told = sorted(run, key=lambda claim: claim.is_carried)
    return tuple(dict.fromkeys(figure for claim in told for figure in claim.pay))[:MOST_FIGURES]


def _labels(run: Sequence[_Claim]) -> list[tuple[Category, Score]]:
    """The run's labels: its lead, then every other that some sentence of it bears, strongest first."""
    best: dict[Category, Score] = {}
    for claim in run:
        for category, score in claim.labels:
            if category not in best or score.strength > best[category].strength:
                best[category] = score
    lead = run[0].lead
    others = sorted((c for c in best if c is not lead), key=lambda c: (-best[c].strength, ORDER[c]))
    return [(lead, best[lead]), *((c, best[c]) for c in others)][: MOST_LABELS + 1]
