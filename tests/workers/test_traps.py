"""What sounds like an insight and is none: talks of ours about prices, poems and small talk."""

from pathlib import Path

import pytest

from app.extraction import Turn, extract
from app.transcripts.values import Role
from workers.classifier import Classifier

LINES = (Path(__file__).parents[1] / "app" / "trap_texts.txt").read_text("utf-8").splitlines()
TALKS = [
    [line.split(": ", 1) for line in talk.splitlines()]
    for talk in "\n".join(line for line in LINES if not line.startswith("#")).strip().split("\n\n")
]
JUDGE = Classifier(Path("/nowhere")).judge()


def turns(talk: list[list[str]]) -> list[Turn]:
    asks = talk[0][0]
    return [Turn(name, Role.INTERVIEWER if name == asks else Role.INTERVIEWEE, text) for name, text in talk]


def test_there_are_twenty() -> None:
    assert len(TALKS) == 20


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk[0][1])
def test_a_trap_holds_no_insight(talk: list[list[str]]) -> None:
    assert [finding.quote for finding in extract(turns(talk), judge=JUDGE)] == []
