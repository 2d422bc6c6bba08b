"""Transcripts brought in over HTTP: kept as versions, searched like any other, refused before they are read."""

import json
from typing import Any

import pytest

from app import insights, jobs, models
from app.db import writing
from tests.client import Client
from tests.installation import Installation
from tests.scenes import PAY, SOUND, TALK, Caller, chunks_of, heard, plan, scope_of, spoken, upload, work_through

TEXT = "\n".join(f"{'Interviewer' if speaker == 'S1' else 'Ada Okafor'}: {said}" for speaker, said in TALK)
TURNS = {
    "language": "en",
    "speakers": [{"id": "A", "name": "Ada Okafor", "role": "interviewee"}],
    "turns": [
        {"speaker": "Interviewer", "text": TALK[0][1], "start_ms": 0, "end_ms": 2_500},
        {"speaker": "A", "text": PAY, "start_ms": 2_600, "end_ms": 5_000},
    ],
}
CONSENT = {"consent": "true"}


def put(client: Client, made: dict[str, Any], body: Any, kind: str = "text/plain", **query: str) -> Any:
    content = json.dumps(body) if isinstance(body, dict) else body
    path = f"{made['links']['self']}/transcript"
    return client.put(path, content=content, params=CONSENT | query, headers={"Content-Type": kind})


def extracted(here: Installation, answer: Any) -> None:
    """What a worker does with the job that an answer links to."""
    job_id = answer.headers["link"].partition(">")[0].rpartition("/")[2]
    with writing(here.engine) as session:
        job = session.get_one(models.Job, job_id)
        insights.extract_and_keep(session, interview_id=job.interview_id)
        jobs.end(session, job, session.get_one(models.Interview, job.interview_id), outcome="succeeded")


def imported(here: Installation, client: Client, body: Any = TEXT, kind: str = "text/plain") -> dict[str, Any]:
    made = plan(client, title="A talk")
    answer = put(client, made, body, kind)
    assert answer.status_code == 201, answer.text
    extracted(here, answer)
    shown: dict[str, Any] = client.get(made["links"]["self"]).json()
    return shown


def test_a_transcript_of_a_planned_interview_gets_insights_like_any_other(here: Installation, client: Client) -> None:
    made = imported(here, client)
    found = client.get(made["links"]["insights"]).json()["items"]
    assert (made["status"], made["recording"], made["transcript_version"]) == ("ready", None, 1)
    assert {"compensation", "typical_day", "enjoys"} <= {kind for one in found for kind in one["categories"]}
    assert next(one for one in found if one["quote"] == PAY)["value"]["amount_min"] == 52_000


def test_the_first_one_is_201_and_another_is_200_and_both_are_read_at_once(here: Installation, client: Client) -> None:
    made = plan(client, title="A talk")
    first = put(client, made, TEXT)
    extracted(here, first)
    second = put(client, made, TURNS, "application/json")
    assert (first.status_code, first.headers["location"]) == (201, f"{made['links']['self']}/transcript")
    assert (second.status_code, second.json()["version"], second.json()["engine"]) == (200, 2, "import")
    assert client.get(first.headers["location"]).json()["segments"][1]["text"] == PAY
    assert client.get(first.headers["location"], params={"version": 1}).json()["model"] == "txt"


def test_the_link_leads_to_the_job_that_searches_it(client: Client) -> None:
    made = plan(client, title="A talk")
    path, _, rel = put(client, made, TEXT).headers["link"].partition(">")
    job = client.get(path.removeprefix("<")).json()
    assert (rel, job["kind"], job["status"]) == ('; rel="status"', "extraction", "queued")
    assert client.get(made["links"]["self"]).json()["status"] == "queued"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (TURNS, "application/json"),
        ("WEBVTT\n\n00:00.000 --> 00:02.500\n<v Ada>Hello.", "text/vtt"),
        ("1\n00:00:00,000 --> 00:00:02,500\nAda: Hello.", "application/x-subrip"),
        ("Ada: Hello.", "text/plain; charset=utf-8"),
        ("**Ada**: Hello.", "text/markdown"),
    ],
)
def test_the_content_type_says_what_it_is(client: Client, body: Any, kind: str) -> None:
    answer = put(client, plan(client, title="A talk"), body, kind)
    assert answer.status_code == 201, answer.text
    assert answer.json()["speakers"][-1]["name"].startswith("Ada")


@pytest.mark.parametrize("kind", ["application/octet-stream", "", "application/x-www-form-urlencoded"])
def test_the_query_says_what_it_is_where_the_client_cannot(client: Client, kind: str) -> None:
    made = plan(client, title="A talk")
    assert put(client, made, "Ada: Hello.", kind, format="txt").status_code == 201
    refused = put(client, made, "Ada: Hello.", kind)
    assert (refused.status_code, refused.json()["code"]) == (415, "media-type-refused")


def test_without_consent_it_is_refused_before_a_byte_is_read(client: Client) -> None:
    made = plan(client, title="A talk")
    path = f"{made['links']['self']}/transcript"
    caller = Caller(chunks_of(TEXT.encode(), 100))
    headers = {"authorization": client.headers["authorization"], "content-type": "text/plain"}
    client.portal.call(client.service, scope_of(path, headers, method="PUT"), caller.receive, caller.send)
    assert (caller.status, json.loads(caller.body)["code"], caller.taken_bytes) == (422, "consent-required", 0)
    refused = client.put(path, content=TEXT, headers={"Content-Type": "text/plain"})
    assert (refused.status_code, refused.json()["code"]) == (422, "consent-required")


def test_a_stranger_is_refused_before_a_byte_is_read(client: Client) -> None:
    made = plan(client, title="A talk")
    caller = Caller(chunks_of(TEXT.encode(), 100))
    scope = scope_of(f"{made['links']['self']}/transcript", {"content-type": "text/plain"}, method="PUT")
    client.portal.call(client.service, scope, caller.receive, caller.send)
    assert (caller.status, caller.taken_bytes) == (401, 0)


def test_consent_is_written_once_and_known_afterwards(here: Installation, client: Client) -> None:
    made = imported(here, client)
    path = f"{made['links']['self']}/transcript"
    again = client.put(path, content=TEXT, headers={"Content-Type": "text/plain"})
    extracted(here, again)
    extracted(here, put(client, made, TEXT))
    assert len(client.get("/v1/consents", params={"interview_id": made["id"]}).json()["items"]) == 1
