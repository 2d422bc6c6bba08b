"""The same recording sent twice: it leads to the interview that has it, and to none whose consent was withdrawn."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from app import consents, erasures, models, recordings
from app.db import now, writing
from app.errors import RecordingsUnavailable
from app.keys import Caller as Known
from app.recordings import Recordings
from tests.client import Client
from tests.installation import Installation
from tests.scenes import SOUND, kept, plan, staged, wav
from tests.tus import Sender

DOORS = pytest.mark.parametrize("door", ["form", "raw", "tus"])


def send(client: Client, door: str, **said: str) -> tuple[int, dict[str, Any]]:
    """The status, and the interview that one is led to."""
    fields = {"consent": "true", **said}
    if door == "tus":
        answer = Sender(client).append(Sender(client).begun(len(SOUND), **fields), 0, SOUND)
        return answer.status_code, client.get(answer.headers["candid-interview"]).json()
    if door == "form":
        answer = client.post("/v1/interviews", data=fields, files={"file": ("m.wav", SOUND, "audio/wav")})
    else:
        answer = client.post("/v1/interviews", params=fields, content=SOUND, headers={"Content-Type": "audio/wav"})
    assert answer.headers["location"] == answer.json()["links"]["self"]
    return answer.status_code, answer.json()


@DOORS
def test_the_same_recording_leads_to_the_interview_that_has_it(here: Installation, client: Client, door: str) -> None:
    _status, first = send(client, "raw", title="Coffee")
    status, again = send(client, door, title="Tea")
    assert (status, again["id"], again["title"]) == (204 if door == "tus" else 200, first["id"], "Coffee")
    assert (len(kept(here)), staged(here)) == (1, [])
    assert len(client.get("/v1/interviews").json()["items"]) == 1


class Away(Recordings):
    """Keeps what comes and lets go of nothing; `in_use` has how many connections its callers held meanwhile."""

    in_use: list[int]
    engine: Engine

    def erase(self, key: str) -> bool:
        del key
        self.in_use.append(self.engine.pool.checkedout())  # type: ignore[attr-defined]
        raise RecordingsUnavailable("It does not answer.", retry_after_s=1)


@pytest.fixture
def away(here: Installation, client: Client) -> Away:
    """The store of the service, away from now on."""
    house, store = client.service.state.house, Away(here.settings.recordings_location, here.recordings.staging)
    store.in_use, store.engine = [], house.engine
    client.service.state.house = replace(house, recordings=store)
    return store


@DOORS
def test_a_store_that_does_not_let_go_of_what_came_again_keeps_nobody_waiting(
    here: Installation, client: Client, away: Away, door: str
) -> None:
    _status, first = send(client, "raw")
    status, again = send(client, door)
    assert (status, again["id"]) == (204 if door == "tus" else 200, first["id"])
    assert (away.in_use, len(kept(here))) == ([0], 2)
    assert recordings.sweep(here.engine, here.recordings, at=now() + timedelta(hours=25)).orphans == 1


@pytest.mark.parametrize("door", ["put", "tus"])
def test_a_refusal_does_not_wait_for_the_store_with_the_database_in_hand(client: Client, away: Away, door: str) -> None:
    send(client, "raw")
    planned = plan(client, title="Tea", consent=True)
    if door == "tus":
        answer = Sender(client).append(Sender(client).begun(len(SOUND), interview_id=planned["id"]), 0, SOUND)
    else:
        path = f"{planned['links']['self']}/recording"
        answer = client.put(path, content=SOUND, headers={"Content-Type": "audio/wav"})
    assert (answer.json()["code"], away.in_use) == ("recording-duplicate", [0])


@DOORS
def test_it_is_taken_once_more_when_that_is_said(here: Installation, client: Client, door: str) -> None:
    _status, first = send(client, "raw")
    status, again = send(client, door, on_duplicate="new")
    assert (status, again["id"] != first["id"], len(kept(here))) == (204 if door == "tus" else 201, True, 2)


@DOORS
def test_what_is_withdrawn_is_as_if_it_had_never_been_here(client: Client, door: str) -> None:
    _status, first = send(client, "raw", title="Coffee")
    client.post(f"/v1/consents/{first['consent']['id']}/withdraw", json={})
    status, again = send(client, door)
    assert (status, again["id"] != first["id"]) == (204 if door == "tus" else 201, True)
    assert (again["consent"]["status"], again["recording"]["size_bytes"]) == ("given", len(SOUND))
    assert client.get(first["links"]["self"]).json()["status"] == "withdrawn"


@DOORS
def test_what_is_withdrawn_is_not_revealed_while_its_sound_is_still_to_be_erased(
    here: Installation, client: Client, door: str
) -> None:
    _status, first = send(client, "raw")
    with writing(here.engine) as session:
        session.get_one(models.Interview, first["id"]).status = "withdrawn"
    status, again = send(client, door)
    assert (status, again["id"] != first["id"]) == (204 if door == "tus" else 201, True)


def test_what_was_kept_long_enough_is_no_duplicate_while_its_sound_is_still_to_be_erased(
    here: Installation, client: Client
) -> None:
    _status, first = send(client, "raw")
    client.post(f"{first['links']['job']}/cancel")
    with writing(here.engine) as session:
        erasures.begin_part(session, session.get_one(models.Interview, first["id"]), erasures.Kind.RECORDING)
    status, again = send(client, "raw")
    assert (status, again["id"] != first["id"], again["recording"]["size_bytes"]) == (201, True, len(SOUND))


def test_an_interview_that_is_withdrawn_is_shown_the_same_before_and_after_its_sound_is_erased(
    here: Installation, client: Client
) -> None:
    _status, made = send(client, "raw")
    with writing(here.engine) as session:
        caller = Known(here.owner_id, "key_1", frozenset())
        erasure = consents.withdraw(session, caller, made["consent"]["id"], None)
    before = client.get(made["links"]["self"])
    assert erasures.finish(here.engine, here.queue, here.recordings, here.settings.work_dir, erasure.id)
    after = client.get(made["links"]["self"])
    assert (before.json()["recording"], before.json()["links"]["recording"]) == (None, None)
    assert (after.json(), after.headers["etag"]) == (before.json(), before.headers["etag"])


def test_each_key_is_answered_as_it_was_and_a_new_one_is_led_there(here: Installation, client: Client) -> None:
    def ask(key: str) -> Any:
        headers = {"Content-Type": "audio/wav", "Idempotency-Key": key}
        return client.post("/v1/interviews?consent=true", content=SOUND, headers=headers)

    answers = [ask(key) for key in ("one", "other", "one", "other")]
    assert [answer.status_code for answer in answers] == [201, 200, 201, 200]
    assert (len({answer.json()["id"] for answer in answers}), len(kept(here))) == (1, 1)
    client.delete(answers[0].headers["location"])
    assert [ask(key).status_code for key in ("one", "other", "another", "one")] == [451, 451, 201, 451]


def test_what_is_deleted_is_as_if_it_had_never_been_here(client: Client) -> None:
    _status, first = send(client, "raw")
    client.delete(first["links"]["self"])
    status, again = send(client, "raw")
    assert (status, again["id"] != first["id"]) == (201, True)


def test_a_planned_interview_does_not_get_another_ones_recording_unless_that_is_said(
    here: Installation, client: Client
) -> None:
    _status, first = send(client, "raw")
    path = f"{plan(client, title='Tea', consent=True)['links']['self']}/recording"
    answer = client.put(path, content=SOUND, headers={"Content-Type": "audio/wav"})
    assert (answer.status_code, answer.json()["code"]) == (422, "recording-duplicate")
    assert (answer.json()["interview_id"], len(kept(here)), staged(here)) == (first["id"], 1, [])
    said = client.put(path, params={"on_duplicate": "new"}, content=SOUND, headers={"Content-Type": "audio/wav"})
    assert (said.status_code, len(kept(here))) == (201, 2)


def test_a_tus_client_is_not_asked_to_send_it_all_again(here: Installation, client: Client) -> None:
    # 409 would say: ask for the offset and go on. The upload would begin anew, and end the same.
    _status, first = send(client, "raw")
    planned = plan(client, title="Tea", consent=True)
    path = Sender(client).begun(len(SOUND), interview_id=planned["id"])
    answer = Sender(client).append(path, 0, SOUND)
    assert (answer.status_code, answer.json()["interview_id"]) == (422, first["id"])
    assert (Sender(client).head(path).status_code, len(kept(here)), staged(here)) == (404, 1, [])


def test_another_recording_is_no_duplicate(client: Client) -> None:
    send(client, "raw")
    answer = client.post("/v1/interviews?consent=true", content=wav(seconds=0.1), headers={"Content-Type": "audio/wav"})
    assert answer.status_code == 201


def test_of_two_at_once_one_is_new(here: Installation, client: Client) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: send(client, "form"), range(4)))
    assert sorted(status for status, _made in answers) == [200, 200, 200, 201]
    assert (len({made["id"] for _status, made in answers}), len(kept(here))) == (1, 1)


def test_consent_is_asked_for_a_duplicate_too(client: Client) -> None:
    send(client, "raw")
    answer = client.post("/v1/interviews", content=SOUND, headers={"Content-Type": "audio/wav"})
    assert (answer.status_code, answer.json()["code"]) == (422, "consent-required")
