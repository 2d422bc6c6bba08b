"""Search: what is asked for, and what was found."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app import ids
from app.api.schemas.fields import (
    EXAMPLE_INSIGHT,
    EXAMPLE_INTERVIEW,
    Line,
    Output,
    PageQuery,
    page_example,
)
from app.api.schemas.insights import SUMMARY_EXAMPLE, InterviewSummary

InterviewId = Annotated[str, StringConstraints(pattern=ids.pattern(ids.Kind.INTERVIEW))]

HIT_EXAMPLE = {
    "kind": "insight",
    "interview": SUMMARY_EXAMPLE,
    "segment_id": None,
    "insight_id": EXAMPLE_INSIGHT,
    "speaker": "S2",
    "start_ms": 31480,
    "end_ms": 35120,
    "text": "On a typical day I start at eight by cataloguing old lamps.",
    "highlights": [{"start": 53, "end": 58}],
    "links": {
        "transcript": f"/v1/interviews/{EXAMPLE_INTERVIEW}/transcript",
        "insight": f"/v1/insights/{EXAMPLE_INSIGHT}",
        "recording": f"/v1/interviews/{EXAMPLE_INTERVIEW}/recording#t=31.480,35.120",
    },
}


class SearchQuery(PageQuery):
    """What to look for, and where."""

    q: Line = Field(
        description="Words that must all be there, in any case and with or without accents. A phrase stands in quotes, "
        "and what is written together, such as e-mail, is one. The last word may be the beginning of one. "
        "There are no operators."
    )
    kind: Literal["segment", "insight"] | None = Field(
        default=None, description="Only what was said (`segment`), or only what was found in it (`insight`)."
    )
    interview_id: InterviewId | None = Field(default=None, description="Only in this interview.")


class HighlightOut(Output):
    """A part of a text, from `start` to before `end`, counted in characters (Unicode code points)."""

    start: int = Field(ge=0)
    end: int = Field(ge=1)


class HitLinks(Output):
    """Where to read and to hear it."""

    transcript: str
    insight: str | None = Field(description="null for a segment.")
    recording: str | None = Field(description="With the seconds to play as its fragment; null without a recording.")


class HitOut(Output):
    """A segment of a current transcript, or an insight, in which everything stands that was asked for."""

    kind: Literal["segment", "insight"]
    interview: InterviewSummary
    segment_id: int | None = Field(description="The segment's number in the current transcript; null for an insight.")
    insight_id: str | None = Field(description="null for a segment.")
    speaker: str
    start_ms: int
    end_ms: int
    text: str = Field(description="The words around what was found; `…` where they are cut.")
    highlights: list[HighlightOut] = Field(description="What was found in `text`, in order.")
    links: HitLinks


class SearchPage(Output):
    """Some of what was found, and where the next begins."""

    model_config = page_example(HIT_EXAMPLE)

    items: list[HitOut]
    next_cursor: str | None = Field(description="Send it back as `cursor`; null on the last page.")
