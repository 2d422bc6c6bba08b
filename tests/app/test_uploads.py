"""Uploads: asked for before they are read, counted and hashed as they come, gone without a trace when refused."""

import asyncio
import hashlib
import itertools
import threading
import time
from collections.abc import AsyncIterator, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import structlog
from anyio import to_thread
from hypothesis import given, settings
from hypothesis import strategies as st

from app import consents, keys, models, uploads
from app.db import writing
from app.errors import CandidError, NotAudio, RecordingEmpty, RecordingTooLarge, StorageFull, UploadTooSlow
from app.main import create_app
from app.recordings import Recordings
from app.settings import Settings
from app.uploads import BLOCK, FORM_BYTES
from tests import databases
from tests.client import Client
from tests.installation import Installation, installed
from tests.s3_server import folder_only
from tests.scenes import SOUND, Caller, chunks_of, kept, make_key, plan, scope_of, staged, streamed, wav

FORM = {"Content-Type": "multipart/form-data; boundary=b"}
HEAD = b'--b\r\nContent-Disposition: form-data; name="consent"\r\n\r\ntrue\r\n'
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="m.wav"\r\n\r\n'
# 40 bytes of text that make libav open any other file on the disk.
FFCONCAT = b"ffconcat version 1.0\nfile '/etc/passwd'\n"
NO_SOUND = {
    "an ffconcat text": FFCONCAT,
    "a playlist": b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n",
    "a web page": b"<!doctype html><html><body>hello</body></html>",
    "a zip": b"PK\x03\x04" + bytes(60),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(60),
    "one byte": b"R",
}


def call(
    here: Installation, messages: Iterator[MutableMapping[str, Any]], headers: dict[str, str], query: str = ""
) -> Caller:
    """A POST of an interview at the ASGI border, with the lifespan around it."""
    app, caller = create_app(here.settings), Caller(messages)

    async def talk() -> None:
        async with app.router.lifespan_context(app):
            await app(scope_of("/v1/interviews", headers, query=query), caller.receive, caller.send)

    asyncio.run(talk())
    return caller


def endless(first: bytes = b"") -> Iterator[MutableMapping[str, Any]]:
    yield {"type": "http.request", "body": first, "more_body": True}
    while True:
        yield {"type": "http.request", "body": SOUND + bytes(64 * 1024), "more_body": True}


def bearer(here: Installation) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_key(here)}"}


@pytest.mark.parametrize("kind", ["audio/mp4", "multipart/form-data; boundary=b", "application/json", "text/html"])
def test_who_calls_is_asked_before_one_byte_is_read(here: Installation, kind: str) -> None:
    caller = call(here, endless(), {"Content-Type": kind, "Content-Length": str(2**31)}, "consent=true")
    assert (caller.status, caller.taken_bytes) == (401, 0)


@pytest.mark.parametrize("query", ["", "consent=false", "title=x"])
def test_consent_is_asked_before_one_byte_of_the_sound_is_read(here: Installation, query: str) -> None:
    caller = call(here, endless(), bearer(here) | {"Content-Type": "audio/mp4"}, query)
    assert (caller.status, caller.taken_bytes) == (422, 0)
    assert b'"consent-required"' in caller.body
    assert staged(here) == []


def test_a_form_without_consent_is_refused_at_the_file(here: Installation) -> None:
    caller = call(here, endless(FILE), bearer(here) | FORM)
    assert (caller.status, caller.taken_bytes) == (422, len(FILE))
    assert b'"consent-required"' in caller.body


def test_a_declared_length_over_the_limit_is_refused_before_one_byte(here: Installation) -> None:
    headers = bearer(here) | {"Content-Type": "audio/mp4", "Content-Length": str(2**31 + 1)}
    caller = call(here, endless(), headers, "consent=true")
    assert (caller.status, caller.taken_bytes) == (413, 0)


def test_an_undeclared_length_is_counted_and_stopped_at_the_limit(tmp_path: Path) -> None:
    with installed(tmp_path, max_recording_bytes=3 * BLOCK) as here:
        caller = call(here, endless(), bearer(here) | {"Content-Type": "audio/mp4"}, "consent=true")
        assert (caller.status, b'"recording-too-large"' in caller.body) == (413, True)
        assert 3 * BLOCK < caller.taken_bytes <= 5 * BLOCK
        assert staged(here) == kept(here) == []


