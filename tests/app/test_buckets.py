"""Recordings on S3: kept when the server says so, read in ranges, erased in every version, and never taken for lost."""

import hashlib
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app import erasures, ids, recordings
from app.buckets import PART_BYTES, Bucket
from app.db import now, reading
from app.errors import RecordingLost, RecordingsUnavailable
from app.main import create_app
from app.recordings import Recordings
from tests import s3_server
from tests.client import Client
from tests.installation import Installation, installed
from tests.s3_server import FORBIDDEN, NO_SUCH_CALL, UNAVAILABLE, Wire
from tests.scenes import SOUND, kept, make_key, upload, wav

pytestmark = s3_server.needs_server

KEY = "own_1/rec_1/recording.wav"


@pytest.fixture
def store(tmp_path: Path, wire: Wire) -> Recordings:
    """In a bucket that keeps old versions, at the far end of the wire."""
    del wire
    return Recordings(s3_server.location(versioned=True), tmp_path / "incoming")


@pytest.fixture
def here(tmp_path: Path, wire: Wire) -> Iterator[Installation]:
    del wire
    with installed(tmp_path / "data", recordings_url=s3_server.location(versioned=True)) as here:
        yield here


@pytest.fixture
def client(here: Installation) -> Iterator[Client]:
    with Client(create_app(here.settings), key=make_key(here)) as client:
        yield client


def put(store: Recordings, key: str, content: bytes) -> None:
    staged = store.stage()
    staged.write_bytes(content)
    store.keep(staged, key)


def begin_upload(store: Recordings, key: str) -> None:
    """The first request of an upload in parts, and no other."""
    bucket = store.store
    assert isinstance(bucket, Bucket)
    begun = s3_server.signed(s3_server._started(), "POST", f"{bucket.name}/{bucket.prefix}/{key}", "uploads=")
    assert httpx.post(begun).is_success


def left_of(store: Recordings) -> list[object]:
    """Everything under the store's prefix: versions, marks of deletion, unfinished uploads."""
    bucket = store.store
    assert isinstance(bucket, Bucket)
    return [found for page in bucket.listed("") for found in page] + list(bucket._uploads(""))


def test_a_recording_sent_in_parts_comes_back_from_any_place(store: Recordings) -> None:
    content = random.Random(7).randbytes(2 * PART_BYTES + 17)  # noqa: S311  noise, not a secret
    put(store, KEY, content)
    for start, end in ((0, None), (PART_BYTES - 1, PART_BYTES + 3), (2 * PART_BYTES + 16, None)):
        assert b"".join(store.read(KEY, start, end)) == content[start:end]


def test_a_range_costs_the_bytes_of_the_range(store: Recordings, wire: Wire) -> None:
    put(store, KEY, bytes(PART_BYTES))
    before = wire.carried
    assert b"".join(store.read(KEY, 1000, 2000)) == bytes(1000)
    assert wire.carried - before < 3000


