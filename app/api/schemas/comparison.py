"""Several interviews side by side."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, computed_field

from app import ids
from app.api.schemas.fields import EXAMPLE_INSIGHT, EXAMPLE_INTERVIEW, Line, Output, example
from app.api.schemas.insights import InsightState, PayOut
from app.api.schemas.interviews import InterviewStatus
from app.comparison import MOST, QUOTES_PER_CELL, Assumptions, Wanted
from app.extraction.values import Category

InterviewId = Annotated[str, StringConstraints(pattern=ids.pattern(ids.Kind.INTERVIEW))]
USUAL = Assumptions()


class ComparisonFilters(BaseModel):
    """Which interviews, what of them, and what a year of work is taken to be."""

    model_config = ConfigDict(extra="forbid")

    interview_id: list[InterviewId] = Field(
        default_factory=list,
        max_length=MOST,
        description="The interviews, once for each. Without any: your newest twenty that have a transcript.",
    )
    role: Line | None = Field(default=None, description="Only interviews with this in their role.")
    employer: Line | None = Field(default=None, description="Only interviews with this in their employer.")
    category: Category | None = Field(default=None, description="Only quotes with this among their categories.")
    stale: bool = Field(default=False, description="Also quotes that are no longer in their transcript.")
    quotes: int = Field(default=QUOTES_PER_CELL, ge=1, le=10, description="The best quotes shown, per cell.")
    hours_per_week: float = Field(default=USUAL.hours_per_week, gt=0, le=168, description="For pay by the hour.")
    days_per_week: float = Field(default=USUAL.days_per_week, gt=0, le=7, description="For pay by the day.")
    weeks_per_year: float = Field(
        default=USUAL.weeks_per_year, gt=0, le=53, description="For pay by the hour, day or week."
    )

    def wanted(self) -> Wanted:
        return Wanted(
            interview_ids=self.interview_id,
            role=self.role,
            employer=self.employer,
            category=self.category,
            stale=self.stale,
            quotes_per_cell=self.quotes,
            assumptions=Assumptions(
                hours_per_week=self.hours_per_week,
                days_per_week=self.days_per_week,
                weeks_per_year=self.weeks_per_year,
            ),
        )


QUOTE_EXAMPLE: dict[str, Any] = {
    "insight_id": EXAMPLE_INSIGHT,
    "interview_id": EXAMPLE_INTERVIEW,
    "quote": "I make about a thousand dollars a week.",
    "speaker": "S2",
    "start_ms": 21480,
    "end_ms": 24120,
    "categories": ["compensation"],
    "confidence": 0.86,
    "state": "confirmed",
    "stale": False,
    "link": f"/v1/insights/{EXAMPLE_INSIGHT}",
}
OTHER_QUOTE = QUOTE_EXAMPLE | {
    "insight_id": "ins_01979d31c4f87e5d9b54c7f9a0b3ca69",
    "interview_id": "int_01979d2f0e5b7c3a8d21f4b6a9c0e736",
    "quote": "You start at about fifty thousand.",
    "link": "/v1/insights/ins_01979d31c4f87e5d9b54c7f9a0b3ca69",
}


class QuoteOut(Output):
    """The proof: an insight's words, where they were said, and what people have said to it."""

    insight_id: str = Field(pattern=ids.pattern(ids.Kind.INSIGHT))
    interview_id: str
    quote: str
    speaker: str
    start_ms: int
    end_ms: int
    categories: list[Category] = Field(min_length=1, description="The main one first.")
    confidence: float = Field(ge=0, le=1)
    state: InsightState
    stale: bool

    @computed_field(description="The insight's path.")  # type: ignore[prop-decorator]
    @property
    def link(self) -> str:
        return f"/v1/insights/{self.insight_id}"


class ComparedOut(Output):
    """One interview of the comparison."""

    id: str = Field(pattern=ids.pattern(ids.Kind.INTERVIEW))
    title: str
    interviewee: str | None
    role: str | None
    employer: str | None
    status: InterviewStatus
    missing: list[Category] | None = Field(
        description="What nothing was said about, so that you can ask; null: its words are not searched yet."
    )

    @computed_field(description="The interview's path.")  # type: ignore[prop-decorator]
    @property
    def link(self) -> str:
        return f"/v1/interviews/{self.id}"


class CellOut(Output):
    """What one interview says about one category."""

    interview_id: str
    count: int = Field(ge=0, description="How many quotes there are.")
    quotes: list[QuoteOut] = Field(description="The best: people's word first, then confidence.")


