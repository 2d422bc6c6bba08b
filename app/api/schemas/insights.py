"""Insights, and what people say to them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from app import ids
from app.api.schemas.fields import (
    EXAMPLE_AT,
    EXAMPLE_INSIGHT,
    EXAMPLE_INTERVIEW,
    Amount,
    Input,
    Note,
    Output,
    PageQuery,
    example,
    left_out,
    page_example,
)
from app.extraction.values import Category, PayKind, Period

InsightState = Literal["proposed", "confirmed", "corrected", "rejected"]


class InsightFilters(PageQuery):
    category: Category | None = Field(default=None, description="Only insights with this among their categories.")
    state: InsightState | None = Field(default=None, description="Only insights that people have left in this state.")


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
