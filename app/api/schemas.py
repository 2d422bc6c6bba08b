"""What goes over the wire, in and out. Outputs have no defaults: every member is always there."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
)

from app import ids
from app.consents import Grant, Method, Purpose
from app.extraction.values import Category, PayKind, Period
from app.keys import Scope
from app.transcripts.values import Doubt, Notice, Role

EXAMPLE_INTERVIEW = "int_01979d2f0e5b7c3a8d21f4b6a9c0e735"
EXAMPLE_JOB = "job_01979d2f0e6c7d1b9a32e5c7b8d1f846"
EXAMPLE_CONSENT = "con_01979d2f0e6a7b2c8c43d6e8f9a2b957"
EXAMPLE_INSIGHT = "ins_01979d31c4f87e5d9b54c7f9a0b3ca68"
EXAMPLE_KEY = "key_01979d2e9c1a7f6e8a65b80ab1c4db79"
EXAMPLE_OWNER = "own_01979d2e9c197a7f9b76a91bc2d5ec80"
EXAMPLE_AT = "2026-11-22T10:15:00Z"

InterviewStatus = Literal["planned", "queued", "transcribing", "extracting", "ready", "failed", "canceled", "withdrawn"]
JobStatus = Literal["queued", "running", "succeeded", "failed", "canceled"]
InsightState = Literal["proposed", "confirmed", "corrected", "rejected"]


RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _visible(text: str) -> str:
    # A NUL cannot be stored by Postgres, and a lone surrogate by nobody.
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must not contain NUL or lone surrogates")
    return text


LINE_LENGTH = 200


# The pattern says in the contract what the validator checks; JSON Schema has no word for lone surrogates.
def _as_number(value: object) -> object:
    # 12.0 is an integer in JSON Schema, and strict mode would refuse it; true and "12" are none.
    if isinstance(value, bool | str):
        raise ValueError("must be a number")  # noqa: TRY004  pydantic turns a ValueError into a finding
    return value


def _as_instant(value: object) -> object:
    # Pydantic would also take a number, and a text of digits, for seconds since 1970.
    if not isinstance(value, str) or RFC_3339.fullmatch(value) is None:
        raise ValueError("must be an RFC 3339 date and time with an offset")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be within the years 1 to 9999 in UTC") from None


Text = Annotated[str, AfterValidator(_visible), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})]
Line = Annotated[Text, StringConstraints(min_length=1, max_length=LINE_LENGTH)]
Title = Annotated[Text, StringConstraints(min_length=1, max_length=300)]
Note = Annotated[Text, StringConstraints(max_length=2000)]
Reference = Annotated[Text, StringConstraints(min_length=1, max_length=64)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
VOCABULARY_LENGTH = 100
Vocabulary = Annotated[list[Line], Field(max_length=VOCABULARY_LENGTH)]
# Strict: the contract says number, so "12" and true are not one.
Amount = Annotated[float, Field(ge=0, le=1e12, strict=True)]
Milliseconds = Annotated[int, Field(ge=0, le=2**53), BeforeValidator(_as_number)]
Consent = Annotated[bool, Field(strict=True)]
Instant = Annotated[AwareDatetime, BeforeValidator(_as_instant), AfterValidator(_in_utc)]


class Input(BaseModel):
    """A body that comes in: unknown members are refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class Output(BaseModel):
    """A body that goes out."""

    model_config = ConfigDict(from_attributes=True)


def example(value: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [value]})


def page_example(item: Any) -> ConfigDict:
    return example({"items": [item], "next_cursor": "WyIyMSIsImludF8wMTk3OSIsIjljMWYiXQ"})


