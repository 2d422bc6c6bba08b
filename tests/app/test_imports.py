"""Transcripts brought in over HTTP: kept as versions, searched like any other, refused before they are read."""

import json
from typing import Any

import pytest
from hypothesis import given

from app import jobs, models
from app.api import schemas, views
from app.db import writing
from app.transcripts.values import Transcript
from tests.client import Client
from tests.installation import Installation
from tests.scenes import PAY, SOUND, TALK, Caller, chunks_of, heard, plan, scope_of, search, spoken, work_through
from tests.talks import transcripts

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
        search(session, job.interview_id)
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


@pytest.mark.parametrize("format_", ["json", "vtt", "srt", "txt", "md"])
def test_an_export_brought_in_and_exported_again_is_the_same(here: Installation, client: Client, format_: str) -> None:
    first, second = heard(here, client), plan(client, title="A talk")
    exported = client.get(first["links"]["transcript"], params={"format": format_})
    answer = put(client, second, exported.text, exported.headers["content-type"])
    assert answer.status_code == 201, answer.text
    again = client.get(answer.headers["location"], params={"format": format_})
    assert blank(again) == blank(exported)


def blank(answer: Any) -> Any:
    """An export without what says where it stands and how it came to be there."""
    if "json" not in answer.headers["content-type"]:
        return answer.content
    return json.dumps(answer.json() | dict.fromkeys(("interview_id", "version", "engine", "model", "options")))


def test_an_import_says_so_and_what_its_source_said_it_was_heard_with(here: Installation, client: Client) -> None:
    exported = client.get(heard(here, client)["links"]["transcript"]).json()
    found = imported(here, client, exported, "application/json")["links"]["transcript"]
    once = client.get(found).json()
    assert (once["engine"], once["model"]) == ("import", "json")
    assert once["options"] == {"heard_by": "faster-whisper", "heard_with": "base"}
    twice = client.get(imported(here, client, once, "application/json")["links"]["transcript"]).json()
    assert {**twice, "interview_id": once["interview_id"]} == once


def test_turns_without_times_get_estimated_ones_and_the_transcript_says_so(client: Client) -> None:
    turns = {
        "turns": [{"speaker": "Interviewer", "text": "one two three four five"}, {"speaker": "Ada", "text": "six"}]
    }
    answer = put(client, plan(client, title="A talk"), turns, "application/json").json()
    assert [(one["start_ms"], one["end_ms"]) for one in answer["segments"]] == [(0, 2_000), (2_000, 2_400)]
    assert (answer["notices"], answer["options"]) == (["times-estimated"], {"words_per_minute": 150})
    assert [(one["id"], one["name"], one["role"]) for one in answer["speakers"]] == [
        ("S1", "Interviewer", "interviewer"),
        ("S2", "Ada", None),
    ]


def test_who_asks_is_said_by_the_query_and_nobody_else_is_guessed(client: Client) -> None:
    answer = put(client, plan(client, title="A talk"), "Bo: Why?\nAda: So.\nCy: Yes.", interviewer="bo")
    assert [one["role"] for one in answer.json()["speakers"]] == ["interviewer", None, None]
    unknown = put(client, plan(client, title="A talk"), "Bo: Why?\nAda: So.", interviewer="Dee")
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/query/interviewer")


def test_the_language_is_the_bodys_the_querys_or_the_interviews(client: Client) -> None:
    turns = {"turns": TURNS["turns"]}
    for body, query, expected in (
        (TURNS, {"language": "de"}, "en"),
        (turns, {"language": "de"}, "de"),
        (turns, {}, "fr"),
    ):
        made = plan(client, title="A talk", language="fr")
        assert put(client, made, body, "application/json", **query).json()["language"] == expected
    assert put(client, plan(client, title="A talk"), turns, "application/json").json()["language"] is None


