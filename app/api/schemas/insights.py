"""Insights, and what people say to them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationInfo, computed_field, field_validator

from app import ids
from app.api.schemas.fields import (
    EXAMPLE_AT,
    EXAMPLE_INSIGHT,
    EXAMPLE_INTERVIEW,
    Amount,
    Input,
    Line,
    Milliseconds,
    Note,
    Output,
    PageQuery,
    Quote,
    SpokenOut,
    example,
    left_out,
    page_example,
)
from app.extraction.values import MOST_FIGURES, Category, Method, PayKind, Period
from app.insights import ByHand, Sort, values_after

InsightState = Literal["proposed", "confirmed", "corrected", "rejected"]
InterviewId = Annotated[str, StringConstraints(pattern=ids.pattern(ids.Kind.INTERVIEW))]
MOST_INTERVIEWS = 50


class InsightFilters(PageQuery):
    """Which insights. A filter that is given several times lets any of them through."""

    category: list[Category] = Field(
        default_factory=list, max_length=len(Category), description="Only insights with this among their categories."
    )
    state: list[InsightState] = Field(
        default_factory=list, max_length=4, description="Only insights that people have left in this state."
    )
    q: Line | None = Field(default=None, description="Only insights with these words in their quote, in any case.")
    min_confidence: float | None = Field(default=None, ge=0, le=1, description="Only insights at least this sure.")


class AllInsightFilters(InsightFilters):
    """Which insights, of which interviews, and in which order."""

    interview_id: list[InterviewId] = Field(
        default_factory=list, max_length=MOST_INTERVIEWS, description="Only insights from this interview."
    )
    role: Line | None = Field(default=None, description="Only interviews with this in their role.")
    employer: Line | None = Field(default=None, description="Only interviews with this in their employer.")
    interviewee: Line | None = Field(default=None, description="Only interviews with this in their interviewee.")
    stale: bool = Field(default=False, description="Also quotes that are no longer in their transcript.")
    sort: Sort = Field(
        default="-created_at", description="Newest first, or by `start` as they were said: for one `interview_id`."
    )

    @field_validator("sort")
    @classmethod
    def _of_one(cls, sort: Sort, info: ValidationInfo) -> Sort:
        if sort == "start" and len(info.data.get("interview_id", ())) != 1:
            raise ValueError("start is an order within one interview_id")
        return sort


PAY_EXAMPLE = {"amount_min": 52000, "amount_max": 52000, "currency": "USD", "period": "year", "kind": "base"}
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
    "question": {
        "text": "How much does an archivist make?",
        "speaker": "S1",
        "start_ms": 19200,
        "end_ms": 21300,
        "segment_ids": [6],
    },
    "value": PAY_EXAMPLE,
    "values": [PAY_EXAMPLE],
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
    question: SpokenOut | None = Field(description="What was asked before it; null where that is not known.")
    value: PayOut | None = Field(description="The pay that was named; null for other categories and unknown amounts.")
    values: list[PayOut] = Field(description="Every figure of pay in the quote, `value` first.")
    confidence: float = Field(ge=0, le=1)
    method: Literal[Method, "person"] = Field(description="What found it; `person`: it was added by hand.")
    because: list[str] = Field(description="How it was found; empty where a person did.")
    state: InsightState
    stale: bool = Field(description="Its quote is no longer in the current transcript.")
    note: str | None
    created_at: datetime
    updated_at: datetime


class InsightPage(Output):
    """Some of an interview's insights, and where the next ones begin."""

    model_config = page_example(INSIGHT_EXAMPLE)

    items: list[InsightOut]
    next_cursor: str | None = Field(description="Send it back as `cursor`; null on the last page.")


SUMMARY_EXAMPLE = {
    "id": EXAMPLE_INTERVIEW,
    "title": "Ada Okafor, lighthouse archivist",
    "interviewee": "Ada Okafor",
    "role": "lighthouse archivist",
    "employer": None,
    "link": f"/v1/interviews/{EXAMPLE_INTERVIEW}",
}


class InterviewSummary(Output):
    """The interview that an insight is from."""

    id: str = Field(pattern=ids.pattern(ids.Kind.INTERVIEW))
    title: str
    interviewee: str | None
    role: str | None
    employer: str | None

    @computed_field(description="The interview's path.")  # type: ignore[prop-decorator]
    @property
    def link(self) -> str:
        return f"/v1/interviews/{self.id}"


class InsightWithInterviewOut(InsightOut):
    """An insight that can be read on its own: with the interview it is from."""

    interview: InterviewSummary


class InsightWithInterviewPage(Output):
    """Some of your insights, and where the next ones begin."""

    model_config = page_example(INSIGHT_EXAMPLE | {"interview": SUMMARY_EXAMPLE})

    items: list[InsightWithInterviewOut]
    next_cursor: str | None = Field(description="Send it back as `cursor`; null on the last page.")


Categories = Annotated[list[Category], Field(min_length=1, max_length=len(Category))]


class _Judged(Input):
    """What a person says of the pay in an insight."""

    value: PayIn | None = Field(default=None, description="The pay that was named; null: none was.")
    values: Annotated[list[PayIn], Field(max_length=MOST_FIGURES)] = left_out(
        "Every figure of pay in the quote, `value` first."
    )

    def named(self) -> dict[str, Any]:
        """What was named, each part of it whole: a pay without a currency has the currency null."""
        return {name: value for name, value in self.model_dump(mode="json").items() if name in self.model_fields_set}


class InsightIn(_Judged):
    """An insight that you found yourself. It is confirmed from the start."""

    model_config = example(
        {
            "quote": "Winters are long and nobody comes.",
            "categories": ["dislikes"],
            "note": "She laughed, and meant it.",
        }
    )

    quote: Quote = Field(description="Word for word as it stands in one turn of the current transcript.")
    start_ms: Milliseconds | None = Field(
        default=None, description="Where the quote stands several times: the one nearest to this. Absent: the first."
    )
    categories: Categories = Field(description="What it is about, the main one first.")
    note: Note | None = Field(default=None, description="What you want to say of it.")

    def by_hand(self) -> ByHand:
        """Raises FieldInvalid when `value` and `values` contradict each other."""
        values = values_after((), self.named())
        return ByHand(self.quote, self.categories, values, start_ms=self.start_ms, note=self.note)


class InsightChange(_Judged):
    """A person's word. A change of quote, categories or pay without a state makes it `corrected`."""

    model_config = example({"state": "confirmed", "note": "She said the same on the phone."})

    state: Literal["confirmed", "corrected", "rejected"] = left_out("What you say of it.")
    quote: Quote = left_out(
        "Other boundaries: word for word as it stands in one turn of the current transcript. Speaker, times and "
        "segments follow. Where it stands several times: the one nearest to where the insight was, or to `start_ms`."
    )
    start_ms: Milliseconds = left_out("Where the quote stands several times: the one nearest to this is meant.")
    categories: Categories = left_out("What it is about, the main one first.")
    note: Note | None = Field(default=None, description="Why; null clears it.")