@pytest.mark.parametrize("door", ["raw", "form"])
def test_an_upload_that_is_cut_off_leaves_nothing(here: Installation, door: str) -> None:
    body = SOUND if door == "raw" else HEAD + FILE + SOUND
    headers = bearer(here) | ({"Content-Type": "audio/wav"} if door == "raw" else FORM)
    messages = itertools.islice(chunks_of(body * 2, 100), 8)
    call(here, messages, headers, "consent=true" if door == "raw" else "")
    assert staged(here) == kept(here) == []
    with Client(create_app(here.settings), key=make_key(here)) as client:
        assert client.get("/v1/interviews").json()["items"] == []


def test_a_form_that_ends_in_the_middle_of_the_recording_leaves_nothing(here: Installation) -> None:
    caller = call(here, chunks_of(HEAD + FILE + SOUND, 50), bearer(here) | FORM)
    assert (caller.status, b'"multipart-invalid"' in caller.body) == (400, True)
    assert staged(here) == kept(here) == []


@pytest.mark.parametrize("what", NO_SOUND)
def test_what_is_no_recording_is_refused_whatever_its_name(here: Installation, client: Client, what: str) -> None:
    files = {"file": ("memo.m4a", NO_SOUND[what], "audio/mp4")}
    answer = client.post("/v1/interviews", data={"consent": "true"}, files=files)
    assert (answer.status_code, answer.json()["code"]) == (415, "not-audio")
    assert staged(here) == kept(here) == client.get("/v1/interviews").json()["items"] == []


def test_an_empty_file_is_refused_as_empty(here: Installation, client: Client) -> None:
    answer = client.post("/v1/interviews", data={"consent": "true"}, files={"file": ("memo.m4a", b"", "audio/mp4")})
    assert (answer.status_code, answer.json()["code"], staged(here)) == (415, "recording-empty", [])


@pytest.mark.parametrize("kind", ["audio/mp4", "audio/x-anything", "video/quicktime", "application/octet-stream", None])
def test_the_content_says_what_it_is_and_not_the_header(client: Client, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = client.post("/v1/interviews?consent=true&filename=memo.m4a", content=SOUND, headers=headers)
    recording = answer.json()["recording"]
    assert (answer.status_code, recording["media_type"], recording["filename"]) == (201, "audio/wav", "memo.m4a")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "image/png"])
def test_another_content_type_is_refused(client: Client, kind: str) -> None:
    answer = client.post("/v1/interviews?consent=true", content=SOUND, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "media-type-refused")


@pytest.mark.parametrize("door", ["form", "raw", "put raw", "put form"])
def test_every_door_keeps_the_same_bytes(here: Installation, client: Client, door: str) -> None:
    form: dict[str, Any] = {"data": {"consent": "true"}, "files": {"file": ("m.wav", SOUND, "audio/wav")}}
    raw: dict[str, Any] = {"params": {"consent": "true"}, "content": SOUND, "headers": {"Content-Type": "audio/wav"}}
    sent = form if "form" in door else raw
    if door.startswith("put"):
        path = plan(client, title="planned")["links"]["self"]
        answer = client.put(f"{path}/recording", **sent)
    else:
        answer = client.post("/v1/interviews", **sent)
    (key,) = kept(here)
    assert (answer.status_code, b"".join(here.recordings.read(key))) == (201, SOUND)
    assert answer.json()["recording"]["sha256"] == hashlib.sha256(SOUND).hexdigest()
    assert (answer.json()["status"], answer.json()["job"]["status"]) == ("queued", "queued")


@pytest.mark.parametrize("door", ["form", "raw", "put raw"])
def test_a_recording_whose_commit_nobody_heard_of_is_there(here: Installation, client: Client, door: str) -> None:
    form: dict[str, Any] = {"data": {"consent": "true"}, "files": {"file": ("m.wav", SOUND, "audio/wav")}}
    raw: dict[str, Any] = {"params": {"consent": "true"}, "content": SOUND, "headers": {"Content-Type": "audio/wav"}}
    path = f"{plan(client)['links']['self']}/recording" if door == "put raw" else "/v1/interviews"
    with databases.unheard(models.Recording):
        answer = client.request("PUT" if door == "put raw" else "POST", path, **(form if door == "form" else raw))
    assert (answer.status_code, answer.json()["code"]) == (503, "database-unavailable")
    (made,) = client.get("/v1/interviews").json()["items"]
    assert (client.get(made["links"]["recording"]).content, len(kept(here))) == (SOUND, 1)