class RowOut(Output):
    """One category across the interviews."""

    category: Category
    count: int = Field(ge=0)
    cells: list[CellOut] = Field(description="One per interview, in their order.")
    nothing_from: list[str] = Field(description="The interviews that were searched, and say nothing about this.")


class AssumptionsOut(Output):
    """What a year of work was taken to be."""

    hours_per_week: float
    days_per_week: float
    weeks_per_year: float
    months_per_year: int


Measure = Literal["regular", "starting", "total", "bonus", "equity"]


class FigureOut(Output):
    """One figure of pay: as it was said, and as pay of a year. An open end is null."""

    quote: QuoteOut
    value: PayOut = Field(description="As it was said.")
    measure: Measure = Field(description="What it is held against: `regular` is a rate or a span for the occupation.")
    yearly_min: float | None
    yearly_max: float | None
    left_out: Literal["no-period", "no-currency"] | None = Field(description="Why no summary has it.")


class PaySummaryOut(Output):
    """Like figures of one currency, a year each. What one interview says twice counts once."""

    currency: str
    measure: Measure
    low: float = Field(description="The lowest end that was named.")
    high: float = Field(description="The highest end that was named.")
    is_open_below: bool = Field(description='Somebody said "up to".')
    is_open_above: bool = Field(description='Somebody said "at least".')
    median: float | None = Field(description="Of the midpoints of figures with both ends; null: there are none.")
    figures: int = Field(ge=1)
    interviews: int = Field(ge=1)
    insight_ids: list[str] = Field(min_length=1, description="What it rests on; their quotes are in `figures`.")


class ComparedPayOut(Output):
    """All pay that was named. Currencies and kinds that are not alike are never mixed."""

    assumptions: AssumptionsOut
    figures: list[FigureOut]
    summaries: list[PaySummaryOut]


class SideOut(Output):
    """What one side says: the best quote of each interview on it."""

    says: str
    quotes: list[QuoteOut] = Field(min_length=1)


class StatementOut(Output):
    """Something several interviews say alike (one side) or against each other (two)."""

    about: str
    basis: Literal["pay", "feeling", "stance"] = Field(
        description="Figures, what people feel, or what they hold to be so."
    )
    sentence: str
    sides: list[SideOut] = Field(min_length=1, max_length=2)


COMPARISON_EXAMPLE = {
    "chosen_by": "ids",
    "has_more": False,
    "interviews": [
        {
            "id": EXAMPLE_INTERVIEW,
            "title": "Ada Okafor, lighthouse archivist",
            "interviewee": "Ada Okafor",
            "role": "lighthouse archivist",
            "employer": None,
            "status": "ready",
            "missing": ["outlook"],
            "link": f"/v1/interviews/{EXAMPLE_INTERVIEW}",
        },
    ],
    "categories": [
        {
            "category": "compensation",
            "count": 1,
            "cells": [{"interview_id": EXAMPLE_INTERVIEW, "count": 1, "quotes": [QUOTE_EXAMPLE]}],
            "nothing_from": [],
        }
    ],
    "pay": {
        "assumptions": {"hours_per_week": 40, "days_per_week": 5, "weeks_per_year": 52, "months_per_year": 12},
        "figures": [
            {
                "quote": QUOTE_EXAMPLE,
                "value": {"amount_min": 1000, "amount_max": 1000, "currency": "USD", "period": "week", "kind": "base"},
                "measure": "regular",
                "yearly_min": 52000,
                "yearly_max": 52000,
                "left_out": None,
            }
        ],
        "summaries": [
            {
                "currency": "USD",
                "measure": "regular",
                "low": 52000,
                "high": 52000,
                "is_open_below": False,
                "is_open_above": False,
                "median": 52000,
                "figures": 1,
                "interviews": 1,
                "insight_ids": [EXAMPLE_INSIGHT],
            }
        ],
    },
    "agreements": [
        {
            "about": "pay:regular",
            "basis": "pay",
            "sentence": "2 interviews name about the same regular pay: 50,000 to 52,000 USD a year.",
            "sides": [{"says": "50,000 to 52,000 USD a year", "quotes": [QUOTE_EXAMPLE, OTHER_QUOTE]}],
        }
    ],
    "contradictions": [],
}


class ComparisonOut(Output):
    """Interviews and categories, pay, and what is said alike or otherwise. Nothing is without its quotes."""

    model_config = example(COMPARISON_EXAMPLE)

    chosen_by: Literal["ids", "newest"]
    has_more: bool = Field(description="Older interviews match too: name the ones you want by id.")
    interviews: list[ComparedOut]
    categories: list[RowOut]
    pay: ComparedPayOut
    agreements: list[StatementOut]
    contradictions: list[StatementOut]
