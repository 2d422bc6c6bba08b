"""An upload that begins at one machine goes on at any other: what counts is in the bucket, and only that."""

import hashlib
import random
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from app import models, parts, resumables
from app.buckets import MIB
from app.db import now, reading
from app.errors import UploadExpired, UploadMoved
from app.main import create_app
from app.recordings import Recordings
from tests import s3_server
from tests.client import Client
from tests.installation import Installation, installed
from tests.s3_server import UNAVAILABLE, Wire
from tests.scenes import SOUND, kept, make_key, plan, staged
from tests.tus import Sender

pytestmark = s3_server.needs_server

HALF = len(SOUND) // 2


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path / "data", recordings_url=s3_server.location(versioned=True)) as here:
        yield here


@pytest.fixture
def senders(here: Installation, tmp_path: Path) -> Iterator[list[Sender]]:
    """The same key at two machines, which have a database and a bucket in common, and no disk."""
    key, elsewhere = make_key(here), here.settings.model_copy(update={"data_dir": tmp_path / "elsewhere"})
    with Client(create_app(here.settings), key=key) as one, Client(create_app(elsewhere), key=key) as other:
        yield [Sender(one), Sender(other)]


def of(here: Installation, path: str) -> models.Upload:
    with reading(here.engine) as session:
        return session.get_one(models.Upload, path.rpartition("/")[2])


def counted(here: Installation) -> list[str]:
    with reading(here.engine) as session:
        return list(session.exec(select(models.UploadPart.key)))


def sound_of(sender: Sender, interview: str) -> bytes:
    answer = sender.client.get(f"{interview}/recording")
    content: bytes = answer.content
    return content


def test_what_began_at_one_machine_ends_at_another(here: Installation, senders: list[Sender], tmp_path: Path) -> None:
    one, other = senders
    path = one.begun(len(SOUND))
    one.append(path, 0, SOUND[:HALF])
    assert [sender.offset(path) for sender in senders] == [HALF, HALF]
    interview = other.append(path, HALF, SOUND[HALF:]).headers["candid-interview"]
    assert [sound_of(sender, interview) for sender in senders] == [SOUND, SOUND]
    assert (len(kept(here)), counted(here), staged(here)) == (1, [], [])
    assert list((tmp_path / "elsewhere" / "incoming").iterdir()) == []


def test_more_than_one_part_of_a_piece_is_put_together_again(senders: list[Sender]) -> None:
    one, other = senders
    sound = SOUND + random.Random(1).randbytes(2 * parts.PART_BYTES + MIB)  # noqa: S311  noise, not a secret
    path = one.begun(len(sound))
    cut = len(sound) - MIB // 2
    one.append(path, 0, sound[:cut], upload_checksum="sha1 " + sha1(sound[:cut]))
    assert sound_of(one, other.append(path, cut, sound[cut:]).headers["candid-interview"]) == sound


def sha1(content: bytes) -> str:
    return b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()


@settings(max_examples=15)
@given(cuts=st.lists(st.tuples(st.integers(0, len(SOUND)), st.booleans()), max_size=6))
def test_pieces_through_any_machine_make_the_recording(senders: list[Sender], cuts: list[tuple[int, bool]]) -> None:
    path, offset = senders[0].begun(len(SOUND), consent="true", on_duplicate="new"), 0
    for end, at_other in [*sorted(cuts), (len(SOUND), False)]:
        answer = senders[at_other].append(path, offset, SOUND[offset:end])
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(end))
        offset = end
    assert sound_of(senders[1], senders[0].head(path).headers["candid-interview"]) == SOUND


def test_a_request_that_another_machine_has_overtaken_changes_nothing(
    here: Installation, senders: list[Sender]
) -> None:
    path = senders[0].begun(len(SOUND))
    store = here.recordings
    with closing(resumables.hold(here.engine, store, here.settings, of(here, path), expected_bytes=9)) as slow:
        slow.take(bytes(HALF))
        senders[1].append(path, 0, SOUND[:HALF])
        with pytest.raises(UploadMoved):
            slow.complete()
    assert (len(counted(here)), sorted(kept(here))) == (1, counted(here))
    interview = senders[0].append(path, HALF, SOUND[HALF:]).headers["candid-interview"]
    assert sound_of(senders[1], interview) == SOUND


def test_what_a_killed_process_has_left_on_its_disk_does_not_count(here: Installation, senders: list[Sender]) -> None:
    path = senders[0].begun(len(SOUND))
    left = here.recordings.stage_as(of(here, path).id)
    left.write_bytes(b"x" * len(SOUND))
    senders[1].append(path, 0, SOUND[:HALF])
    interview = senders[0].append(path, HALF, SOUND[HALF:]).headers["candid-interview"]
    assert (sound_of(senders[1], interview), left.exists()) == (SOUND, False)


