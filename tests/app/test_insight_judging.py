"""People's hands on insights: other boundaries, insights of their own, and what a run leaves of it."""

from typing import Any

import pytest

from app.errors import FieldInvalid
from app.insights.judging import state_after, values_after
from tests.client import Client
from tests.installation import Installation
from tests.scenes import PAY, TALK, WORD_MS, hear_again, heard, listed, plan, review, upload

DAY = "On a typical day I start at eight by cataloguing old lamps, then I answer letters until noon."
LAMPS = "cataloguing old lamps"
# "It is quiet." is said three times: as the second, the fourth and the sixth turn.
QUIET = (
    ("S1", "How are the winters?"), ("S2", "It is quiet."), ("S1", "And what are the summers like?"),
    ("S2", "It is quiet."), ("S1", "How is spring?"), ("S2", "It is quiet."),
)  # fmt: skip
SECOND = 13 * WORD_MS
A, B, C = ({"amount_min": n, "amount_max": n, "currency": "USD", "period": "year", "kind": "base"} for n in (1, 2, 3))


def add(client: Client, made: dict[str, Any], quote: str = LAMPS, **facts: Any) -> Any:
    body = {"quote": quote, "categories": ["typical_day"], **facts}
    return client.post(f"{made['links']['self']}/insights", json=body)


def of(client: Client, made: dict[str, Any], quote: str) -> dict[str, Any]:
    return next(one for one in listed(client, made) if one["quote"] == quote)


def again(client: Client, insight: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/v1/insights/{insight['id']}").json()
    return found


@pytest.mark.parametrize(
    ("state", "changes", "after"),
    [
        ("proposed", {}, "proposed"),
        ("proposed", {"note": "x"}, "proposed"),
        ("proposed", {"state": "confirmed"}, "confirmed"),
        ("proposed", {"categories": ["advice"]}, "corrected"),
        ("confirmed", {"value": None}, "corrected"),
        ("confirmed", {"values": []}, "corrected"),
        ("rejected", {"quote": "x"}, "corrected"),
        ("confirmed", {"start_ms": 1}, "corrected"),
        ("confirmed", {"note": None}, "confirmed"),
        ("corrected", {"state": "confirmed", "quote": "x"}, "confirmed"),
        ("confirmed", {"state": "rejected", "value": A}, "rejected"),
    ],
)
def test_the_state_is_what_people_say_or_corrected_when_they_correct(
    state: str, changes: dict[str, Any], after: str
) -> None:
    assert state_after(state, changes) == after


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        ({}, [A, B]),
        ({"value": C}, [C, B]),
        ({"value": B}, [B]),
        ({"value": None}, []),
        ({"values": [C]}, [C]),
        ({"values": []}, []),
        ({"value": C, "values": [C, A]}, [C, A]),
        ({"value": None, "values": []}, []),
    ],
)
def test_a_new_main_figure_takes_the_place_of_the_former(changes: dict[str, Any], after: list[dict[str, Any]]) -> None:
    assert values_after([A, B], changes) == after


@pytest.mark.parametrize("changes", [{"value": A, "values": [B, A]}, {"value": A, "values": []}])
def test_a_main_figure_that_is_not_the_first_of_all_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FieldInvalid):
        values_after([], changes)


def test_other_boundaries_bring_their_own_times_and_segments(here: Installation, client: Client) -> None:
    made = heard(here, client)
    answer = review(client, of(client, made, DAY), quote=LAMPS)
    found = answer.json()
    assert (answer.status_code, found["state"], found["quote"], found["segment_ids"]) == (200, "corrected", LAMPS, [4])
    assert (found["end_ms"] - found["start_ms"], found["speaker"]) == (3 * WORD_MS, "S2")
    assert answer.headers["etag"] == '"2"'


@pytest.mark.parametrize("quote", ["cataloguing old lamp", "Cataloguing old lamps", f"{PAY} And what", "nowhere said"])
def test_a_quote_that_is_not_in_one_turn_is_refused_and_changes_nothing(
    here: Installation, client: Client, quote: str
) -> None:
    made = heard(here, client)
    insight = of(client, made, DAY)
    for answer in (review(client, insight, quote=quote, note="lost?"), add(client, made, quote)):
        assert (answer.status_code, answer.json()["code"]) == (422, "quote-not-found")
        assert answer.json()["errors"][0]["pointer"] == "/quote"
    assert again(client, insight) == insight


