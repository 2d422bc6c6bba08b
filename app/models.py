"""The tables. They do not validate (SQLModel tables never do): what matters is repeated as constraints.

owner 1─* api_key
owner 1─* interview 1─* consent 1─* consent_event
                    1─1 recording
                    1─* upload (of an owner alone, until it is one interview's)
                    1─* job 1─* heard_chunk
                    1─* transcript 1─* segment
                    1─* insight 1─* insight_category
                    segment, insight 1─1 search_entry
                                1─* contact (which outlives both, or has neither)
                    1─* planned_question
                    1─* erasure
owner 1─* reply (of an interview, or of none)
owner 1─* webhook 1─* delivery
worker: the heartbeats of the worker processes · retention_run: what they erase once a day
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, String, Text, text
from sqlalchemy.schema import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app import ids
from app.db import UTCDateTime, now

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING

ID_LENGTH = 40
ACTIVE = text("status in ('queued','running')")


def _instant(*, nullable: bool = False) -> Any:
    return Column(UTCDateTime(), nullable=nullable)


def _ref(
    table: str, *, index: bool = True, primary_key: bool = False, nullable: bool = False, ondelete: str = "CASCADE"
) -> Any:
    return Column(
        String(ID_LENGTH),
        ForeignKey(f"{table}.id", ondelete=ondelete),
        nullable=nullable,
        index=index and not primary_key,
        primary_key=primary_key,
    )


def _json(*, nullable: bool = False) -> Any:
    return Column(JSON(none_as_null=True), nullable=nullable)


def _key(kind: ids.Kind) -> Any:
    return Field(default_factory=lambda: ids.new(kind), primary_key=True, max_length=ID_LENGTH)


class Owner(SQLModel, table=True):
    """Whose things these are. Every query goes through one."""

    id: str = _key(ids.Kind.OWNER)
    name: str = Field(max_length=200)
    created_at: datetime = Field(default_factory=now, sa_column=_instant())


class ApiKey(SQLModel, table=True):
    """Only the SHA-256 of the secret is kept; it is shown once, when made."""

    __tablename__ = "api_key"

    id: str = _key(ids.Kind.KEY)
    owner_id: str = Field(sa_column=_ref("owner"))
    name: str = Field(max_length=200)
    secret_sha256: str = Field(max_length=64)
    scopes: list[str] = Field(sa_column=_json())
    created_at: datetime = Field(default_factory=now, sa_column=_instant())
    expires_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    revoked_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    last_used_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))


class Interview(SQLModel, table=True):
    """`version` counts changes and is the ETag. `transcript_version` is the one that readers get; 0: none (yet).

    `keep_..._days` are what was promised for this interview, beside what the installation keeps all for. A hold has all
    its three members or none.
    """

    __table_args__ = (
        CheckConstraint(
            "status in ('planned','queued','transcribing','extracting','ready','failed','canceled','withdrawn')",
            name="status",
        ),
        Index("ix_interview_owner_id_id", "owner_id", "id"),
        Index("ix_interview_owner_id_status_id", "owner_id", "status", "id"),
        Index("ix_interview_owner_id_contact_id_id", "owner_id", "contact_id", "id"),
    )

    id: str = _key(ids.Kind.INTERVIEW)
    owner_id: str = Field(sa_column=_ref("owner", index=False))
    status: str = Field(default="planned", max_length=20)
    title: str = Field(max_length=300)
    interviewee: str | None = Field(default=None, max_length=200)
    role: str | None = Field(default=None, max_length=200)
    employer: str | None = Field(default=None, max_length=200)
    contact_id: str | None = Field(default=None, max_length=64, index=True)
    planned_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    planned_minutes: int | None = None
    language: str | None = Field(default=None, max_length=12)
    vocabulary: list[str] = Field(default_factory=list, sa_column=_json())
    transcript_version: int = 0
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_column=_instant())
    updated_at: datetime = Field(default_factory=now, sa_column=_instant())
    deleted_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    keep_recording_days: int | None = None
    keep_transcript_days: int | None = None
    recording_erased_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    transcript_erased_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    hold_reason: str | None = Field(default=None, max_length=1000)
    hold_by: str | None = Field(default=None, max_length=ID_LENGTH)
    hold_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))


class Consent(SQLModel, table=True):
    """What was allowed, by whom, told what. Never changed: what happens to it later is an event."""

    id: str = _key(ids.Kind.CONSENT)
    owner_id: str = Field(sa_column=_ref("owner"))
    interview_id: str = Field(sa_column=_ref("interview"))
    participants: list[dict[str, Any]] = Field(sa_column=_json())
    purposes: list[str] = Field(sa_column=_json())
    method: str = Field(max_length=30)
    evidence: dict[str, Any] | None = Field(default=None, sa_column=_json(nullable=True))
    jurisdiction: str | None = Field(default=None, max_length=20)
    notice_version: str = Field(max_length=20)
    notice_sha256: str = Field(max_length=64)
    asserted_by: str = Field(max_length=ID_LENGTH)
    asserted_at: datetime = Field(default_factory=now, sa_column=_instant())


class ConsentEvent(SQLModel, table=True):
    """One line of a consent's history: `given` or `withdrawn`. Append-only."""

    __tablename__ = "consent_event"
    __table_args__ = (
        UniqueConstraint("consent_id", "seq"),
        CheckConstraint("kind in ('given','withdrawn')", name="kind"),
    )

    id: int | None = Field(default=None, primary_key=True)
    consent_id: str = Field(sa_column=_ref("consent"))
    seq: int
    kind: str = Field(max_length=20)
    by: str = Field(max_length=ID_LENGTH)
    reason: str | None = Field(default=None, max_length=1000)
    at: datetime = Field(default_factory=now, sa_column=_instant())


