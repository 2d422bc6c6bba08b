"""Insights of all interviews: every filter alone and with others, pages that stay right, and no scan."""

from typing import Any

import pytest
from sqlalchemy import event, text

from app import models
from app.cursors import Position
from app.db import reading, writing
from app.insights import Filters, Sort, listing
from tests import databases
from tests.client import Client
from tests.installation import Installation
from tests.scenes import hear_again, heard, review, said


def ready(here: Installation, **facts: Any) -> str:
    return here.interview(**{"status": "ready", "transcript_version": 1, **facts}).id


def furnished(here: Installation) -> dict[str, str]:
    """Quote -> interview id, of insights that differ in everything that can be asked for."""
    keeper = ready(here, role="Lighthouse keeper", employer="Trinity 100%", interviewee="Ada Okafor")
    baker = ready(here, role="baker", employer="Crumb_Co", interviewee="Bo Lind")
    said(here, keeper, "It is QUIET here.", "culture", "enjoys", confidence=0.9)
    said(here, keeper, "Pay is 100% fair.", "compensation", state="confirmed", confidence=1)
    said(here, keeper, "Gone by now.", "culture", stale=True)
    said(here, baker, "Flour_dust all over.", "dislikes", confidence=0.4, state="rejected")
    said(here, baker, "A quiet bake.", "enjoys", confidence=0.7)
    return {"keeper": keeper, "baker": baker}


def found(client: Client, **asked: Any) -> list[str]:
    """The quotes, newest first."""
    answer = client.get("/v1/insights", params=asked)
    assert answer.status_code == 200, answer.text
    return [one["quote"] for one in answer.json()["items"]]


@pytest.mark.parametrize(
    ("asked", "quotes"),
    [
        ({}, ["A quiet bake.", "Flour_dust all over.", "Pay is 100% fair.", "It is QUIET here."]),
        ({"stale": True, "category": "culture"}, ["Gone by now.", "It is QUIET here."]),
        ({"category": "enjoys"}, ["A quiet bake.", "It is QUIET here."]),
        ({"category": ["compensation", "dislikes"]}, ["Flour_dust all over.", "Pay is 100% fair."]),
        ({"category": ["culture", "enjoys"]}, ["A quiet bake.", "It is QUIET here."]),
        ({"category": "outlook"}, []),
        ({"state": "rejected"}, ["Flour_dust all over."]),
        ({"state": ["rejected", "confirmed"]}, ["Flour_dust all over.", "Pay is 100% fair."]),
        ({"q": "quiet"}, ["A quiet bake.", "It is QUIET here."]),
        ({"q": "QUIET H"}, ["It is QUIET here."]),
        ({"q": "0%"}, ["Pay is 100% fair."]),
        ({"q": "r_d"}, ["Flour_dust all over."]),
        ({"q": "a%e"}, []),
        ({"q": "\\"}, []),
        ({"min_confidence": 0.7}, ["A quiet bake.", "Pay is 100% fair.", "It is QUIET here."]),
        ({"role": "KEEPER"}, ["Pay is 100% fair.", "It is QUIET here."]),
        ({"employer": "100%"}, ["Pay is 100% fair.", "It is QUIET here."]),
        ({"employer": "b_c"}, ["A quiet bake.", "Flour_dust all over."]),
        ({"employer": "y%"}, []),
        ({"interviewee": "lind"}, ["A quiet bake.", "Flour_dust all over."]),
        (
            {"interviewee": "o", "role": "baker", "state": "proposed", "q": "bake", "category": "enjoys"},
            ["A quiet bake."],
        ),
        ({"role": "keeper", "employer": "crumb"}, []),
    ],
    ids=str,
)
def test_each_filter_lets_through_what_it_says(
    here: Installation, client: Client, asked: dict[str, Any], quotes: list[str]
) -> None:
    furnished(here)
    assert found(client, **asked) == quotes


def test_interviews_can_be_named_and_an_unknown_one_has_nothing(here: Installation, client: Client) -> None:
    ids = furnished(here)
    assert len(found(client, interview_id=list(ids.values()))) == 4
    assert found(client, interview_id=ids["baker"]) == ["A quiet bake.", "Flour_dust all over."]
    assert found(client, interview_id="int_" + "0" * 32) == []


