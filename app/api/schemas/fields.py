"""The words that bodies are written in: texts, instants, amounts, examples, pages."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
)

EXAMPLE_INTERVIEW = "int_01979d2f0e5b7c3a8d21f4b6a9c0e735"
EXAMPLE_JOB = "job_01979d2f0e6c7d1b9a32e5c7b8d1f846"
EXAMPLE_CONSENT = "con_01979d2f0e6a7b2c8c43d6e8f9a2b957"
EXAMPLE_INSIGHT = "ins_01979d31c4f87e5d9b54c7f9a0b3ca68"
EXAMPLE_CONTACT = "ctc_01979d31c5f97d3ba0c4e7f8b1a2d459"
EXAMPLE_WEBHOOK = "whk_01979d32a1b47c2e9d60f8a3c5e7b914"
EXAMPLE_DELIVERY = "dlv_01979d33b2c57d3fa871e9b4d6f8ca25"
EXAMPLE_KEY = "key_01979d2e9c1a7f6e8a65b80ab1c4db79"
EXAMPLE_UPLOAD = "upl_01979d2e9d2b7f7a9b76ca2bd3e6ed91"
EXAMPLE_OWNER = "own_01979d2e9c197a7f9b76a91bc2d5ec80"
EXAMPLE_AT = "2026-11-22T10:15:00Z"

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _visible(text: str) -> str:
    # A NUL cannot be stored by Postgres, and a lone surrogate by nobody.
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must not contain NUL or lone surrogates")
    return text


NOT_BLANK = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"


def not_blank(text: str) -> str:
    if re.search(NOT_BLANK, text) is None:
        raise ValueError("must not be blank")
    return text


LINE_LENGTH = 200


def as_number(value: object) -> object:
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


@dataclass(frozen=True)
class _Shown:
    """A pattern in the contract for what a validator checks, in a field that has words of its own for its schema."""

    pattern: str

    def __get_pydantic_json_schema__(self, schema: Any, shown: GetJsonSchemaHandler) -> dict[str, Any]:
        return shown(schema) | {"pattern": self.pattern}


# The pattern says in the contract what the validator checks; JSON Schema has no word for lone surrogates.
Text = Annotated[str, AfterValidator(_visible), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})]
Line = Annotated[Text, StringConstraints(min_length=1, max_length=LINE_LENGTH)]
Quote = Annotated[
    str,
    AfterValidator(_visible),
    StringConstraints(min_length=1, max_length=5000),
    AfterValidator(not_blank),
    _Shown(NOT_BLANK),
]
Title = Annotated[Text, StringConstraints(min_length=1, max_length=300)]
Note = Annotated[Text, StringConstraints(max_length=2000)]
Reference = Annotated[Text, StringConstraints(min_length=1, max_length=64)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
VOCABULARY_LENGTH = 100
Vocabulary = Annotated[list[Line], Field(max_length=VOCABULARY_LENGTH)]

# Strict: the contract says number, so "12" and true are not one.
Amount = Annotated[float, Field(ge=0, le=1e12, strict=True)]
Milliseconds = Annotated[int, Field(ge=0, le=2**53), BeforeValidator(as_number)]
Consent = Annotated[bool, Field(strict=True)]
Instant = Annotated[AwareDatetime, BeforeValidator(_as_instant), AfterValidator(_in_utc)]


class Input(BaseModel):
    """A body that comes in: unknown members are refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class Output(BaseModel):
    """A body that goes out."""

    model_config = ConfigDict(from_attributes=True)


class SpokenOut(Output):
    """Words of the transcript, and where they are."""

    text: str
    speaker: str
    start_ms: int
    end_ms: int
    segment_ids: list[int]


def example(value: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [value]})


def page_example(item: Any) -> ConfigDict:
    return example({"items": [item], "next_cursor": "WyIyMSIsImludF8wMTk3OSIsIjljMWYiXQ"})


def left_out(description: str) -> Any:
    """A member whose absence means "as it was" (`exclude_unset`) and that cannot be null."""
    return Field(default=None, description=description, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


class PageQuery(BaseModel):
    """How much of a list, and from where."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=20, ge=1, le=100, description="How many items at most.")
    cursor: str | None = Field(default=None, max_length=4000, description="`next_cursor` of the page before.")