class Erasure(SQLModel, table=True):
    """The certificate of an erasure: asked when, done when, and what there was. Holds no words.

    `kind`: everything (a withdrawal, a deletion), or what was kept long enough: the recording, the transcript.
    """

    id: str = _key(ids.Kind.ERASURE)
    owner_id: str = Field(sa_column=_ref("owner"))
    interview_id: str = Field(sa_column=_ref("interview"))
    kind: str = Field(default="everything", sa_column=Column(String(20), nullable=False, server_default="everything"))
    consent_id: str | None = Field(default=None, max_length=ID_LENGTH)
    requested_by: str = Field(max_length=ID_LENGTH)
    requested_at: datetime = Field(default_factory=now, sa_column=_instant())
    completed_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    erased: dict[str, Any] = Field(default_factory=dict, sa_column=_json())


class Recording(SQLModel, table=True):
    """The audio as it came. `key` is our name for the bytes; `filename` is the client's, and only data."""

    id: str = _key(ids.Kind.RECORDING)
    interview_id: str = Field(
        sa_column=Column(String(ID_LENGTH), ForeignKey("interview.id", ondelete="CASCADE"), nullable=False, unique=True)
    )
    key: str = Field(max_length=200, unique=True)
    filename: str | None = Field(default=None, max_length=255)
    media_type: str = Field(max_length=100)
    size_bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str = Field(max_length=64, index=True)
    received_at: datetime = Field(default_factory=now, sa_column=_instant())
    duration_ms: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=_json())


class Upload(SQLModel, table=True):
    """A recording on its way in by tus. What is staged beyond `offset_bytes` does not count: it may not be on disk.

    `about` is the client's Upload-Metadata, gone once the upload is finished. `interview_id`: the interview that it
    is meant for, or has become. `sha256` is what the client says the whole will be. The last byte counts in the
    transaction that finishes the upload.
    """

    __table_args__ = (
        CheckConstraint("offset_bytes >= 0 and offset_bytes <= size_bytes", name="offset"),
        CheckConstraint("(finished_at is null) = (offset_bytes < size_bytes)", name="finished"),
    )

    id: str = _key(ids.Kind.UPLOAD)
    owner_id: str = Field(sa_column=_ref("owner"))
    interview_id: str | None = Field(default=None, sa_column=_ref("interview", nullable=True))
    asserted_by: str = Field(max_length=ID_LENGTH)
    size_bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    offset_bytes: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    about: str = Field(sa_column=Column(Text, nullable=False))
    sha256: str | None = Field(default=None, max_length=64)
    expires_at: datetime = Field(sa_column=Column(UTCDateTime(), nullable=False, index=True))
    finished_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))


class UploadPart(SQLModel, table=True):
    """Bytes of an unfinished upload, from `start_bytes` up to `end_bytes`, kept under `key` in the store of recordings.

    Only where that is elsewhere (S3), so that every API process can go on. All parts reach to the upload's offset.
    """

    __tablename__ = "upload_part"

    upload_id: str = Field(sa_column=_ref("upload", primary_key=True))
    start_bytes: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    end_bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    key: str = Field(max_length=200, unique=True)


