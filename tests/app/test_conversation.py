"""How a conversation went, over HTTP: numbers and a picture, current, refused with the words they are made of."""

from typing import Any

import pytest

from app import erasures, models
from app.conversation import timeline
from app.db import reading, writing
from app.erasures import Kind
from tests.client import Client
from tests.installation import Installation
from tests.scenes import TALK, hear_again, heard, listed, plan, review, upload

SVG = {"Accept": "image/svg+xml"}


def conversation(client: Client, made: dict[str, Any], **asked: Any) -> Any:
    return client.get(f"{made['links']['self']}/conversation", **asked)


def test_the_numbers_are_of_the_current_transcript(here: Installation, client: Client) -> None:
    made = heard(here, client)
    first = client.get(made["links"]["conversation"]).json()
    hear_again(here, client, made, TALK[:2])
    second = conversation(client, made).json()
    assert (first["interview_id"], first["transcript_version"], first["questions"]["count"]) == (made["id"], 1, 3)
    assert (second["transcript_version"], second["questions"]["count"]) == (2, 1)


def test_a_speaker_whose_role_is_said_is_believed(here: Installation, client: Client) -> None:
    made = heard(here, client)
    before = conversation(client, made).json()["talk"]
    client.patch(f"{made['links']['transcript']}/speakers/S1", json={"role": "interviewee"})
    client.patch(f"{made['links']['transcript']}/speakers/S2", json={"role": "interviewer", "name": "Ada"})
    after = conversation(client, made).json()
    assert after["talk"]["interviewer_share"] == before["interviewee_share"]
    assert [(one["role"], one["name"]) for one in after["voices"]] == [("interviewee", None), ("interviewer", "Ada")]


def test_the_slot_that_was_planned_is_held_against_it(here: Installation, client: Client) -> None:
    made = heard(here, client, planned_minutes="30")
    length = conversation(client, made).json()["length"]
    assert (length["planned_minutes"], length["over_minutes"]) == (30, round(length["minutes"] - 30, 1))
    client.patch(made["links"]["self"], json={"planned_minutes": None})
    assert conversation(client, made).json()["length"]["reason"] == "slot-not-planned"


def test_a_text_from_elsewhere_tells_no_seconds(client: Client) -> None:
    made = plan(client, consent=True)
    text = "Nora: What do you like about lamps?\n\nAda: The quiet, and the light of them.\n"
    client.put(f"{made['links']['self']}/transcript", content=text, headers={"Content-Type": "text/plain"})
    found = conversation(client, made).json()
    assert (found["times"], found["talk"]["reason"], found["silences"]["reason"]) == (
        "estimated",
        *["times-estimated"] * 2,
    )
    assert (found["questions"]["open"], found["voices"][0]["word_share"] > 0) == (1, True)


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({}, "application/json"),
        ({"headers": SVG}, "image/svg+xml"),
        ({"params": {"format": "svg"}}, "image/svg+xml"),
        ({"params": {"format": "json"}, "headers": SVG}, "application/json"),
        ({"headers": {"Accept": "text/html,image/svg+xml;q=0.9,*/*;q=0.1"}}, "image/svg+xml"),
    ],
)
def test_one_address_has_the_numbers_and_the_picture(
    here: Installation, client: Client, asked: dict[str, Any], kind: str
) -> None:
    answer = conversation(client, heard(here, client), **asked)
    assert (answer.headers["content-type"].partition(";")[0], answer.headers["vary"]) == (kind, "Accept")


def test_another_kind_of_answer_is_not_there(here: Installation, client: Client) -> None:
    answer = conversation(client, heard(here, client), headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json()["offered"]) == (406, ["application/json", "image/svg+xml"])


def test_the_picture_is_safe_to_open_in_a_browser(here: Installation, client: Client) -> None:
    made = heard(here, client, title="<script>alert(1)</script>")
    answer = conversation(client, made, headers=SVG)
    assert answer.headers["content-security-policy"] == timeline.POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<script" not in answer.text


def test_insights_that_were_rejected_are_not_on_the_picture(here: Installation, client: Client) -> None:
    made = heard(here, client)
    (pay, *_others) = listed(client, made, category="compensation")
    before = conversation(client, made, headers=SVG)
    review(client, pay, state="rejected")
    after = conversation(client, made, headers=SVG)
    assert ("Compensation" in before.text, "Compensation" in after.text) == (True, False)
    assert before.headers["etag"] != after.headers["etag"]


def test_who_has_read_it_is_told_when_it_is_another(here: Installation, client: Client) -> None:
    made = heard(here, client)
    tag = conversation(client, made).headers["etag"]
    same = conversation(client, made, headers={"If-None-Match": f"W/{tag}"})
    assert (same.status_code, same.headers["vary"], same.content) == (304, "Accept", b"")
    assert conversation(client, made, headers=SVG).headers["etag"] != tag
    client.patch(made["links"]["self"], json={"planned_minutes": 20})
    assert conversation(client, made, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("kind", ["json", "svg"])
def test_before_there_are_words_it_is_not_ready(client: Client, kind: str) -> None:
    coming, planned = upload(client), plan(client)
    answers = [conversation(client, made, params={"format": kind}) for made in (coming, planned)]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "transcript-not-ready")] * 2
    assert [one.headers.get("retry-after") for one in answers] == ["5", None]
    assert coming["links"]["conversation"] is None


@pytest.mark.parametrize("kind", ["json", "svg"])
def test_after_a_withdrawal_nothing_of_it_is_told(here: Installation, client: Client, kind: str) -> None:
    made = heard(here, client)
    client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={})
    answer = conversation(client, made, params={"format": kind})
    assert (answer.status_code, answer.json()["code"]) == (451, "consent-withdrawn")


def test_with_words_whose_time_was_over_it_is_gone(here: Installation, client: Client) -> None:
    made = heard(here, client)
    with writing(here.engine) as session:
        erasures.begin_part(session, session.get_one(models.Interview, made["id"]), Kind.TRANSCRIPT)
    answer = conversation(client, made)
    assert (answer.status_code, answer.json()["code"]) == (410, "transcript-erased")


def test_without_its_recording_the_length_is_that_of_the_words(here: Installation, client: Client) -> None:
    made = heard(here, client)
    with writing(here.engine) as session:
        erasures.begin_part(session, session.get_one(models.Interview, made["id"]), Kind.RECORDING)
    found = conversation(client, made).json()
    assert (found["length"]["minutes"] > 0, found["talk"]["reason"]) == (True, None)


def test_what_is_deleted_is_not_there_nor_what_was_planned(here: Installation, client: Client) -> None:
    made = heard(here, client, planned_minutes="45")
    client.delete(made["links"]["self"])
    assert conversation(client, made).status_code == 404
    with reading(here.engine) as session:
        assert session.get_one(models.Interview, made["id"]).planned_minutes is None
