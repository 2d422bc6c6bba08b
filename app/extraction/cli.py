"""Extraction of a file of turns, without a server: `python -m workers extract TURNS.json`."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import FieldInvalid
from app.extraction import RULES, Finding, Judge, Turn, extract
from app.transcripts.values import Role


class SpokenTurn(BaseModel):
    """`speaker` may be a name, a label, or a role in words ("interviewer")."""

    model_config = ConfigDict(frozen=True)

    speaker: str | None = None
    role: Role | None = None
    text: str

    def turn(self) -> Turn:
        word = (self.speaker or "").strip().lower()
        return Turn(self.speaker, self.role or (Role(word) if word in set(Role) else None), self.text)


class TurnsFile(BaseModel):
    turns: list[SpokenTurn]


def extract_file(path: Path, *, judge: Judge = RULES) -> list[dict[str, Any]]:
    """The findings of `{"turns": [{"speaker", "text"}]}` as JSON values.

    Each is `{turn_index, quote, categories, value, values, confidence, method, because}`. Raises FieldInvalid when the
    file is something else, OSError when it cannot be read.
    """
    try:
        said = TurnsFile.model_validate_json(path.read_bytes())
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        pointer = "".join(f"/{part}" for part in fault["loc"])
        raise FieldInvalid(pointer, fault["msg"]) from error
    turns = [turn.turn() for turn in said.turns]
    return [as_json(finding) for finding in extract(turns, judge=judge)]


def as_json(finding: Finding) -> dict[str, Any]:
    return {
        "turn_index": finding.turn_index,
        "quote": finding.quote,
        "categories": [category.value for category in finding.categories],
        "value": finding.value.model_dump() if finding.value else None,
        "values": [figure.model_dump() for figure in finding.values],
        "confidence": finding.confidence,
        "method": finding.method,
        "because": finding.because.split(),
    }


def printed(path: Path, *, judge: Judge = RULES) -> str:
    """`extract_file` as indented JSON text."""
    return json.dumps(extract_file(path, judge=judge), ensure_ascii=False, indent=2)
