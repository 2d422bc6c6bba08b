"""Whose it is: every operation with somebody else's id answers exactly as it does for an id that does not exist."""

from typing import Any

import pytest

from app import ids
from app.ids import Kind
from tests.client import Client
from tests.installation import Installation
from tests.scenes import PAY, SENT, SOUND, heard, plan, upload
from tests.tus import PIECE, VERSION, Sender

# What an operation needs beside the id, so that only the id can be wrong. One that is missing here is sent nothing.
BODIES: dict[str, dict[str, Any]] = {
    "put_recording": {"params": {"consent": "true"}, "content": SOUND, "headers": {"Content-Type": "audio/wav"}},
    "put_transcript": {"params": {"consent": "true"}, "content": "Ada: hi", "headers": {"Content-Type": "text/plain"}},
    "edit_segment": {"json": {"text": "mine now"}},
    "edit_speaker": {"json": {"name": "mine now"}},
    "update_interview": {"json": {"title": "mine now"}},
    "create_transcription": {"json": {}},
    "create_insight": {"json": {"quote": PAY, "categories": ["compensation"]}},
    "review_insight": {"json": {"state": "confirmed"}},
    "review_contact": {"json": {"state": "rejected"}},
    "put_questions": {"json": {"questions": ["What does it pay?"]}},
    "withdraw_consent": {"json": {}},
    "head_upload": {"headers": VERSION},
    "append_upload": {"headers": VERSION | PIECE | {"Upload-Offset": "0"}, "content": SOUND},
    "delete_upload": {"headers": VERSION},
    "update_webhook": {"json": {"enabled": False}},
}
KINDS = {
    "interview_id": Kind.INTERVIEW,
    "job_id": Kind.JOB,
    "consent_id": Kind.CONSENT,
    "insight_id": Kind.INSIGHT,
    "contact_id": Kind.CONTACT,
    "webhook_id": Kind.WEBHOOK,
    "delivery_id": Kind.DELIVERY,
    "key_id": Kind.KEY,
    "upload_id": Kind.UPLOAD,
}
# Numbers that are the same in every interview: nobody's.
WITHIN = {"segment_id": "1", "speaker_id": "S1"}
# Members that name the request and not what was found.
OWN = ("instance", "request_id")


def things(here: Installation, client: Client) -> dict[str, str]:
    """One of everything that has an id, all of it with words, sound and insights."""
    webhook = client.post("/v1/webhooks", json={"url": "https://8.8.8.8/", "events": ["job.succeeded"]}).json()
    made = heard(here, client)
    (delivery,) = client.get(webhook["links"]["deliveries"]).json()["items"]
    insight = client.get(f"{made['links']['self']}/insights").json()["items"][0]
    contact = client.post("/v1/contacts", json={"name": "Priya Raman"}).json()
    key = client.post("/v1/api-keys", json={"name": "phone", "scopes": ["read"]}).json()
    return {
        "interview_id": made["id"],
        "job_id": made["job"]["id"],
        "consent_id": made["consent"]["id"],
        "insight_id": insight["id"],
        "contact_id": contact["id"],
        "webhook_id": webhook["id"],
        "delivery_id": delivery["id"],
        "key_id": key["id"],
        "upload_id": Sender(client).begun(len(SOUND)).rpartition("/")[2],
    }


def operations(client: Client) -> list[tuple[str, str, str]]:
    """(verb, path, operation id) of everything that takes an id in its path."""
    paths = client.contract.document["paths"].items()
    return [(verb, path, about["operationId"]) for path, verbs in paths for verb, about in verbs.items() if "{" in path]


def asked(client: Client, operation: tuple[str, str, str], given: dict[str, str]) -> tuple[int, dict[str, Any]]:
    verb, path, name = operation
    answer = client.request(verb, path.format(**given, **WITHIN), **BODIES.get(name, {}))
    body = answer.json() if answer.content and "json" in answer.headers["content-type"] else {}
    return answer.status_code, {member: value for member, value in body.items() if member not in OWN}


def test_somebody_elses_ids_are_ids_that_do_not_exist(here: Installation, client: Client, stranger: Client) -> None:
    foreign = things(here, client)
    absent = {name: ids.new(kind) for name, kind in KINDS.items()}
    found = operations(client)
    for operation in found:
        theirs, nobodys = asked(stranger, operation, foreign), asked(stranger, operation, absent)
        assert theirs == nobodys, operation
        assert theirs[0] == 404, operation
        assert operation[0] == "head" or theirs[1]["code"] == "not-found", operation
    assert len(found) >= 18


def test_the_owner_reaches_the_same_things_with_the_same_requests(here: Installation, client: Client) -> None:
    own = things(here, client)
    reads = [operation for operation in operations(client) if operation[0] in ("get", "head")]
    statuses = {operation[2]: asked(client, operation, own)[0] for operation in reads}
    assert set(statuses.values()) == {200}, statuses


