"""Retention: kept as long as was promised and not longer, unless it is held; proved, and refused from then on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from app import claims, erasures, models, retention, transcripts
from app.claims import Claim
from app.db import WriteSession, now, reading, writing
from app.erasures import Kind
from app.errors import PassingFailure, TranscriptErased
from app.main import create_app
from app.retention import Due, days_kept, is_over
from tests.client import Client
from tests.installation import Installation, installed
from tests.scenes import (
    SENT,
    SOUND,
    bytes_of_database,
    hear_again,
    heard,
    kept,
    make_key,
    plan,
    spoken,
    staged,
    upload,
)
from tests.tus import Sender
from tests.whole.odd_worker import OddEar
from workers.bench import Bench, Ears
from workers.daily import Erasing
from workers.gate import Gate

CANARY = "zyxquokka"
SECRETS = (
    ("S1", f"Do you like {CANARY}?"),
    ("S2", f"I make fifty thousand dollars a year at {CANARY}."),
    *SENT,
)
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    """Recordings are kept for 30 days here, transcripts for 90."""
    with installed(tmp_path / "data", keep_recordings_days=30, keep_transcripts_days=90) as here:
        yield here


@pytest.fixture
def client(here: Installation) -> Iterator[Client]:
    with Client(create_app(here.settings), key=make_key(here)) as client:
        yield client


def bench_of(here: Installation, name: str = "w1") -> Bench:
    """A worker that is alive; it has no ear and no judge, for it only erases."""
    with writing(here.engine) as session:
        session.merge(models.Worker(id=name, engine="e", model="m"))
    ears = Ears(lambda _engine, _model: OddEar())
    return Bench(name, here.settings, here.engine, here.queue, here.recordings, ears, Gate(1), lambda _turns: [])


def after(here: Installation, days: float) -> None:
    """So many days pass, and the day's erasing is done."""
    erasing, at = Erasing(bench_of(here)), now() + timedelta(days=days)
    for _ in range(10):
        erasing.step(at=at)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize(
    ("installation", "promised", "expected"),
    [(None, None, None), (30, None, 30), (None, 7, 7), (30, 7, 7), (7, 30, 7)],
)
def test_of_two_promises_the_shorter_is_kept(
    installation: int | None, promised: int | None, expected: int | None
) -> None:
    assert days_kept(installation, promised) == expected


@given(st.integers(1, 36500), st.integers(-86400, 86400))
def test_a_time_is_over_to_the_second(days: int, seconds: int) -> None:
    since = datetime(1990, 1, 1, tzinfo=UTC)
    at = since + timedelta(days=days, seconds=seconds)
    assert is_over(since, days=days, at=at) is (seconds >= 0)
    assert not is_over(since, days=None, at=at)


def test_a_recording_goes_first_and_its_transcript_stays(here: Installation, client: Client) -> None:
    made = heard(here, client)
    after(here, 29)
    assert client.get(made["links"]["recording"]).content == SOUND
    after(here, 31)
    assert code(client.get(made["links"]["recording"])) == (410, "recording-erased")
    assert client.head(made["links"]["recording"]).status_code == 410
    found = client.get(made["links"]["self"]).json()
    assert (found["status"], found["recording"], found["links"]["recording"]) == ("ready", None, None)
    assert found["retention"]["recording_erased_at"] is not None
    assert client.get(made["links"]["transcript"]).status_code == 200
    assert kept(here) == []


def test_a_transcript_goes_with_all_that_was_found_in_it(here: Installation, client: Client) -> None:
    made = upload(client, filename=f"{CANARY}.wav", vocabulary="Fresnel")
    client.put(f"{made['links']['self']}/questions", json={"questions": ["Do you like it?"]})
    hear(here, client, made)
    assert bytes_of_database(here).count(CANARY.encode()) > 5
    after(here, 91)
    here_ = made["links"]["self"]
    for path in ("/transcript", "/transcript?version=1", "/insights"):
        assert code(client.get(f"{here_}{path}")) == (410, "transcript-erased")
    assert client.get("/v1/insights").json()["items"] == client.get("/v1/contacts").json()["items"] == []
    (question,) = client.get(f"{here_}/questions").json()["items"]
    assert (question["text"], question["answer"]) == ("Do you like it?", None)
    assert CANARY.encode() not in bytes_of_database(here)


def hear(here: Installation, client: Client, made: dict[str, Any]) -> None:
    client.post(f"{made['links']['job']}/cancel")
    hear_again(here, client, made, SECRETS)