def test_what_is_left_on_a_disk_goes_with_the_next_sweep_unless_somebody_writes_to_it(
    here: Installation, senders: list[Sender]
) -> None:
    path = senders[0].begun(len(SOUND))
    left = here.recordings.stage_as("upl_" + "0" * 32)
    held = resumables.hold(here.engine, here.recordings, here.settings, of(here, path), expected_bytes=9)
    with closing(held):
        resumables.sweep(here.engine, here.recordings, at=now())
        assert (left.exists(), here.recordings.staged_as(held.upload.id).exists()) == (False, True)


def test_an_upload_whose_bytes_the_bucket_has_lost_is_over(here: Installation, senders: list[Sender]) -> None:
    path = senders[0].begun(len(SOUND))
    senders[0].append(path, 0, SOUND[:HALF])
    assert here.recordings.erase(counted(here)[0])
    answer = senders[1].append(path, HALF, SOUND[HALF:])
    assert (answer.status_code, answer.json()["code"]) == (410, UploadExpired.code)
    assert senders[1].client.get("/v1/interviews").json()["items"] == []
    assert senders[1].head(path).status_code == 404


def test_an_upload_given_up_at_another_machine_leaves_nothing(here: Installation, senders: list[Sender]) -> None:
    path = senders[0].begun(len(SOUND))
    senders[0].append(path, 0, SOUND[:HALF])
    assert senders[1].delete(path).status_code == 204
    assert (kept(here), counted(here), staged(here)) == ([], [], [])


def test_withdrawn_consent_erases_what_came_by_any_machine(here: Installation, senders: list[Sender]) -> None:
    planned = plan(senders[0].client)  # type: ignore[arg-type]
    for sender, body in zip(senders, (SOUND[:HALF], b"beyond"), strict=True):
        path = sender.begun(len(SOUND), interview_id=planned["id"], consent="true")
        sender.append(path, 0, body)
    made = senders[0].client.put(
        f"{planned['links']['self']}/recording?consent=true", content=SOUND, headers={"Content-Type": "audio/wav"}
    )
    assert made.status_code == 201, made.text
    consent = senders[0].client.get(planned["links"]["self"]).json()["consent"]["id"]
    assert len(kept(here)) == 3
    senders[0].client.post(f"/v1/consents/{consent}/withdraw", json={})
    assert (kept(here), counted(here)) == ([], [])


def test_parts_that_no_row_points_to_are_swept_after_a_day(here: Installation, senders: list[Sender]) -> None:
    path = senders[0].begun(len(SOUND))
    senders[0].append(path, 0, SOUND[:HALF])
    bucket, upload = here.recordings.bucket, of(here, path)
    assert bucket is not None
    bucket.put_block(f"{parts.folder(upload.owner_id, upload.id)}/0-{'0' * 32}", b"never counted")
    assert parts.sweep(here.engine, here.recordings, before=now() - timedelta(days=1)) == 0
    assert parts.sweep(here.engine, here.recordings, before=now() + timedelta(seconds=5)) == 1
    assert kept(here) == counted(here)


def test_an_upload_that_was_left_too_long_goes_with_its_parts(here: Installation, senders: list[Sender]) -> None:
    path = senders[0].begun(len(SOUND))
    senders[0].append(path, 0, SOUND[:HALF])
    resumables.sweep(here.engine, here.recordings, at=of(here, path).expires_at)
    assert (len(kept(here)), senders[0].offset(path)) == (1, HALF)
    resumables.sweep(here.engine, here.recordings, at=now() + timedelta(days=2))
    assert (kept(here), counted(here), senders[0].head(path).status_code) == ([], [], 404)


def test_an_upload_is_known_as_long_as_its_parts_are_there(
    here: Installation, senders: list[Sender], wire: Wire, tmp_path: Path
) -> None:
    path = senders[0].begun(len(SOUND))
    senders[0].append(path, 0, SOUND[:HALF])
    store, wire.answers = Recordings(here.settings.recordings_location, tmp_path / "third"), UNAVAILABLE
    resumables.sweep(here.engine, store, at=now() + timedelta(days=2))
    assert (len(counted(here)), len(kept(here))) == (1, 1)
    wire.answers = None
    resumables.sweep(here.engine, store, at=now() + timedelta(days=2))
    assert (counted(here), kept(here)) == ([], [])


def test_while_the_bucket_is_away_nothing_counts_and_nothing_is_lost(
    here: Installation, senders: list[Sender], wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = senders[0].begun(len(SOUND))
    senders[0].append(path, 0, SOUND[:HALF])
    monkeypatch.setattr("app.buckets.RETRIES", {"max_retries": 0})
    store, wire.answers = Recordings(here.settings.recordings_location, tmp_path / "third"), UNAVAILABLE
    with closing(resumables.hold(here.engine, store, here.settings, of(here, path), expected_bytes=9)) as piece:
        piece.take(SOUND[HALF:-1])
        with pytest.raises(Exception, match="does not answer"):
            piece.complete()
    assert senders[1].offset(path) == HALF
    interview = senders[1].append(path, HALF, SOUND[HALF:]).headers["candid-interview"]
    assert sound_of(senders[0], interview) == SOUND
