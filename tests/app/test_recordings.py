"""Recordings: kept for good, downloaded whole or in ranges, found by our own names only."""

import base64
import errno
import hashlib
import os
import random
import tempfile
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import ids, recordings
from app.db import now
from app.errors import RecordingLost, StorageFull
from app.main import create_app
from app.recordings import Recordings
from app.stores import BLOCK
from tests import s3_server
from tests.client import Client
from tests.installation import Installation
from tests.s3_server import folder_only
from tests.scenes import SOUND, kept, plan, upload, wav
from tests.whole.service import eventually


@pytest.fixture
def store(tmp_path: Path) -> Recordings:
    place = s3_server.location() if s3_server.ON_S3 else str(tmp_path / "recordings")
    return Recordings(place, tmp_path / "incoming")


def put(store: Recordings, key: str, content: bytes) -> None:
    staged = store.stage()
    staged.write_bytes(content)
    store.keep(staged, key)


def test_a_download_is_the_bytes_that_came(client: Client) -> None:
    made = upload(client, SOUND)
    answer = client.get(made["links"]["recording"])
    assert answer.content == SOUND
    assert hashlib.sha256(answer.content).hexdigest() == made["recording"]["sha256"]
    assert (answer.headers["content-type"], answer.headers["accept-ranges"]) == ("audio/wav", "bytes")


