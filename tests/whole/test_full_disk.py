"""The disk is full, for real: senders are told, work waits, nothing is lost, and all goes on when there is room."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import models
from app.recordings import RESERVE_BYTES
from tests import databases, s3_server
from tests.scenes import SOUND
from tests.whole.service import KEY, Service, Started, eventually
from tests.whole.small_disk import MIB, fill, is_filled, make_room, mounted

pytestmark = pytest.mark.skipif(
    databases.IS_POSTGRES or s3_server.ON_S3, reason="a disk of our own holds neither a Postgres server nor S3"
)
RAW = {"Content-Type": "audio/wav"}
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}
SAID = "consent dHJ1ZQ=="


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk") as disk:
        yield disk


@pytest.fixture
def service(tmp_path: Path, disk: Path) -> Iterator[Service]:
    """Everything it keeps is on the small disk, the database too; its log is not."""
    service = Service(tmp_path, f"sqlite:///{disk / 'candid.db'}", {"CANDID_DATA_DIR": str(disk)})
    try:
        service.api()
        yield service
    finally:
        for started in service.started:
            started.kill()


def recording(size: int) -> bytes:
    return SOUND + bytes(size - len(SOUND))


def is_told(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json()["code"]) == (507, "storage-full")


def send(service: Service, content: Any) -> httpx.Response:
    return service.post("/v1/interviews?consent=true&on_duplicate=new", headers=RAW, content=content, timeout=60)


def staged(disk: Path) -> list[Path]:
    return [path for path in (disk / "recordings" / ".incoming").rglob("*") if path.is_file()]


def list_interviews(service: Service) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service.get("/v1/interviews?limit=100").json()["items"]
    return found


@pytest.mark.parametrize("in_chunks", [True, False])
def test_an_upload_that_does_not_fit_is_told_so_and_fits_when_there_is_room(
    service: Service, disk: Path, *, in_chunks: bool
) -> None:
    sound = recording(20 * MIB)
    fill(disk, leave=RESERVE_BYTES + 10 * MIB)
    assert is_told(send(service, iter([sound[: 5 * MIB], sound[5 * MIB :]]) if in_chunks else sound))
    assert (staged(disk), list_interviews(service)) == ([], [])
    assert service.get("/readyz").status_code == 200
    make_room(disk)
    assert send(service, sound).status_code == 201


def test_what_came_of_a_piece_before_the_disk_was_full_counts(service: Service, disk: Path) -> None:
    sound = recording(20 * MIB)
    begun = service.post("/v1/uploads", headers=TUS | {"Upload-Length": str(len(sound)), "Upload-Metadata": SAID})
    path = begun.headers["location"]
    fill(disk, leave=RESERVE_BYTES + 10 * MIB)
    piece = iter([sound[at : at + MIB] for at in range(0, len(sound), MIB)])
    assert is_told(patch(service, path, 0, piece))
    offset = int(httpx.head(f"{service.url}{path}", headers=TUS | key()).headers["upload-offset"])
    assert 0 < offset < len(sound)
    make_room(disk)
    assert patch(service, path, offset, sound[offset:]).status_code == 204
    assert [one["recording"]["size_bytes"] for one in list_interviews(service)] == [len(sound)]


def patch(service: Service, path: str, offset: int, content: Any) -> httpx.Response:
    headers = PIECE | key() | {"Upload-Offset": str(offset)}
    return httpx.patch(f"{service.url}{path}", headers=headers, content=content, timeout=60)


def key() -> dict[str, str]:
    return {"Authorization": f"Bearer {KEY}"}


def test_a_database_without_room_refuses_to_change_and_reads_on(service: Service, disk: Path) -> None:
    fill(disk)
    made, answer = [], service.post("/v1/interviews", json={"title": "first"})
    # What the log of the database has room for already is still taken.
    while answer.status_code == 201:
        made.append(answer.json()["id"])
        answer = service.post("/v1/interviews", json={"title": "another " * 30})
    assert is_told(answer)
    assert sorted(one["id"] for one in list_interviews(service)) == sorted(made)
    assert service.get("/readyz").status_code == 503
    make_room(disk)
    assert service.post("/v1/interviews", json={"title": "last"}).status_code == 201
    assert len(list_interviews(service)) == len(made) + 1


def waits_with_a_reason(service: Service, job_id: str) -> bool:
    job = service.job(job_id)
    return job.status == "running" and (job.error or {}).get("code") == "storage-full"


def test_a_job_without_room_to_decode_waits_with_a_reason_and_goes_on(service: Service, disk: Path) -> None:
    interview, job_id = service.upload()
    fill(disk, leave=RESERVE_BYTES - MIB)
    worker = service.odd_worker("--once")
    eventually(lambda: waits_with_a_reason(service, job_id), within_s=60)
    assert not list((disk / "work").rglob("*.pcm*"))
    make_room(disk)
    assert worker.ended() == 0
    is_done_once(service, interview, job_id)


@pytest.mark.parametrize("step", ["prepare", "hear", "keep", "extract", "finish"])
def test_work_that_finds_the_disk_full_to_the_last_byte_goes_on_when_there_is_room(
    service: Service, disk: Path, step: str
) -> None:
    interview, job_id = service.upload()
    worker = service.start("-m", "tests.whole.filling_worker", step)
    eventually(lambda: is_filled(disk), within_s=60)
    eventually(lambda: has_met_it(worker), within_s=60)
    time.sleep(2)
    assert service.job(job_id).status == "running"
    assert service.get(f"/v1/interviews/{interview}").status_code == 200
    make_room(disk)
    assert worker.ended(within_s=180) == 0
    is_done_once(service, interview, job_id)


def has_met_it(worker: Started) -> bool:
    """What an error of the database says is in no log of ours, but that there was one."""
    return "OperationalError" in worker.log.read_text()


def is_done_once(service: Service, interview_id: str, job_id: str) -> None:
    job = service.job(job_id)
    assert (job.status, job.attempt, job.starts, job.error) == ("succeeded", 1, 1, None)
    assert (service.count(models.Transcript), service.count(models.HeardChunk)) == (1, 0)
    starts = [segment.start_ms for segment in service.segments()]
    assert len(starts) == len(set(starts)) > 1
    assert service.get(f"/v1/interviews/{interview_id}").json()["status"] == "ready"