@pytest.mark.parametrize(
    ("body", "kind", "code", "place"),
    [
        (b"\xff\xfe\x00", "text/plain", "transcript-unreadable", 2),
        (b"Ada: caf\xe9", "text/plain", "transcript-unreadable", 8),
        (b"A\x00d\x00a\x00", "text/plain", "transcript-unreadable", None),
        (b"hello", "text/vtt", "transcript-unreadable", None),
        (b"WEBVTT\n\n00:00 --> soon\nhello", "text/vtt", "transcript-unreadable", None),
        (b"WEBVTT\n", "text/vtt", "transcript-empty", None),
        (b"", "application/x-subrip", "transcript-empty", None),
        (b" \n", "text/markdown", "transcript-empty", None),
        (b"[1, 2]", "application/json", "invalid-request", None),
        (b"[00:10] Ada: a\n[00:05] Bo: b", "text/plain", "transcript-unreadable", None),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place_and_nothing_is_kept(
    client: Client, body: bytes, kind: str, code: str, place: int | None
) -> None:
    made = plan(client, title="A talk")
    answer = put(client, made, body, kind)
    assert (answer.status_code, answer.json()["code"], answer.json().get("byte")) == (422, code, place)
    assert client.get(made["links"]["self"]).json() == made


@pytest.mark.parametrize("body", [b"{", b'{"a": NaN}', b'"\\ud800"', b"[" * 100_000])
def test_a_body_that_is_no_json_is_400(client: Client, body: bytes) -> None:
    answer = put(client, plan(client, title="A talk"), body, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "json-invalid")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"mood": "good"}, "/mood"),
        ({"turns": [{"speaker": "", "text": "hi"}]}, "/turns/0/speaker"),
        ({"turns": [{"speaker": "Ada", "text": "hi", "end_ms": 9}]}, "/turns/0/end_ms"),
        ({"turns": [{"speaker": "Ada", "text": "hi", "start_ms": -1}]}, "/turns/0/start_ms"),
        ({"speakers": [{"id": "A"}, {"name": "A"}]}, "/speakers/1"),
        (
            {"turns": [{"speaker": "Bo", "text": "a", "role": role} for role in ("interviewer", "other")]},
            "/turns/1/role",
        ),
        (
            {"turns": [{"speaker": "Bo", "text": "a", **at} for at in ({"start_ms": 9}, {}, {"start_ms": 8})]},
            "/turns/2/start_ms",
        ),
    ],
)
def test_a_wrong_member_of_turns_is_pointed_at(client: Client, change: dict[str, Any], pointer: str) -> None:
    answer = put(client, plan(client, title="A talk"), TURNS | change, "application/json")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize(
    ("at", "value", "pointer"),
    [
        (("segments", 1, "id"), 7, "/segments/1/id"),
        (("segments", 1, "speaker"), "S9", "/segments/1/speaker"),
        (("segments", 0, "start_ms"), 10**7, "/segments/0/end_ms"),
        (("segments", 0, "words", 0, "end_ms"), -1, "/segments/0/words/0/end_ms"),
        (("segments", 0, "words", 0, "probability"), 1.5, "/segments/0/words/0/probability"),
        (("speakers", 1, "id"), "S1", "/speakers"),
        (("notices",), ["odd"], "/notices/0"),
        (("options",), {"x": [1]}, "/options/x"),
    ],
)
def test_a_wrong_member_of_an_export_is_pointed_at(
    here: Installation, client: Client, at: tuple[Any, ...], value: Any, pointer: str
) -> None:
    exported = client.get(heard(here, client)["links"]["transcript"]).json()
    inner = exported
    for part in at[:-1]:
        inner = inner[part]
    inner[at[-1]] = value
    answer = put(client, plan(client, title="A talk"), exported, "application/json")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


def test_a_transcript_that_is_too_large_is_413(here: Installation, client: Client) -> None:
    made = plan(client, title="A talk")
    answer = put(client, made, b"a" * (here.settings.max_transcript_bytes + 1))
    assert (answer.status_code, answer.json()["limit_bytes"]) == (413, here.settings.max_transcript_bytes)


def test_while_a_job_is_at_work_it_is_409_with_the_job_and_nothing_is_lost(here: Installation, client: Client) -> None:
    made = heard(here, client)
    job = client.post(f"{made['links']['self']}/transcriptions", json={}).json()
    refused = put(client, made, TEXT)
    assert (refused.status_code, refused.json()["job_id"]) == (409, job["id"])
    assert client.get(made["links"]["transcript"]).json()["version"] == 1


def test_if_match_names_the_version_that_is_replaced(here: Installation, client: Client) -> None:
    made = imported(here, client)
    path, etag = made["links"]["transcript"], client.get(made["links"]["transcript"]).headers["etag"]

    def sent(if_match: str) -> Any:
        headers = {"Content-Type": "text/plain", "If-Match": if_match}
        return client.put(path, content=TEXT, headers=headers)

    replaced = sent(etag)
    extracted(here, replaced)
    assert (replaced.status_code, sent(etag).status_code, sent('"9"').status_code) == (200, 412, 412)
    assert sent(replaced.headers["etag"]).status_code == 200