def test_a_download_carries_its_hash_for_programs(client: Client) -> None:
    digest = base64.b64encode(hashlib.sha256(SOUND).digest()).decode()
    path = upload(client, SOUND)["links"]["recording"]
    assert client.get(path).headers["repr-digest"] == f"sha-256=:{digest}:"
    assert client.get(path, headers={"Range": "bytes=0-3"}).headers["repr-digest"] == f"sha-256=:{digest}:"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-3", 0, 4), ("bytes=40-", 40, len(SOUND)), ("bytes=-5", len(SOUND) - 5, len(SOUND))],
)
def test_a_range_is_a_206_with_its_place(client: Client, asked: str, start: int, end: int) -> None:
    answer = client.get(upload(client, SOUND)["links"]["recording"], headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, SOUND[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(SOUND)}"
    assert answer.headers["content-length"] == str(end - start)


def test_ranges_put_together_are_the_recording(client: Client) -> None:
    path = upload(client, SOUND)["links"]["recording"]

    @settings(max_examples=15)
    @given(st.lists(st.integers(1, len(SOUND) - 1), unique=True, max_size=4))
    def put_together(cuts: list[int]) -> None:
        places = [0, *sorted(cuts), len(SOUND)]
        asked = [f"bytes={start}-{end - 1}" for start, end in pairwise(places)]
        parts = [client.get(path, headers={"Range": part}).content for part in asked]
        assert b"".join(parts) == SOUND

    put_together()


def test_a_range_outside_says_how_large_the_recording_is(client: Client) -> None:
    answer = client.get(upload(client, SOUND)["links"]["recording"], headers={"Range": "bytes=9999999-"})
    assert (answer.status_code, answer.json()["code"]) == (416, "range-invalid")
    assert answer.headers["content-range"] == f"bytes */{len(SOUND)}"


@pytest.mark.parametrize("matches", [True, False])
def test_a_range_meant_for_other_bytes_gets_the_whole(client: Client, matches: bool) -> None:  # noqa: FBT001  a column
    path = upload(client, SOUND)["links"]["recording"]
    etag = client.head(path).headers["etag"]
    answer = client.get(path, headers={"Range": "bytes=0-3", "If-Range": etag if matches else '"other"'})
    assert (answer.status_code, len(answer.content)) == ((206, 4) if matches else (200, len(SOUND)))


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_what_the_caller_has_is_not_sent_again(client: Client, form: str) -> None:
    path = upload(client)["links"]["recording"]
    etag = client.get(path).headers["etag"]
    answer = client.get(path, headers={"If-None-Match": form.format(etag)})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_says_what_get_would_without_the_bytes(client: Client) -> None:
    path = upload(client, SOUND)["links"]["recording"]
    head, whole = client.head(path), client.get(path)
    assert head.content == b""
    for name in ("content-length", "content-type", "etag", "accept-ranges", "content-disposition"):
        assert head.headers[name] == whole.headers[name]


def test_a_download_can_never_act_as_a_page(client: Client) -> None:
    headers = client.get(upload(client, filename="x.html")["links"]["recording"]).headers
    assert headers["content-disposition"].startswith("attachment;")
    assert (headers["x-content-type-options"], headers["content-security-policy"]) == ("nosniff", "sandbox")


def test_an_interview_that_was_only_planned_has_no_recording(client: Client) -> None:
    planned = plan(client, title="later")
    assert client.get(f"{planned['links']['self']}/recording").status_code == 404
    assert client.head(f"{planned['links']['self']}/recording").status_code == 404


def test_no_part_of_a_name_on_disk_is_the_clients(here: Installation, client: Client) -> None:
    made = upload(client, filename="../../secret plan.wav")
    assert kept(here) == [f"{here.owner_id}/{made['recording']['id']}/recording.wav"]


def test_bytes_come_back_from_any_place_in_any_length(store: Recordings) -> None:
    content = random.Random(7).randbytes(2 * BLOCK + 17)  # noqa: S311  noise, not a secret
    put(store, "a/b/recording", content)
    for start, end in ((0, None), (0, BLOCK), (1, BLOCK + 1), (BLOCK - 1, 2 * BLOCK + 3), (2 * BLOCK + 16, None)):
        assert b"".join(store.read("a/b/recording", start, end)) == content[start:end]


def test_a_recording_is_read_in_blocks(store: Recordings) -> None:
    size = store.store.block_bytes
    put(store, "a/recording", bytes(2 * size + 1))
    assert [len(block) for block in store.read("a/recording")] == [size, size, 1]


def test_a_recording_that_is_gone_is_lost_and_not_empty(store: Recordings, tmp_path: Path) -> None:
    put(store, "a/recording", SOUND)
    assert [store.erase("a/recording"), store.erase("a/recording")] == [True, False]
    with pytest.raises(RecordingLost):
        store.fetch("a/recording", tmp_path / "copy")


@folder_only
def test_an_erased_recording_leaves_no_folder_behind(store: Recordings, tmp_path: Path) -> None:
    put(store, "own/rec/recording", SOUND)
    store.erase("own/rec/recording")
    assert [path for path in (tmp_path / "recordings").rglob("*") if "rec" in path.parts[-1]] == []


def test_a_kept_recording_leaves_nothing_in_staging(store: Recordings, tmp_path: Path) -> None:
    put(store, "a/recording", SOUND)
    store.fetch("a/recording", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == SOUND
    assert list(store.staging.iterdir()) == []


def test_a_disk_without_room_is_said_before_the_upload(store: Recordings) -> None:
    store.check_room(0)
    with pytest.raises(StorageFull):
        store.check_room(2**60)


@pytest.mark.parametrize("asked", [{}, {"Range": "bytes=0-3"}])
def test_a_download_whose_bytes_are_gone_says_so_instead_of_breaking_off(
    here: Installation, client: Client, asked: dict[str, str]
) -> None:
    path = upload(client)["links"]["recording"]
    here.recordings.erase(kept(here)[0])
    answer = client.get(path, headers=asked)
    assert (answer.status_code, answer.json()["code"]) == (500, "recording-lost")
    assert client.head(path).status_code == 500


def test_a_folder_on_another_disk_can_keep_what_came(tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm")  # noqa: S108  the one other file system that is nearly always there
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system here")
    with tempfile.TemporaryDirectory(dir=elsewhere) as folder:
        store = Recordings(folder, tmp_path / "incoming")
        put(store, "a/recording", SOUND)
        assert b"".join(store.read("a/recording")) == SOUND
        assert list(store.staging.iterdir()) == []


def test_uploads_are_staged_where_a_rename_can_take_them_from(tmp_path: Path) -> None:
    folder = Recordings(str(tmp_path / "recordings"), tmp_path / "incoming")
    bucket = Recordings("s3://a-bucket", tmp_path / "incoming")
    assert (folder.staging, bucket.staging) == (tmp_path / "recordings" / ".incoming", tmp_path / "incoming")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_is_told_as_no_room(code: int) -> None:
    with pytest.raises(StorageFull), recordings.full_disk_told():
        raise OSError(code, os.strerror(code))
    with pytest.raises(PermissionError), recordings.full_disk_told():
        raise PermissionError(errno.EACCES, "not a matter of room")


def aged(path: Path, hours: float) -> Path:
    at = (now() - timedelta(hours=hours)).timestamp()
    os.utime(path, (at, at))
    return path


@folder_only
def test_what_a_dead_upload_left_is_swept_after_a_day(here: Installation) -> None:
    here.record(here.interview())
    for hours in (23, 25):
        staged = here.recordings.stage()
        staged.write_bytes(SOUND)
        aged(staged, hours)
        aged(staged.parent, hours)
    known = Path(here.settings.recordings_location) / kept(here)[0]
    young, old = lost(here, here.owner_id), lost(here, here.owner_id)
    aged(old, 25)
    aged(known, 100)
    assert recordings.sweep(here.engine, here.recordings, at=now()).orphans == 1
    assert (known.exists(), young.exists(), old.exists()) == (True, True, False)
    assert len(list(here.recordings.staging.iterdir())) == 1


def lost(here: Installation, owner_id: str) -> Path:
    """A recording of that owner that no row points to."""
    key = f"{owner_id}/{ids.new(ids.Kind.RECORDING)}/recording.wav"
    put(here.recordings, key, SOUND)
    return Path(here.settings.recordings_location) / key


@folder_only
def test_what_is_not_ours_is_never_swept(here: Installation) -> None:
    ours, folder = lost(here, here.owner_id), Path(here.settings.recordings_location)
    foreign = [
        lost(here, ids.new(ids.Kind.OWNER)),
        *(folder / name for name in ("song.mp3", f"{here.owner_id}/song.mp3", f"{here.owner_id}/rec_1/recording.wav")),
        ours.with_name("song.wav"),
        # No store can list this name; it must not keep the rest from being swept.
        Path(os.fsdecode(bytes(folder) + b"/\xff.mp3")),
    ]
    for path in [ours, *foreign]:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(SOUND)
        aged(path, 1000)
    assert recordings.sweep(here.engine, here.recordings, at=now()).orphans == 1
    assert not ours.exists()
    assert all(path.exists() for path in foreign)


def test_a_stray_file_in_staging_does_not_end_the_sweep(store: Recordings) -> None:
    stray = aged_file(store.staging / ".DS_Store")
    staged = aged_file(store.stage())
    aged(staged.parent, 25)
    store.sweep_staging(before=now() - timedelta(days=1))
    assert (stray.exists(), staged.parent.exists()) == (True, False)


def aged_file(path: Path) -> Path:
    path.write_bytes(SOUND)
    return aged(path, 25)


def left(here: Installation) -> None:
    """What a process that was killed a day ago has left of an upload."""
    staged = aged_file(here.recordings.stage())
    aged(staged.parent, 25)


def test_a_service_that_starts_removes_what_a_dead_upload_left(here: Installation) -> None:
    left(here)
    with Client(create_app(here.settings)):
        assert list(here.recordings.staging.iterdir()) == []


def test_a_service_that_runs_for_long_removes_it_too(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.main.SWEEP_EVERY_S", 0.01)
    with Client(create_app(here.settings)):
        left(here)
        eventually(lambda: list(here.recordings.staging.iterdir()) == [])


def test_two_recordings_never_share_a_folder(client: Client) -> None:
    first, second = (upload(client, wav(seconds=0.02))["recording"] for _ in range(2))
    assert first["id"] != second["id"]
    assert first["sha256"] == second["sha256"]
