"""Resumable uploads: asked for before they are read, true to the byte after every cut, and interviews in the end."""

import asyncio
import hashlib
import itertools
import threading
from base64 import b64encode
from collections.abc import Iterator, MutableMapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from app import filling, models, resumables
from app.db import now, reading, writing
from app.errors import CandidError, StorageFull
from app.main import create_app
from app.recordings import Recordings
from tests import databases
from tests.client import Client
from tests.installation import Installation, installed
from tests.s3_server import folder_only
from tests.scenes import SOUND, Caller, chunks_of, kept, make_key, plan, scope_of, staged, wav
from tests.tus import PIECE, VERSION, Sender, metadata

HALF = len(SOUND) // 2


@pytest.fixture
def sender(client: Client) -> Sender:
    return Sender(client)


def sounds(here: Installation) -> list[bytes]:
    return [b"".join(here.recordings.read(key)) for key in kept(here)]


def of(here: Installation, path: str) -> models.Upload:
    with reading(here.engine) as session:
        return session.get_one(models.Upload, path.rpartition("/")[2])


def test_what_is_sent_in_pieces_becomes_an_interview_like_any_other(here: Installation, sender: Sender) -> None:
    path = sender.begun(len(SOUND), consent="true", filename="Ada.wav", role="archivist", vocabulary="Fresnel,Okafor")
    assert sender.append(path, 0, SOUND[:HALF]).headers["upload-offset"] == str(HALF)
    finished = sender.append(path, HALF, SOUND[HALF:])
    assert (finished.status_code, finished.headers["upload-offset"]) == (204, str(len(SOUND)))
    made = sender.client.get(finished.headers["candid-interview"]).json()
    assert (made["status"], made["role"], made["vocabulary"]) == ("queued", "archivist", ["Fresnel", "Okafor"])
    assert (made["recording"]["filename"], made["consent"]["status"]) == ("Ada.wav", "given")
    assert made["recording"]["sha256"] == hashlib.sha256(SOUND).hexdigest()
    assert (sounds(here), staged(here)) == ([SOUND], [])


def test_a_planned_interview_gets_its_recording(sender: Sender) -> None:
    planned = plan(sender.client, title="Coffee")  # type: ignore[arg-type]
    path = sender.begun(len(SOUND), interview_id=planned["id"], consent="true")
    assert sender.append(path, 0, SOUND).headers["candid-interview"] == planned["links"]["self"]
    assert sender.client.get(planned["links"]["self"]).json()["job"]["status"] == "queued"


def test_the_first_bytes_may_come_along_and_so_may_the_last(sender: Sender) -> None:
    some = sender.begin(len(SOUND), SOUND[:HALF])
    assert (some.status_code, some.headers["upload-offset"]) == (201, str(HALF))
    assert sender.append(some.headers["location"], HALF, SOUND[HALF:]).status_code == 204
    whole = sender.begin(len(SOUND), SOUND, consent="true", on_duplicate="new")
    assert (whole.status_code, whole.headers["upload-offset"]) == (201, str(len(SOUND)))
    assert sender.client.get(whole.headers["candid-interview"]).json()["status"] == "queued"


def test_head_says_what_is_safe_and_where_a_finished_one_led(sender: Sender) -> None:
    path = sender.begun(len(SOUND), consent="true", filename="memo.wav")
    sender.append(path, 0, SOUND[:HALF])
    told = sender.head(path).headers
    assert (told["upload-offset"], told["upload-length"]) == (str(HALF), str(len(SOUND)))
    assert told["upload-metadata"] == metadata(consent="true", filename="memo.wav")
    assert (told["cache-control"], told["tus-resumable"]) == ("no-store", "1.0.0")
    sender.append(path, HALF, SOUND[HALF:])
    told = sender.head(path).headers
    assert (told["upload-offset"], "upload-metadata" in told) == (str(len(SOUND)), False)
    assert sender.client.get(told["candid-interview"]).status_code == 200


def test_a_finished_upload_that_is_asked_to_end_again_leads_to_the_same_interview(sender: Sender) -> None:
    path = sender.begun(len(SOUND))
    first, again = (sender.append(path, offset, body) for offset, body in ((0, SOUND), (len(SOUND), b"")))
    assert first.headers["candid-interview"] == again.headers["candid-interview"]
    assert len(sender.client.get("/v1/interviews").json()["items"]) == 1


