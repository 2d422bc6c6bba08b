"""Idempotency-Key: the same request with the same key is done once and answered the same; another is refused."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func
from sqlmodel import select, update

from app import models, replies
from app.api.replays import Form
from app.db import now, reading, writing
from app.errors import IdempotencyKeyInUse, IdempotencyKeyInvalid
from app.keys import Scope
from app.replies import InFlight, Slot
from tests.client import Client
from tests.installation import Installation
from tests.scenes import (
    PAY,
    SOUND,
    Caller,
    bytes_of_database,
    chunks_of,
    heard,
    kept,
    make_key,
    plan,
    scope_of,
    upload,
    wav,
)

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
MARK = "idempotency-replayed"


def count(here: Installation, table: Any) -> int:
    with reading(here.engine) as session:
        return int(session.exec(select(func.count()).select_from(table)).one())


def send(client: Client, sound: bytes = SOUND, *, title: str = "Tea", headers: dict[str, str] = KEY) -> Any:
    """A form with a recording, under a new boundary each time."""
    form = {"consent": "true", "title": title}
    return client.post("/v1/interviews", data=form, files={"file": ("memo.wav", sound, "audio/wav")}, headers=headers)


def raw(client: Client, sound: bytes, **query: str) -> Any:
    headers = KEY | {"Content-Type": "audio/wav"}
    return client.post("/v1/interviews", params={"consent": "true"} | query, content=sound, headers=headers)


def withdraw(client: Client, made: dict[str, Any], **options: Any) -> Any:
    return client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={}, **options)


def age(here: Installation, by: timedelta) -> None:
    with writing(here.engine) as session:
        session.execute(update(models.Reply).values(created_at=now() - by))


def test_the_same_request_again_is_answered_the_same_and_done_once(here: Installation, client: Client) -> None:
    first = client.post("/v1/interviews", json={"title": "Tea"}, headers=KEY)
    again = client.post("/v1/interviews", json={"title": "Tea"}, headers=KEY)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert (MARK in first.headers, again.headers[MARK]) == (False, "true")
    assert count(here, models.Interview) == 1


def test_a_key_with_quotes_is_the_key_without(here: Installation, client: Client) -> None:
    for key in ("abc", '"abc"'):
        assert client.post("/v1/contacts", json={"name": "Ada"}, headers={"Idempotency-Key": key}).status_code == 201
    assert count(here, models.Contact) == 1


@pytest.mark.parametrize("other", [{"title": "Coffee"}, {"title": "Tea", "role": "archivist"}])
def test_a_key_that_stands_for_another_request_is_refused(
    here: Installation, client: Client, other: dict[str, str]
) -> None:
    client.post("/v1/interviews", json={"title": "Tea"}, headers=KEY)
    answer = client.post("/v1/interviews", json=other, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert count(here, models.Interview) == 1


def test_the_same_recording_in_a_form_with_another_boundary_is_the_same_request(
    here: Installation, client: Client
) -> None:
    first, again = send(client), send(client)
    assert first.request.headers["content-type"] != again.request.headers["content-type"]
    assert (again.json(), again.headers[MARK]) == (first.json(), "true")
    assert (count(here, models.Interview), count(here, models.Job), len(kept(here))) == (1, 1, 1)


def test_another_recording_or_another_field_under_the_key_is_refused(here: Installation, client: Client) -> None:
    send(client)
    louder = SOUND[:-2] + b"\x7f\x7f"
    for answer in (send(client, louder), send(client, title="Coffee"), send(client, SOUND + b"\0\0")):
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert (count(here, models.Interview), len(kept(here))) == (1, 1)


def test_a_raw_recording_is_known_by_its_bytes_and_its_query(here: Installation, client: Client) -> None:
    first = raw(client, SOUND)
    assert raw(client, SOUND).json() == first.json()
    assert raw(client, SOUND, title="Coffee").status_code == 422
    assert raw(client, wav(seconds=0.06)).status_code == 422
    assert len(kept(here)) == 1


def test_a_key_for_another_query_is_refused_before_a_byte_is_read(here: Installation, client: Client) -> None:
    raw(client, SOUND)
    headers = KEY | {"content-type": "audio/wav", "authorization": f"Bearer {make_key(here)}"}
    caller = Caller(chunks_of(bytes(2**20), 2**16))
    scope = scope_of("/v1/interviews", headers, query="consent=true&title=Coffee")
    anyio.run(client.service, scope, caller.receive, caller.send)
    assert (caller.status, caller.taken_bytes) == (422, 0)


@pytest.mark.parametrize("wrong", ["", "x" * 256, '"', '""', '"open', "two words", "a,b", "a;b", 'a"b', "caf\xe9"])
def test_what_is_no_key_is_refused(here: Installation, client: Client, wrong: str) -> None:
    answer = client.post("/v1/contacts", json={"name": "Ada"}, headers={b"Idempotency-Key": wrong.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-invalid")
    assert count(here, models.Contact) == 0


def test_two_keys_on_one_request_are_refused(client: Client) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    assert client.post("/v1/contacts", json={"name": "Ada"}, headers=headers).status_code == 400


@given(text=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=255))
def test_any_visible_text_is_a_key_when_it_is_quoted(text: str) -> None:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert replies.parse_key([quoted]) == text


@given(text=st.text(max_size=300))
def test_a_key_is_parsed_or_refused_and_nothing_else(text: str) -> None:
    try:
        key = replies.parse_key([text])
    except IdempotencyKeyInvalid:
        return
    assert key is not None
    assert 1 <= len(key) <= 255


def test_a_key_means_something_to_its_owner_and_operation_only(client: Client, stranger: Client) -> None:
    mine = client.post("/v1/contacts", json={"name": "Ada"}, headers=KEY)
    theirs = stranger.post("/v1/contacts", json={"name": "Ada"}, headers=KEY)
    assert theirs.status_code == 201
    assert theirs.json()["id"] != mine.json()["id"]
    assert client.post("/v1/interviews", json={"title": "Tea"}, headers=KEY).status_code == 201


def test_another_key_of_the_owner_gets_the_answer_only_with_the_scope(here: Installation, client: Client) -> None:
    first = client.post("/v1/contacts", json={"name": "Ada"}, headers=KEY)
    writer, reader = (client.as_key(make_key(here, scope)) for scope in (Scope.WRITE, Scope.READ))
    assert writer.post("/v1/contacts", json={"name": "Ada"}, headers=KEY).json() == first.json()
    assert reader.post("/v1/contacts", json={"name": "Ada"}, headers=KEY).status_code == 403


def test_a_request_that_failed_leaves_its_key_free(here: Installation, client: Client) -> None:
    assert client.post("/v1/contacts", json={"name": None}, headers=KEY).status_code == 422
    made = upload(client)
    again = f"/v1/interviews/{made['id']}/extractions"
    assert client.post(again, headers=KEY).status_code == 409
    assert count(here, models.Reply) == 0
    assert client.post("/v1/contacts", json={"name": "Ada"}, headers=KEY).status_code == 201


def test_a_job_is_canceled_and_tried_again_once_for_each_key(client: Client) -> None:
    job = upload(client)["links"]["job"]
    canceled = client.post(f"{job}/cancel", headers=KEY)
    tried = client.post(f"{job}/retry", headers=KEY)
    assert client.post(f"{job}/cancel", headers=KEY).json() == canceled.json()
    again = client.post(f"{job}/retry", content="ignored", headers=KEY)
    assert (again.json(), again.headers["retry-after"]) == (tried.json(), tried.headers["retry-after"])
    assert client.get(job).json()["attempt"] == 2


def test_the_same_key_for_another_path_of_the_operation_is_refused(client: Client) -> None:
    one, other = upload(client), upload(client)
    client.post(f"{one['links']['job']}/cancel", headers=KEY)
    assert client.post(f"{other['links']['job']}/cancel", headers=KEY).status_code == 422


def test_after_a_day_the_key_is_free_again(here: Installation, client: Client) -> None:
    first = client.post("/v1/contacts", json={"name": "Ada"}, headers=KEY)
    age(here, timedelta(hours=23, minutes=59))
    assert client.post("/v1/contacts", json={"name": "Ada"}, headers=KEY).json() == first.json()
    age(here, timedelta(hours=24))
    assert client.post("/v1/contacts", json={"name": "Bea"}, headers=KEY).status_code == 201
    assert (count(here, models.Contact), count(here, models.Reply)) == (2, 1)


def test_old_replies_are_swept(here: Installation, client: Client) -> None:
    client.post("/v1/contacts", json={"name": "Ada"}, headers=KEY)
    with writing(here.engine) as session:
        assert replies.sweep(session, at=now() + timedelta(hours=23)) == 0
        assert replies.sweep(session, at=now() + timedelta(hours=24, seconds=1)) == 1


@pytest.mark.parametrize("end", ["withdraw", "delete"])
def test_what_was_answered_about_an_erased_interview_is_erased(here: Installation, client: Client, end: str) -> None:
    made = client.post("/v1/interviews", json={"title": "zyxquokka", "consent": True}, headers=KEY).json()
    assert bytes_of_database(here).count(b"zyxquokka") > 1
    _ = withdraw(client, made) if end == "withdraw" else client.delete(made["links"]["self"])
    again = client.post("/v1/interviews", json={"title": "zyxquokka", "consent": True}, headers=KEY)
    assert (again.status_code, again.json()["code"]) == (451, "consent-withdrawn")
    with reading(here.engine) as session:
        assert session.exec(select(models.Reply.body)).all() == [None]


def test_a_withdrawal_whose_answer_was_lost_is_answered_again(client: Client) -> None:
    made = upload(client)
    first, again = (withdraw(client, made, headers=KEY) for _ in range(2))
    assert (again.status_code, again.json()) == (202, first.json())


def test_what_was_answered_about_a_deleted_contact_is_erased(here: Installation, client: Client) -> None:
    made = client.post("/v1/contacts", json={"name": "Ada"}, headers=KEY).json()
    client.delete(f"/v1/contacts/{made['id']}")
    assert client.post("/v1/contacts", json={"name": "Ada"}, headers=KEY).status_code == 404
    with reading(here.engine) as session:
        assert session.exec(select(models.Reply.body)).all() == [None]
    assert count(here, models.Contact) == 0


def test_no_words_of_a_transcript_are_kept_and_a_replay_shows_the_insight_as_it_is(
    here: Installation, client: Client
) -> None:
    made = heard(here, client, (("S2", PAY), ("S1", "zyxquokka it is, as they say.")))
    path, wanted = f"/v1/interviews/{made['id']}/insights", {"quote": "zyxquokka it is", "categories": ["advice"]}
    first = client.post(path, json=wanted, headers=KEY).json()
    client.patch(f"/v1/insights/{first['id']}", json={"note": "think about it"})
    again = client.post(path, json=wanted, headers=KEY)
    assert (again.status_code, again.json()["id"], again.json()["note"]) == (201, first["id"], "think about it")
    with reading(here.engine) as session:
        assert session.exec(select(models.Reply.body)).all() == [None]


def test_a_secret_is_neither_kept_nor_made_twice(here: Installation, client: Client) -> None:
    wanted = {"name": "phone", "scopes": ["read"]}
    made = client.post("/v1/api-keys", json=wanted, headers=KEY).json()
    again = client.post("/v1/api-keys", json=wanted, headers=KEY)
    assert (again.status_code, again.json()["code"]) == (409, "secret-shown-once")
    assert again.json()["made"] == f"/v1/api-keys/{made['id']}"
    assert made["token"].rpartition("_")[2].encode() not in bytes_of_database(here)
    assert count(here, models.ApiKey) == 2


def test_a_twin_in_flight_is_told_when_to_come_back() -> None:
    flying, slot = InFlight(), Slot("own_1", "create_contact", "abc")
    with flying.holding(slot), pytest.raises(IdempotencyKeyInUse) as refused, flying.holding(slot):
        pass
    assert refused.value.facts == {"retry_after_s": replies.RETRY_AFTER_S}
    with flying.holding(slot):
        pass


def test_a_twin_of_an_upload_that_is_still_coming_is_refused(here: Installation, client: Client) -> None:
    headers = KEY | {"content-type": "audio/wav", "authorization": f"Bearer {make_key(here)}"}
    twins: list[Any] = []

    def sound() -> Iterator[Any]:
        messages = list(chunks_of(SOUND, 200))
        yield messages[0]
        twins.append(None)
        yield from messages[1:]

    async def both() -> tuple[Caller, Caller]:
        slow, quick = Caller(sound()), Caller(chunks_of(SOUND, 2**16))
        waiting, begun = anyio.Event(), anyio.Event()

        async def receive() -> Any:
            message = await slow.receive()
            if twins and not begun.is_set():
                begun.set()
                await waiting.wait()
            return message

        async with anyio.create_task_group() as group:
            scope = scope_of("/v1/interviews", headers, query="consent=true")
            group.start_soon(client.service, scope, receive, slow.send)
            await begun.wait()
            await client.service(scope_of("/v1/interviews", headers, query="consent=true"), quick.receive, quick.send)
            waiting.set()
        return slow, quick

    slow, quick = anyio.run(both)
    assert (slow.status, quick.status) == (201, 409)
    assert (quick.headers[b"retry-after"], quick.taken_bytes) == (b"2", 0)
    assert count(here, models.Interview) == 1


def test_many_twins_at_once_make_one_thing(here: Installation, client: Client) -> None:
    def ask(_number: int) -> Any:
        return client.post("/v1/contacts", json={"name": "Ada"}, headers=KEY)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(24)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.is_success}) == 1
    assert count(here, models.Contact) == 1


def test_of_twins_in_two_processes_the_second_does_not_begin(here: Installation) -> None:
    slot = Slot(here.owner_id, "create_contact", KEY["Idempotency-Key"])
    with writing(here.engine) as first:
        replies.claim_first(first, slot)
        first.add(models.Contact(owner_id=here.owner_id, name="Ada"))
    with writing(here.engine) as second:
        replies.claim_first(second, slot)
        with pytest.raises(IdempotencyKeyInUse):
            second.get(models.Owner, here.owner_id)
        second.rollback()


def test_a_defect_after_the_work_rolls_back_both_the_work_and_the_key(here: Installation) -> None:
    slot = Slot(here.owner_id, "create_contact", "abc")
    with suppress(RuntimeError), writing(here.engine) as session:
        replies.claim_first(session, slot)
        session.add(models.Contact(owner_id=here.owner_id, name="Ada"))
        session.flush()
        raise RuntimeError
    assert (count(here, models.Contact), count(here, models.Reply)) == (0, 0)


def form(boundary: bytes, content: bytes) -> bytes:
    head = b'Content-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    return b"--" + boundary + b"\r\n" + head + content + b"\r\n--" + boundary + b"--\r\n"


def hashed(boundary: bytes, content: bytes, size: int) -> str:
    body = Form(boundary)
    for message in chunks_of(form(boundary, content), size):
        body.take(message["body"])
    return body.sha256()


@given(content=st.binary(max_size=300), sizes=st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_a_forms_hash_does_not_depend_on_its_boundary_or_its_chunks(content: bytes, sizes: tuple[int, int]) -> None:
    assert hashed(b"one-boundary", content, sizes[0]) == hashed(b"another", content, sizes[1])
    assert hashed(b"one-boundary", content, 7) != hashed(b"one-boundary", content + b"x", 7)


def test_every_post_that_changes_something_takes_a_key(client: Client) -> None:
    posts = [
        (path, operations["post"])
        for path, operations in client.contract.document["paths"].items()
        if "post" in operations
    ]
    without = [path for path, about in posts if "Idempotency-Key" not in [one["name"] for one in about["parameters"]]]
    assert len(posts) >= 9
    assert without == []


def test_a_planned_interview_can_be_read_after_a_replay(client: Client) -> None:
    first = client.post("/v1/interviews", json={"title": "Tea"}, headers=KEY).json()
    plan(client, title="another")
    assert client.get(first["links"]["self"]).json() == first