def test_nothing_of_somebody_else_is_changed_by_trying(here: Installation, client: Client, stranger: Client) -> None:
    own = things(here, client)
    before = client.get(f"/v1/interviews/{own['interview_id']}").json()
    for operation in operations(client):
        asked(stranger, operation, own)
    assert client.get(f"/v1/interviews/{own['interview_id']}").json() == before
    assert client.get(f"/v1/interviews/{own['interview_id']}/recording").content == SOUND
    assert client.get(f"/v1/api-keys/{own['key_id']}").json()["revoked_at"] is None
    assert client.get(f"/v1/contacts/{own['contact_id']}").json()["state"] == "confirmed"
    assert Sender(client).offset(f"/v1/uploads/{own['upload_id']}") == 0
    assert client.get(f"/v1/webhooks/{own['webhook_id']}").json()["enabled"]


@pytest.mark.parametrize("path", ["/v1/interviews", "/v1/insights", "/v1/consents", "/v1/contacts", "/v1/webhooks"])
def test_lists_hold_what_is_ones_own(here: Installation, client: Client, stranger: Client, path: str) -> None:
    things(here, client)
    assert len(client.get(path).json()["items"]) >= 1
    assert stranger.get(path).json()["items"] == []


def test_no_search_or_filter_reaches_somebody_elses(here: Installation, client: Client, stranger: Client) -> None:
    made = heard(here, client, title="secret", contact_id="crm-1")
    for filters in ({"q": "secret"}, {"q": "archivist"}, {"q": "%"}, {"contact_id": "crm-1"}, {"status": "ready"}):
        assert stranger.get("/v1/interviews", params=filters).json()["items"] == []
    assert stranger.get("/v1/consents", params={"interview_id": made["id"]}).json()["items"] == []
    for filters in (
        {"q": "quiet"},
        {"q": "%"},
        {"interview_id": made["id"]},
        {"category": "enjoys"},
        {"stale": "true"},
    ):
        assert client.get("/v1/insights", params=filters).status_code == 200
        assert stranger.get("/v1/insights", params=filters).json()["items"] == []
    for filters in ({"q": "quiet"}, {"q": "quiet", "interview_id": made["id"]}, {"q": "quiet", "kind": "insight"}):
        assert len(client.get("/v1/search", params=filters).json()["items"]) >= 1
        assert stranger.get("/v1/search", params=filters).json()["items"] == []
    contact = client.post("/v1/contacts", json={"name": "Priya Raman"}).json()["name"]
    for filters in ({"q": contact}, {"q": "%"}, {"interview_id": made["id"]}, {"state": "confirmed"}):
        assert stranger.get("/v1/contacts", params=filters).json()["items"] == []
    assert stranger.get("/v1/comparison", params={"role": "%"}).json()["interviews"] == []


def test_no_interview_is_planned_with_somebody_elses_contact(
    here: Installation, client: Client, stranger: Client
) -> None:
    foreign, absent = things(here, client)["contact_id"], ids.new(Kind.CONTACT)
    answers = [stranger.post("/v1/interviews", json={"contact_id": contact}) for contact in (foreign, absent)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json()["errors"] == answers[1].json()["errors"]


def test_no_name_tells_of_somebody_elses_contacts(here: Installation, client: Client, stranger: Client) -> None:
    heard(here, client, SENT)
    heard(here, stranger, SENT)
    (mine,) = client.get("/v1/contacts").json()["items"]
    assert mine["also_named_in"] == []


def test_a_cursor_of_somebody_else_opens_nothing(client: Client, stranger: Client) -> None:
    for number in range(3):
        plan(client, title=f"talk {number}")
    cursor = client.get("/v1/interviews", params={"limit": 1}).json()["next_cursor"]
    assert stranger.get("/v1/interviews", params={"limit": 1, "cursor": cursor}).json()["code"] == "cursor-invalid"


def test_a_consent_cannot_be_given_for_somebody_elses_interview(client: Client, stranger: Client) -> None:
    made = upload(client)
    person = {"role": "interviewee"}
    long_form = {"interview_id": made["id"], "participants": [person], "purposes": ["record"], "method": "email"}
    assert stranger.post("/v1/consents", json=long_form).status_code == 404
    assert len(client.get("/v1/consents").json()["items"]) == 1


def test_no_upload_is_begun_for_somebody_elses_interview(client: Client, stranger: Client) -> None:
    foreign, absent = plan(client, title="mine")["id"], ids.new(Kind.INTERVIEW)
    answers = [Sender(stranger).begin(9, consent="true", interview_id=one) for one in (foreign, absent)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_the_recording_of_somebody_else_is_no_duplicate(client: Client, stranger: Client) -> None:
    upload(client)
    answer = stranger.post("/v1/interviews?consent=true", content=SOUND, headers={"Content-Type": "audio/wav"})
    assert (answer.status_code, len(stranger.get("/v1/interviews").json()["items"])) == (201, 1)
