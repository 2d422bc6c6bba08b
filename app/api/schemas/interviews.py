"""Interviews, their recording and their lists."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from app import ids
from app.api.schemas.fields import (
    EXAMPLE_AT,
    EXAMPLE_CONSENT,
    EXAMPLE_INTERVIEW,
    EXAMPLE_JOB,
    Consent,
    Input,
    Instant,
    Language,
    Line,
    Output,
    PageQuery,
    Reference,
    Text,
    Title,
    Vocabulary,
    as_number,
    example,
    page_example,
)
from app.api.schemas.jobs import JOB_EXAMPLE, JobOut
from app.consents import Method

InterviewStatus = Literal["planned", "queued", "transcribing", "extracting", "ready", "failed", "canceled", "withdrawn"]


class Links(Output):
    """Where to go from here; null where there is nothing yet."""

    self: str
    recording: str | None
    transcript: str | None
    insights: str | None
    conversation: str | None
    job: str | None


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


class HoldOut(Output):
    """Nothing of the interview is erased because its time is over; a withdrawal erases it all the same."""

    reason: str
    by: str = Field(pattern=ids.pattern(ids.Kind.KEY), description="The key that it was put on with.")
    at: datetime


class RetentionOut(Output):
    """What was promised for this interview, beside what `GET /v1/limits` says of all: the shorter time counts."""

    recording_days: int | None = Field(description="Days from when the recording came.")
    transcript_days: int | None = Field(description="Days from the first version of the transcript.")
    recording_erased_at: datetime | None = Field(description="When its time was over; it answers 410 since.")
    transcript_erased_at: datetime | None = Field(description="The same of the transcript and what was found in it.")


INTERVIEW_EXAMPLE = {
    "id": EXAMPLE_INTERVIEW,
    "status": "transcribing",
    "title": "Ada Okafor, lighthouse archivist",
    "interviewee": "Ada Okafor",
    "role": "lighthouse archivist",
    "employer": None,
    "contact_id": "crm-1042",
    "planned_at": None,
    "planned_minutes": 30,
    "language": None,
    "vocabulary": ["Fresnel"],
    "transcript_version": None,
    "created_at": EXAMPLE_AT,
    "updated_at": EXAMPLE_AT,
    "hold": None,
    "retention": {
        "recording_days": 30,
        "transcript_days": None,
        "recording_erased_at": None,
        "transcript_erased_at": None,
    },
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
        "conversation": None,
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
    contact_id: str | None = Field(description="A contact of yours (`ctc_...`), or an id of your own making.")
    planned_at: datetime | None
    planned_minutes: int | None = Field(description="How long you mean to talk.")
    language: str | None = Field(description="The language to listen for; null: it is detected.")
    vocabulary: list[str] = Field(description="Names and terms to listen for.")
    transcript_version: int | None
    created_at: datetime
    updated_at: datetime
    hold: HoldOut | None
    retention: RetentionOut
    consent: ConsentSummary | None
    recording: RecordingOut | None
    job: JobOut | None
    links: Links


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


class InterviewPage(Output):
    """Some of your interviews, and where the next ones begin."""

    model_config = page_example(INTERVIEW_EXAMPLE)

    items: list[InterviewOut]
    next_cursor: str | None = Field(description="Send it back as `cursor`; null on the last page.")


OnDuplicate = Literal["existing", "new"]
ON_DUPLICATE = (
    "When another interview of yours has the very same recording: `existing` leads you to that one, `new` takes the "
    "recording once more."
)


Minutes = Annotated[int, Field(ge=1, le=480), BeforeValidator(as_number)]


class InterviewFields(Input):
    """What may be known of an interview."""

    title: Title | None = Field(default=None, description="What you call it; made up when absent.")
    interviewee: Line | None = Field(default=None, description="Who is interviewed.")
    role: Line | None = Field(default=None, description="The interviewee's job.")
    employer: Line | None = Field(default=None, description="Where the interviewee works.")
    contact_id: Reference | None = Field(
        default=None, description="One of your contacts (`ctc_...`), or an id of your own making for the person."
    )
    planned_at: Instant | None = Field(default=None, description="When you will meet.")
    planned_minutes: Minutes | None = Field(default=None, description="How long you mean to talk.")
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
    on_duplicate: OnDuplicate = Field(default="existing", description=ON_DUPLICATE)


class RecordingFields(Input):
    """What may be said about the recording of a planned interview."""

    consent: Consent = Field(default=False, description="Everyone on the recording agreed. Not needed when known.")
    filename: Annotated[str, StringConstraints(max_length=1000)] | None = Field(
        default=None, description="The recording's name on your side; a form's file brings its own."
    )
    on_duplicate: OnDuplicate = Field(default="existing", description=ON_DUPLICATE)


class HoldIn(Input):
    """Why nothing of the interview may be erased when its time is over."""

    reason: Annotated[Text, StringConstraints(min_length=1, max_length=1000)]


Days = Annotated[int, Field(ge=1, le=36500), BeforeValidator(as_number)]


class RetentionIn(Input):
    """What was promised for this interview; the promise is put as a whole."""

    recording_days: Days | None = Field(default=None, description="Days from when the recording came.")
    transcript_days: Days | None = Field(default=None, description="Days from the first version of the transcript.")


class InterviewChange(InterviewFields):
    """Only what is named is changed; null clears it. A cleared title is made up again."""

    model_config = example(
        {
            "title": "Ada on lighthouses",
            "employer": "Northern Lights Trust",
            "retention": {"recording_days": 30, "transcript_days": None},
            "hold": {"reason": "Ada and I are talking about what may be quoted."},
        }
    )

    retention: RetentionIn | None = Field(default=None, description="For how long it is kept at most.")
    hold: HoldIn | None = Field(default=None, description="Stops that; null lets it go on.")