def test_options_says_what_is_spoken_also_to_strangers(client: Client) -> None:
    told = client.as_key(None).options("/v1/uploads")
    assert (told.status_code, told.headers["tus-version"], told.headers["tus-max-size"]) == (204, "1.0.0", str(2**31))
    assert told.headers["tus-extension"] == "creation,creation-with-upload,expiration,checksum,termination"
    assert told.headers["tus-checksum-algorithm"] == "sha1,sha256"


# What is refused before one byte is read.


def call(
    here: Installation, messages: Iterator[MutableMapping[str, Any]], headers: dict[str, str], path: str, method: str
) -> Caller:
    app, caller = create_app(here.settings), Caller(messages)

    async def talk() -> None:
        async with app.router.lifespan_context(app):
            await app(scope_of(path, VERSION | headers, method=method), caller.receive, caller.send)

    asyncio.run(talk())
    return caller


def bearer(here: Installation) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_key(here)}"}


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({}, 422, b'"consent-required"'),
        ({"consent": "false"}, 422, b'"consent-required"'),
        ({"consent": "true", "surprise": "1"}, 422, b'"/surprise"'),
        ({"consent": "true", "contact_id": "ctc_" + "0" * 32}, 422, b'"/contact_id"'),
        ({"consent": "true", "interview_id": "int_" + "0" * 32}, 404, b'"not-found"'),
        ({"consent": "true", "interview_id": "../1"}, 422, b'"/interview_id"'),
    ],
)
def test_what_is_said_of_it_is_checked_before_one_byte_is_read(
    here: Installation, said: dict[str, str], status: int, code: bytes
) -> None:
    headers = bearer(here) | PIECE | {"Upload-Length": str(len(SOUND)), "Upload-Metadata": metadata(**said)}
    caller = call(here, chunks_of(SOUND, 100), headers, "/v1/uploads", "POST")
    assert (caller.status, caller.taken_bytes, code in caller.body) == (status, 0, True)
    assert staged(here) == []


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Authorization": "Bearer cdd_wrong"}, 401),
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Content-Type": "audio/wav"}, 415),
        ({"Upload-Offset": "1"}, 409),
        ({"Upload-Offset": "-1"}, 400),
        ({"Upload-Checksum": "md5 AAAA"}, 400),
        ({"Upload-Checksum": "sha1"}, 460),
        ({"Upload-Checksum": "sha1 \xe9"}, 400),
        ({"Content-Digest": "sha-256=:\xe9:"}, 422),
        ({"Content-Digest": "sha-256=:AAAA:"}, 422),
        ({"Content-Length": str(len(SOUND) + 1)}, 413),
    ],
)
def test_a_piece_that_cannot_be_right_is_refused(here: Installation, changed: dict[str, str], status: int) -> None:
    with Client(create_app(here.settings), key=make_key(here)) as client:
        path = Sender(client).begun(len(SOUND))
    headers = bearer(here) | PIECE | {"Upload-Offset": "0", **changed}
    caller = call(here, chunks_of(SOUND, 100), headers, path, "PATCH")
    assert (caller.status, caller.headers[b"tus-resumable"]) == (status, b"1.0.0")
    assert caller.taken_bytes == (len(SOUND) if status == 460 else 0)
    assert of(here, path).offset_bytes == 0


@pytest.mark.parametrize(
    ("size", "status", "code"),
    [(0, 415, "recording-empty"), (2**31 + 1, 413, "recording-too-large"), ("many", 400, "tus-invalid")],
)
def test_a_length_that_cannot_be_is_refused(
    here: Installation, sender: Sender, size: Any, status: int, code: str
) -> None:
    answer = sender.begin(size)
    assert (answer.status_code, answer.json()["code"], staged(here)) == (status, code, [])


@pytest.mark.parametrize("said", [{"Upload-Concat": "partial"}, {"Upload-Defer-Length": "1"}])
def test_a_part_of_what_is_put_together_later_is_no_interview(sender: Sender, said: dict[str, str]) -> None:
    answer = sender.begin(len(SOUND), SOUND, headers=said)
    assert (answer.status_code, answer.json()["code"]) == (400, "tus-invalid")
    assert next(iter(said)) in answer.json()["detail"]
    assert sender.client.get("/v1/interviews").json()["items"] == []


def test_another_version_of_tus_is_told_ours(sender: Sender) -> None:
    answer = sender.begin(9, headers={"Tus-Resumable": "2.0.0"})
    assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")