def test_of_words_that_are_said_again_the_nearest_to_the_insight_or_to_start_ms_is_meant(
    here: Installation, client: Client
) -> None:
    made = heard(here, client, QUIET)
    first = add(client, made, "It is quiet.").json()
    third = add(client, made, "It is quiet.", start_ms=99_000).json()
    assert (first["segment_ids"], third["segment_ids"]) == ([2], [6])
    assert review(client, third, quote="is quiet.").json()["segment_ids"] == [6]
    moved = review(client, third, quote="It is quiet.", start_ms=SECOND).json()
    assert (moved["segment_ids"], moved["start_ms"]) == ([4], SECOND)
    assert moved["question"]["text"] == "And what are the summers like?"


def test_a_place_holds_one_insight(here: Installation, client: Client) -> None:
    made = heard(here, client, QUIET)
    first = add(client, made, "It is quiet.").json()
    second = add(client, made, "It is quiet.", start_ms=SECOND).json()
    twice, moved = add(client, made, "It is quiet."), review(client, second, start_ms=0)
    for answer in (twice, moved):
        assert (answer.status_code, answer.json()["code"], answer.json()["insight_id"]) == (
            409, "insight-present", first["id"],
        )  # fmt: skip
    assert again(client, second) == second


def test_an_insight_added_by_hand_is_confirmed_and_says_who_found_it(here: Installation, client: Client) -> None:
    made = heard(here, client)
    answer = add(client, made, f" {LAMPS} ", value=A, note="She glowed.")
    found = answer.json()
    assert (answer.status_code, client.get(answer.headers["location"]).json()) == (201, found)
    assert client.get(answer.headers["location"]).headers["etag"] == answer.headers["etag"]
    assert (found["method"], found["because"], found["state"], found["confidence"]) == ("person", [], "confirmed", 1)
    assert (found["quote"], found["value"], found["values"], found["note"]) == (LAMPS, A, [A], "She glowed.")
    assert found["question"]["text"] == "And what does a typical day look like?"
    assert found in listed(client, made)


@pytest.mark.parametrize(
    "wrong",
    [
        {"quote": ""},
        {"quote": "x\x00"},
        {"quote": "x" * 5001},
        {"categories": []},
        {"start_ms": -1},
        {"value": A, "values": [B]},
        {"values": [A] * 21},
        {"state": "confirmed"},
    ],
)
def test_an_insight_that_cannot_be_is_refused(here: Installation, client: Client, wrong: dict[str, Any]) -> None:
    made = heard(here, client)
    assert add(client, made, **{"quote": LAMPS, **wrong}).status_code == 422
    assert "person" not in {one["method"] for one in listed(client, made)}


def test_nothing_can_be_added_before_there_are_words_or_after_they_are_gone(here: Installation, client: Client) -> None:
    for made in (upload(client), plan(client, title="x")):
        assert add(client, made).json()["code"] == "transcript-not-ready"
    gone = heard(here, client)
    client.post(f"/v1/consents/{gone['consent']['id']}/withdraw", json={})
    assert add(client, gone).status_code == 451


