"""Ids: typed, sortable, and recognised."""

import pytest

from app import ids
from app.ids import Kind
from tests.client import Client


def test_ids_made_later_sort_later() -> None:
    made = [ids.new(Kind.INTERVIEW) for _ in range(1000)]
    assert made == sorted(set(made))


@pytest.mark.parametrize("kind", list(Kind))
def test_an_id_is_of_its_kind_and_of_no_other(kind: Kind) -> None:
    made = ids.new(kind)
    assert [other for other in Kind if ids.is_a(other, made)] == [kind]


@pytest.mark.parametrize(
    "text", ["", "int_", "int_" + "0" * 31, "int_" + "0" * 33, "int_" + "G" * 32, "INT_" + "0" * 32]
)
def test_what_only_looks_like_an_id_is_none(text: str) -> None:
    assert not ids.is_a(Kind.INTERVIEW, text)


def test_an_id_with_a_line_break_behind_it_is_none() -> None:
    assert not ids.is_a(Kind.JOB, ids.new(Kind.JOB) + "\n")


def test_an_id_of_the_wrong_kind_is_an_invalid_request(client: Client) -> None:
    answer = client.get(f"/v1/interviews/{ids.new(Kind.JOB)}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/path/interview_id")
