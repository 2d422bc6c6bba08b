"""Rows into what goes over the wire: the few places where several tables make one answer."""

import json
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from app import consents, contacts, erasures, insights, models
from app.api import schemas
from app.conversation import Conversation
from app.db import now
from app.errors import NotFound
from app.revisions import Revision
from app.search import Hit
from app.transcripts import values


def job(row: models.Job) -> schemas.JobOut:
    links = {
        "self": f"/v1/jobs/{row.id}",
        "events": f"/v1/jobs/{row.id}/events",
        "interview": f"/v1/interviews/{row.interview_id}",
    }
    return schemas.JobOut.model_validate(row.model_dump() | {"llm": row.options.get("llm"), "links": links})


def interview(session: Session, row: models.Interview) -> schemas.InterviewOut:
    return interviews(session, [row])[0]


def interviews(session: Session, rows: Sequence[models.Interview]) -> list[schemas.InterviewOut]:
    """All of them with four queries, however many they are."""
    ids = [row.id for row in rows]
    recordings = {row.interview_id: row for row in _of(session, models.Recording, ids)}
    # In order of creation, so that the newest of each interview stays.
    jobs = {row.interview_id: row for row in _of(session, models.Job, ids)}
    given = {row.interview_id: row for row in _of(session, models.Consent, ids)}
    withdrawn = _withdrawn(session, [row.id for row in given.values()])
    return [
        _interview(row, recordings.get(row.id), jobs.get(row.id), _consent_summary(given.get(row.id), withdrawn))
        for row in rows
    ]


def _of(session: Session, table: Any, interview_ids: Sequence[str]) -> Sequence[Any]:
    query = select(table).where(col(table.interview_id).in_(interview_ids)).order_by(col(table.id))
    return session.exec(query).all()


def _withdrawn(session: Session, consent_ids: Sequence[str]) -> set[str]:
    event = models.ConsentEvent
    query = select(event.consent_id).where(col(event.consent_id).in_(consent_ids), event.kind == "withdrawn")
    return set(session.exec(query))


def _consent_summary(row: models.Consent | None, withdrawn: set[str]) -> dict[str, Any] | None:
    if row is None:
        return None
    status = "withdrawn" if row.id in withdrawn else "given"
    return {"id": row.id, "status": status, "method": row.method, "at": row.asserted_at}


def _interview(
    row: models.Interview,
    recording: models.Recording | None,
    newest_job: models.Job | None,
    consent: dict[str, Any] | None,
) -> schemas.InterviewOut:
    here = f"/v1/interviews/{row.id}"
    # Between the mark and the bytes' end, what is erased is not shown any more.
    is_erased = row.recording_erased_at is not None or row.status == "withdrawn"
    has_words = row.transcript_version > 0
    return schemas.InterviewOut.model_validate(
        row.model_dump()
        | {
            "transcript_version": row.transcript_version or None,
            "consent": consent,
            "hold": {"reason": row.hold_reason, "by": row.hold_by, "at": row.hold_at} if row.hold_at else None,
            "retention": {
                "recording_days": row.keep_recording_days,
                "transcript_days": row.keep_transcript_days,
                "recording_erased_at": row.recording_erased_at,
                "transcript_erased_at": row.transcript_erased_at,
            },
            "recording": None if is_erased else recording,
            "job": job(newest_job) if newest_job else None,
            "links": {
                "self": here,
                "recording": f"{here}/recording" if recording and not is_erased else None,
                "transcript": f"{here}/transcript" if has_words else None,
                "insights": f"{here}/insights" if has_words else None,
                "conversation": f"{here}/conversation" if has_words else None,
                "job": f"/v1/jobs/{newest_job.id}" if newest_job else None,
            },
        }
    )


def transcript(interview_id: str, version: int, words: values.Transcript, *, with_words: bool) -> dict[str, Any]:
    """The JSON of a transcript. Dumped once by hand: validating ten thousand words again would double the time."""
    left_out = None if with_words else {"segments": {"__all__": {"words"}}}
    return {"interview_id": interview_id, "version": version, **words.model_dump(mode="json", exclude=left_out)}


def conversation(interview_id: str, found: Conversation) -> dict[str, Any]:
    """The JSON of how a conversation went."""
    shown = vars(found) | {"interview_id": interview_id}
    return schemas.ConversationOut.model_validate(shown, from_attributes=True).model_dump(mode="json")


def edit(interview_id: str, made: Revision, *, segment_id: int | None = None) -> schemas.TranscriptEditOut:
    """What an edit made: the speakers, and the segment that it was about."""
    segments = [one.model_dump(mode="json") for one in made.transcript.segments if one.id == segment_id]
    speakers = [one.model_dump(mode="json") for one in made.transcript.speakers]
    return schemas.TranscriptEditOut.model_validate(
        {"interview_id": interview_id, "version": made.version, "speakers": speakers, "segments": segments}
    )