def left_out(description: str) -> Any:
    """A member whose absence means "as it was" (`exclude_unset`) and that cannot be null."""
    return Field(default=None, description=description, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


class Links(Output):
    """Where to go from here; null where there is nothing yet."""

    self: str
    recording: str | None
    transcript: str | None
    insights: str | None
    job: str | None


class JobError(BaseModel):
    """Why the work did not succeed: the members of a problem, plus the attempt and the time."""

    model_config = ConfigDict(extra="allow")

    code: str
    title: str
    detail: str
    attempt: int
    at: datetime


class JobLinks(Output):
    self: str
    events: str
    interview: str


JOB_EXAMPLE = {
    "id": EXAMPLE_JOB,
    "interview_id": EXAMPLE_INTERVIEW,
    "kind": "transcription",
    "status": "running",
    "stage": "hear",
    "progress": 0.42,
    "attempt": 1,
    "eta_s": 21.5,
    "audio_done_ms": 36000,
    "audio_total_ms": 87400,
    "error": None,
    "created_at": EXAMPLE_AT,
    "started_at": EXAMPLE_AT,
    "finished_at": None,
    "links": {
        "self": f"/v1/jobs/{EXAMPLE_JOB}",
        "events": f"/v1/jobs/{EXAMPLE_JOB}/events",
        "interview": f"/v1/interviews/{EXAMPLE_INTERVIEW}",
    },
}


class JobOut(Output):
    """Background work. `progress` runs from 0 to 1 and never goes back within an attempt; `eta_s` is in seconds."""

    model_config = example(JOB_EXAMPLE)

    id: str = Field(pattern=ids.pattern(ids.Kind.JOB))
    interview_id: str
    kind: Literal["transcription", "extraction"]
    status: JobStatus
    stage: str | None = Field(description="What is being done now; more stages may come.")
    progress: float = Field(ge=0, le=1)
    attempt: int = Field(ge=1)
    eta_s: float | None
    audio_done_ms: int
    audio_total_ms: int | None
    error: JobError | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    links: JobLinks


class ConsentSummary(Output):
    """The consent that the recording rests on."""

    id: str = Field(pattern=ids.pattern(ids.Kind.CONSENT))
    status: Literal["given", "withdrawn"]
    method: Method
    at: datetime


class RecordingOut(Output):
    """The audio as it came. `duration_ms` is decoded, not declared, and null until then."""

    id: str = Field(pattern=ids.pattern(ids.Kind.RECORDING))
    media_type: str
    filename: str | None
    size_bytes: int
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    duration_ms: int | None
    received_at: datetime


INTERVIEW_EXAMPLE = {
    "id": EXAMPLE_INTERVIEW,
    "status": "transcribing",
    "title": "Ada Okafor, lighthouse archivist",
    "interviewee": "Ada Okafor",
    "role": "lighthouse archivist",
    "employer": None,
    "contact_id": "crm-1042",
    "planned_at": None,
    "language": None,
    "vocabulary": ["Fresnel"],
    "transcript_version": None,
    "created_at": EXAMPLE_AT,
    "updated_at": EXAMPLE_AT,
    "consent": {"id": EXAMPLE_CONSENT, "status": "given", "method": "operator_asserted", "at": EXAMPLE_AT},
    "recording": {
        "id": "rec_01979d2f0e6b7c4d8e87ba2cd3e6fd91",
        "media_type": "audio/mp4",
        "filename": "New Recording 12.m4a",
        "size_bytes": 712345,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "duration_ms": 87400,
        "received_at": EXAMPLE_AT,
    },
    "job": JOB_EXAMPLE,
    "links": {
        "self": f"/v1/interviews/{EXAMPLE_INTERVIEW}",
        "recording": f"/v1/interviews/{EXAMPLE_INTERVIEW}/recording",
        "transcript": None,
        "insights": None,
        "job": f"/v1/jobs/{EXAMPLE_JOB}",
    },
}


class InterviewOut(Output):
    """One conversation with somebody about their work."""

    model_config = example(INTERVIEW_EXAMPLE)

    id: str = Field(pattern=ids.pattern(ids.Kind.INTERVIEW))
    status: InterviewStatus
    title: str
    interviewee: str | None
    role: str | None = Field(description="The interviewee's job.")
    employer: str | None
    contact_id: str | None = Field(description="Your own id for the person.")
    planned_at: datetime | None
    language: str | None = Field(description="The language to listen for; null: it is detected.")
    vocabulary: list[str] = Field(description="Names and terms to listen for.")
    transcript_version: int | None
    created_at: datetime
    updated_at: datetime
    consent: ConsentSummary | None
    recording: RecordingOut | None
    job: JobOut | None
    links: Links


class PageQuery(BaseModel):
    """How much of a list, and from where."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=20, ge=1, le=100, description="How many items at most.")
    cursor: str | None = Field(default=None, max_length=4000, description="`next_cursor` of the page before.")


class InterviewFilters(PageQuery):
    """What a list of interviews can be asked."""

    status: InterviewStatus | None = Field(default=None, description="Only interviews in this state.")
    q: Annotated[Text, StringConstraints(min_length=1, max_length=256)] | None = Field(
        default=None, description="Words in a title, a person, an employer, or in what was said."
    )
    contact_id: Reference | None = Field(default=None, description="Only interviews with this person of yours.")
    sort: Literal["created_at", "-created_at", "title", "-title"] = Field(
        default="-created_at", description="The order; a leading - turns it round."
    )


class InsightFilters(PageQuery):
    category: Category | None = Field(default=None, description="Only insights with this among their categories.")
    state: InsightState | None = Field(default=None, description="Only insights that people have left in this state.")


class ConsentFilters(PageQuery):
    interview_id: str | None = Field(
        default=None, pattern=ids.pattern(ids.Kind.INTERVIEW), description="Only consents to this interview."
    )


class InterviewPage(Output):
    """Some of your interviews, and where the next ones begin."""

    model_config = page_example(INTERVIEW_EXAMPLE)

    items: list[InterviewOut]
    next_cursor: str | None = Field(description="Send it back as `cursor`; null on the last page.")


class InterviewFields(Input):
    """What may be known of an interview."""

    title: Title | None = Field(default=None, description="What you call it; made up from who and what when absent.")
    interviewee: Line | None = Field(default=None, description="Who is interviewed.")
    role: Line | None = Field(default=None, description="The interviewee's job.")
    employer: Line | None = Field(default=None, description="Where the interviewee works.")
    contact_id: Reference | None = Field(default=None, description="Your own id for the person.")
    planned_at: Instant | None = Field(default=None, description="When you will meet.")
    language: Language | None = Field(default=None, description="The language to listen for; absent: it is detected.")
    vocabulary: Vocabulary | None = Field(
        default=None, description="Names and terms to listen for. In a form or a query: separated by commas."
    )


class InterviewIn(InterviewFields):
    """An interview that is planned: the recording comes later, by PUT."""

    model_config = example(
        {"title": "Coffee with Ada", "interviewee": "Ada Okafor", "role": "lighthouse archivist", "consent": True}
    )

    consent: Consent = Field(default=False, description="Everyone on the recording agreed to it. Needed with sound.")
    filename: Annotated[str, StringConstraints(max_length=1000)] | None = Field(
        default=None, description="The recording's name on your side; a form's file brings its own."
    )


class RecordingFields(Input):
    """What may be said about the recording of a planned interview."""

    consent: Consent = Field(default=False, description="Everyone on the recording agreed. Not needed when known.")
    filename: Annotated[str, StringConstraints(max_length=1000)] | None = Field(
        default=None, description="The recording's name on your side; a form's file brings its own."
    )


class InterviewChange(InterviewFields):
    """Only what is named is changed; null clears it. A cleared title is made up again from who and what."""

    model_config = example({"title": "Ada on lighthouses", "employer": "Northern Lights Trust"})


class TranscriptionIn(Input):
    """How to hear it this time; what is left out stays as it was."""

    model_config = example({"language": "en", "vocabulary": ["Fresnel", "Okafor"]})

    language: Language | None = Field(default=None, description="The language to listen for.")
    vocabulary: Vocabulary | None = Field(default=None, description="Names and terms to listen for.")


class WordOut(Output):
    start_ms: int
    end_ms: int
    text: str
    probability: float


class SegmentOut(Output):
    """Words of one speaker. `words` is left out when the request says `include=none`."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={"required": ["id", "start_ms", "end_ms", "speaker", "text", "doubts"]},
    )

    id: int
    start_ms: int
    end_ms: int
    speaker: str
    text: str
    doubts: list[Doubt] = Field(description="Why these words may be invented. Nothing is deleted for it.")
    words: list[WordOut] | None = None


