"""Consent: who allowed what and when; kept for ever as it was given."""

import hashlib
from typing import Any

import pytest

from app import consents, erasures, models
from app.consents import NEEDED, Purpose
from app.db import reading
from tests import databases
from tests.client import Client
from tests.installation import Installation
from tests.scenes import SOUND, heard, plan, upload

ADA = {"name": "Ada Okafor", "role": "interviewee"}
RAW: dict[str, Any] = {"content": SOUND, "headers": {"Content-Type": "audio/wav"}}


def give(client: Client, interview_id: str, **about: Any) -> dict[str, Any]:
    long_form = {
        "interview_id": interview_id,
        "participants": [ADA],
        "purposes": ["record", "transcribe", "analyse"],
        "method": "spoken_on_recording",
        "evidence": {"start_ms": 900, "end_ms": 5200},
        "jurisdiction": "US-CA",
        **about,
    }
    answer = client.post("/v1/consents", json=long_form)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_short_form_says_who_asserted_it_and_what_people_were_told(client: Client) -> None:
    consent = client.get(f"/v1/consents/{upload(client)['consent']['id']}").json()
    assert consent["asserted_by"] == client.get("/v1/me").json()["key_id"]
    assert (consent["method"], consent["purposes"]) == ("operator_asserted", ["record", "transcribe", "analyse"])
    assert consent["notice_sha256"] == hashlib.sha256(consents.NOTICE.encode()).hexdigest()
    assert [(event["seq"], event["kind"]) for event in consent["events"]] == [(1, "given")]


def test_the_long_form_is_kept_as_it_was_said(client: Client) -> None:
    consent = give(client, plan(client, title="x")["id"])
    assert (consent["participants"][0]["name"], consent["jurisdiction"]) == ("Ada Okafor", "US-CA")
    assert (consent["method"], consent["evidence"]) == ("spoken_on_recording", {"start_ms": 900, "end_ms": 5200})
    assert client.get(f"/v1/consents/{consent['id']}").json() == consent


@pytest.mark.parametrize("purposes", [["record"], ["record", "transcribe"], ["share", "quote", "analyse"]])
def test_a_consent_for_less_does_not_let_a_recording_in(client: Client, purposes: list[str]) -> None:
    planned = plan(client, title="x")
    give(client, planned["id"], purposes=purposes)
    answer = client.put(f"{planned['links']['self']}/recording", **RAW)
    assert (answer.status_code, answer.json()["code"]) == (422, "consent-required")


def test_a_consent_given_before_lets_the_recording_in_without_saying_it_again(client: Client) -> None:
    planned = plan(client, title="x")
    given = give(client, planned["id"])
    answer = client.put(f"{planned['links']['self']}/recording", **RAW)
    assert (answer.status_code, answer.json()["consent"]["id"]) == (201, given["id"])


@pytest.mark.parametrize(
    ("purposes", "allowed"), [(NEEDED, True), (list(Purpose), True), ([], False), (["record", "share"], False)]
)
def test_what_is_needed_to_record(purposes: list[str], allowed: bool) -> None:  # noqa: FBT001  a column
    assert consents.allows_recording(list(purposes)) is allowed


@pytest.mark.parametrize(
    "wrong",
    [
        {"participants": []},
        {"purposes": []},
        {"purposes": ["sell"]},
        {"method": "telepathy"},
        {"jurisdiction": "California"},
        {"evidence": {"start_ms": -1}},
    ],
)
def test_a_long_form_that_proves_nothing_is_refused(client: Client, wrong: dict[str, Any]) -> None:
    planned = plan(client, title="x")
    about = {"interview_id": planned["id"], "participants": [ADA], "purposes": ["record"], "method": "email", **wrong}
    assert client.post("/v1/consents", json=about).status_code == 422


def test_consents_of_one_interview_are_listed_newest_first(client: Client) -> None:
    planned, other = plan(client, title="x"), plan(client, title="y")
    given = [give(client, planned["id"])["id"] for _ in range(3)]
    give(client, other["id"])
    page = client.get("/v1/consents", params={"interview_id": planned["id"], "limit": 2}).json()
    rest = client.get(
        "/v1/consents", params={"interview_id": planned["id"], "limit": 2, "cursor": page["next_cursor"]}
    ).json()
    assert [item["id"] for item in page["items"] + rest["items"]] == given[::-1]


