"""Idempotency-Key on a resumable upload: it is begun once, and who asks again is led to it, as far as it is."""

import asyncio
from collections.abc import Iterator, MutableMapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select, update

from app import models, resumables
from app.db import now, reading, writing
from app.errors import IdempotencyKeyInUse
from app.keys import Caller as Known
from app.main import create_app
from app.replies import Key, Slot
from app.resumables import Wanted
from tests import databases
from tests.client import Client
from tests.installation import Installation
from tests.s3_server import ON_S3
from tests.scenes import SOUND, Caller, chunks_of, kept, make_key, plan, scope_of, staged
from tests.tus import PIECE, VERSION, Sender, metadata

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
MARK = "idempotency-replayed"
HALF = len(SOUND) // 2
# Of an upload of which nothing has come: a folder and a file in it; beside a bucket, nothing.
STAGED = 0 if ON_S3 else 2
DIGEST = {"Content-Digest": f"sha-256=:{'A' * 43}=:"}


@pytest.fixture
def sender(client: Client) -> Sender:
    return Sender(client)


def uploads(here: Installation) -> list[models.Upload]:
    with reading(here.engine) as session:
        return list(session.exec(select(models.Upload)))


def spent(here: Installation) -> list[str | None]:
    with reading(here.engine) as session:
        return list(session.exec(select(models.Reply.made_id)))


def test_who_begins_again_is_led_to_the_same_upload(here: Installation, sender: Sender) -> None:
    first, again = (sender.begin(len(SOUND), headers=KEY) for _ in range(2))
    assert (first.status_code, MARK in first.headers) == (201, False)
    assert (again.status_code, again.headers[MARK]) == (201, "true")
    assert (again.headers["location"], again.headers["upload-offset"]) == (first.headers["location"], "0")
    assert (len(uploads(here)), spent(here)) == (1, [uploads(here)[0].id])


def test_it_is_told_how_far_the_upload_is_by_now(sender: Sender) -> None:
    path = sender.begin(len(SOUND), headers=KEY).headers["location"]
    sender.append(path, 0, SOUND[:HALF])
    again = sender.begin(len(SOUND), headers=KEY)
    assert (again.headers["location"], again.headers["upload-offset"]) == (path, str(HALF))
    finished = sender.append(path, HALF, SOUND[HALF:])
    again = sender.begin(len(SOUND), headers=KEY)
    assert again.headers["candid-interview"] == finished.headers["candid-interview"]
    assert len(sender.client.get("/v1/interviews").json()["items"]) == 1


def test_bytes_that_come_along_again_are_not_taken(here: Installation, sender: Sender) -> None:
    first = sender.begin(len(SOUND), SOUND[:HALF], headers=KEY)
    headers = VERSION | PIECE | KEY | {"Authorization": f"Bearer {make_key(here)}"}
    told = {"Upload-Length": str(len(SOUND)), "Upload-Metadata": metadata(consent="true")}
    caller = call(here, chunks_of(SOUND, 100), headers | told)
    assert (caller.status, caller.taken_bytes) == (201, 0)
    assert caller.headers[b"upload-offset"].decode() == str(HALF)
    finished = sender.append(first.headers["location"], HALF, SOUND[HALF:])
    assert "candid-interview" in finished.headers


def call(here: Installation, messages: Iterator[MutableMapping[str, Any]], headers: dict[str, str]) -> Caller:
    app, caller = create_app(here.settings), Caller(messages)

    async def talk() -> None:
        async with app.router.lifespan_context(app):
            await app(scope_of("/v1/uploads", headers), caller.receive, caller.send)

    asyncio.run(talk())
    return caller


@pytest.mark.parametrize(
    "other",
    [
        {"Upload-Length": str(len(SOUND) + 1)},
        {"Upload-Metadata": metadata(consent="true", title="Tea")},
        {"Repr-Digest": f"sha-256=:{'A' * 43}=:"},
    ],
)
def test_another_upload_under_the_key_is_refused(here: Installation, sender: Sender, other: dict[str, str]) -> None:
    sender.begin(len(SOUND), headers=KEY)
    answer = sender.begin(len(SOUND), headers=KEY | other)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert (len(uploads(here)), len(staged(here))) == (1, STAGED)


