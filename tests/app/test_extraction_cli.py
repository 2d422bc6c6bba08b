"""Extraction of a file of turns."""

import json
from pathlib import Path

import pytest

from app.errors import FieldInvalid
from app.extraction import cli


def written(folder: Path, value: object) -> Path:
    path = folder / "turns.json"
    path.write_text(json.dumps(value), "utf-8")
    return path


def test_a_file_of_turns_gives_findings_in_the_printed_form(tmp_path: Path) -> None:
    turns = [
        {"speaker": "interviewer", "text": "What does it pay?"},
        {"speaker": "interviewee", "text": "It pays £31,000 a year."},
    ]
    (found,) = cli.extract_file(written(tmp_path, {"id": "x", "turns": turns}))
    assert found["turn_index"] == 1
    assert found["quote"] == "It pays £31,000 a year."
    assert found["categories"] == ["compensation"]
    assert found["value"] == {
        "amount_min": 31_000,
        "amount_max": 31_000,
        "currency": "GBP",
        "period": "year",
        "kind": "base",
    }
    assert found["values"] == [found["value"]]


def test_a_speaker_called_interviewer_is_one(tmp_path: Path) -> None:
    turns = [{"speaker": "Interviewer", "text": "I love my job and the pay is good."}]
    assert cli.extract_file(written(tmp_path, {"turns": turns})) == []


def test_printed_findings_are_json(tmp_path: Path) -> None:
    turns = [{"speaker": "Ana", "text": "I love the “quiet” mornings."}]
    assert json.loads(cli.printed(written(tmp_path, {"turns": turns})))[0]["quote"] == turns[0]["text"]


@pytest.mark.parametrize("value", [[], {"turns": [{"speaker": "a"}]}, {"turns": "no"}, 3])
def test_another_file_is_refused_with_a_pointer(tmp_path: Path, value: object) -> None:
    with pytest.raises(FieldInvalid) as refused:
        cli.extract_file(written(tmp_path, value))
    assert refused.value.facts["errors"]