def test_what_was_kept_long_enough_does_not_come_back(here: Installation, client: Client) -> None:
    made = heard(here, client)
    after(here, 91)
    path = made["links"]["self"]
    sound = {"content": SOUND, "headers": {"Content-Type": "audio/wav"}}
    assert code(client.put(f"{path}/recording?consent=true", **sound)) == (410, "recording-erased")
    assert code(client.post(f"{path}/transcriptions", json={})) == (410, "recording-erased")
    assert code(client.post(f"{path}/extractions")) == (410, "transcript-erased")
    text = {"content": "Ada: hi", "headers": {"Content-Type": "text/plain"}}
    assert code(client.put(f"{path}/transcript?consent=true", **text)) == (410, "transcript-erased")
    assert code(client.patch(f"{path}/transcript/segments/1", json={"text": "x"})) == (410, "transcript-erased")
    assert code(client.post(f"{path}/insights", json={"quote": "x", "categories": ["culture"]}))[0] == 410


@pytest.fixture
def brought(client: Client) -> dict[str, Any]:
    """A planned interview whose words were brought in; it has no recording, and nobody is at work on it."""
    path = plan(client, consent=True)["links"]["self"]
    text = {"content": f"Ada: hi {CANARY}", "headers": {"Content-Type": "text/plain"}}
    assert client.put(f"{path}/transcript", **text).status_code == 201
    made: dict[str, Any] = client.get(path).json()
    client.post(f"{made['links']['job']}/cancel")
    return made


@pytest.mark.parametrize("door", ["put", "tus"])
def test_words_whose_time_was_over_are_not_heard_again_from_a_recording(
    here: Installation, client: Client, brought: dict[str, Any], door: str
) -> None:
    after(here, 91)
    if door == "tus":
        answer = Sender(client).begin(len(SOUND), interview_id=brought["id"])
    else:
        sound = {"content": SOUND, "headers": {"Content-Type": "audio/wav"}}
        answer = client.put(f"{brought['links']['self']}/recording", **sound)
    assert (code(answer), kept(here)) == ((410, "transcript-erased"), [])
    assert CANARY.encode() not in bytes_of_database(here)


def test_an_upload_ends_when_the_words_it_would_bring_back_are_being_erased(
    here: Installation, client: Client, brought: dict[str, Any]
) -> None:
    sender = Sender(client)
    path = sender.begun(len(SOUND), interview_id=brought["id"])
    with writing(here.engine) as session:
        erasures.begin_part(session, session.get_one(models.Interview, brought["id"]), Kind.TRANSCRIPT)
    assert code(sender.append(path, 0, SOUND)) == (410, "transcript-erased")
    assert (sender.head(path).status_code, kept(here), staged(here)) == (404, [], [])


def test_nobody_keeps_words_whose_time_was_over(here: Installation, brought: dict[str, Any]) -> None:
    after(here, 91)
    with writing(here.engine) as session, pytest.raises(TranscriptErased):
        transcripts.add(session, brought["id"], spoken(*SECRETS), job_id=None)


def test_a_failed_job_is_not_tried_again_without_its_recording(here: Installation, client: Client) -> None:
    made = upload(client)
    with writing(here.engine) as session:
        claim = Claim(made["job"]["id"], 1, "w")
        claims.begin(session, claim, is_ours=lambda: True)
        claims.fail(session, claim, PassingFailure("The ear has a cold."))
        chunk: dict[str, Any] = {"start_ms": 0, "end_ms": 1, "segments": [{"text": CANARY}]}
        session.add(models.HeardChunk(job_id=made["job"]["id"], index=0, plan_sha256="p", **chunk))
    after(here, 31)
    assert code(client.post(f"{made['links']['job']}/retry")) == (410, "recording-erased")
    assert CANARY.encode() not in bytes_of_database(here)


def test_every_erasure_has_a_certificate(here: Installation, client: Client) -> None:
    made = heard(here, client)
    after(here, 31)
    after(here, 91)
    first, second = client.get(f"{made['links']['self']}/erasures").json()["items"]
    assert (first["kind"], second["kind"]) == ("recording", "transcript")
    assert first["erased"]["recording"] == {"sha256": made["recording"]["sha256"], "size_bytes": len(SOUND)}
    assert (second["erased"]["transcripts"], second["erased"]["segments"]) == (1, 6)
    assert all(one["completed_at"] for one in (first, second))