class Job(SQLModel, table=True):
    """Durable background work on an interview; the engine's own tables are its engine room, this is what is shown.

    `version` grows with every change (it numbers the events of the stream). `options` are what was asked for:
    language, vocabulary, engine, model; and in `llm`, which model elsewhere was sent the words, and what came of it.
    """

    __table_args__ = (
        CheckConstraint("status in ('queued','running','succeeded','failed','canceled')", name="status"),
        CheckConstraint("kind in ('transcription','extraction')", name="kind"),
        CheckConstraint("progress >= 0 and progress <= 1", name="progress"),
        # One that is queued or running at a time: use cases look first, and this holds whatever they overlook.
        Index("uq_job_active_interview_id", "interview_id", unique=True, sqlite_where=ACTIVE, postgresql_where=ACTIVE),
    )

    id: str = _key(ids.Kind.JOB)
    owner_id: str = Field(sa_column=_ref("owner"))
    interview_id: str = Field(sa_column=_ref("interview"))
    kind: str = Field(default="transcription", max_length=20)
    status: str = Field(default="queued", max_length=20, index=True)
    stage: str | None = Field(default=None, max_length=20)
    progress: float = 0.0
    attempt: int = 1
    starts: int = 0
    options: dict[str, Any] = Field(default_factory=dict, sa_column=_json())
    audio_total_ms: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    audio_done_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    eta_s: float | None = None
    error: dict[str, Any] | None = Field(default=None, sa_column=_json(nullable=True))
    cancel_requested_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    worker_id: str | None = Field(default=None, max_length=100)
    created_at: datetime = Field(default_factory=now, sa_column=_instant())
    queued_at: datetime | None = Field(default_factory=now, sa_column=_instant(nullable=True))
    started_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    finished_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    version: int = 1


class HeardChunk(SQLModel, table=True):
    """What one step of hearing heard: the checkpoint that a killed job goes on from. Gone when the job has succeeded.

    `plan_sha256` says how: which sound, windows, model and language. What was heard otherwise is not gone on from.
    """

    __tablename__ = "heard_chunk"

    job_id: str = Field(sa_column=_ref("job", primary_key=True))
    index: int = Field(primary_key=True)
    plan_sha256: str = Field(max_length=64)
    start_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    end_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    segments: list[dict[str, Any]] = Field(sa_column=_json())


class Transcript(SQLModel, table=True):
    """The head of one immutable version of an interview's words; the words are in its segments."""

    __table_args__ = (UniqueConstraint("interview_id", "version"), UniqueConstraint("job_id"))

    id: str = _key(ids.Kind.TRANSCRIPT)
    interview_id: str = Field(sa_column=_ref("interview"))
    version: int
    job_id: str | None = Field(default=None, max_length=ID_LENGTH)
    language: str | None = Field(default=None, max_length=12)
    language_probability: float | None = None
    duration_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    engine: str = Field(max_length=40)
    model: str = Field(max_length=200)
    options: dict[str, Any] = Field(default_factory=dict, sa_column=_json())
    notices: list[str] = Field(default_factory=list, sa_column=_json())
    speakers: list[dict[str, Any]] = Field(default_factory=list, sa_column=_json())
    created_at: datetime = Field(default_factory=now, sa_column=_instant())


class Segment(SQLModel, table=True):
    """One segment of a transcript; `number` counts from 1."""

    transcript_id: str = Field(sa_column=_ref("transcript", primary_key=True))
    number: int = Field(primary_key=True)
    start_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    end_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    speaker: str = Field(max_length=20)
    text: str = Field(sa_column=Column(Text, nullable=False))
    doubts: list[str] = Field(default_factory=list, sa_column=_json())
    words: list[dict[str, Any]] = Field(default_factory=list, sa_column=_json())


