"""Cursors: pages of a list that others change meanwhile, and cursors that are not ours."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import cursors
from app.cursors import Position
from app.errors import CursorInvalid
from tests.client import Client
from tests.scenes import plan

QUERY = "interviews own_1"
MARK = json.loads(base64.urlsafe_b64decode(cursors.encode(Position("v", "i"), query=QUERY) + "=="))[2]


@dataclass
class Row:
    id: str


def forged(found: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(found).encode()).decode().rstrip("=")


def read_all(client: Client, **params: Any) -> list[str]:
    """The titles of every page, one after the other."""
    titles, cursor = [], None
    while True:
        page = client.get("/v1/interviews", params={**params, **({"cursor": cursor} if cursor else {})}).json()
        titles += [item["title"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return titles


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), st.text("0123456789abcdef_"))
def test_a_cursor_comes_back_as_the_position_it_was(value: str, row_id: str) -> None:
    position = Position(value, row_id)
    assert cursors.decode(cursors.encode(position, query=QUERY), query=QUERY) == position


def test_no_cursor_is_the_beginning() -> None:
    assert cursors.decode(None, query=QUERY) is None


def test_a_cursor_of_another_query_is_refused() -> None:
    cursor = cursors.encode(Position("a", "b"), query=QUERY)
    with pytest.raises(CursorInvalid, match="another query"):
        cursors.decode(cursor, query=QUERY + " q=pay")


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(CursorInvalid):
        cursors.decode(text, query=QUERY)


@pytest.mark.parametrize(
    "found",
    [5, None, [], ["a"], ["a", "b"], {"a": 1, "b": 2, "c": 3}, ["a", 5, MARK], [None, "b", MARK], ["a", "b", "c", "d"]],
)
def test_json_that_is_no_position_is_refused(found: object) -> None:
    with pytest.raises(CursorInvalid):
        cursors.decode(forged(found), query=QUERY)


@pytest.mark.parametrize("value", ["\ud800", "\x00"])
def test_a_value_that_no_database_can_look_for_is_refused(value: str) -> None:
    with pytest.raises(CursorInvalid):
        cursors.decode(forged([value, "b", MARK]), query=QUERY)


def test_a_cursor_of_a_thousand_brackets_is_refused() -> None:
    cursor = base64.urlsafe_b64encode(b"[" * 3000).decode()
    with pytest.raises(CursorInvalid):
        cursors.decode(cursor, query=QUERY)


@given(st.integers(0, 30), st.integers(1, 10))
def test_pages_hold_every_row_once(count: int, limit: int) -> None:
    rows, seen, position = [Row(f"{number:04}") for number in range(count)], [], None
    while True:
        after = [row for row in rows if position is None or row.id > position.id]
        page = cursors.page_of(after[: limit + 1], limit=limit, query=QUERY)
        seen += page.items
        position = cursors.decode(page.next_cursor, query=QUERY)
        if position is None:
            break
    assert seen == rows


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "title", "-title"])
def test_every_order_gives_each_interview_once_across_pages(client: Client, sort: str) -> None:
    titles = ["b", "a", "b", "Ä", "a", "c", "b"]
    for title in titles:
        plan(client, title=title)
    found = read_all(client, sort=sort, limit=2)
    wanted = sorted(titles) if "title" in sort else titles
    assert found == (wanted[::-1] if sort.startswith("-") else wanted)


@pytest.mark.parametrize("sort", ["-created_at", "created_at", "title", "-title"])
def test_what_stays_is_seen_once_while_others_come_and_go(client: Client, sort: str) -> None:
    stays = [f"stays {number}" for number in range(6)]
    going = []
    for title in stays:
        going.append(plan(client, title=f"a goes before {title}")["id"])
        plan(client, title=title)
    seen: list[str] = []
    cursor: str | None = None
    for goes in [*going, None]:
        params: dict[str, Any] = {"sort": sort, "limit": 3, **({"cursor": cursor} if cursor else {})}
        page = client.get("/v1/interviews", params=params).json()
        seen += [item["title"] for item in page["items"] if item["title"] in stays]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        client.delete(f"/v1/interviews/{goes}")
        plan(client, title="zz a newcomer at the end" if goes == going[0] else "a newcomer at the beginning")
    assert sorted(seen) == stays


def test_a_cursor_works_for_its_own_filters_only(client: Client) -> None:
    for number in range(3):
        plan(client, title=f"talk {number}")
    cursor = client.get("/v1/interviews", params={"limit": 1}).json()["next_cursor"]
    answer = client.get("/v1/interviews", params={"cursor": cursor, "sort": "title"})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor-invalid")


def test_a_forged_time_in_a_cursor_of_insights_is_refused(client: Client) -> None:
    me = client.get("/v1/me").json()["owner_id"]
    query = f"insights {me} Filters(interview_id=None, category=None, state=None)"
    cursor = cursors.encode(Position("not a number", "ins_1"), query=query)
    assert client.get("/v1/insights", params={"cursor": cursor}).status_code in (200, 400)


def test_the_next_page_is_also_a_link(client: Client) -> None:
    for number in range(3):
        plan(client, title=f"talk {number}")
    first = client.get("/v1/interviews", params={"limit": 2, "q": "talk"})
    link = first.headers["link"].partition(">")[0].removeprefix("<")
    assert [item["title"] for item in client.get(link).json()["items"]] == ["talk 0"]
    assert "link" not in client.get(link).headers