def test_a_second_recording_is_refused_before_it_is_read(here: Installation, client: Client) -> None:
    path = plan(client, title="once", consent=True)["links"]["self"] + "/recording"
    assert client.put(path, content=SOUND, headers={"Content-Type": "audio/wav"}).status_code == 201
    again = client.put(path, content=wav(seconds=1), headers={"Content-Type": "audio/wav"})
    assert (again.status_code, again.json()["code"]) == (409, "recording-present")
    assert len(kept(here)) == 1


@pytest.mark.parametrize(
    ("fields", "pointer"), [({"surprise": "1"}, "/surprise"), ({"language": "English"}, "/language")]
)
def test_a_wrong_field_is_refused_before_the_recording_is_kept(
    here: Installation, client: Client, fields: dict[str, str], pointer: str
) -> None:
    form = {"consent": "true", **fields}
    answer = client.post("/v1/interviews", data=form, files={"file": ("m.wav", SOUND, "audio/wav")})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert staged(here) == kept(here) == []


def test_the_fields_of_a_form_describe_the_interview(client: Client) -> None:
    form = {
        "consent": "true",
        "title": "Coffee",
        "role": "archivist",
        "vocabulary": "Fresnel, Okafor ,",
        "language": "en",
    }
    made = client.post("/v1/interviews", data=form, files={"file": ("m.wav", SOUND, "audio/wav")}).json()
    assert (made["title"], made["role"], made["language"]) == ("Coffee", "archivist", "en")
    assert made["vocabulary"] == ["Fresnel", "Okafor"]
    assert (made["consent"]["method"], made["consent"]["status"]) == ("operator_asserted", "given")


def receive(recordings: Recordings, chunks: AsyncIterator[bytes], **options: Any) -> uploads.Received:
    expected = options.pop("expected_bytes", None)
    told = Settings(**options)
    return asyncio.run(uploads.receive(chunks, recordings=recordings, settings=told, expected_bytes=expected))


@pytest.fixture
def store(tmp_path: Path) -> Recordings:
    return Recordings(str(tmp_path / "recordings"), tmp_path / "incoming")


@settings(max_examples=25)
@given(st.binary(max_size=2000), st.lists(st.integers(0, 2000), max_size=8))
def test_what_is_received_is_what_came_however_it_was_cut(store: Recordings, noise: bytes, places: list[int]) -> None:
    body = SOUND + noise
    edges = [0, *sorted(place for place in places if place < len(body)), len(body)]
    blocks = [body[start:end] for start, end in itertools.pairwise(edges)]
    received = receive(store, streamed(blocks))
    assert (received.path.read_bytes(), received.kind, received.size_bytes) == (body, "wav", len(body))
    assert received.sha256 == hashlib.sha256(body).hexdigest()
    store.discard(received.path)


async def stalling(pause_s: float, block: bytes = b"x" * 100) -> AsyncIterator[bytes]:
    yield SOUND
    while True:
        await asyncio.sleep(pause_s)
        yield block


@pytest.mark.parametrize("pause_s", [0.02, 60.0])
def test_bytes_that_drip_or_stop_are_too_slow(store: Recordings, pause_s: float) -> None:
    with pytest.raises(UploadTooSlow):
        receive(store, stalling(pause_s), upload_window_s=0.2, min_upload_bytes_per_s=100_000)
    assert list(store.staging.rglob("*")) == []


def test_what_the_server_waits_for_is_not_the_clients_time() -> None:
    told = Settings(upload_window_s=0.05, min_upload_bytes_per_s=1_000_000)

    async def take_slowly() -> int:
        taken = 0
        async for chunk in uploads.paced(streamed([b"x"] * 4), told):
            await asyncio.sleep(0.06)
            taken += len(chunk)
        return taken

    assert asyncio.run(take_slowly()) == 4


def test_who_stops_listening_to_a_slow_client_is_not_ended_by_its_clock() -> None:
    told = Settings(upload_window_s=0.05, min_upload_bytes_per_s=0)

    async def take_one() -> bytes:
        chunk = await anext(uploads.paced(streamed([b"x", b"y"]), told))
        await asyncio.sleep(0.1)
        return chunk

    assert asyncio.run(take_one()) == b"x"


