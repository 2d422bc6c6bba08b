"""Insights: found with proof, judged by people, whose word is never overwritten."""

from typing import Any

import pytest

from app import insights, models, revisions, transcripts
from app.db import reading, writing
from tests.client import Client
from tests.installation import Installation
from tests.scenes import PAY, TALK, hear_again, heard, listed, plan, review, spoken, upload

RAISED = tuple((speaker, said.replace("fifty-two", "sixty")) for speaker, said in TALK)


def pay(client: Client, made: dict[str, Any]) -> dict[str, Any]:
    return next(insight for insight in listed(client, made) if insight["quote"] == PAY)


def test_pay_is_found_with_its_value_quote_speaker_and_time(here: Installation, client: Client) -> None:
    found = pay(client, heard(here, client))
    assert (found["categories"][0], found["speaker"], found["segment_ids"]) == ("compensation", "S2", [2])
    assert (found["value"]["amount_min"], found["value"]["currency"], found["value"]["period"]) == (
        52000,
        "USD",
        "year",
    )
    assert (found["state"], found["stale"], found["method"]) == ("proposed", False, "rule")


def test_every_quote_is_word_for_word_in_the_transcript_at_its_time(here: Installation, client: Client) -> None:
    made = heard(here, client)
    segments = {one["id"]: one for one in client.get(made["links"]["transcript"]).json()["segments"]}
    found = listed(client, made)
    for insight in found:
        said = [segments[number] for number in insight["segment_ids"]]
        assert insight["quote"] in " ".join(segment["text"] for segment in said)
        assert said[0]["start_ms"] <= insight["start_ms"] < insight["end_ms"] <= said[-1]["end_ms"]
    assert len(found) >= 3


def test_insights_of_an_interview_come_in_the_order_they_were_said(here: Installation, client: Client) -> None:
    made = heard(here, client)
    whole = listed(client, made)
    assert [one["start_ms"] for one in whole] == sorted(one["start_ms"] for one in whole)
    paged: list[dict[str, Any]] = []
    cursor = None
    while True:
        params = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = client.get(f"{made['links']['self']}/insights", params=params).json()
        paged, cursor = paged + page["items"], page["next_cursor"]
        if cursor is None:
            break
    assert paged == whole


def test_insights_of_all_interviews_are_narrowed_by_category_and_state(here: Installation, client: Client) -> None:
    first, second = heard(here, client), heard(here, client)
    review(client, pay(client, first), state="rejected")
    pays = client.get("/v1/insights", params={"category": "compensation"}).json()["items"]
    rejected = client.get("/v1/insights", params={"category": "compensation", "state": "rejected"}).json()["items"]
    assert {one["interview_id"] for one in pays} == {first["id"], second["id"]}
    assert [one["interview_id"] for one in rejected] == [first["id"]]


def test_insights_asked_for_before_there_are_words_are_a_conflict(client: Client) -> None:
    for made in (upload(client), plan(client, title="x")):
        assert client.get(f"{made['links']['self']}/insights").json()["code"] == "transcript-not-ready"


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"state": "confirmed"}, "confirmed"),
        ({"state": "rejected", "note": "She meant her sister."}, "rejected"),
        ({"categories": ["career_path", "advice"]}, "corrected"),
        ({"value": None}, "corrected"),
        ({"note": "call back"}, "proposed"),
        ({}, "proposed"),
    ],
)
def test_what_a_persons_word_makes_of_it(
    here: Installation, client: Client, change: dict[str, Any], state: str
) -> None:
    insight = pay(client, heard(here, client))
    answer = review(client, insight, **change)
    assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert answer.json()["note"] == change.get("note")
    assert answer.json()["categories"] == (change.get("categories") or insight["categories"])


def test_a_corrected_value_comes_back_as_it_was_given(here: Installation, client: Client) -> None:
    value = {"amount_min": 50000, "amount_max": 55000, "currency": "EUR", "period": "year", "kind": "base"}
    insight = pay(client, heard(here, client))
    review(client, insight, value=value)
    assert client.get(f"/v1/insights/{insight['id']}").json()["value"] == value


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "proposed"},
        {"state": None},
        {"categories": []},
        {"categories": ["gossip"]},
        {"quote": " "},
        {"quote": None},
    ],
)
def test_a_word_that_cannot_be_is_refused(here: Installation, client: Client, wrong: dict[str, Any]) -> None:
    assert review(client, pay(client, heard(here, client)), **wrong).status_code == 422


