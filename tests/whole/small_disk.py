"""A disk of its own for a test, small enough to be filled: a tmpfs, which only some may mount."""

import functools
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MIB = 1024 * 1024
DISK_BYTES = 192 * MIB
FILLER = "filler"


def _mount(at: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(at)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _unmount(at: Path) -> None:
    subprocess.run(["umount", "-l", str(at)], check=True)


@functools.cache
def _may_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        may = _mount(Path(folder))
        if may:
            _unmount(Path(folder))
    return may


@contextmanager
def mounted(at: Path) -> Iterator[Path]:
    """The disk at this path, which is made. Skips the test where nothing may be mounted."""
    if not _may_mount():
        pytest.skip("a small disk can be mounted by root only, and on Linux")
    at.mkdir()
    assert _mount(at)
    try:
        yield at
    finally:
        _unmount(at)


def fill(disk: Path, *, leave: int = 0) -> None:
    """Takes all room but `leave` bytes."""
    with (disk / FILLER).open("ab") as filler:
        while (free := _free(disk) - leave) > 0:
            os.posix_fallocate(filler.fileno(), filler.tell(), free)
            filler.seek(0, os.SEEK_END)


def is_filled(disk: Path) -> bool:
    return (disk / FILLER).exists()


def make_room(disk: Path) -> None:
    (disk / FILLER).unlink()


def _free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize
