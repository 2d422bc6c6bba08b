"""A person's word on insights: confirm, correct, reject, add by hand, delete what was added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from app import interviews, models, search, transcripts
from app.db import WriteSession, now
from app.errors import FieldInvalid, InsightFound, InsightPresent, InsightStale, QuoteNotFound
from app.extraction.turns import turns_of
from app.insights import placing
from app.insights.keeping import put
from app.insights.listing import check_version, find, set_categories
from app.insights.placing import Spot, Talk

BY_HAND = "person"
# Whoever changes one of these says that it was wrong before.
CORRECTIONS = frozenset({"categories", "value", "values", "quote", "start_ms"})
Figure = Mapping[str, Any]


@dataclass(frozen=True)
class ByHand:
    """An insight as a person adds it. `start_ms` chooses where the quote stands more than once; None: the first."""

    quote: str
    categories: Sequence[str]
    values: Sequence[Figure] = ()
    start_ms: int | None = None
    note: str | None = None


def review(
    session: WriteSession, owner_id: str, insight_id: str, changes: Mapping[str, Any], *, if_match: str | None
) -> models.Insight:
    """What a person changes of an insight: state, quote, start_ms, categories, value, values, note.

    Raises NotFound, VersionMismatch, InsightStale, QuoteNotFound, InsightPresent, FieldInvalid.
    """
    insight = find(session, owner_id, insight_id)
    check_version(insight, if_match)
    if changes.keys() & {"quote", "start_ms"}:
        start_ms = changes.get("start_ms", insight.start_ms)
        _move(session, insight, changes.get("quote", insight.quote), start_ms)
    if insight.stale and changes.get("state") == "confirmed":
        raise InsightStale("Its quote is no longer in the transcript, so it cannot be confirmed.")
    insight.state = state_after(insight.state, changes)
    insight.values = values_after(insight.values, changes)
    insight.value = insight.values[0] if insight.values else None
    insight.note = changes.get("note", insight.note)
    if "categories" in changes:
        set_categories(session, insight.id, changes["categories"])
    insight.version += 1
    insight.updated_at = now()
    session.flush()
    search.follow_insights(session, insight.interview_id)
    return insight


def state_after(state: str, changes: Mapping[str, Any]) -> str:
    """What a person's changes make of an insight: what they say, or `corrected` when they correct it."""
    return str(changes.get("state", "corrected" if CORRECTIONS & changes.keys() else state))


def values_after(values: Sequence[Figure], changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The figures after a change. `values` are all of them; `value` is the main one, and None: there are none.

    Raises FieldInvalid when both are named and the one is not the first of the others.
    """
    figures = [dict(figure) for figure in changes.get("values", values)]
    if "value" not in changes:
        return figures
    main = changes["value"]
    if "values" in changes and main != (figures[0] if figures else None):
        raise FieldInvalid("/values", "must begin with what value says")
    return [] if main is None else [main, *(figure for figure in figures[1:] if figure != main)]


def add(session: WriteSession, owner_id: str, interview_id: str, wanted: ByHand) -> models.Insight:
    """An insight that a person found, confirmed from the start.

    Raises NotFound, ConsentWithdrawn, TranscriptNotReady, QuoteNotFound, InsightPresent.
    """
    interview = interviews.readable(session, owner_id, interview_id)
    values = [dict(figure) for figure in wanted.values]
    insight = models.Insight(
        owner_id=interview.owner_id,
        interview_id=interview.id,
        transcript_version=interview.transcript_version,
        quote=wanted.quote,
        speaker="",
        start_ms=0,
        end_ms=0,
        segment_ids=[],
        value=values[0] if values else None,
        values=values,
        confidence=1,
        method=BY_HAND,
        state="confirmed",
        note=wanted.note,
    )
    _move(session, insight, wanted.quote, wanted.start_ms or 0)
    session.add(insight)
    session.flush()
    set_categories(session, insight.id, wanted.categories)
    search.follow_insights(session, interview.id)
    return insight


def remove(session: WriteSession, owner_id: str, insight_id: str, *, if_match: str | None) -> None:
    """Deletes an insight that was added by hand. Raises NotFound, VersionMismatch, and InsightFound for any other."""
    insight = find(session, owner_id, insight_id)
    check_version(insight, if_match)
    if insight.method != BY_HAND:
        raise InsightFound("Extraction found it, and would find it again. Reject it instead: then it stays rejected.")
    session.delete(insight)


def _move(session: WriteSession, insight: models.Insight, quote: str, start_ms: int) -> None:
    """Gives an insight the place where the quote stands, and the question before it."""
    version, transcript = transcripts.current(session, insight.interview_id)
    talk = Talk(turns_of(transcript))
    spot = placing.nearest(talk.spots(quote), start_ms)
    if spot is None:
        raise QuoteNotFound("The quote must stand word for word in one turn of the current transcript.")
    _check_free(session, insight, spot)
    put(insight, version, spot)
    insight.question = talk.question_at(spot.place)


def _check_free(session: WriteSession, insight: models.Insight, spot: Spot) -> None:
    query = select(models.Insight).where(
        models.Insight.interview_id == insight.interview_id,
        models.Insight.start_ms == spot.start_ms,
        models.Insight.quote == spot.text,
        col(models.Insight.stale).is_(False),
        models.Insight.id != insight.id,
    )
    present = session.exec(query).first()
    if present is not None:
        raise InsightPresent("There is an insight of just these words. Confirm or correct it.", insight_id=present.id)