def test_letters_of_every_language_have_capitals(here: Installation, client: Client) -> None:
    said(here, ready(here, employer="ÉCOLE Zürich"), "Das ist SCHÖN hier.")
    assert found(client, q="schön") == found(client, q="SCHÖN") == ["Das ist SCHÖN hier."]
    assert found(client, employer="école ZÜRICH") == ["Das ist SCHÖN hier."]
    assert found(client, q="schon") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"category": "gossip"},
        {"state": "maybe"},
        {"min_confidence": 1.1},
        {"interview_id": "x"},
        {"sort": "title"},
        {"sort": "start"},
        {"q": ""},
        {"roles": "x"},
    ],
    ids=str,
)
def test_a_filter_that_cannot_be_is_refused(client: Client, wrong: dict[str, Any]) -> None:
    answer = client.get("/v1/insights", params=wrong)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/query")


def test_those_of_one_interview_can_be_had_as_they_were_said(here: Installation, client: Client) -> None:
    talk, other = ready(here), ready(here)
    for at in (3000, 1000, 2000):
        said(here, talk, f"at {at}", start_ms=at)
    said(here, other, "elsewhere", start_ms=1500)
    assert found(client, interview_id=talk, sort="start") == ["at 1000", "at 2000", "at 3000"]
    two = client.get("/v1/insights", params={"interview_id": [talk, other], "sort": "start"})
    assert two.json()["errors"][0]["pointer"] == "/query/sort"


def test_each_can_be_read_on_its_own(here: Installation, client: Client) -> None:
    ids = furnished(here)
    first = client.get("/v1/insights", params={"limit": 1}).json()["items"][0]
    assert first["interview"] == {
        "id": ids["baker"], "title": "A talk", "interviewee": "Bo Lind", "role": "baker", "employer": "Crumb_Co",
        "link": f"/v1/interviews/{ids['baker']}",
    }  # fmt: skip
    single = client.get(f"/v1/insights/{first['id']}").json()
    assert single == {name: value for name, value in first.items() if name != "interview"}


@pytest.mark.parametrize("fact", [{"status": "withdrawn"}, {"deleted": True}])
def test_what_is_withdrawn_or_deleted_never_shows(here: Installation, client: Client, fact: dict[str, Any]) -> None:
    # Erasure takes the rows along; should one ever be left, it is not shown.
    talk = ready(here, status=fact.get("status", "ready"))
    said(here, talk, "x", "culture")
    with writing(here.engine) as session:
        if fact.get("deleted"):
            interview = session.get_one(models.Interview, talk)
            interview.deleted_at = interview.created_at
    assert found(client) == found(client, interview_id=talk) == found(client, interview_id=talk, sort="start") == []