def test_a_shorter_promise_is_kept_and_a_longer_one_is_none(here: Installation, client: Client) -> None:
    shorter, longer = heard(here, client), heard(here, client)
    client.patch(shorter["links"]["self"], json={"retention": {"recording_days": 7, "transcript_days": 8}})
    client.patch(longer["links"]["self"], json={"retention": {"recording_days": 365}})
    after(here, 9)
    assert client.get(shorter["links"]["transcript"]).status_code == 410
    assert client.get(longer["links"]["recording"]).status_code == 200
    after(here, 31)
    assert client.get(longer["links"]["recording"]).status_code == 410


def test_a_hold_stops_the_clocks_and_says_who_and_why(here: Installation, client: Client) -> None:
    made = heard(here, client)
    held = client.patch(made["links"]["self"], json={"hold": {"reason": "we talk about quotes"}}).json()["hold"]
    assert (held["reason"], held["by"][:4]) == ("we talk about quotes", "key_")
    after(here, 1000)
    assert client.get(made["links"]["recording"]).content == SOUND
    assert client.patch(made["links"]["self"], json={"hold": None}).json()["hold"] is None
    after(here, 1001)
    assert client.get(made["links"]["recording"]).status_code == 410


def test_a_hold_does_not_stop_a_withdrawal_which_takes_its_reason_along(here: Installation, client: Client) -> None:
    made = heard(here, client)
    client.patch(made["links"]["self"], json={"hold": {"reason": f"{CANARY} asked"}})
    client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={})
    assert kept(here) == []
    assert CANARY.encode() not in bytes_of_database(here)


def test_a_hold_that_comes_between_the_list_and_the_erasing_holds(here: Installation, client: Client) -> None:
    made = heard(here, client)
    at = now() + timedelta(days=31)
    with reading(here.engine) as session:
        (part,) = retention.due(session, here.settings, at=at)
    client.patch(made["links"]["self"], json={"hold": {"reason": "wait"}})
    with writing(here.engine) as session:
        assert retention.begin(session, here.settings, part, at=at) is None
    assert client.get(made["links"]["recording"]).status_code == 200


def test_what_is_worked_on_is_left_until_it_is_not(here: Installation, client: Client) -> None:
    made = upload(client)
    after(here, 31)
    assert client.get(made["links"]["recording"]).status_code == 200
    client.post(f"{made['links']['job']}/cancel")
    after(here, 32)
    assert client.get(made["links"]["recording"]).status_code == 410


def test_what_the_engine_noted_goes_with_the_erasure(here: Installation, client: Client) -> None:
    heard(here, client)
    after(here, 31)
    assert here.workflows() == []


def test_nothing_is_erased_where_nothing_was_promised(tmp_path: Path) -> None:
    with installed(tmp_path) as here, Client(create_app(here.settings), key=make_key(here)) as client:
        made = heard(here, client)
        after(here, 36500)
        assert client.get(made["links"]["recording"]).content == SOUND
        assert client.get("/v1/limits").json()["keep_recordings_days"] is None


def test_an_edit_does_not_set_the_clock_of_the_words_back(here: Installation, client: Client) -> None:
    made = heard(here, client)
    with writing(here.engine) as session:
        session.exec(select(models.Transcript)).one().created_at = now() - timedelta(days=80)
    client.patch(f"{made['links']['self']}/transcript/segments/1", json={"text": "other words"})
    after(here, 11)
    assert client.get(made["links"]["transcript"]).status_code == 410


@pytest.mark.parametrize(
    "wrong",
    [
        {"retention": {"recording_days": 0}},
        {"retention": {"recording_days": True}},
        {"retention": {"days": 1}},
        {"retention": 30},
        {"hold": True},
        {"hold": {}},
        {"hold": {"reason": ""}},
        {"hold": {"reason": "x" * 1001}},
    ],
)
def test_a_promise_or_a_hold_that_is_none_is_refused(client: Client, wrong: dict[str, Any]) -> None:
    assert client.patch(plan(client, title="x")["links"]["self"], json=wrong).status_code == 422


def runs(here: Installation) -> list[models.RetentionRun]:
    with reading(here.engine) as session:
        return list(session.exec(select(models.RetentionRun)))


