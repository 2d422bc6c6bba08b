"""Contacts: whom to talk to next, as referrals propose them and people keep them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from app import ids
from app.api.schemas.fields import (
    EXAMPLE_AT,
    EXAMPLE_CONTACT,
    EXAMPLE_INSIGHT,
    EXAMPLE_INTERVIEW,
    Input,
    Line,
    Note,
    Output,
    PageQuery,
    Text,
    example,
    left_out,
    page_example,
)
from app.contacts import NAMES
from app.extraction.sendings import Offered

ContactState = Literal["proposed", "confirmed", "corrected", "rejected"]


class ContactFilters(PageQuery):
    """What a list of contacts can be asked."""

    state: ContactState | None = Field(default=None, description="Only contacts that people have left in this state.")
    interview_id: Annotated[str, StringConstraints(pattern=ids.pattern(ids.Kind.INTERVIEW))] | None = Field(
        default=None, description="Only contacts that this interview proposed."
    )
    q: Annotated[Text, StringConstraints(min_length=1, max_length=256)] | None = Field(
        default=None, description="Words in a name, a role, an organisation or a note."
    )


class ContactLinks(Output):
    """Where to go from here; null where there is nothing. `recording` plays the span in which it was said."""

    self: str
    interview: str | None
    insight: str | None
    recording: str | None
    interviews: str = Field(description="The interviews that were planned with this contact.")


class ContactEvidence(Output):
    """What to hear before it is trusted: the words of the referral, and where they are."""

    quote: str
    speaker: str
    start_ms: int
    end_ms: int
    segment_ids: list[int]
    transcript_version: int
    stale: bool = Field(description="The quote has not been found in the current transcript.")


CONTACT_EXAMPLE: dict[str, Any] = {
    "id": EXAMPLE_CONTACT,
    "name": "Priya Raman",
    "role": "our head of design",
    "organisation": "Northwind Labs",
    "offered": "introduction",
    "state": "proposed",
    "note": None,
    "interview_id": EXAMPLE_INTERVIEW,
    "insight_id": EXAMPLE_INSIGHT,
    "evidence": {
        "quote": "I can introduce you to Priya Raman, our head of design at Northwind Labs.",
        "speaker": "S2",
        "start_ms": 81480,
        "end_ms": 84120,
        "segment_ids": [27],
        "transcript_version": 1,
        "stale": False,
    },
    "also_named_in": [],
    "created_at": EXAMPLE_AT,
    "updated_at": EXAMPLE_AT,
    "links": {
        "self": f"/v1/contacts/{EXAMPLE_CONTACT}",
        "interview": f"/v1/interviews/{EXAMPLE_INTERVIEW}",
        "insight": f"/v1/insights/{EXAMPLE_INSIGHT}",
        "recording": f"/v1/interviews/{EXAMPLE_INTERVIEW}/recording#t=81.480,84.120",
        "interviews": f"/v1/interviews?contact_id={EXAMPLE_CONTACT}",
    },
}


class ContactOut(Output):
    """Somebody to talk to next. Name, role and organisation are words of the recording until a person changes them."""

    model_config = example(CONTACT_EXAMPLE)

    id: str = Field(pattern=ids.pattern(ids.Kind.CONTACT))
    name: str | None
    role: str | None = Field(description="Who it is, in the words that were said: `our head of design`, `my old boss`.")
    organisation: str | None
    offered: Offered | None = Field(description="What the interviewee offered; null: a person added the contact.")
    state: ContactState
    note: str | None
    interview_id: str | None = Field(description="The interview that proposed it.")
    insight_id: str | None = Field(description="The referral; null when that insight is not there any more.")
    evidence: ContactEvidence | None
    also_named_in: list[str] = Field(description="Your other interviews that send to somebody of this name.")
    created_at: datetime
    updated_at: datetime
    links: ContactLinks


class ContactPage(Output):
    """Some of your contacts, and where the next ones begin."""

    model_config = page_example(CONTACT_EXAMPLE)

    items: list[ContactOut]
    next_cursor: str | None = Field(description="Send it back as `cursor`; null on the last page.")


class ContactIn(Input):
    """A contact that you add yourself. At least a name, a role or an organisation must be known."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Priya Raman", "organisation": "Northwind Labs", "note": "Met at the open house."}],
            "anyOf": [{"required": [name], "properties": {name: {"type": "string"}}} for name in NAMES],
        }
    )

    name: Line | None = Field(default=None, description="What the person is called.")
    role: Line | None = Field(default=None, description="What the person does, or who they are to you.")
    organisation: Line | None = Field(default=None, description="Where the person works.")
    note: Note | None = Field(default=None, description="What else there is to know.")

    @model_validator(mode="after")
    def _names_somebody(self) -> "ContactIn":
        if not any(getattr(self, name) for name in NAMES):
            raise ValueError("must have a name, a role or an organisation")
        return self


class ContactChange(Input):
    """A person's word. A change of name, role or organisation without a state makes a proposed contact `corrected`."""

    model_config = example({"state": "confirmed", "note": "Write to her in May."})

    state: Literal["confirmed", "corrected", "rejected"] = left_out("What you say of it.")
    name: Line | None = Field(default=None, description="What the person is called; null clears it.")
    role: Line | None = Field(default=None, description="What the person does; null clears it.")
    organisation: Line | None = Field(default=None, description="Where the person works; null clears it.")
    note: Note | None = Field(default=None, description="What else there is to know; null clears it.")