def test_if_match_any_needs_a_transcript_that_is_there(client: Client) -> None:
    made = plan(client, title="A talk", consent=True)
    headers = {"Content-Type": "text/plain", "If-Match": "*"}
    answer = client.put(f"{made['links']['self']}/transcript", content=TEXT, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (412, "version-mismatch")


def test_after_a_withdrawal_nothing_is_brought_in_and_all_of_it_is_erased(here: Installation, client: Client) -> None:
    made = imported(here, client)
    withdrawn = client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={}).json()
    assert (withdrawn["erasure"]["erased"]["transcripts"], withdrawn["erasure"]["erased"]["segments"]) == (1, 6)
    assert put(client, made, TEXT).status_code == 451
    assert client.get(f"{made['links']['self']}/transcript").status_code == 451


def test_what_was_found_before_is_held_against_the_new_words(here: Installation, client: Client) -> None:
    made = heard(here, client)
    insight = next(one for one in client.get(made["links"]["insights"]).json()["items"] if one["quote"] == PAY)
    client.patch(f"/v1/insights/{insight['id']}", json={"state": "confirmed"})
    put(client, made, TEXT.replace("fifty-two", "sixty"))
    found = client.get(f"/v1/insights/{insight['id']}").json()
    assert (found["stale"], found["state"]) == (True, "confirmed")


def test_an_extraction_of_an_import_that_fails_is_not_called_ready(client: Client) -> None:
    made = plan(client, title="A talk")
    job_id = put(client, made, TEXT).headers["link"].partition(">")[0].rpartition("/")[2]
    client.post(f"/v1/jobs/{job_id}/cancel")
    assert client.get(made["links"]["self"]).json()["status"] == "canceled"
    assert client.get(f"{made['links']['self']}/transcript").status_code == 200
    assert client.post(f"/v1/jobs/{job_id}/retry").status_code == 202


def test_it_cannot_be_heard_again_without_a_recording_and_a_recording_may_still_come(
    here: Installation, client: Client
) -> None:
    made = imported(here, client)
    refused = client.post(f"{made['links']['self']}/transcriptions", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "recording-absent")
    headers = {"Content-Type": "audio/wav"}
    sent = client.put(f"{made['links']['self']}/recording", content=SOUND, headers=headers)
    work_through(here, sent.json()["job"]["id"], spoken(*TALK))
    path = made["links"]["transcript"]
    assert [client.get(path, params={"version": number}).json()["engine"] for number in (1, 2)] == [
        "import",
        "faster-whisper",
    ]


def test_a_recording_is_refused_before_it_is_read_while_an_import_is_searched(client: Client) -> None:
    made = plan(client, title="A talk")
    put(client, made, TEXT)
    headers = {"Content-Type": "audio/wav"}
    refused = client.put(f"{made['links']['self']}/recording", content=SOUND, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "state-conflict")


def test_what_was_said_in_it_is_found_by_search(here: Installation, client: Client) -> None:
    made = imported(here, client)
    found = client.get("/v1/interviews", params={"q": "cataloguing old lamps"}).json()["items"]
    assert [one["id"] for one in found] == [made["id"]]


def test_a_subtitle_file_of_windows_is_read(client: Client) -> None:
    text = "1\r\n00:00:00,000 --> 00:00:02,500\r\nAda: Caf\u00e9.\r\n\r\n"
    for encoding in ("utf-8-sig", "utf-16"):
        answer = put(client, plan(client, title="A talk"), text.encode(encoding), "application/x-subrip")
        assert (answer.status_code, answer.json()["segments"][0]["text"]) == (201, "Caf\u00e9.")


def test_a_silent_export_may_come_in_because_it_says_so(client: Client) -> None:
    answer = put(
        client, plan(client, title="A talk"), "WEBVTT\n\nNOTE\nNo speech was found in this recording.\n", "text/vtt"
    )
    assert (answer.status_code, answer.json()["notices"], answer.json()["segments"]) == (201, ["no-speech"], [])


@given(made=transcripts())
def test_an_export_as_json_is_word_for_word_what_it_was(made: Transcript) -> None:
    exported = json.dumps(views.transcript("int_x", 3, made, with_words=True))
    read = schemas.TranscriptIn.model_validate(json.loads(exported)).as_transcript(language=None)
    as_heard = read.model_copy(update=made.model_dump(include={"engine", "model", "options"}))
    assert json.dumps(views.transcript("int_x", 3, as_heard, with_words=True)) == exported
