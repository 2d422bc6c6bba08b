"""A person's own list of questions for an interview, and what became of each."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from app import ids
from app.api.schemas.fields import EXAMPLE_INTERVIEW, NOT_BLANK, Input, Output, SpokenOut, Text, example, not_blank
from app.planned_questions import Status

LIST_LENGTH = 100


def _once(texts: list[str]) -> list[str]:
    if len(set(texts)) < len(texts):
        raise ValueError("must not hold the same question twice")
    return texts


Question = Annotated[
    Text,
    StringConstraints(min_length=3, max_length=500),
    AfterValidator(not_blank),
    Field(json_schema_extra={"pattern": NOT_BLANK}),
]


class QuestionsIn(Input):
    """The whole list, in its order. An empty one clears it."""

    model_config = example({"questions": ["What does a typical day look like?", "What is the pay like?"]})

    questions: Annotated[
        list[Question],
        AfterValidator(_once),
        Field(max_length=LIST_LENGTH, json_schema_extra={"uniqueItems": True}),
    ] = Field(description="What you want to ask, each once. A text that stays keeps what was found for it.")


QUESTIONS_EXAMPLE = {
    "interview_id": EXAMPLE_INTERVIEW,
    "items": [
        {
            "id": "qst_01979d31c5087e5d9b54c7f9a0b3ca70",
            "position": 0,
            "text": "What is the pay like?",
            "status": "answered",
            "similarity": 0.71,
            "asked": {
                "text": "How much does an archivist make?",
                "speaker": "S1",
                "start_ms": 19200,
                "end_ms": 21300,
                "segment_ids": [6],
            },
            "answer": {
                "text": "I make about fifty-two thousand dollars a year.",
                "speaker": "S2",
                "start_ms": 21480,
                "end_ms": 24120,
                "segment_ids": [7],
            },
            "transcript_version": 1,
            "stale": False,
        }
    ],
}


class QuestionOut(Output):
    """A question of the list. `planned`: not looked for yet; `skipped`: looked for, and not asked."""

    id: str = Field(pattern=ids.pattern(ids.Kind.QUESTION))
    position: int = Field(ge=0)
    text: str
    status: Status = Field(description="`asked`: and no answer of substance followed; `answered`: see `answer`.")
    similarity: float | None = Field(description="How alike the question asked is, 0..1; null: none is.")
    asked: SpokenOut | None = Field(description="How it was put.")
    answer: SpokenOut | None = Field(description="The beginning of the answer, 1-3 sentences.")
    transcript_version: int | None = Field(description="The version that was searched; null: none yet.")
    stale: bool = Field(description="The transcript has changed since it was searched.")


class QuestionListOut(Output):
    """The whole list, in its order: at most a hundred."""

    model_config = example(QUESTIONS_EXAMPLE)

    interview_id: str
    items: list[QuestionOut]