def test_what_speaks_no_tus_is_refused_also_when_it_asks_again(sender: Sender) -> None:
    sender.begin(len(SOUND), headers=KEY)
    assert sender.begin(len(SOUND), headers=KEY | {"Tus-Resumable": "0.2.2"}).status_code == 412
    assert sender.begin(len(SOUND), headers=KEY | {"Content-Type": "audio/wav"}).status_code == 415


def test_a_cut_in_the_first_piece_leads_to_what_came_of_it(here: Installation, sender: Sender) -> None:
    headers = VERSION | PIECE | {"Authorization": f"Bearer {make_key(here)}"}
    told = {"Upload-Length": str(len(SOUND)), "Upload-Metadata": metadata(consent="true")}
    cut: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": SOUND[:HALF], "more_body": True}]
    call(here, iter([*cut]), headers | told)
    assert (uploads(here), staged(here)) == ([], [])
    call(here, iter([*cut]), headers | told | KEY)
    again = sender.begin(len(SOUND), headers=KEY)
    assert (again.status_code, again.headers["upload-offset"]) == (201, str(HALF))
    assert "candid-interview" in sender.append(again.headers["location"], HALF, SOUND[HALF:]).headers


def test_a_beginning_whose_commit_nobody_heard_of_is_gone_on_with(sender: Sender) -> None:
    with databases.unheard(models.Upload):
        assert sender.begin(len(SOUND), headers=KEY).status_code == 503
    again = sender.begin(len(SOUND), headers=KEY)
    assert (again.status_code, again.headers["upload-offset"]) == (201, "0")
    assert "candid-interview" in sender.append(again.headers["location"], 0, SOUND).headers


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [(bytes(len(SOUND)), {}, 415), (SOUND + b"\0", {}, 413), (SOUND[:HALF], DIGEST, 400)],
)
def test_a_beginning_that_failed_leaves_its_key_free(
    here: Installation, sender: Sender, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert sender.begin(len(SOUND), body, headers=KEY | headers).status_code == status
    assert (uploads(here), spent(here), staged(here)) == ([], [], [])
    again = sender.begin(len(SOUND), SOUND, headers=KEY)
    assert (again.status_code, MARK in again.headers) == (201, False)


def test_no_key_is_spent_on_what_is_refused_at_the_door(here: Installation, sender: Sender) -> None:
    assert sender.begin(len(SOUND), headers=KEY, consent="false").status_code == 422
    planned = plan(sender.client, title="once", consent=True)  # type: ignore[arg-type]
    sender.append(sender.begun(len(SOUND), interview_id=planned["id"]), 0, SOUND)
    assert sender.begin(len(SOUND), headers=KEY, interview_id=planned["id"]).status_code == 409
    assert (spent(here), len(uploads(here))) == ([], 1)


def test_an_upload_that_was_given_up_is_not_begun_again_by_its_key(here: Installation, sender: Sender) -> None:
    path = sender.begin(len(SOUND), headers=KEY).headers["location"]
    sender.delete(path)
    again = sender.begin(len(SOUND), headers=KEY)
    assert (again.status_code, again.json()["code"]) == (404, "not-found")
    assert (uploads(here), staged(here)) == ([], [])


def test_an_upload_that_came_to_nothing_is_not_begun_again_by_its_key(sender: Sender) -> None:
    path = sender.begin(len(SOUND), headers=KEY).headers["location"]
    assert sender.append(path, 0, bytes(len(SOUND))).status_code == 415
    assert sender.begin(len(SOUND), headers=KEY).status_code == 404


def test_an_upload_that_was_left_too_long_says_so(here: Installation, sender: Sender) -> None:
    sender.begin(len(SOUND), headers=KEY)
    with writing(here.engine) as session:
        session.execute(update(models.Upload).values(expires_at=now() - timedelta(seconds=1)))
    again = sender.begin(len(SOUND), headers=KEY)
    assert (again.status_code, again.json()["code"]) == (410, "upload-expired")
    resumables.sweep(here.engine, here.recordings, at=now())
    assert sender.begin(len(SOUND), headers=KEY).status_code == 404


@pytest.mark.parametrize("is_planned", [False, True])
def test_what_became_of_an_upload_is_gone_with_its_interview(sender: Sender, *, is_planned: bool) -> None:
    client = sender.client
    said = {"interview_id": plan(client, title="Tea", consent=True)["id"]} if is_planned else {"consent": "true"}  # type: ignore[arg-type]
    path = sender.begin(len(SOUND), headers=KEY, **said).headers["location"]
    made = client.get(sender.append(path, 0, SOUND).headers["candid-interview"]).json()
    client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={})
    again = sender.begin(len(SOUND), headers=KEY, **said)
    assert (again.status_code, again.json()["code"]) == (451, "consent-withdrawn")


