"""What extraction found becomes rows; rows follow their words from one version of a transcript to the next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete
from sqlmodel import Session, col, select

from app import models, search
from app.db import WriteSession, now
from app.errors import PassingFailure
from app.extraction import RULES, Finding, Judge, extract
from app.extraction.turns import SpokenTurn, locate, quoted, turns_of
from app.extraction.values import Place
from app.insights import placing
from app.insights.listing import set_categories
from app.insights.placing import Sought, Spot, Talk
from app.transcripts.values import Transcript


@dataclass(frozen=True)
class Found:
    """What extraction found in one version of a transcript, with the turns that its evidence is looked up in."""

    version: int
    turns: Sequence[SpokenTurn]
    findings: Sequence[Finding]


def find_in(version: int, transcript: Transcript, *, judge: Judge = RULES) -> Found:
    """Pure, and seconds long for a long interview: call it where no transaction is open."""
    turns = turns_of(transcript)
    return Found(version, turns, extract(turns, judge=judge))


def keep(session: WriteSession, *, interview_id: str, found: Found) -> int:
    """Replaces what nobody has touched; returns how many are new.

    What a person has judged, added or noted something on stays as it is, and a finding in the same place is not kept
    beside it. Raises PassingFailure when the transcript has a newer version than the one that was read.
    """
    interview = session.get_one(models.Interview, interview_id)
    if interview.transcript_version != found.version:
        raise PassingFailure("The transcript was changed while it was being read.")
    _drop_untouched(session, interview_id)
    taken = follow(session, of(session, interview_id), found.version, Talk(found.turns))
    new = [finding for finding in found.findings if not _is_among(finding, taken)]
    for finding in new:
        _keep(session, interview, finding, found.turns)
    search.follow_insights(session, interview_id)
    return len(new)


def of(session: Session, interview_id: str) -> Sequence[models.Insight]:
    return session.exec(select(models.Insight).where(models.Insight.interview_id == interview_id)).all()


def _drop_untouched(session: WriteSession, interview_id: str) -> None:
    # One statement that looks at the row as it is: a word given in this moment elsewhere is not lost.
    session.execute(
        delete(models.Insight).where(
            col(models.Insight.interview_id) == interview_id,
            col(models.Insight.state) == "proposed",
            col(models.Insight.note).is_(None),
        )
    )


def follow(session: WriteSession, known: Sequence[models.Insight], version: int, talk: Talk) -> list[Place]:
    """Moves each to its words' place in this version, or marks it stale; returns the places."""
    spots = placing.settle([Sought(one.id, one.quote, one.start_ms) for one in known], talk)
    for insight in known:
        _follow(insight, version, spots[insight.id], talk)
        # Whoever holds the ETag of an insight that was moved or went stale learns of it; of nothing new, nobody does.
        if session.is_modified(insight):
            insight.version += 1
            insight.updated_at = now()
    session.flush()
    return [spot.place for spot in spots.values() if spot is not None]


def _follow(insight: models.Insight, version: int, spot: Spot | None, talk: Talk) -> None:
    insight.stale = spot is None
    if spot is None:
        return
    if insight.question is not None:
        moved_ms = spot.start_ms - insight.start_ms
        insight.question = placing.followed(insight.question, moved_ms, spot, talk)
    put(insight, version, spot)


def put(insight: models.Insight, version: int, spot: Spot) -> None:
    """Gives an insight the evidence of a place in this version."""
    evidence = spot.evidence
    insight.transcript_version, insight.stale, insight.quote = version, False, spot.text
    insight.speaker, insight.segment_ids = evidence.speaker, list(evidence.segment_ids)
    insight.start_ms, insight.end_ms = evidence.start_ms, evidence.end_ms


def _is_among(finding: Finding, taken: Iterable[Place]) -> bool:
    place = Place(finding.turn_index, finding.start, finding.end)
    return any(placing.is_same(place, other) for other in taken)


def _keep(session: WriteSession, interview: models.Interview, finding: Finding, turns: Sequence[SpokenTurn]) -> None:
    evidence = locate(turns[finding.turn_index], finding.start, finding.end)
    figures = [figure.model_dump(mode="json") for figure in finding.values]
    insight = models.Insight(
        owner_id=interview.owner_id,
        interview_id=interview.id,
        transcript_version=interview.transcript_version,
        quote=finding.quote,
        speaker=evidence.speaker,
        start_ms=evidence.start_ms,
        end_ms=evidence.end_ms,
        segment_ids=list(evidence.segment_ids),
        question=quoted(turns, finding.question_at) if finding.question_at else None,
        value=figures[0] if figures else None,
        values=figures,
        confidence=finding.confidence,
        method=finding.method,
        because=finding.because.split(),
    )
    session.add(insight)
    session.flush()
    set_categories(session, insight.id, list(finding.categories))
