"""Clients that are not ours, sending a large recording to a service that is killed meanwhile."""

import hashlib
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from app import models
from app.recordings import Recordings
from tests.scenes import SOUND
from tests.whole.service import Service, Started, eventually

MIB = 1024 * 1024
CUTS = int(os.environ.get("CANDID_TEST_CUTS", "5"))
# Enough for the service to call some of it safe, and to be killed with much of it still to come.
BYTES_PER_CUT = 32 * MIB
CLIENTS = Path(__file__).parents[1] / "clients"


def program(name: str, package: str) -> str:
    """Where a program of the system is. Without it the test is skipped, and in CI it fails."""
    found = shutil.which(name)
    if found is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing(f"{name} is not installed (Debian: {package})")
    return str(found)


def clients() -> Path:
    """The folder of the clients, with what they need installed as it is locked; none of it runs while it is."""
    npm = program("npm", "nodejs npm")
    lock, installed = CLIENTS / "package-lock.json", CLIENTS / "node_modules" / ".installed.json"
    if not installed.is_file() or installed.read_bytes() != lock.read_bytes():
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=CLIENTS, check=True, capture_output=True)
        shutil.copyfile(lock, installed)
    return CLIENTS


def started(service: Service, *command: str | Path) -> Started:
    """A process that sends; it ends with the service's test."""
    log = service.folder / f"client-{len(service.started)}.log"
    with log.open("wb") as out:
        process = subprocess.Popen([*map(str, command)], stdout=out, stderr=out)
    service.started.append(Started(process, log))
    return service.started[-1]


def recording(path: Path, size: int) -> str:
    """Makes a recording whose every block is different; returns its SHA-256."""
    noise, made = random.Random(size), hashlib.sha256()  # noqa: S311  the same every time
    with path.open("wb") as file:
        for block in (SOUND, *(noise.randbytes(MIB) for _ in range(size // MIB))):
            file.write(block)
            made.update(block)
    return made.hexdigest()


def offset_of(service: Service) -> int:
    """What the database calls safe of the one upload; 0 before there is one."""

    def look(session: Any) -> int:
        return session.exec(select(models.Upload.offset_bytes)).first() or 0

    found: int = service._read(look)
    return found


def stored(service: Service) -> list[str]:
    """The SHA-256 of every recording in the store."""
    store = Recordings(service.recordings, service.folder / "looking")
    keys = [found.key for page in store.store.listed("") for found in page if found.key.endswith("/recording.wav")]
    return [hashlib.sha256(b"".join(store.read(key))).hexdigest() for key in keys]


def when_more_is_safe(service: Service, client: Started, safe: int) -> int:
    """How much is safe, as soon as it is more; the client still has more to send."""
    found = eventually(lambda: (at := offset_of(service)) > safe and at, within_s=60, every_s=0.005)
    assert client.process.poll() is None, client.log.read_text()
    return found