def test_a_slow_client_gets_408(tmp_path: Path) -> None:
    with installed(tmp_path, upload_window_s=0.1) as here:

        class Slow(Caller):
            async def receive(self) -> MutableMapping[str, Any]:
                await asyncio.sleep(0.06 if self.taken_bytes else 0)
                return await super().receive()

        app, caller = create_app(here.settings), Slow(chunks_of(HEAD + FILE + SOUND * 9, 1000))

        async def talk() -> None:
            async with app.router.lifespan_context(app):
                await app(scope_of("/v1/interviews", bearer(here) | FORM), caller.receive, caller.send)

        asyncio.run(talk())
        assert (caller.status, b'"upload-too-slow"' in caller.body) == (408, True)
        assert staged(here) == []


@pytest.mark.parametrize(
    ("blocks", "options", "refused"),
    [
        ([], {}, RecordingEmpty),
        ([b"", b""], {}, RecordingEmpty),
        ([FFCONCAT], {}, NotAudio),
        ([SOUND], {"max_recording_bytes": len(SOUND) - 1}, RecordingTooLarge),
        ([SOUND], {"max_recording_bytes": 2**63, "expected_bytes": 2**62}, StorageFull),
    ],
)
def test_what_is_refused_leaves_nothing_in_staging(
    store: Recordings, blocks: list[bytes], options: dict[str, Any], refused: type[CandidError]
) -> None:
    with pytest.raises(refused):
        receive(store, streamed(blocks), **options)
    assert list(store.staging.iterdir()) == []


class Filling(Recordings):
    """Its disk has room for so many blocks, whatever was promised at the door."""

    blocks = 2

    def check_room(self, size_bytes: int) -> None:
        if size_bytes:
            self.blocks -= 1
        super().check_room(size_bytes if self.blocks >= 0 else 2**60)


def test_a_disk_that_others_fill_stops_an_upload_on_its_way(tmp_path: Path) -> None:
    store = Filling(str(tmp_path), tmp_path)
    with pytest.raises(StorageFull):
        receive(store, streamed([SOUND + bytes(BLOCK)] * 3))
    assert (store.blocks, list(store.staging.iterdir())) == (-1, [])


class Full(Recordings):
    """What is staged goes to the device that is always full."""

    def stage(self) -> Path:
        staged = super().stage()
        staged.symlink_to("/dev/full")
        return staged


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("sound", [SOUND, SOUND + bytes(BLOCK)])
def test_a_disk_that_is_full_while_writing_is_told_as_no_room(tmp_path: Path, sound: bytes) -> None:
    # The short one is noticed when it is flushed, the long one when it is written.
    store = Full(str(tmp_path), tmp_path)
    with pytest.raises(StorageFull):
        receive(store, streamed([sound]))
    assert list(store.staging.iterdir()) == []


@pytest.mark.parametrize(("over", "status", "taken"), [(0, 400, len(HEAD + FILE + SOUND)), (1, 413, len(HEAD + FILE))])
def test_a_form_may_be_as_much_larger_than_the_limit_as_its_fields_need(
    here: Installation, over: int, status: int, taken: int
) -> None:
    length = here.settings.max_recording_bytes + FORM_BYTES + over
    messages = chunks_of(HEAD + FILE + SOUND, len(HEAD + FILE))
    caller = call(here, messages, bearer(here) | FORM | {"Content-Length": str(length)})
    assert (caller.status, caller.taken_bytes) == (status, taken)


def test_a_form_for_which_there_is_no_room_is_refused_before_its_recording(tmp_path: Path) -> None:
    with installed(tmp_path, max_recording_bytes=2**63) as here:
        offered = itertools.islice(endless(HEAD + FILE), 9)
        caller = call(here, offered, bearer(here) | FORM | {"Content-Length": str(2**62)})
        assert (caller.status, caller.taken_bytes) == (507, len(HEAD + FILE))
        assert staged(here) == kept(here) == []


@folder_only
def test_a_recording_that_cannot_be_kept_leaves_nothing_in_staging(here: Installation, client: Client) -> None:
    # Where the owner's folder should be there is a file.
    (Path(here.settings.recordings_location) / here.owner_id).write_bytes(b"")
    answer = client.post("/v1/interviews?consent=true", content=SOUND, headers={"Content-Type": "audio/wav"})
    assert answer.status_code == 500
    assert staged(here) == client.get("/v1/interviews").json()["items"] == []