class SpeakerOut(Output):
    id: str
    name: str | None
    role: Role | None


class TranscriptOut(Output):
    """One version of the words. Times are in ms from the start of the recording."""

    model_config = example(
        {
            "interview_id": EXAMPLE_INTERVIEW,
            "version": 1,
            "language": "en",
            "language_probability": 0.98,
            "duration_ms": 87400,
            "engine": "faster-whisper",
            "model": "base",
            "options": {"beam_size": 5},
            "notices": [],
            "speakers": [{"id": "S1", "name": None, "role": None}],
            "segments": [
                {
                    "id": 1,
                    "start_ms": 320,
                    "end_ms": 1480,
                    "speaker": "S1",
                    "text": "What do you like?",
                    "doubts": [],
                    "words": [{"start_ms": 320, "end_ms": 610, "text": "What", "probability": 0.97}],
                }
            ],
        }
    )

    interview_id: str
    version: int
    language: str | None
    language_probability: float | None
    duration_ms: int
    engine: str
    model: str
    options: dict[str, JsonValue]
    notices: list[Notice] = Field(description="What to know about the whole: no speech, an uncertain language ...")
    speakers: list[SpeakerOut]
    segments: list[SegmentOut]


INSIGHT_EXAMPLE = {
    "id": EXAMPLE_INSIGHT,
    "interview_id": EXAMPLE_INTERVIEW,
    "transcript_version": 1,
    "categories": ["compensation"],
    "quote": "I make about fifty-two thousand dollars a year.",
    "speaker": "S2",
    "start_ms": 21480,
    "end_ms": 24120,
    "segment_ids": [7],
    "value": {"amount_min": 52000, "amount_max": 52000, "currency": "USD", "period": "year", "kind": "base"},
    "confidence": 0.86,
    "method": "rule",
    "because": ["pay:amount+verb"],
    "state": "proposed",
    "stale": False,
    "note": None,
    "created_at": EXAMPLE_AT,
    "updated_at": EXAMPLE_AT,
}