class Insight(SQLModel, table=True):
    """A claim worth keeping, with its evidence in `transcript_version`. People's word is in `state` and `note`.

    `question` is the evidence of what was asked (text, speaker, start_ms, end_ms, segment_ids) where that is known.
    `values` are the figures of pay in it; `value` is the first of them, the main one. `method` is how it was found:
    `rule`, `model`, `llm`, or `person` for one that somebody added by hand.
    """

    __table_args__ = (
        CheckConstraint("state in ('proposed','confirmed','corrected','rejected')", name="state"),
        CheckConstraint("confidence >= 0 and confidence <= 1", name="confidence"),
        CheckConstraint("quote <> ''", name="quote"),
        # The two orders that people read them in: newest first, and as they were said.
        Index("ix_insight_owner_id_id", "owner_id", "id"),
        Index("ix_insight_owner_id_state_id", "owner_id", "state", "id"),
        Index("ix_insight_interview_id_start_ms_id", "interview_id", "start_ms", "id"),
    )

    id: str = _key(ids.Kind.INSIGHT)
    owner_id: str = Field(sa_column=_ref("owner", index=False))
    interview_id: str = Field(sa_column=_ref("interview", index=False))
    transcript_version: int
    quote: str = Field(sa_column=Column(Text, nullable=False))
    speaker: str = Field(max_length=20)
    start_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    end_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    segment_ids: list[int] = Field(sa_column=_json())
    question: dict[str, Any] | None = Field(default=None, sa_column=_json(nullable=True))
    value: dict[str, Any] | None = Field(default=None, sa_column=_json(nullable=True))
    values: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON(none_as_null=True), nullable=False, server_default="[]")
    )
    confidence: float
    method: str = Field(max_length=20)
    because: list[str] = Field(default_factory=list, sa_column=_json())
    state: str = Field(default="proposed", max_length=20)
    stale: bool = False
    note: str | None = Field(default=None, max_length=2000)
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_column=_instant())
    updated_at: datetime = Field(default_factory=now, sa_column=_instant())


class InsightCategory(SQLModel, table=True):
    """One category of an insight; `rank` 0 is the main one."""

    __tablename__ = "insight_category"

    insight_id: str = Field(sa_column=_ref("insight", primary_key=True))
    category: str = Field(max_length=20, primary_key=True)
    rank: int = 0


class SearchEntry(SQLModel, table=True):
    """The words of a segment or an insight, for `app.search`: by FTS5 on SQLite, by a GIN index on Postgres."""

    __tablename__ = "search_entry"
    __table_args__ = (
        CheckConstraint("(segment_number is null) <> (insight_id is null)", name="stands_for_one"),
        UniqueConstraint("interview_id", "segment_number"),
        UniqueConstraint("insight_id"),
    )

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    )
    owner_id: str = Field(sa_column=_ref("owner", index=False))
    interview_id: str = Field(sa_column=_ref("interview", index=False))
    segment_number: int | None = None
    insight_id: str | None = Field(default=None, sa_column=_ref("insight", index=False, nullable=True))
    words: str = Field(sa_column=Column(Text, nullable=False))


class Contact(SQLModel, table=True):
    """Somebody to talk to next: proposed from a referral, or added by a person. `state` is people's word.

    `heard` is what the referral said, and stays when its insight is replaced: name, role, organisation, and the
    evidence (quote, speaker, start_ms, end_ms, segment_ids) in `transcript_version`. None: a person added the contact.
    `version` counts people's changes and those of what is said about them, not new places of the same evidence.
    """

    __table_args__ = (
        CheckConstraint("state in ('proposed','confirmed','corrected','rejected')", name="state"),
        CheckConstraint("offered in ('recommendation','introduction','contact_details')", name="offered"),
        CheckConstraint("name is not null or role is not null or organisation is not null", name="names_somebody"),
    )

    id: str = _key(ids.Kind.CONTACT)
    owner_id: str = Field(sa_column=_ref("owner"))
    interview_id: str | None = Field(default=None, sa_column=_ref("interview", nullable=True))
    insight_id: str | None = Field(default=None, sa_column=_ref("insight", nullable=True, ondelete="SET NULL"))
    transcript_version: int | None = None
    heard: dict[str, Any] | None = Field(default=None, sa_column=_json(nullable=True))
    name: str | None = Field(default=None, max_length=200)
    role: str | None = Field(default=None, max_length=200)
    organisation: str | None = Field(default=None, max_length=200)
    offered: str | None = Field(default=None, max_length=20)
    state: str = Field(default="proposed", max_length=20)
    note: str | None = Field(default=None, max_length=2000)
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_column=_instant())
    updated_at: datetime = Field(default_factory=now, sa_column=_instant())


class PlannedQuestion(SQLModel, table=True):
    """One line of a person's own list for an interview, in the order of `position` (from 0).

    `asked` and `answer` are evidence (text, speaker, start_ms, end_ms, segment_ids) in `transcript_version`; None
    there: not asked, not answered. `transcript_version` None: not looked for yet.
    """

    __tablename__ = "planned_question"
    __table_args__ = (UniqueConstraint("interview_id", "position"),)

    id: str = _key(ids.Kind.QUESTION)
    owner_id: str = Field(sa_column=_ref("owner"))
    interview_id: str = Field(sa_column=_ref("interview", index=False))
    position: int
    text: str = Field(max_length=500)
    transcript_version: int | None = None
    similarity: float | None = None
    asked: dict[str, Any] | None = Field(default=None, sa_column=_json(nullable=True))
    answer: dict[str, Any] | None = Field(default=None, sa_column=_json(nullable=True))