@pytest.mark.parametrize("digest", [{}, {"Content-Digest": f"sha-256=:{'A' * 43}=:"}])
@pytest.mark.parametrize("blocks", [2, 99])
def test_nobody_on_the_loop_waits_for_the_disk(
    here: Installation, monkeypatch: pytest.MonkeyPatch, digest: dict[str, str], blocks: int
) -> None:
    """Whether the recording comes as a whole, is cut off, or is another than was said."""
    called = {name: noting(monkeypatch, name) for name in ("check_room", "stage", "discard")}
    messages = itertools.islice(chunks_of(SOUND, 200), blocks)
    call(here, messages, bearer(here) | {"Content-Type": "audio/wav"} | digest, "consent=true")
    assert all(called.values())
    assert threading.main_thread() not in {thread for threads in called.values() for thread in threads}
    assert staged(here) == []


def noting(monkeypatch: pytest.MonkeyPatch, name: str) -> list[threading.Thread]:
    """The threads on which something is asked of the recordings."""
    real, threads = getattr(Recordings, name), []

    def noted(*given: Any) -> Any:
        threads.append(threading.current_thread())
        return real(*given)

    monkeypatch.setattr(Recordings, name, noted)
    return threads


def test_a_key_whose_use_cannot_be_noted_is_as_good_as_any(here: Installation, client: Client) -> None:
    databases.refuse(here.engine, "update", "api_key", reason="database or disk is full")
    fresh = make_key(here)
    with structlog.testing.capture_logs() as logged:
        assert client.as_key(fresh).get("/v1/interviews").status_code == 200
    assert [entry["event"] for entry in logged if entry["log_level"] == "warning"] == ["use of key not noted"]


def test_the_limit_itself_is_allowed(store: Recordings) -> None:
    assert receive(store, streamed([SOUND]), max_recording_bytes=len(SOUND)).size_bytes == len(SOUND)


def test_bytes_are_gathered_into_blocks_before_they_go_to_disk() -> None:
    async def sizes() -> list[int]:
        return [len(block) async for block in uploads.gathered(streamed([bytes(BLOCK // 4)] * 9))]

    assert asyncio.run(sizes()) == [BLOCK, BLOCK, BLOCK // 4]


def test_a_kept_recording_has_a_folder_of_its_own_named_by_us(store: Recordings) -> None:
    received = receive(store, streamed([SOUND]))
    kept_one = uploads.keep(received, recordings=store, owner_id="own_1")
    assert kept_one.key == f"own_1/{kept_one.recording_id}/recording.wav"
    assert b"".join(store.read(kept_one.key)) == SOUND
    assert list(store.staging.iterdir()) == []


def test_consent_withdrawn_while_the_recording_comes_keeps_no_recording(here: Installation, client: Client) -> None:
    planned = plan(client, title="x", consent=True)
    caller = keys.Caller(here.owner_id, "key_of_the_test", frozenset())

    def withdrawing() -> Iterator[bytes]:
        yield SOUND
        with writing(here.engine) as session:
            consents.withdraw(session, caller, planned["consent"]["id"], None)
        yield bytes(100)

    headers = {"Content-Type": "audio/wav"}
    answer = client.put(f"{planned['links']['self']}/recording", content=withdrawing(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (451, "consent-withdrawn")
    assert staged(here) == kept(here) == []


def test_uploads_that_wait_for_the_disk_leave_threads_to_everybody_else(tmp_path: Path) -> None:
    goes_on = threading.Event()

    class Stuck(Recordings):
        def check_room(self, size_bytes: int) -> None:
            if size_bytes:
                goes_on.wait(30)

    async def others() -> None:
        stuck, told = Stuck(str(tmp_path / "kept"), tmp_path / "incoming"), Settings(data_dir=tmp_path)
        coming = [
            uploads.receive(streamed([SOUND]), recordings=stuck, settings=told, expected_bytes=None) for _ in range(60)
        ]
        taking = asyncio.gather(*coming)
        await asyncio.sleep(0.5)
        try:
            await asyncio.wait_for(to_thread.run_sync(time.monotonic), 10)
        finally:
            goes_on.set()
        assert len(await taking) == 60

    asyncio.run(others())