@pytest.mark.parametrize("fault", [{"is_cut": True}, {"answers": UNAVAILABLE}, {"answers": FORBIDDEN}])
def test_a_store_that_fails_is_away_and_no_recording_is_lost(
    store: Recordings, wire: Wire, tmp_path: Path, fault: dict[str, object]
) -> None:
    put(store, KEY, SOUND)
    vars(wire).update(fault)
    for call in (
        lambda: put(store, "own_1/rec_2/recording.wav", SOUND),
        lambda: store.fetch(KEY, tmp_path / "copy"),
        lambda: store.check_there(KEY),
        lambda: store.erase(KEY),
        store.check,
    ):
        with pytest.raises(RecordingsUnavailable):
            call()
    vars(wire).update({"is_cut": False, "answers": None})
    store.fetch(KEY, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == SOUND


def test_a_bucket_that_is_not_there_is_no_lost_recording(store: Recordings, tmp_path: Path) -> None:
    with pytest.raises(RecordingLost):
        store.check_there(KEY)
    wrong = Recordings("s3://no-such-bucket/recordings", tmp_path / "incoming")
    with pytest.raises(RecordingsUnavailable):
        wrong.check_there(KEY)
    with pytest.raises(RecordingsUnavailable):
        put(wrong, KEY, SOUND)


@pytest.mark.parametrize("size", [200_000, PART_BYTES + 200_000])
def test_a_bit_that_flips_on_the_way_is_not_kept(store: Recordings, wire: Wire, size: int) -> None:
    wire.flips = True
    with pytest.raises(RecordingsUnavailable):
        put(store, KEY, bytes(size))
    wire.flips = False
    assert [found for page in store.store.listed("own_1") for found in page] == []


def test_erasing_reaches_old_versions_and_unfinished_uploads(store: Recordings) -> None:
    for content in (SOUND, wav(seconds=0.1)):
        put(store, KEY, content)
    begin_upload(store, KEY)
    put(store, KEY + "x", SOUND)
    assert len(left_of(store)) == 4
    assert [store.erase(KEY), store.erase(KEY)] == [True, False]
    assert len(left_of(store)) == 1


def test_a_store_without_versions_is_erased_from_too(store: Recordings, wire: Wire) -> None:
    put(store, KEY, SOUND)
    vars(wire).update(answers=NO_SUCH_CALL, only=b"?versions=")
    assert [store.erase(KEY), store.erase(KEY)] == [True, False]
    with pytest.raises(RecordingLost):
        store.check_there(KEY)


def test_a_sweep_takes_orphans_and_unfinished_uploads_after_a_day(here: Installation) -> None:
    interview = here.interview()
    here.record(interview)
    orphan, unfinished = (f"{here.owner_id}/{ids.new(ids.Kind.RECORDING)}/recording.wav" for _ in range(2))
    put(here.recordings, orphan, SOUND)
    begin_upload(here.recordings, unfinished)
    assert recordings.sweep(here.engine, here.recordings, at=now()) == recordings.Swept()
    tomorrow = now() + timedelta(hours=25)
    assert recordings.sweep(here.engine, here.recordings, at=tomorrow) == recordings.Swept(orphans=1, unfinished=1)
    assert len(left_of(here.recordings)) == 1


def test_a_sweep_tells_of_rows_without_bytes(here: Installation) -> None:
    here.record(here.interview())
    lost = here.record(here.interview())
    here.recordings.erase(lost.key)
    assert recordings.sweep(here.engine, here.recordings, at=now()).lost == (lost.id,)


def test_an_upload_to_a_store_that_is_away_is_503_and_leaves_nothing(
    here: Installation, client: Client, wire: Wire
) -> None:
    wire.answers = UNAVAILABLE
    form = {"data": {"consent": "true"}, "files": {"file": ("m.wav", SOUND, "audio/wav")}}
    answer = client.post("/v1/interviews", **form)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (503, "recordings-unavailable")
    assert answer.headers["retry-after"] == "30"
    assert client.get("/readyz").json()["storage"] is False
    wire.answers = None
    assert kept(here) == list(here.recordings.staging.iterdir()) == client.get("/v1/interviews").json()["items"] == []
    assert client.get("/readyz").json()["storage"] is True


def test_a_download_from_a_store_that_is_away_says_so_before_it_begins(client: Client, wire: Wire) -> None:
    path = upload(client)["links"]["recording"]
    wire.is_cut = True
    assert (client.get(path).status_code, client.head(path).status_code) == (503, 503)
    wire.is_cut = False
    answer = client.get(path, headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, SOUND[:4])


def test_an_erasure_waits_for_a_store_that_is_away(here: Installation, client: Client, wire: Wire) -> None:
    made = upload(client)
    wire.answers = FORBIDDEN
    withdrawn = client.post(f"/v1/consents/{made['consent']['id']}/withdraw").json()
    assert withdrawn["erasure"]["completed_at"] is None
    assert client.get(made["links"]["recording"]).status_code == 451
    wire.answers = None
    with reading(here.engine) as session:
        (pending,) = erasures.pending(session)
    assert erasures.finish(here.engine, here.queue, here.recordings, here.settings.work_dir, pending)
    assert kept(here) == []


CARRY = """
import hashlib, resource, sys
from pathlib import Path
from app.recordings import Recordings
store, size = Recordings(sys.argv[1], Path(sys.argv[2])), int(sys.argv[3])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
staged = store.stage()
with staged.open("wb") as file:
    file.truncate(size)
store.keep(staged, "own_1/rec_1/recording.wav")
digest = hashlib.sha256()
for block in store.read("own_1/rec_1/recording.wav"):
    digest.update(block)
print(digest.hexdigest(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    size, place = 192 * 1024 * 1024, s3_server.location()
    said = subprocess.run(
        [sys.executable, "-c", CARRY, place, str(tmp_path), str(size)], capture_output=True, text=True, check=True
    )
    digest, grown_kib = said.stdout.split()
    assert digest == hashlib.sha256(bytes(size)).hexdigest()
    assert int(grown_kib) < 80 * 1024
