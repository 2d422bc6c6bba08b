"""Jobs, as people see them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app import ids
from app.api.problems import Problem
from app.api.schemas.fields import (
    EXAMPLE_AT,
    EXAMPLE_INTERVIEW,
    EXAMPLE_JOB,
    Input,
    Language,
    Output,
    Vocabulary,
    example,
)

JobStatus = Literal["queued", "running", "succeeded", "failed", "canceled"]


class JobError(BaseModel):
    """Why the work did not succeed, or what running work waits for: a problem's members, the attempt and the time."""

    model_config = ConfigDict(extra="allow")

    code: str
    title: str
    detail: str
    attempt: int
    at: datetime


class JobLlm(Output):
    """A language model elsewhere that was sent the words of this interview, and what came of it."""

    model: str
    host: str = Field(description="Where the words were sent: host and port.")
    status: Literal["asking", "complete", "partial", "failed"] = Field(
        description="`partial`: some parts of the interview have no answer of the model; `failed`: none has. Insights "
        "that were found without it are there all the same."
    )
    parts: int = Field(ge=0, description="Parts that the interview was asked in.")
    failed_parts: int = Field(ge=0, description="Parts without a usable answer.")
    found: int = Field(ge=0, description="Answers that stood the checks, before they were put together.")
    dropped: int = Field(ge=0, description="Answers that did not, such as words that nobody said.")
    problem: str | None = Field(description="Why the last part failed that did: a code such as `timeout`.")


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
    "llm": None,
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
    llm: JobLlm | None = Field(description="Null: no word of it was sent to a model elsewhere.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    links: JobLinks


class JobEvent(Output):
    """One event of a stream. The first `progress` says how the job is now; `done` and `refused` are the last."""

    id: str | None = Field(pattern="^[0-9]+$", description="The job's version; `refused` has none.")
    event: Literal["progress", "done", "refused"]
    data: JobOut | Problem = Field(description="The job; with `refused`, why nothing more of it may be told.")
    retry: int | None = Field(description="Milliseconds to wait before coming again; `refused` has none.")


class TranscriptionIn(Input):
    """How to hear it this time; what is left out stays as it was."""

    model_config = example({"language": "en", "vocabulary": ["Fresnel", "Okafor"]})

    language: Language | None = Field(default=None, description="The language to listen for.")
    vocabulary: Vocabulary | None = Field(default=None, description="Names and terms to listen for.")
