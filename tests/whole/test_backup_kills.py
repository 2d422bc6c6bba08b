"""Backups of a service that runs, and backups and restores that are killed: never half of anything."""

import hashlib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests import databases
from tests.s3_server import folder_only
from tests.scenes import SOUND
from tests.whole.service import KEY, ROOT, Service, eventually, running

pytestmark = [folder_only, pytest.mark.skipif(databases.IS_POSTGRES, reason="the embedded default")]

MIB = 1024 * 1024


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(tmp_path) as service:
        yield service


def send(service: Service, number: int, size: int = MIB) -> None:
    sound = SOUND + number.to_bytes(4, "big") + bytes(size)
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "audio/wav"}
    answer = httpx.post(f"{service.url}/v1/interviews?consent=true", headers=headers, content=sound, timeout=60)
    assert answer.status_code == 201, answer.text


def begin(service: Service, *arguments: str, data: Path | None = None) -> "subprocess.Popen[bytes]":
    environment = service.environment() | ({"CANDID_DATA_DIR": str(data)} if data else {})
    # The embedded default: what is backed up is in the data folder, and that is all that is said.
    del environment["CANDID_DATABASE_URL"]
    return subprocess.Popen(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def done(process: "subprocess.Popen[bytes]") -> tuple[int, str]:
    said, _ = process.communicate(timeout=90)
    return process.returncode, said.decode()


def killed_when(process: "subprocess.Popen[bytes]", is_time: Callable[[], bool]) -> bool:
    """Kills it as soon as it is time; False when it had ended before."""
    eventually(lambda: is_time() or process.poll() is not None, every_s=0.0005)
    process.kill()
    process.communicate()
    return process.returncode != 0


def faults_of(data: Path) -> list[str]:
    """What is wrong with an installation: damage, and recordings that are not what their rows say."""
    with closing(sqlite3.connect(data / "candid.db")) as database:
        found = [row[0] for row in database.execute("PRAGMA integrity_check") if row != ("ok",)]
        found += [str(row) for row in database.execute("PRAGMA foreign_key_check")]
        rows = database.execute("SELECT key, sha256 FROM recording").fetchall()
    for key, sha256 in rows:
        path = data / "recordings" / key
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            found.append(key)
    return found


def recordings_in(data: Path) -> int:
    with closing(sqlite3.connect(data / "candid.db")) as database:
        return int(database.execute("SELECT count(*) FROM recording").fetchone()[0])


def test_a_backup_of_a_service_that_runs_is_one_moment_of_it(service: Service, tmp_path: Path) -> None:
    ended = threading.Event()

    def go_on(first: int) -> None:
        number = first
        while not ended.is_set():
            send(service, number)
            number += 1

    senders = [threading.Thread(target=go_on, args=[first]) for first in (0, 10_000, 20_000)]
    for sender in senders:
        sender.start()
    eventually(lambda: recordings_in(tmp_path / "data") >= 6, within_s=30)
    acknowledged = recordings_in(tmp_path / "data")
    code, said = done(begin(service, "backup", str(tmp_path / "backup.tar")))
    ended.set()
    for sender in senders:
        sender.join()
    assert (code, "not in it" in said) == (0, False), said
    new = tmp_path / "new"
    code, said = done(begin(service, "restore", str(tmp_path / "backup.tar"), "--since", "nothing", data=new))
    assert (code, faults_of(new)) == (0, []), said
    assert acknowledged <= recordings_in(new) <= recordings_in(tmp_path / "data")


@pytest.mark.parametrize("size", [0, 3 * MIB])
def test_a_backup_that_is_killed_is_not_there_and_the_next_one_is_whole(
    service: Service, tmp_path: Path, size: int
) -> None:
    for number in range(5):
        send(service, number)
    file, part = tmp_path / "backup.tar", tmp_path / "backup.tar.part"
    assert killed_when(begin(service, "backup", str(file)), lambda: part.exists() and part.stat().st_size >= size)
    assert (file.exists(), part.exists()) == (False, True)
    code, said = done(begin(service, "backup", str(file)))
    assert (code, part.exists(), list(tmp_path.glob("backup.tar.*"))) == (0, False, []), said
    assert done(begin(service, "restore", str(file), "--since", "nothing", data=tmp_path / "new"))[0] == 0
    assert (faults_of(tmp_path / "new"), recordings_in(tmp_path / "new")) == ([], 5)


STAGES: dict[str, Callable[[Path], bool]] = {
    "begun": lambda data: (data / ".restoring").exists(),
    "unpacking": lambda data: len(list((data / ".restoring").rglob("recording.wav"))) > 2,
    "settling": lambda data: (data / ".restoring" / "first-key").exists(),
    "moving": lambda data: (data / "recordings").exists(),
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_restore_that_is_killed_is_nothing_a_service_starts_on_and_can_be_done_again(
    service: Service, tmp_path: Path, stage: str
) -> None:
    for number in range(5):
        send(service, number)
    file, new = tmp_path / "backup.tar", tmp_path / "new"
    assert done(begin(service, "backup", str(file)))[0] == 0
    restore = ("restore", str(file), "--since", "nothing")
    was_killed = killed_when(begin(service, *restore, data=new), lambda: STAGES[stage](new))
    if not (new / "candid.db").exists():
        assert was_killed
        code, said = done(begin(service, "prepare", data=new))
        assert (code != 0, "did not finish" in said, (new / "candid.db").exists()) == (True, True, False)
        code, said = done(begin(service, *restore, data=new))
        assert code == 0, said
    assert (faults_of(new), recordings_in(new)) == ([], 5)
    code, said = done(begin(service, "prepare", data=new))
    assert code == 0, said