def test_what_was_added_by_hand_can_be_deleted_and_what_was_found_is_rejected(
    here: Installation, client: Client
) -> None:
    made = heard(here, client)
    mine, found = add(client, made).json(), of(client, made, PAY)
    assert client.delete(f"/v1/insights/{mine['id']}").status_code == 204
    assert client.get(f"/v1/insights/{mine['id']}").status_code == 404
    refused = client.delete(f"/v1/insights/{found['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "insight-found")
    assert again(client, found) == found


def test_deleting_what_was_changed_meanwhile_is_refused(here: Installation, client: Client) -> None:
    made = heard(here, client)
    answer = add(client, made)
    path, etag = answer.headers["location"], answer.headers["etag"]
    client.patch(path, json={"note": "x"}, headers={"If-Match": etag}).raise_for_status()
    assert client.delete(path, headers={"If-Match": etag}).status_code == 412
    assert client.delete(path, headers={"If-Match": client.get(path).headers["etag"]}).status_code == 204


@pytest.mark.parametrize(
    "change",
    [{"state": "confirmed"}, {"state": "rejected"}, {"note": "call back"}, {"quote": "I start at eight"}],
    ids=lambda change: next(iter(change)),
)
def test_what_is_found_again_in_a_place_that_people_have_spoken_on_is_not_proposed_beside_it(
    here: Installation, client: Client, change: dict[str, Any]
) -> None:
    made = heard(here, client)
    mine = review(client, of(client, made, DAY), **change).json()
    hear_again(here, client, made)
    assert [one["id"] for one in listed(client, made) if one["segment_ids"] == [4]] == [mine["id"]]
    kept = again(client, mine)
    assert (kept["state"], kept["quote"], kept["note"]) == (mine["state"], mine["quote"], mine["note"])
    assert len(listed(client, made)) == 3


def test_an_insight_added_by_hand_outlives_a_run_and_is_not_doubled(here: Installation, client: Client) -> None:
    made = heard(here, client)
    mine = add(client, made, "the quiet by the sea", categories=["culture"]).json()
    hear_again(here, client, made)
    assert [one["id"] for one in listed(client, made) if one["segment_ids"] == [6]] == [mine["id"]]
    assert again(client, mine)["transcript_version"] == 2


def test_the_same_words_said_elsewhere_are_still_found(here: Installation, client: Client) -> None:
    made = heard(here, client)
    review(client, of(client, made, PAY), state="rejected")
    hear_again(here, client, made, (*TALK, ("S1", "How much do you make?"), ("S2", PAY)))
    assert [(one["state"], one["segment_ids"]) for one in listed(client, made) if one["quote"] == PAY] == [
        ("rejected", [2]), ("proposed", [8]),
    ]  # fmt: skip


def test_words_said_twice_are_each_followed_to_their_own_place(here: Installation, client: Client) -> None:
    made = heard(here, client, QUIET)
    first, third = (add(client, made, "It is quiet.", start_ms=at).json() for at in (0, 99_000))
    hear_again(here, client, made, (("S1", "Hello there."), *QUIET))
    assert [again(client, one)["segment_ids"] for one in (first, third)] == [[3], [7]]
    hear_again(here, client, made, QUIET[2:])
    assert [again(client, one)["stale"] for one in (first, third)] == [False, False]
    hear_again(here, client, made, QUIET[4:])
    assert sorted(again(client, one)["stale"] for one in (first, third)) == [False, True]


def test_corrections_outlive_hearing_again_until_the_words_change(here: Installation, client: Client) -> None:
    made = heard(here, client)
    fixed = {"categories": ["outlook"], "value": A, "quote": "about fifty-two thousand dollars"}
    mine = review(client, of(client, made, PAY), **fixed).json()
    hear_again(here, client, made, (("S1", "Hello."), *TALK))
    kept = again(client, mine)
    assert (kept["categories"], kept["value"], kept["quote"], kept["stale"]) == (["outlook"], A, fixed["quote"], False)
    hear_again(here, client, made, [(who, said.replace("fifty-two", "fifty two")) for who, said in TALK])
    gone = again(client, mine)
    assert (gone["stale"], gone["quote"], gone["start_ms"]) == (True, kept["quote"], kept["start_ms"])
    assert gone["transcript_version"] == kept["transcript_version"]


def test_a_stale_insight_that_is_given_words_of_the_new_transcript_can_be_confirmed(
    here: Installation, client: Client
) -> None:
    made = heard(here, client)
    mine = review(client, of(client, made, PAY), state="confirmed").json()
    hear_again(here, client, made, [(who, said.replace("fifty-two", "sixty")) for who, said in TALK])
    assert review(client, mine, state="confirmed").json()["code"] == "insight-stale"
    free = "about sixty thousand dollars"
    found = review(client, mine, quote=free, state="confirmed").json()
    assert (found["state"], found["stale"], found["transcript_version"], found["quote"]) == (
        "confirmed", False, 2, free,
    )  # fmt: skip


def test_every_insight_says_what_was_asked(here: Installation, client: Client) -> None:
    made = heard(here, client)
    question = of(client, made, PAY)["question"]
    assert question == {
        "text": TALK[0][1], "speaker": "S1", "start_ms": 0, "end_ms": 8 * WORD_MS, "segment_ids": [1],
    }  # fmt: skip
    told = heard(here, client, [("S1", "I love the quiet by the sea.")])
    assert [one["question"] for one in listed(client, told)] == [None]


def test_the_question_is_looked_for_again_in_new_words(here: Installation, client: Client) -> None:
    made = heard(here, client)
    mine = review(client, of(client, made, PAY), state="confirmed").json()
    hear_again(here, client, made, (("S1", "Hello."), *TALK))
    moved = again(client, mine)["question"]
    assert (moved["segment_ids"], moved["start_ms"]) == ([2], WORD_MS)
    hear_again(here, client, made, (("S1", "How much would an archivist make?"), *TALK[1:]))
    assert (again(client, mine)["question"], again(client, mine)["stale"]) == (None, False)


def test_every_figure_is_kept_and_the_main_one_leads(here: Installation, client: Client) -> None:
    said = "I started at $15 an hour and now I make $52,000 a year."
    made = heard(here, client, [("S1", "What does it pay?"), ("S2", said)])
    (found,) = listed(client, made)
    assert [(one["amount_min"], one["period"]) for one in found["values"]] == [(52_000, "year"), (15, "hour")]
    assert found["value"] == found["values"][0]
    fixed = review(client, found, value=A).json()
    assert (fixed["value"], fixed["values"]) == (A, [A, found["values"][1]])
    assert review(client, found, values=[]).json()["value"] is None
