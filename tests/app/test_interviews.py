"""Interviews: planned, found, changed by one person at a time."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from app import interviews, models, titles
from app.errors import VersionMismatch
from app.interviews import Plan
from app.search import finding
from tests.client import Client
from tests.installation import Installation
from tests.scenes import SOUND, TALK, heard, make_key, plan, spoken, upload, wav, work_through
from tests.tus import Sender

LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=60)


def found(client: Client, **filters: Any) -> list[str]:
    answer = client.get("/v1/interviews", params={"sort": "title", **filters})
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("known", "title"),
    [
        (Plan(), "Interview with somebody new"),
        (Plan(interviewee="Ada"), "Interview with Ada"),
        (Plan(role="archivist"), "Interview with archivist"),
        (Plan(interviewee="Ada", role="archivist"), "Ada, archivist"),
    ],
)
def test_a_title_is_made_from_what_is_known(known: Plan, title: str) -> None:
    assert titles.made_up(known) == title


@pytest.mark.parametrize(
    ("known", "filename", "title"),
    [
        (Plan(), "New Recording 12.m4a", "New Recording 12"),
        (Plan(employer="Trust"), "Coffee with Ada.3gp", "Coffee with Ada"),
        (Plan(), "Coffee with Dr. Ada", "Coffee with Dr. Ada"),
        (Plan(), "Ada 3.5.2026", "Ada 3.5.2026"),
        (Plan(), "Ada 3.5.2026.mp3", "Ada 3.5.2026"),
        (Plan(), " .m4a", "Interview with somebody new"),
        (Plan(), None, "Interview with somebody new"),
        (Plan(interviewee="Ada"), "New Recording 12.m4a", "Interview with Ada"),
        (Plan(role="archivist"), "New Recording 12.m4a", "Interview with archivist"),
    ],
)
def test_when_nobody_was_named_the_recordings_name_is_the_title(known: Plan, filename: str | None, title: str) -> None:
    assert titles.made_up(known, filename) == title


def test_a_title_that_was_made_up_gives_way_to_the_recordings_name_and_one_that_was_written_does_not(
    client: Client,
) -> None:
    asked = {"consent": "true", "filename": "New Recording 12.m4a", "on_duplicate": "new"}
    titles = []
    for known in ({"employer": "Trust"}, {"title": "Coffee"}, {"interviewee": "Ada"}):
        path = plan(client, **known)["links"]["self"]
        etag = client.get(path).headers["etag"]
        sent = client.put(f"{path}/recording", params=asked, content=wav(), headers={"Content-Type": "audio/wav"})
        titles.append(sent.json()["title"])
        assert client.patch(path, json={}, headers={"If-Match": etag}).status_code == 412
    assert titles == ["New Recording 12", "Coffee", "Interview with Ada"]


def test_a_title_that_is_cleared_falls_back_to_the_recordings_name(client: Client) -> None:
    made = upload(client, title="x", filename="New Recording 12.m4a")
    assert client.patch(made["links"]["self"], json={"title": None}).json()["title"] == "New Recording 12"


def test_a_planned_interview_is_all_that_was_said_of_it(client: Client) -> None:
    known = {"title": "Coffee", "interviewee": "Ada", "role": "archivist", "employer": "Trust", "contact_id": "crm-1"}
    made = plan(client, **known, planned_at="2027-01-02T10:00:00+02:00", language="en", vocabulary=["Fresnel"])
    assert {name: made[name] for name in known} == known
    assert (made["planned_at"], made["vocabulary"]) == ("2027-01-02T08:00:00Z", ["Fresnel"])
    assert (made["status"], made["recording"], made["job"], made["consent"]) == ("planned", None, None, None)
    assert client.get(made["links"]["self"]).json() == made


def test_the_location_of_a_new_interview_leads_to_it(client: Client) -> None:
    answer = client.post("/v1/interviews", json={"title": "x"})
    assert client.get(answer.headers["location"]).json()["id"] == answer.json()["id"]


@settings(max_examples=25)
@given(title=LINE, interviewee=LINE | st.none(), vocabulary=st.lists(LINE, max_size=3))
def test_every_line_of_text_comes_back_as_it_was(
    client: Client, title: str, interviewee: str | None, vocabulary: list[str]
) -> None:
    made = plan(client, title=title, interviewee=interviewee, vocabulary=vocabulary)
    shown = client.get(made["links"]["self"]).json()
    assert (shown["title"], shown["interviewee"], shown["vocabulary"]) == (title, interviewee, vocabulary)


def test_the_planned_length_is_given_changed_and_cleared(client: Client) -> None:
    made = plan(client, planned_minutes=30)
    path = made["links"]["self"]
    assert made["planned_minutes"] == 30
    for minutes in (45, None):
        assert client.patch(path, json={"planned_minutes": minutes}).json()["planned_minutes"] == minutes


def test_every_door_takes_the_planned_length(client: Client) -> None:
    assert upload(client, planned_minutes="45")["planned_minutes"] == 45
    raw = {"params": {"consent": "true", "planned_minutes": "20"}, "headers": {"Content-Type": "audio/wav"}}
    sent = client.post("/v1/interviews", content=wav(seconds=0.1), **raw)
    assert (sent.status_code, sent.json()["planned_minutes"]) == (201, 20)
    sender = Sender(client)
    path = sender.begun(len(SOUND), consent="true", planned_minutes="60", on_duplicate="new")
    interview = sender.append(path, 0, SOUND).headers["candid-interview"]
    assert client.get(interview).json()["planned_minutes"] == 60


@pytest.mark.parametrize("minutes", ["0", "481", "-5", "1.5", "half an hour", "30 ", "\u0663\u0660", "9" * 5000])
def test_a_length_that_cannot_be_is_refused_at_the_door(client: Client, minutes: str) -> None:
    form = {"consent": "true", "planned_minutes": minutes}
    answer = client.post("/v1/interviews", data=form, files={"file": ("memo.wav", SOUND, "audio/wav")})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/planned_minutes")


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"planned_minutes": "30"},
        {"planned_minutes": True},
        {"planned_minutes": 0},
        {"planned_minutes": 481},
        {"title": "x" * 301},
        {"title": "a\x00b"},
        {"language": "english"},
        {"planned_at": "2027-01-02T10:00:00"},
        {"vocabulary": ["x"] * 101},
        {"unknown": 1},
        {"consent": "maybe"},
    ],
)
def test_what_cannot_be_is_refused_and_not_echoed(client: Client, wrong: dict[str, Any]) -> None:
    answer = client.post("/v1/interviews", json={"employer": "do-not-echo", **wrong})
    (problem,) = answer.json()["errors"]
    assert (answer.status_code, problem["pointer"].split("/")[1]) == (422, next(iter(wrong)))
    assert "do-not-echo" not in answer.text


@pytest.mark.parametrize(
    ("q", "titles"),
    [
        ("fresnel", ["the talk"]),
        ("QUIET BY THE SEA", ["the talk"]),
        ("archiv", ["by role", "the talk"]),
        ("ada", ["by person"]),
        ("trust", ["by employer"]),
        ("by ", ["by employer", "by person", "by role", "the talk"]),
        ("nowhere said", []),
        ("%", ["100% sure"]),
        ("_", ["snake_case"]),
        ("\\", ["back\\slash"]),
        ("0% s", ["100% sure"]),
        ("a_b", []),
        ("personada", []),
        ("person ada", []),
    ],
)
@pytest.mark.parametrize("few", [500, 0])
def test_q_finds_titles_people_employers_and_what_was_said(
    here: Installation, client: Client, monkeypatch: pytest.MonkeyPatch, few: int, q: str, titles: list[str]
) -> None:
    monkeypatch.setattr(finding, "FEW", few)
    heard(here, client, (*TALK, ("S2", "The Fresnel lens is my favourite.")), title="the talk")
    plan(client, title="by role", role="archivist")
    plan(client, title="by person", interviewee="Ada Okafor")
    plan(client, title="by employer", employer="Northern Lights Trust")
    for title in ("100% sure", "snake_case", "back\\slash", "axb"):
        plan(client, title=title)
    assert found(client, q=q) == titles


def test_words_of_an_older_version_are_not_found_any_more(here: Installation, client: Client) -> None:
    made = heard(here, client, (("S1", "flamingo"),), title="talk")
    job = client.post(f"{made['links']['self']}/transcriptions", json={}).json()
    assert found(client, q="flamingo") == ["talk"]
    work_through(here, job["id"], spoken(("S1", "pelican")))
    assert (found(client, q="flamingo"), found(client, q="pelican")) == ([], ["talk"])


def test_filters_narrow_the_list(here: Installation, client: Client) -> None:
    heard(here, client, title="ready")
    upload(client, title="queued")
    plan(client, title="planned", contact_id="crm-7")
    assert [found(client, status=status) for status in ("ready", "queued", "planned", "failed")] == [
        ["ready"],
        ["queued"],
        ["planned"],
        [],
    ]
    assert found(client, contact_id="crm-7") == ["planned"]


@pytest.mark.parametrize(
    "wrong", [{"limit": 0}, {"limit": 101}, {"sort": "employer"}, {"status": "done"}, {"q": ""}, {"stat": "ready"}]
)
def test_a_list_refuses_what_it_does_not_know(client: Client, wrong: dict[str, Any]) -> None:
    assert client.get("/v1/interviews", params=wrong).status_code == 422


def test_a_change_changes_only_what_it_names(client: Client) -> None:
    made = plan(client, title="x", interviewee="Ada", employer="Trust")
    changed = client.patch(made["links"]["self"], json={"employer": None, "role": "archivist"}).json()
    assert (changed["title"], changed["interviewee"]) == ("x", "Ada")
    assert (changed["employer"], changed["role"]) == (None, "archivist")
    assert changed["updated_at"] > made["updated_at"]


def test_cleared_fields_fall_back_to_what_is_known(client: Client) -> None:
    made = plan(client, title="x", interviewee="Ada", vocabulary=["a"])
    changed = client.patch(made["links"]["self"], json={"title": None, "vocabulary": None}).json()
    assert (changed["title"], changed["vocabulary"]) == ("Interview with Ada", [])


def test_a_change_to_what_somebody_else_changed_meanwhile_is_refused(client: Client) -> None:
    path = plan(client, title="x")["links"]["self"]
    etag = client.get(path).headers["etag"]
    assert client.patch(path, json={"title": "first"}, headers={"If-Match": etag}).status_code == 200
    late = client.patch(path, json={"title": "second"}, headers={"If-Match": etag})
    assert (late.status_code, late.json()["code"]) == (412, "version-mismatch")
    assert client.get(path).json()["title"] == "first"


@pytest.mark.parametrize(
    ("if_match", "matches"),
    [
        (None, True),
        ("*", True),
        ('"3.1"', True),
        ('"3.9"', True),
        ('"2.1", "3.0"', True),
        ('"2.1"', False),
        ("x", False),
    ],
)
def test_if_match_asks_for_the_interviews_own_version(if_match: str | None, matches: bool) -> None:  # noqa: FBT001
    interview = models.Interview(owner_id="o", title="t", version=3)
    try:
        interviews.check_version(interview, if_match)
    except VersionMismatch:
        assert not matches
    else:
        assert matches


def test_an_unchanged_interview_is_not_sent_again_and_a_changed_one_is(client: Client) -> None:
    path = plan(client, title="x")["links"]["self"]
    etag = client.get(path).headers["etag"]
    same = client.get(path, headers={"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    after = client.patch(path, json={"title": "y"}).headers["etag"]
    assert client.get(path, headers={"If-None-Match": etag}).headers["etag"] == after != etag


def test_progress_of_the_job_changes_the_etag_and_blocks_no_edit(client: Client) -> None:
    made = upload(client)
    before = client.get(made["links"]["self"]).headers["etag"]
    edited = client.patch(made["links"]["self"], json={"title": "y"}, headers={"If-Match": before})
    client.post(f"{made['links']['job']}/cancel")
    assert edited.status_code == 200
    assert client.get(made["links"]["self"]).headers["etag"] not in (before, edited.headers["etag"])


def test_hearing_again_takes_what_is_asked_and_keeps_the_rest(here: Installation, client: Client) -> None:
    made = heard(here, client, language="en", vocabulary="Fresnel")
    answer = client.post(f"{made['links']['self']}/transcriptions", json={"vocabulary": ["Okafor"]})
    assert (answer.status_code, answer.headers["location"]) == (202, answer.json()["links"]["self"])
    assert here.job(answer.json()["id"]).options == {"language": "en", "vocabulary": ["Okafor"]}


def test_hearing_again_needs_a_recording_and_nobody_at_work(client: Client) -> None:
    planned, made = plan(client, title="x"), upload(client)
    absent = client.post(f"{planned['links']['self']}/transcriptions", json={})
    busy = client.post(f"{made['links']['self']}/transcriptions", json={})
    assert (absent.status_code, absent.json()["code"]) == (409, "recording-absent")
    assert (busy.status_code, busy.json()["job_id"]) == (409, made["job"]["id"])


def test_a_list_of_many_takes_as_many_queries_as_a_list_of_one(client: Client) -> None:
    engine, statements = client.service.state.house.engine, []
    event.listen(engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))

    def queries() -> int:
        statements.clear()
        client.get("/v1/interviews")
        return len(statements)

    upload(client, wav(seconds=0.1))
    queries()
    one = queries()
    for _ in range(4):
        upload(client)
    assert queries() == one


def test_a_key_of_the_same_owner_sees_the_same_interviews(here: Installation, client: Client) -> None:
    made = plan(client, title="shared")
    assert client.as_key(make_key(here)).get(made["links"]["self"]).json() == made