def test_a_second_recording_for_an_interview_is_refused_before_it_is_sent(sender: Sender) -> None:
    planned = plan(sender.client, title="once", consent=True)  # type: ignore[arg-type]
    sender.append(sender.begun(len(SOUND), interview_id=planned["id"]), 0, SOUND)
    answer = sender.begin(len(SOUND), interview_id=planned["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "recording-present")


# Cuts.


@settings(max_examples=20)
@given(st.lists(st.integers(1, 3 * HALF), max_size=6), st.data())
def test_wherever_it_is_cut_the_bytes_are_the_same(sender: Sender, cuts: list[int], data: Any) -> None:
    sound = wav(seconds=data.draw(st.floats(0.01, 0.3)))
    path, offset = sender.begun(len(sound), consent="true", on_duplicate="new"), 0
    for cut in [*cuts, len(sound)]:
        upload = sender.append(path, offset, sound[offset : offset + cut])
        offset = int(upload.headers["upload-offset"])
    sha256 = hashlib.sha256(sound).hexdigest()
    assert sender.client.get(upload.headers["candid-interview"]).json()["recording"]["sha256"] == sha256


def test_what_came_before_a_cut_counts(here: Installation, client: Client) -> None:
    path = Sender(client).begun(len(SOUND))
    messages = itertools.islice(chunks_of(SOUND, 100), 3)
    call(
        here, messages, bearer(here) | PIECE | {"Upload-Offset": "0", "Content-Length": str(len(SOUND))}, path, "PATCH"
    )
    assert Sender(client).offset(path) == 300
    assert Sender(client).append(path, 300, SOUND[300:]).status_code == 204
    assert sounds(here) == [SOUND]


def test_the_file_of_a_cut_piece_is_let_go_of_and_not_on_the_loop(
    here: Installation, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real, threads = Sender(client).begun(len(SOUND)), resumables.Piece.close, []

    def close(piece: resumables.Piece) -> None:
        threads.append(threading.current_thread())
        real(piece)

    monkeypatch.setattr(resumables.Piece, "close", close)
    call(here, itertools.islice(chunks_of(SOUND, 100), 3), bearer(here) | PIECE | {"Upload-Offset": "0"}, path, "PATCH")
    assert len(threads) == 1
    assert threading.main_thread() not in threads


def test_a_cut_right_before_the_end_is_not_the_end(here: Installation, client: Client) -> None:
    path = Sender(client).begun(len(SOUND))
    messages = itertools.islice(chunks_of(SOUND, len(SOUND)), 1)
    call(here, messages, bearer(here) | PIECE | {"Upload-Offset": "0"}, path, "PATCH")
    offset = Sender(client).offset(path)
    assert offset < len(SOUND)
    assert "candid-interview" in Sender(client).append(path, offset, SOUND[offset:]).headers


@folder_only
def test_bytes_on_disk_that_never_counted_never_came(here: Installation, sender: Sender) -> None:
    path = sender.begun(len(SOUND))
    sender.append(path, 0, SOUND[:HALF])
    # What a process that was killed before its commit has left.
    with here.recordings.staged_as(of(here, path).id).open("ab") as file:
        file.write(b"x" * 1000)
    assert sender.offset(path) == HALF
    sender.append(path, HALF, SOUND[HALF:])
    assert sounds(here) == [SOUND]


@folder_only
def test_bytes_that_count_and_are_not_there_are_not_made_up(here: Installation, sender: Sender) -> None:
    path = sender.begun(len(SOUND))
    sender.append(path, 0, SOUND[:HALF])
    here.recordings.staged_as(of(here, path).id).write_bytes(SOUND[: HALF - 1])
    answer = sender.append(path, HALF, SOUND[HALF:])
    assert (answer.status_code, answer.json()["code"]) == (410, "upload-expired")


def test_of_two_that_send_at_once_one_is_refused(here: Installation, sender: Sender) -> None:
    path = sender.begun(len(SOUND))
    upload = of(here, path)
    with closing(resumables.hold(here.engine, here.recordings, here.settings, upload, expected_bytes=0)) as first:
        answer = sender.append(path, 0, SOUND)
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (423, "upload-busy", "1")
        first.take(SOUND[:HALF])
        first.complete()
    assert sender.offset(path) == HALF
    assert sender.append(path, HALF, SOUND[HALF:]).status_code == 204


def test_who_sends_nothing_any_more_makes_way_for_the_same_phone_on_another_network(
    here: Installation, client: Client
) -> None:
    path = Sender(client).begun(len(SOUND))
    headers = bearer(here) | VERSION | PIECE

    class Silent(Caller):
        async def receive(self) -> MutableMapping[str, Any]:
            await asyncio.sleep(60 if self.taken_bytes else 0)
            return await super().receive()

    old = Silent(chunks_of(SOUND, HALF))
    late, next_one = (Caller(chunks_of(SOUND[offset:], 100)) for offset in (0, HALF))
    app = create_app(here.settings)

    async def send(caller: Caller, offset: int) -> None:
        scope = scope_of(path, headers | {"Upload-Offset": str(offset)}, method="PATCH")
        await app(scope, caller.receive, caller.send)

    async def talk() -> None:
        async with app.router.lifespan_context(app), asyncio.timeout(20):
            waiting = asyncio.create_task(send(old, 0))
            while not old.taken_bytes:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await send(late, 0)
            await waiting
            await send(next_one, HALF)

    asyncio.run(talk())
    # What the old connection had brought counts, so that the first to come after it learns where to go on.
    assert (old.status, late.status, next_one.status) == (423, 409, 204)
    assert sounds(here) == [SOUND]


def test_who_was_overtaken_counts_nothing(here: Installation, sender: Sender) -> None:
    path = sender.begun(len(SOUND))
    piece = resumables.hold(here.engine, here.recordings, here.settings, of(here, path), expected_bytes=0)
    with writing(here.engine) as session:
        session.get_one(models.Upload, of(here, path).id).offset_bytes = 7
    piece.take(SOUND[:HALF])
    with closing(piece), pytest.raises(CandidError, match="goes on at 7"):
        piece.complete()
    assert sender.offset(path) == 7


def test_more_than_was_announced_is_refused_and_what_fits_stays(here: Installation, client: Client) -> None:
    path = Sender(client).begun(len(SOUND))
    caller = call(here, chunks_of(SOUND + b"x", HALF), bearer(here) | PIECE | {"Upload-Offset": "0"}, path, "PATCH")
    assert (caller.status, b'"recording-too-large"' in caller.body) == (413, True)
    assert of(here, path).offset_bytes == len(SOUND) - 1
    assert client.get("/v1/interviews").json()["items"] == []


def test_a_last_byte_whose_commit_nobody_heard_of_has_made_the_interview(here: Installation, sender: Sender) -> None:
    path = sender.begun(len(SOUND))
    with databases.unheard(models.Recording):
        assert sender.append(path, 0, SOUND).status_code == 503
    told = sender.head(path).headers
    assert told["upload-offset"] == str(len(SOUND))
    assert sender.client.get(f"{told['candid-interview']}/recording").content == SOUND
    resumables.sweep(here.engine, here.recordings, at=now() + timedelta(hours=25))
    assert (sounds(here), staged(here)) == ([SOUND], [])


def test_an_offset_whose_commit_nobody_heard_of_counts(here: Installation, sender: Sender) -> None:
    path = sender.begun(len(SOUND))
    with databases.unheard(models.Upload):
        assert sender.append(path, 0, SOUND[:HALF]).status_code == 503
    assert sender.offset(path) == HALF
    assert "candid-interview" in sender.append(path, HALF, SOUND[HALF:]).headers
    assert sounds(here) == [SOUND]


# Hashes.


def b64(algorithm: str, content: bytes) -> str:
    return b64encode(hashlib.new(algorithm, content).digest()).decode()


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_piece_with_a_checksum_counts_when_it_is_right(sender: Sender, algorithm: str) -> None:
    path = sender.begun(len(SOUND))
    right = f"{algorithm} {b64(algorithm, SOUND[:HALF])}"
    assert sender.append(path, 0, SOUND[:HALF], Upload_Checksum=right).headers["upload-offset"] == str(HALF)
    answer = sender.append(path, HALF, SOUND[HALF:], Upload_Checksum=right)
    assert (answer.status_code, answer.json()["code"]) == (460, "checksum-mismatch")
    assert sender.offset(path) == HALF
    right = f"{algorithm} {b64(algorithm, SOUND[HALF:])}"
    assert "candid-interview" in sender.append(path, HALF, SOUND[HALF:], Upload_Checksum=right).headers


def test_a_piece_that_was_changed_on_the_way_is_not_called_a_recording_of_no_kind(sender: Sender) -> None:
    path = sender.begun(len(SOUND))
    broken = b"y" + SOUND[1:]
    answer = sender.append(path, 0, broken, Content_Digest=f"sha-256=:{b64('sha256', SOUND)}:")
    assert (answer.status_code, answer.json()["code"]) == (400, "digest-mismatch")
    assert (answer.headers["want-repr-digest"], sender.offset(path)) == ("sha-256=10", 0)
    assert sender.append(path, 0, SOUND, Content_Digest=f"sha-256=:{b64('sha256', SOUND)}:").status_code == 204


def test_of_a_cut_piece_with_a_checksum_nothing_counts(here: Installation, client: Client) -> None:
    path = Sender(client).begun(len(SOUND))
    headers = bearer(here) | PIECE | {"Upload-Offset": "0", "Upload-Checksum": f"sha256 {b64('sha256', SOUND)}"}
    call(here, itertools.islice(chunks_of(SOUND, 100), 3), headers, path, "PATCH")
    assert Sender(client).offset(path) == 0


def test_a_whole_that_is_not_what_was_announced_is_not_kept(here: Installation, sender: Sender) -> None:
    digest = {"Repr-Digest": f"sha-256=:{b64('sha256', SOUND)}:"}
    path = sender.begin(len(SOUND), headers=digest).headers["location"]
    answer = sender.append(path, 0, SOUND[:-1] + b"!")
    assert (answer.status_code, answer.json()["code"]) == (400, "digest-mismatch")
    assert (kept(here), staged(here), sender.head(path).status_code) == ([], [], 404)
    path = sender.begin(len(SOUND), headers=digest).headers["location"]
    assert "candid-interview" in sender.append(path, 0, SOUND).headers


# Ends.


def test_what_is_no_recording_ends_at_its_first_bytes(here: Installation, sender: Sender) -> None:
    path = sender.begun(100_000)
    answer = sender.append(path, 0, b"<!doctype html>" + bytes(5000))
    assert (answer.status_code, answer.json()["code"]) == (415, "not-audio")
    assert (sender.head(path).status_code, staged(here)) == (404, [])


def test_an_upload_that_is_given_up_leaves_nothing(here: Installation, sender: Sender) -> None:
    path = sender.begun(len(SOUND))
    sender.append(path, 0, SOUND[:HALF])
    assert sender.delete(path).status_code == 204
    assert (sender.head(path).status_code, sender.append(path, HALF, b"").status_code, staged(here)) == (404, 404, [])


def test_giving_up_a_finished_upload_leaves_its_interview(sender: Sender) -> None:
    path = sender.begun(len(SOUND))
    interview = sender.append(path, 0, SOUND).headers["candid-interview"]
    assert sender.delete(path).status_code == 204
    assert sender.client.get(f"{interview}/recording").content == SOUND


def test_an_upload_ends_a_day_after_its_last_byte(here: Installation, sender: Sender) -> None:
    path = sender.begun(len(SOUND))
    sender.append(path, 0, SOUND[:HALF])
    left = of(here, path).expires_at - now()
    assert timedelta(hours=23) < left <= timedelta(days=1)
    resumables.sweep(here.engine, here.recordings, at=now() + timedelta(hours=23))
    assert sender.offset(path) == HALF
    with writing(here.engine) as session:
        session.get_one(models.Upload, of(here, path).id).expires_at = now()
    answers = [sender.append(path, HALF, SOUND[HALF:]), sender.head(path)]
    assert [answer.status_code for answer in answers] == [410, 410]
    resumables.sweep(here.engine, here.recordings, at=now() + timedelta(seconds=1))
    assert (sender.head(path).status_code, staged(here)) == (404, [])


@folder_only
def test_staged_bytes_without_an_upload_are_swept_after_a_day(here: Installation, sender: Sender) -> None:
    path = sender.begun(len(SOUND))
    orphan = here.recordings.stage_as("upl_" + "0" * 32)
    resumables.sweep(here.engine, here.recordings, at=now() + timedelta(hours=23))
    assert orphan.exists()
    with writing(here.engine) as session:
        session.get_one(models.Upload, of(here, path).id).expires_at = now() + timedelta(days=9)
    resumables.sweep(here.engine, here.recordings, at=now() + timedelta(hours=25))
    here.recordings.sweep_staging(before=now() + timedelta(days=9))
    assert (orphan.exists(), sender.offset(path)) == (False, 0)


def test_the_method_that_a_proxy_let_through_is_heeded(sender: Sender) -> None:
    path = sender.begun(len(SOUND))
    meant = VERSION | PIECE | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    request = sender.client.build_request("POST", path, headers=meant, content=SOUND)
    answer = super(Client, sender.client).send(request)  # type: ignore[misc]
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(len(SOUND)))


# Full disks, slow lines, broken stores.


class Filling(Recordings):
    """Its disk is full whenever it is told to be."""

    is_full = False

    def check_room(self, size_bytes: int) -> None:
        super().check_room(2**60 if self.is_full else size_bytes)


async def coming(store: Filling, sound: bytes) -> Any:
    yield sound[: resumables.uploads.BLOCK]
    store.is_full = True
    yield sound[resumables.uploads.BLOCK :]


def test_a_disk_that_fills_up_loses_nothing_and_it_goes_on_when_there_is_room(
    here: Installation, sender: Sender
) -> None:
    store = Filling(here.settings.recordings_location, here.settings.data_dir)
    sound = wav(seconds=200)
    path = sender.begun(len(sound))
    piece = resumables.hold(here.engine, store, here.settings, of(here, path), expected_bytes=len(sound))
    with closing(piece), pytest.raises(StorageFull):
        asyncio.run(filling.fill(piece, coming(store, sound)))
    offset = sender.offset(path)
    assert offset == resumables.uploads.BLOCK
    assert "candid-interview" in sender.append(path, offset, sound[offset:]).headers
    assert sounds(here) == [sound]


def test_an_upload_for_which_there_is_no_room_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    with (
        installed(tmp_path, max_recording_bytes=2**60) as here,
        Client(create_app(here.settings), key=make_key(here)) as client,
    ):
        answer = Sender(client).begin(2**59)
        assert (answer.status_code, answer.json()["code"], staged(here)) == (507, "storage-full", [])


@folder_only
def test_a_recording_that_could_not_be_kept_can_be_sent_to_its_end_again(here: Installation, client: Client) -> None:
    sender = Sender(client)
    path = sender.begun(len(SOUND))
    # Where the owner's folder should be there is a file.
    in_the_way = Path(here.settings.recordings_location) / here.owner_id
    in_the_way.write_bytes(b"")
    assert sender.append(path, 0, SOUND).status_code == 500
    in_the_way.unlink()
    offset = sender.offset(path)
    assert offset == len(SOUND) - 1
    assert "candid-interview" in sender.append(path, offset, SOUND[offset:]).headers


def test_a_slow_client_gets_408_and_keeps_what_it_has_sent(tmp_path: Path) -> None:
    with installed(tmp_path, upload_window_s=0.1) as here:
        with Client(create_app(here.settings), key=make_key(here)) as client:
            path = Sender(client).begun(len(SOUND))

        class Slow(Caller):
            async def receive(self) -> MutableMapping[str, Any]:
                await asyncio.sleep(60 if self.taken_bytes else 0)
                return await super().receive()

        app, caller = create_app(here.settings), Slow(chunks_of(SOUND, 100))

        async def talk() -> None:
            async with app.router.lifespan_context(app):
                headers = bearer(here) | VERSION | PIECE | {"Upload-Offset": "0"}
                await app(scope_of(path, headers, method="PATCH"), caller.receive, caller.send)

        asyncio.run(talk())
        assert (caller.status, b'"upload-too-slow"' in caller.body) == (408, True)
        assert of(here, path).offset_bytes == 100


# Consent.


def test_a_withdrawal_stops_an_upload_and_erases_what_came_of_it(here: Installation, client: Client) -> None:
    sender, planned = Sender(client), plan(client, title="x", consent=True)
    path = sender.begun(len(SOUND), interview_id=planned["id"], filename="Ada Okafor.wav")
    sender.append(path, 0, SOUND[:HALF])
    piece = resumables.hold(here.engine, here.recordings, here.settings, of(here, path), expected_bytes=0)
    consent = client.get(planned["links"]["self"]).json()["consent"]["id"]
    assert client.post(f"/v1/consents/{consent}/withdraw", json={}).status_code in (200, 202)
    piece.take(SOUND[HALF:-1])
    with closing(piece), pytest.raises(CandidError):
        piece.complete()
    assert sender.head(path).status_code in (404, 451)
    assert (staged(here), kept(here)) == ([], [])
    with reading(here.engine) as session:
        assert session.exec(select(models.Upload)).all() == []


def test_a_withdrawn_interview_takes_its_finished_upload_along(here: Installation, client: Client) -> None:
    sender = Sender(client)
    path = sender.begun(len(SOUND))
    interview = client.get(sender.append(path, 0, SOUND).headers["candid-interview"]).json()
    client.post(f"/v1/consents/{interview['consent']['id']}/withdraw", json={})
    assert sender.head(path).status_code == 404
    with reading(here.engine) as session:
        assert session.exec(select(models.Upload)).all() == []