def test_the_one_who_withdraws_and_why_is_an_event(client: Client) -> None:
    consent = upload(client)["consent"]
    answer = client.post(f"/v1/consents/{consent['id']}/withdraw", json={"reason": "Ada asked by e-mail."})
    event = answer.json()["events"][1]
    assert (answer.status_code, answer.json()["status"]) == (202, "withdrawn")
    assert (event["kind"], event["reason"], event["seq"]) == ("withdrawn", "Ada asked by e-mail.", 2)
    assert event["by"] == client.get("/v1/me").json()["key_id"]


def test_one_withdrawal_is_enough_however_many_agreed(client: Client) -> None:
    made = upload(client)
    second = give(client, made["id"])
    client.post(f"/v1/consents/{second['id']}/withdraw", json={})
    assert client.get(made["links"]["recording"]).status_code == 451
    assert client.get(f"/v1/consents/{made['consent']['id']}").json()["status"] == "given"


def test_nothing_new_is_allowed_for_a_withdrawn_interview(client: Client) -> None:
    made = upload(client)
    client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={})
    again = {"interview_id": made["id"], "participants": [ADA], "purposes": ["record"], "method": "email"}
    assert client.post("/v1/consents", json=again).status_code == 451
    answer = client.put(f"{made['links']['self']}/recording", params={"consent": "true"}, **RAW)
    assert answer.status_code == 451


def test_consent_is_only_ever_added_to(here: Installation, client: Client) -> None:
    for table in ("consent", "consent_event"):
        for verb in ("update", "delete"):
            databases.refuse(here.engine, verb, table)
    made = heard(here, client)
    give(client, made["id"])
    client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={"reason": "x"})
    assert client.delete(made["links"]["self"]).status_code == 204
    with reading(here.engine) as session:
        assert erasures.pending(session) == []
        assert [event.kind for event in consents.history(session, made["consent"]["id"])] == ["given", "withdrawn"]
        assert session.get_one(models.Consent, made["consent"]["id"]).method == "operator_asserted"


def test_a_consent_changes_the_etag_of_its_interview(client: Client) -> None:
    planned = plan(client, title="x")
    path = planned["links"]["self"]
    etag = client.get(path).headers["etag"]
    given = give(client, planned["id"])
    after = client.get(path, headers={"If-None-Match": etag})
    assert (after.status_code, after.json()["consent"]["id"]) == (200, given["id"])
    assert after.json()["updated_at"] > planned["updated_at"]


def test_an_erased_interview_leaves_the_record_of_consent_as_its_description_says(client: Client) -> None:
    planned = plan(client, title="x", interviewee="Ada Okafor")
    given = give(client, planned["id"])
    assert client.delete(planned["links"]["self"]).status_code == 204
    assert client.get(f"/v1/consents/{given['id']}").json()["participants"] == given["participants"]
    about = client.contract.document["paths"]["/v1/interviews/{interview_id}"]["delete"]
    assert "record of consent stays" in about["description"]


@pytest.mark.parametrize(
    ("known", "title"),
    [({}, "Interview with somebody new"), ({"title": "Coffee"}, "Coffee"), ({"role": "cook"}, "Interview with cook")],
)
def test_a_title_that_was_the_files_name_goes_with_the_file(client: Client, known: dict[str, str], title: str) -> None:
    made = upload(client, filename="Ada Okafor.wav", **known)
    client.post(f"/v1/consents/{made['consent']['id']}/withdraw")
    assert client.get(made["links"]["self"]).json()["title"] == title


def test_withdrawing_needs_no_body(client: Client) -> None:
    made = upload(client)
    answer = client.post(f"/v1/consents/{made['consent']['id']}/withdraw")
    assert (answer.status_code, answer.json()["status"]) == (202, "withdrawn")
    assert answer.json()["events"][-1]["reason"] is None


def test_a_body_of_no_known_type_is_refused_even_where_none_is_needed(client: Client) -> None:
    made = upload(client)
    answer = client.post(f"/v1/consents/{made['consent']['id']}/withdraw", content=b"reason=none")
    assert (answer.status_code, answer.json()["code"]) == (415, "media-type-refused")
