"""Consents, their history, and certificates of erasure."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from app import ids
from app.api.schemas.fields import (
    EXAMPLE_AT,
    EXAMPLE_CONSENT,
    EXAMPLE_INTERVIEW,
    EXAMPLE_KEY,
    Input,
    Line,
    Milliseconds,
    Output,
    PageQuery,
    Reference,
    Text,
    example,
    page_example,
)
from app.consents import Grant, Method, Purpose
from app.erasures import Kind
from app.transcripts.values import Role


class ConsentFilters(PageQuery):
    interview_id: str | None = Field(
        default=None, pattern=ids.pattern(ids.Kind.INTERVIEW), description="Only consents to this interview."
    )


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
    kind: Kind = Field(description="Everything, or the part whose time was over.")
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


class ErasureListOut(Output):
    """The certificates of an interview, oldest first."""

    model_config = example(
        {
            "items": [
                {
                    "id": "era_01979d2f0e6a7b2c8c43d6e8f9a2b958",
                    "kind": "recording",
                    "requested_at": EXAMPLE_AT,
                    "completed_at": EXAMPLE_AT,
                    "erased": {"heard_chunks": 0, "recording": {"sha256": "9f86d08...", "size_bytes": 712345}},
                }
            ]
        }
    )

    items: list[ErasureOut]


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