class Reply(SQLModel, table=True):
    """What a request with an Idempotency-Key was answered. Written in the transaction that did what was asked.

    `status` 0: that transaction is still running. `body` None: it holds words or a secret and is not kept, or what it
    is about is gone. `made_id` is what the request made; `interview_id` the interview that the answer tells of.
    """

    owner_id: str = Field(sa_column=_ref("owner", primary_key=True))
    operation: str = Field(primary_key=True, max_length=60)
    key: str = Field(primary_key=True, max_length=255)
    head_sha256: str = Field(default="", max_length=64)
    body_sha256: str = Field(default="", max_length=64)
    status: int = 0
    headers: dict[str, str] = Field(default_factory=dict, sa_column=_json())
    body: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    made_id: str | None = Field(default=None, max_length=ID_LENGTH, index=True)
    interview_id: str | None = Field(default=None, sa_column=_ref("interview", nullable=True))
    is_forgotten: bool = False
    created_at: datetime = Field(default_factory=now, sa_column=Column(UTCDateTime(), nullable=False, index=True))


class Webhook(SQLModel, table=True):
    """Where an owner wants to be told of events. The secrets are kept as they are: every delivery is signed with them.

    `old_secret` signs too until `old_secret_until`. `disabled_because` None: a person did it, or nobody has.
    """

    __table_args__ = (CheckConstraint("disabled_because in ('gone','failing')", name="disabled_because"),)

    id: str = _key(ids.Kind.WEBHOOK)
    owner_id: str = Field(sa_column=_ref("owner"))
    url: str = Field(max_length=2000)
    events: list[str] = Field(sa_column=_json())
    description: str | None = Field(default=None, max_length=2000)
    is_enabled: bool = True
    disabled_because: str | None = Field(default=None, max_length=20)
    secret: str = Field(max_length=100)
    old_secret: str | None = Field(default=None, max_length=100)
    old_secret_until: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    last_success_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_column=_instant())
    updated_at: datetime = Field(default_factory=now, sa_column=_instant())


class Delivery(SQLModel, table=True):
    """One event for one webhook, written in the transaction that made it true; its id is the message's `webhook-id`.

    `cause` is what happened, so that it is announced once however often its step is done. `body` is what is signed
    and sent: ids and links, no words. `tries` counts since somebody asked for it; `attempts` is the log.
    """

    __table_args__ = (
        CheckConstraint("status in ('pending','delivered','failed')", name="status"),
        UniqueConstraint("webhook_id", "event", "cause"),
        Index("ix_delivery_status_due_at", "status", "due_at"),
    )

    id: str = _key(ids.Kind.DELIVERY)
    owner_id: str = Field(sa_column=_ref("owner"))
    webhook_id: str = Field(sa_column=_ref("webhook", index=False))
    event: str = Field(max_length=40)
    cause: str = Field(max_length=80)
    body: str = Field(sa_column=Column(Text, nullable=False))
    status: str = Field(default="pending", max_length=20)
    tries: int = 0
    attempts: list[dict[str, Any]] = Field(default_factory=list, sa_column=_json())
    due_at: datetime = Field(default_factory=now, sa_column=_instant())
    leased_by: str | None = Field(default=None, max_length=100)
    leased_until: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    created_at: datetime = Field(default_factory=now, sa_column=_instant())
    finished_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))


class Worker(SQLModel, table=True):
    """The heartbeat of one worker process; its id is its executor id, never used by two processes.

    `rtf`: how fast it hears with its own model, None until it has heard; `jobs`: how many it works on.
    """

    id: str = Field(primary_key=True, max_length=100)
    started_at: datetime = Field(default_factory=now, sa_column=_instant())
    beat_at: datetime = Field(default_factory=now, sa_column=_instant())
    engine: str = Field(max_length=40)
    model: str = Field(max_length=200)
    rtf: float | None = None
    jobs: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))


class RetentionRun(SQLModel, table=True):
    """The erasing of what was kept long enough, once a day (UTC) over all workers; `worker_id` is at it."""

    __tablename__ = "retention_run"

    day: str = Field(primary_key=True, max_length=10)
    worker_id: str = Field(max_length=100)
    began_at: datetime = Field(default_factory=now, sa_column=_instant())
    ended_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    recordings: int = 0
    transcripts: int = 0