class PayOut(Output):
    """One figure of pay as it was said: no conversion of period or currency. An open end is null."""

    amount_min: float | None
    amount_max: float | None
    currency: str | None
    period: Period | None
    kind: PayKind


class PayIn(Input):
    """A figure of pay as a person corrects it. One amount: both ends are the same; an open end is null."""

    amount_min: Amount | None
    amount_max: Amount | None
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] | None = Field(
        default=None, description="ISO 4217, such as USD."
    )
    period: Period | None = Field(default=None, description="What the amount is paid for.")
    kind: PayKind = Field(default="base", description="What part of the pay it is.")


class InsightOut(Output):
    """A claim with its proof: the quote is word for word in the transcript, at these milliseconds."""

    model_config = example(INSIGHT_EXAMPLE)

    id: str = Field(pattern=ids.pattern(ids.Kind.INSIGHT))
    interview_id: str
    transcript_version: int
    categories: list[Category] = Field(min_length=1, description="The main one first.")
    quote: str
    speaker: str
    start_ms: int
    end_ms: int
    segment_ids: list[int]
    value: PayOut | None = Field(description="The pay that was named; null for other categories and unknown amounts.")
    confidence: float = Field(ge=0, le=1)
    method: Literal["rule", "model", "llm"]
    because: list[str] = Field(description="How it was found.")
    state: InsightState
    stale: bool = Field(description="Its quote is no longer in the current transcript.")
    note: str | None
    created_at: datetime
    updated_at: datetime