def test_one_worker_does_it_once_a_day(here: Installation, client: Client) -> None:
    heard(here, client)
    one, other = Erasing(bench_of(here, "w1")), Erasing(bench_of(here, "w2"))
    at = now() + timedelta(days=31)
    for erasing in (one, other, one, other):
        erasing.step(at=at)
    (run,) = runs(here)
    assert (run.worker_id, run.recordings, run.transcripts) == ("w1", 1, 0)
    assert run.ended_at is not None
    other.step(at=at + timedelta(days=1))
    assert [run.worker_id for run in runs(here)] == ["w1", "w2"]


@contextmanager
def refusing(error: Exception, *interview_ids: str) -> Iterator[None]:
    """No change of these interviews comes through."""

    def refuse(session: WriteSession, _context: Any, _instances: Any) -> None:
        if any(isinstance(row, models.Interview) and row.id in interview_ids for row in session.dirty):
            raise error

    event.listen(WriteSession, "before_flush", refuse)
    try:
        yield
    finally:
        event.remove(WriteSession, "before_flush", refuse)


def test_one_that_cannot_be_erased_keeps_no_other(here: Installation, client: Client) -> None:
    odd, *others = [heard(here, client) for _ in range(3)]
    erasing, at = Erasing(bench_of(here)), now() + timedelta(days=31)
    with refusing(ValueError("nobody has thought of this"), odd["id"]):
        erasing.step(at=at)
    assert [client.get(one["links"]["recording"]).status_code for one in (odd, *others)] == [200, 410, 410]
    erasing.step(at=at + timedelta(days=1))
    assert client.get(odd["links"]["recording"]).status_code == 410


def test_what_was_due_while_the_database_was_away_is_erased_the_same_day(here: Installation, client: Client) -> None:
    made = [heard(here, client) for _ in range(3)]
    erasing, at = Erasing(bench_of(here)), now() + timedelta(days=31)
    away = OperationalError("update", {}, Exception("no answer"), connection_invalidated=True)
    with refusing(away, *(one["id"] for one in made)), pytest.raises(OperationalError):
        erasing.step(at=at)
    erasing.step(at=at)
    assert [client.get(one["links"]["recording"]).status_code for one in made] == [410] * 3


def test_another_goes_on_with_the_day_of_a_worker_that_died(here: Installation, client: Client) -> None:
    made = heard(here, client)
    at = now() + timedelta(days=31)
    with writing(here.engine) as session:
        session.add(models.RetentionRun(day=at.date().isoformat(), worker_id="w1"))
    bench_of(here, "w1")
    successor = Erasing(bench_of(here, "w2"))
    successor.step(at=at)
    assert client.get(made["links"]["recording"]).status_code == 200
    with writing(here.engine) as session:
        session.delete(session.get_one(models.Worker, "w1"))
    successor.step(at=at)
    assert client.get(made["links"]["recording"]).status_code == 410


def test_an_erasure_that_was_begun_and_not_finished_is_finished(here: Installation, client: Client) -> None:
    made = heard(here, client)
    with writing(here.engine) as session:
        interview = session.get_one(models.Interview, made["id"])
        erasure = erasures.begin_part(session, interview, Kind.RECORDING)
    assert code(client.get(made["links"]["recording"])) == (410, "recording-erased")
    assert client.get(made["links"]["self"]).json()["recording"] is None
    assert erasures.finish(here.engine, here.queue, here.recordings, here.settings.work_dir, erasure.id)
    assert kept(here) == []


def test_due_is_what_is_over_and_nothing_else(here: Installation) -> None:
    old, young, held = (here.interview(status="ready") for _ in range(3))
    for interview in (old, young, held):
        here.record(interview, received_at=NOON - timedelta(days=31 if interview is not young else 29))
    with writing(here.engine) as session:
        session.get_one(models.Interview, held.id).hold_at = NOON
    with reading(here.engine) as session:
        assert retention.due(session, here.settings, at=NOON) == [Due(old.id, Kind.RECORDING)]


def test_an_interview_that_has_lost_a_part_is_not_told_as_erased(here: Installation, client: Client) -> None:
    hook = {"url": "https://8.8.8.8/", "events": ["interview.erased"]}
    told = f"/v1/webhooks/{client.post('/v1/webhooks', json=hook).json()['id']}/deliveries"
    made = heard(here, client)
    after(here, 91)
    assert client.get(made["links"]["self"]).status_code == 200
    assert len(client.get(f"{made['links']['self']}/erasures").json()["items"]) == 2
    assert client.get(told).json()["items"] == []
    client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={})
    assert len(client.get(told).json()["items"]) == 1