def test_a_stale_insight_is_marked_in_its_interview_and_left_out_of_all(here: Installation, client: Client) -> None:
    made = heard(here, client)
    insight = client.get(f"{made['links']['self']}/insights").json()["items"][0]
    review(client, insight, state="confirmed")
    hear_again(here, client, made, [("S2", "I love the quiet.")])
    assert insight["quote"] not in found(client)
    assert insight["quote"] in found(client, stale=True)
    of_one = client.get(f"{made['links']['self']}/insights").json()["items"]
    assert {one["quote"]: one["stale"] for one in of_one} == {insight["quote"]: True, "I love the quiet.": False}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"category": ["enjoys", "culture"]},
        {"q": "QUIET"},
        {"state": ["proposed", "confirmed"], "min_confidence": 0.5},
        {"role": "keeper"},
        {"stale": True},
        {"sort": "start"},
        {"sort": "start", "category": "enjoys", "q": "quiet"},
    ],
    ids=str,
)
def test_pages_hold_each_once_and_in_order_under_every_filter(
    here: Installation, client: Client, asked: dict[str, Any]
) -> None:
    talk = ready(here, role="keeper")
    for number in range(9):
        mood = ("enjoys", "culture", "advice")[number % 3]
        facts: dict[str, Any] = {"start_ms": 1000 * (number % 4), "stale": number == 5}
        said(here, talk, f"quiet {number}", mood, confidence=number / 10, **facts)
    asked = {**asked, **({"interview_id": talk} if "sort" in asked else {})}
    whole, paged, cursor = found(client, **asked), [], None
    for _page in range(9):
        page = client.get("/v1/insights", params={**asked, "limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        paged, cursor = [*paged, *(one["quote"] for one in page["items"])], page["next_cursor"]
        if cursor is None:
            break
    assert paged == whole
    assert len(whole) >= 3


def test_a_page_after_new_ones_came_goes_on_where_it_was(here: Installation, client: Client) -> None:
    talk = ready(here)
    for number in range(4):
        said(here, talk, f"{number}", "culture")
    first = client.get("/v1/insights", params={"limit": 2}).json()
    said(here, talk, "new", "culture")
    assert found(client, limit=2, cursor=first["next_cursor"]) == ["1", "0"]


def test_a_cursor_is_for_the_filters_it_was_made_with_in_any_order(here: Installation, client: Client) -> None:
    talk = ready(here)
    for number in range(3):
        said(here, talk, f"{number}", "enjoys")
    asked = {"category": ["enjoys", "culture"], "limit": 1}
    cursor = client.get("/v1/insights", params=asked).json()["next_cursor"]
    assert found(client, category=["culture", "enjoys"], limit=1, cursor=cursor) == ["1"]
    other = client.get("/v1/insights", params={"category": "enjoys", "limit": 1, "cursor": cursor})
    assert (other.status_code, other.json()["code"]) == (400, "cursor-invalid")


def test_the_insights_of_an_interview_take_the_same_filters(here: Installation, client: Client) -> None:
    ids = furnished(here)

    def quotes(**asked: Any) -> list[str]:
        answer = client.get(f"/v1/interviews/{ids['keeper']}/insights", params=asked)
        return [one["quote"] for one in answer.json()["items"]]

    assert quotes(category=["enjoys", "compensation"]) == ["It is QUIET here.", "Pay is 100% fair."]
    assert quotes(q="quiet") == quotes(min_confidence=0.8, state="proposed") == ["It is QUIET here."]


PROFUSION = """
with recursive n(i) as (select 0 union all select i + 1 from n where i < 99999)
insert into insight (id, owner_id, interview_id, transcript_version, quote, speaker, start_ms, end_ms, segment_ids,
                     "values", confidence, method, because, state, stale, version, created_at, updated_at)
select printf('ins_%032x', i), :owner_id, :interview_id, 1, 'quote ' || i, 'S1', i, i + 1, '[1]', '[]', 0.5, 'rule',
       '[]', 'proposed', 0, 1, '2026-01-01', '2026-01-01' from n
"""
PLAN = "EXPLAIN QUERY PLAN "


def plans(here: Installation, *asked: tuple[Filters, Sort]) -> list[list[str]]:
    """For each question the steps by which the database answers it."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            statements.append((statement, parameters))

    event.listen(here.engine, "before_cursor_execute", note)
    with reading(here.engine) as session:
        for filters, sort in asked:
            position = Position("5", "ins_" + "8" * 32)
            listing.page(session, here.owner_id, filters, sort=sort, limit=21, cursor=position)
        connection = session.connection()
        return [
            [row[3] for row in connection.exec_driver_sql(PLAN + statement, parameters)]
            for statement, parameters in statements
        ]


@pytest.mark.skipif(databases.IS_POSTGRES, reason="SQLite's own words for its plans")
def test_a_page_of_a_hundred_thousand_is_read_off_an_index(here: Installation) -> None:
    talk = ready(here)
    with here.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(PROFUSION), {"owner_id": here.owner_id, "interview_id": talk})
    narrow = Filters(categories=("enjoys", "culture"), states=("proposed",), q="b", min_confidence=0.1)
    newest = plans(here, (Filters(), "-created_at"), (narrow, "-created_at"))
    of_one = plans(here, (Filters(interview_ids=(talk,)), "start"))
    assert [steps[0] for steps in (*newest, *of_one)] == [
        "SEARCH insight USING INDEX ix_insight_owner_id_id (owner_id=? AND id<?)",
        "SEARCH insight USING INDEX ix_insight_owner_id_state_id (owner_id=? AND state=? AND id<?)",
        "SEARCH insight USING INDEX ix_insight_interview_id_start_ms_id (interview_id=? AND (start_ms,id)>(?,?))",
    ]
    every = [step for steps in (*newest, *of_one) for step in steps]
    assert [step for step in every if step.startswith("SCAN") or "TEMP B-TREE" in step] == []


@pytest.mark.skipif(databases.IS_POSTGRES, reason="SQLite's own words for its plans")
def test_where_few_interviews_fit_only_their_insights_are_looked_at(here: Installation) -> None:
    talk = ready(here)
    with here.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(PROFUSION), {"owner_id": here.owner_id, "interview_id": talk})
    interviews, insights = plans(here, (Filters(employer="nowhere"), "-created_at"))
    assert interviews == ["SEARCH interview USING INDEX ix_interview_owner_id_id (owner_id=?)"]
    assert not [step for step in insights if step.startswith("SCAN insight")]