class InsightPage(Output):
    """Some of your insights, and where the next ones begin."""

    model_config = page_example(INSIGHT_EXAMPLE)

    items: list[InsightOut]
    next_cursor: str | None = Field(description="Send it back as `cursor`; null on the last page.")


class InsightChange(Input):
    """A person's word. A change of categories or value without a state makes it `corrected`."""

    model_config = example({"state": "confirmed", "note": "She said the same on the phone."})

    state: Literal["confirmed", "corrected", "rejected"] = left_out("What you say of it.")
    categories: Annotated[list[Category], Field(min_length=1, max_length=len(Category))] = left_out(
        "What it is about, the main one first."
    )
    value: PayIn | None = Field(default=None, description="The pay that was named; null: none was.")
    note: Note | None = Field(default=None, description="Why; null clears it.")

    def changes(self) -> dict[str, Any]:
        """What was named, each part of it whole: a pay without a currency has the currency null."""
        return {name: value for name, value in self.model_dump(mode="json").items() if name in self.model_fields_set}


class Participant(Input):
    """Somebody on the recording."""

    name: Line | None = None
    contact_id: Reference | None = None
    role: Role


class Evidence(Input):
    """What proves the consent: a span of the recording, or a file by its hash."""

    start_ms: Milliseconds | None = None
    end_ms: Milliseconds | None = None
    file_sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None


class ConsentIn(Input):
    """The long form: who, for what, how, with what proof."""

    model_config = example(
        {
            "interview_id": EXAMPLE_INTERVIEW,
            "participants": [{"name": "Ada Okafor", "role": "interviewee"}],
            "purposes": ["record", "transcribe", "analyse"],
            "method": "spoken_on_recording",
            "evidence": {"start_ms": 900, "end_ms": 5200},
            "jurisdiction": "US-CA",
        }
    )

    interview_id: str = Field(pattern=ids.pattern(ids.Kind.INTERVIEW))
    participants: list[Participant] = Field(min_length=1, max_length=20)
    purposes: list[Purpose] = Field(min_length=1, max_length=5)
    method: Method
    evidence: Evidence | None = None
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")] | None = None

    def as_grant(self) -> Grant:
        return Grant(
            participants=[person.model_dump(mode="json") for person in self.participants],
            purposes=self.purposes,
            method=self.method,
            evidence=self.evidence.model_dump(mode="json", exclude_none=True) if self.evidence else None,
            jurisdiction=self.jurisdiction,
        )


class ConsentEventOut(Output):
    seq: int
    kind: Literal["given", "withdrawn"]
    at: datetime
    by: str = Field(description="The key that said so.")
    reason: str | None


class ErasureOut(Output):
    """The certificate: what was erased, and when it was done. `completed_at` is null while work is stopping."""

    id: str = Field(pattern=ids.pattern(ids.Kind.ERASURE))
    requested_at: datetime
    completed_at: datetime | None
    erased: dict[str, JsonValue] = Field(description="Counts of what there was, and the recording's hash and size.")


CONSENT_EXAMPLE = {
    "id": EXAMPLE_CONSENT,
    "interview_id": EXAMPLE_INTERVIEW,
    "status": "given",
    "participants": [{"name": "Ada Okafor", "contact_id": None, "role": "interviewee"}],
    "purposes": ["record", "transcribe", "analyse"],
    "method": "operator_asserted",
    "evidence": None,
    "jurisdiction": None,
    "notice_version": "2026-11",
    "notice_sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "asserted_by": EXAMPLE_KEY,
    "asserted_at": EXAMPLE_AT,
    "events": [{"seq": 1, "kind": "given", "at": EXAMPLE_AT, "by": EXAMPLE_KEY, "reason": None}],
    "erasure": None,
}