def test_a_recording_that_is_known_leads_to_its_interview_each_time(here: Installation, sender: Sender) -> None:
    known = sender.begin(len(SOUND), SOUND).headers["candid-interview"]
    first, again = (sender.begin(len(SOUND), SOUND, headers=KEY) for _ in range(2))
    assert [one.headers["candid-interview"] for one in (first, again)] == [known, known]
    assert (MARK in first.headers, MARK in again.headers, len(kept(here))) == (False, True, 1)


def test_a_key_leads_nobody_else_to_the_upload(sender: Sender, stranger: Client) -> None:
    mine, theirs = (one.begin(len(SOUND), headers=KEY) for one in (sender, Sender(stranger)))
    assert (theirs.status_code, MARK in theirs.headers) == (201, False)
    assert mine.headers["location"] != theirs.headers["location"]


def test_while_it_is_begun_a_twin_is_told_so(here: Installation, client: Client, sender: Sender) -> None:
    slot = Slot(here.owner_id, "create_upload", KEY["Idempotency-Key"])
    with client.service.state.house.in_flight.holding(slot):
        answer = sender.begin(len(SOUND), headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-key-in-use")
    assert sender.begin(len(SOUND), headers=KEY).status_code == 201


def test_of_twins_in_two_processes_one_begins(here: Installation) -> None:
    slot = Slot(here.owner_id, "create_upload", "abc")
    known = Known(here.owner_id, "key_1", frozenset())

    def begin() -> models.Upload:
        key = Key(slot, "", None, admit_twins=lambda: None)
        wanted = Wanted(len(SOUND), metadata(consent="true"))
        return resumables.begin(here.engine, here.recordings, here.settings, known, wanted, key)

    made = begin()
    with pytest.raises(IdempotencyKeyInUse):
        begin()
    assert ([one.id for one in uploads(here)], len(staged(here))) == ([made.id], STAGED)


def test_a_twin_is_led_to_it_while_the_first_request_hangs(here: Installation, client: Client) -> None:
    headers = VERSION | PIECE | KEY | {"Authorization": f"Bearer {make_key(here)}"}
    told = {"Upload-Length": str(len(SOUND)), "Upload-Metadata": metadata(consent="true")}
    hanging = Caller(iter([{"type": "http.request", "body": SOUND[:HALF], "more_body": True}]))
    begun, over = asyncio.Event(), asyncio.Event()

    async def receive() -> MutableMapping[str, Any]:
        if hanging.taken_bytes:
            begun.set()
            await over.wait()
        return await hanging.receive()

    async def both() -> Any:
        first = asyncio.create_task(client.service(scope_of("/v1/uploads", headers | told), receive, hanging.send))
        await begun.wait()
        again = await asyncio.to_thread(Sender(client).begin, len(SOUND), headers=KEY)
        over.set()
        await first
        return again

    again = asyncio.run(both())
    assert (again.status_code, again.headers[MARK], again.headers["upload-offset"]) == (201, "true", "0")


@settings(max_examples=15)
@given(cuts=st.lists(st.tuples(st.integers(0, len(SOUND)), st.booleans()), max_size=6))
def test_however_often_it_is_asked_there_is_one_upload(sender: Sender, cuts: list[tuple[int, bool]]) -> None:
    headers, said = {"Idempotency-Key": str(uuid4())}, {"consent": "true", "on_duplicate": "new"}
    path, offset = sender.begin(len(SOUND), headers=headers, **said).headers["location"], 0
    for size, asks in cuts:
        if asks:
            again = sender.begin(len(SOUND), SOUND, headers=headers, **said)
            assert (again.headers["location"], int(again.headers["upload-offset"])) == (path, offset)
        offset = int(sender.append(path, offset, SOUND[offset : offset + size]).headers["upload-offset"])