def insight_list(session: Session, rows: Sequence[models.Insight]) -> list[schemas.InsightOut]:
    categories = insights.categories_of(session, rows)
    return [schemas.InsightOut.model_validate(row.model_dump() | {"categories": categories[row.id]}) for row in rows]


def insights_with_interviews(session: Session, rows: Sequence[models.Insight]) -> list[schemas.InsightWithInterviewOut]:
    """All of them with two queries, however many they are."""
    categories, known = insights.categories_of(session, rows), insights.interviews_of(session, rows)
    return [
        schemas.InsightWithInterviewOut.model_validate(
            row.model_dump() | {"categories": categories[row.id], "interview": known[row.interview_id]}
        )
        for row in rows
    ]


def insight(session: Session, row: models.Insight) -> schemas.InsightOut:
    return insight_list(session, [row])[0]


def hits(session: Session, rows: Sequence[Hit]) -> list[schemas.HitOut]:
    """All of them with one query more, however many they are."""
    ids = {row.interview.id for row in rows}
    recorded = set(
        session.exec(select(models.Recording.interview_id).where(col(models.Recording.interview_id).in_(ids)))
    )
    return [_hit(row, has_recording=row.interview.id in recorded) for row in rows]


def _hit(row: Hit, *, has_recording: bool) -> schemas.HitOut:
    here, said = f"/v1/interviews/{row.interview.id}", row.said
    insight_id = said.id if isinstance(said, models.Insight) else None
    return schemas.HitOut.model_validate(
        said.model_dump(include={"speaker", "start_ms", "end_ms"})
        | {
            "kind": row.kind,
            "interview": row.interview,
            "segment_id": said.number if isinstance(said, models.Segment) else None,
            "insight_id": insight_id,
            "text": row.snippet.text,
            "highlights": [{"start": start, "end": end} for start, end in row.snippet.highlights],
            "links": {
                "transcript": f"{here}/transcript",
                "insight": f"/v1/insights/{insight_id}" if insight_id else None,
                "recording": f"{here}/recording{_span(said.start_ms, said.end_ms)}" if has_recording else None,
            },
        }
    )


def contact(card: contacts.Card) -> schemas.ContactOut:
    row = card.contact
    interview = f"/v1/interviews/{row.interview_id}" if row.interview_id else None
    recording = f"{interview}/recording{_span_of(row.heard)}" if card.has_recording and row.heard else None
    return schemas.ContactOut.model_validate(
        row.model_dump()
        | {
            "evidence": row.heard and row.heard | {"transcript_version": row.transcript_version, "stale": card.stale},
            "also_named_in": card.also_named_in,
            "links": {
                "self": f"/v1/contacts/{row.id}",
                "interview": interview,
                "insight": f"/v1/insights/{row.insight_id}" if row.insight_id else None,
                "recording": recording,
                "interviews": f"/v1/interviews?contact_id={row.id}",
            },
        }
    )


def _span_of(evidence: dict[str, Any]) -> str:
    return _span(evidence["start_ms"], evidence["end_ms"])


def _span(start_ms: int, end_ms: int) -> str:
    """The fragment that has a player play these seconds only (W3C Media Fragments)."""
    return f"#t={start_ms / 1000:.3f},{end_ms / 1000:.3f}"


def webhook(row: models.Webhook) -> schemas.WebhookOut:
    return schemas.WebhookOut.model_validate(_webhook(row))


def webhook_made(row: models.Webhook) -> schemas.WebhookMade:
    return schemas.WebhookMade.model_validate(_webhook(row) | {"secret": row.secret})


def _webhook(row: models.Webhook) -> dict[str, Any]:
    here = f"/v1/webhooks/{row.id}"
    old_until = row.old_secret_until if row.old_secret_until and row.old_secret_until > now() else None
    links = {"self": here, "deliveries": f"{here}/deliveries"}
    return row.model_dump(exclude={"secret", "old_secret"}) | {
        "enabled": row.is_enabled,
        "old_secret_until": old_until,
        "links": links,
    }


def delivery(row: models.Delivery) -> schemas.DeliveryOut:
    webhook = f"/v1/webhooks/{row.webhook_id}"
    links = {"self": f"{webhook}/deliveries/{row.id}", "webhook": webhook}
    due_at = row.due_at if row.status == "pending" else None
    return schemas.DeliveryOut.model_validate(
        row.model_dump() | {"payload": json.loads(row.body), "due_at": due_at, "links": links}
    )


def consent(session: Session, row: models.Consent) -> schemas.ConsentOut:
    events = consents.history(session, row.id)
    return schemas.ConsentOut.model_validate(
        row.model_dump()
        | {
            "status": "withdrawn" if consents.is_withdrawn(events) else "given",
            "events": [schemas.ConsentEventOut.model_validate(event) for event in events],
            "erasure": _erasure(session, row.id),
        }
    )


def _erasure(session: Session, consent_id: str) -> schemas.ErasureOut | None:
    try:
        return schemas.ErasureOut.model_validate(erasures.of_consent(session, consent_id))
    except NotFound:
        return None