class ConsentOut(Output):
    """Who allowed what, when and how; never changed, only added to."""

    model_config = example(CONSENT_EXAMPLE)

    id: str = Field(pattern=ids.pattern(ids.Kind.CONSENT))
    interview_id: str
    status: Literal["given", "withdrawn"]
    participants: list[dict[str, JsonValue]]
    purposes: list[Purpose]
    method: Method
    evidence: dict[str, JsonValue] | None
    jurisdiction: str | None
    notice_version: str
    notice_sha256: str
    asserted_by: str
    asserted_at: datetime
    events: list[ConsentEventOut]
    erasure: ErasureOut | None


class ConsentPage(Output):
    """Some of your consents, and where the next ones begin."""

    model_config = page_example(CONSENT_EXAMPLE)

    items: list[ConsentOut]
    next_cursor: str | None = Field(description="Send it back as `cursor`; null on the last page.")


class WithdrawalIn(Input):
    model_config = example({"reason": "Ada asked by e-mail on Monday."})

    reason: Annotated[Text, StringConstraints(max_length=1000)] | None = None


class KeyIn(Input):
    """A key to be made. `owner`: left out for your own, `new` for another owner (scope admin)."""

    model_config = example({"name": "Ada's phone", "scopes": ["read", "write"]})

    name: Line
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope))
    expires_at: Instant | None = None
    owner: Annotated[str, StringConstraints(pattern=rf"^new$|{ids.pattern(ids.Kind.OWNER)}")] | None = None


KEY_EXAMPLE = {
    "id": EXAMPLE_KEY,
    "owner_id": EXAMPLE_OWNER,
    "name": "Ada's phone",
    "scopes": ["read", "write"],
    "created_at": EXAMPLE_AT,
    "expires_at": None,
    "revoked_at": None,
    "last_used_at": None,
}


class KeyOut(Output):
    """An API key, without its secret."""

    model_config = example(KEY_EXAMPLE)

    id: str = Field(pattern=ids.pattern(ids.Kind.KEY))
    owner_id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")


class KeyMade(KeyOut):
    """A new key, with its token: this is the only time it is shown."""

    model_config = example(
        KEY_EXAMPLE | {"token": "cdd_01979d2e9c1a7f6e8a65b80ab1c4db79_this-is-only-an-example-secret"}
    )

    token: str


class KeyPage(Output):
    """Some of your API keys, and where the next ones begin."""

    model_config = page_example(KEY_EXAMPLE)

    items: list[KeyOut]
    next_cursor: str | None = Field(description="Send it back as `cursor`; null on the last page.")


class MeOut(Output):
    """Who this key is."""

    model_config = example({"owner_id": EXAMPLE_OWNER, "key_id": EXAMPLE_KEY, "scopes": ["read", "write"]})

    owner_id: str
    key_id: str
    scopes: list[Scope]


class LimitsOut(Output):
    """What this service takes."""

    model_config = example(
        {
            "max_recording_bytes": 2147483648,
            "max_recording_s": 36000,
            "max_json_bytes": 1048576,
            "min_upload_bytes_per_s": 16384,
            "media_types": ["audio/mp4", "audio/mpeg"],
        }
    )

    max_recording_bytes: int
    max_recording_s: int
    max_json_bytes: int
    min_upload_bytes_per_s: int
    media_types: Sequence[str]


class HealthOut(Output):
    """The process answers."""

    model_config = example({"status": "ok"})

    status: Literal["ok"]


class ReadyOut(Output):
    """Whether everything needed is there. `workers` counts the live ones; without any, recordings wait."""

    model_config = example({"status": "ready", "database": True, "storage": True, "workers": 1})

    status: Literal["ready", "not-ready"]
    database: bool
    storage: bool
    workers: int