def test_a_second_opinion_on_an_older_version_is_refused(here: Installation, client: Client) -> None:
    insight = pay(client, heard(here, client))
    path = f"/v1/insights/{insight['id']}"
    etag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert client.patch(path, json={"state": "confirmed"}, headers={"If-Match": f'"x", {etag}'}).status_code == 200
    late = client.patch(path, json={"state": "rejected"}, headers={"If-Match": etag})
    assert (late.status_code, client.get(path).json()["state"]) == (412, "confirmed")


def test_a_rerun_replaces_what_nobody_touched_and_doubles_nothing(here: Installation, client: Client) -> None:
    made = heard(here, client)
    before = {one["id"]: one["quote"] for one in listed(client, made)}
    hear_again(here, client, made, TALK)
    after = {one["id"]: one["quote"] for one in listed(client, made)}
    assert sorted(after.values()) == sorted(before.values())
    assert not before.keys() & after.keys()


def test_a_persons_word_outlives_a_rerun(here: Installation, client: Client) -> None:
    made = heard(here, client)
    mine = review(client, pay(client, made), state="corrected", categories=["outlook"], note="mine").json()
    hear_again(here, client, made, (("S1", "Hello, and thank you."), *TALK))
    kept = [one for one in listed(client, made) if one["quote"] == PAY]
    assert [(one["id"], one["state"], one["categories"], one["note"]) for one in kept] == [
        (mine["id"], "corrected", ["outlook"], "mine")
    ]
    assert (kept[0]["transcript_version"], kept[0]["stale"]) == (2, False)
    assert kept[0]["start_ms"] == mine["start_ms"] + 4 * 250


def test_a_judged_insight_whose_quote_is_gone_is_stale_and_cannot_be_confirmed(
    here: Installation, client: Client
) -> None:
    made = heard(here, client)
    mine = review(client, pay(client, made), note="x", state="rejected").json()
    hear_again(here, client, made, RAISED)
    stale = client.get(f"/v1/insights/{mine['id']}").json()
    assert (stale["stale"], stale["transcript_version"]) == (True, 1)
    refused = review(client, mine, state="confirmed")
    assert (refused.status_code, refused.json()["code"]) == (409, "insight-stale")
    assert any("sixty thousand" in one["quote"] for one in listed(client, made))


def test_new_words_make_every_insight_be_looked_at_before_it_is_served(here: Installation, client: Client) -> None:
    made = heard(here, client)
    with writing(here.engine) as session:
        transcripts.add(session, made["id"], spoken(*RAISED), job_id=None)
        revisions.settle(session, made["id"])
    stale = {one["quote"]: one["stale"] for one in listed(client, made)}
    assert stale.pop(PAY) is True
    assert set(stale.values()) == {False}


def test_an_insight_that_was_moved_or_went_stale_has_another_etag_and_any_other_keeps_its_own(
    here: Installation, client: Client
) -> None:
    made = heard(here, client)
    mine = review(client, pay(client, made), state="rejected").json()
    path = f"/v1/insights/{mine['id']}"
    etags = [client.get(path).headers["etag"]]
    for said in (TALK, (("S1", "Hello."), *TALK), RAISED, RAISED):
        hear_again(here, client, made, said)
        etags.append(client.get(path).headers["etag"])
    # A new version at the same place is news too: it is shown. Being stale a second time is none.
    assert etags == ['"2"', '"3"', '"4"', '"5"', '"5"']
    assert client.get(path).json()["updated_at"] > mine["updated_at"]


def test_looking_again_at_the_same_words_changes_no_etag(here: Installation, client: Client) -> None:
    made = heard(here, client)
    before = listed(client, made)
    with writing(here.engine) as session:
        revisions.settle(session, made["id"])
    assert listed(client, made) == before
    with reading(here.engine) as session:
        assert {session.get_one(models.Insight, one["id"]).version for one in before} == {1}


def test_an_extraction_alone_can_be_asked_for_again(here: Installation, client: Client) -> None:
    made = heard(here, client)
    answer = client.post(f"{made['links']['self']}/extractions")
    assert (answer.status_code, answer.json()["kind"]) == (202, "extraction")
    early = client.post(f"{upload(client)['links']['self']}/extractions")
    assert (early.status_code, early.json()["code"]) == (409, "transcript-not-ready")


def test_categories_keep_their_rank(here: Installation, client: Client) -> None:
    insight = pay(client, heard(here, client))
    review(client, insight, categories=["outlook", "advice", "outlook", "compensation"])
    with reading(here.engine) as session:
        row = session.get_one(models.Insight, insight["id"])
        assert insights.categories_of(session, [row]) == {row.id: ["outlook", "advice", "compensation"]}
