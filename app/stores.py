"""Where the bytes of recordings are: a store, and the one that is a folder of this machine."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

import obstore
from obstore.store import LocalStore

BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Found:
    """Something that a store holds under a key. `is_there` False: only what is left of it, such as an old version."""

    key: str
    kept_at: datetime
    is_there: bool = True


class Store(Protocol):
    """Keys are ours (`uploads.keep` makes them). Raises FileNotFoundError for a key that is not there.

    A store that is elsewhere may also raise RecordingsUnavailable, from every call.
    """

    block_bytes: int

    def put(self, staged: Path, key: str, *, leave: bool) -> None:
        """Keeps an fsynced file under `key`. When this returns, a power cut cannot take it back.

        `leave`: the staged file must still be there afterwards; otherwise it may be moved.
        """

    def size(self, key: str) -> int: ...

    def block(self, key: str, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, exclusive; at most `block_bytes` are asked for at a time."""

    def erase(self, key: str) -> bool:
        """Removes all there is under `key`, old versions too; False when nothing was there."""

    def listed(self, prefix: str) -> Iterator[list[Found]]:
        """What is kept below the folder `prefix`, a batch at a time."""

    def abandon(self, prefix: str, *, before: datetime) -> int:
        """Ends uploads into `prefix` that were begun before that time and never finished; returns how many."""

    def check(self) -> None:
        """Raises RecordingsUnavailable when nothing can be kept or read now."""


class Folder:
    """Recordings as files. Its own disk is where uploads are staged, so a rename keeps them."""

    block_bytes = BLOCK

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._store = LocalStore(path)

    def put(self, staged: Path, key: str, *, leave: bool) -> None:
        target = self.path / key
        target.parent.mkdir(parents=True, exist_ok=True)
        if leave:
            _link(staged, target)
        else:
            staged.replace(target)
        # The file's bytes are on disk already; its new name is once every folder on the way to it is.
        above = [folder for folder in target.parent.parents if self.path in folder.parents]
        for folder in (target.parent, *above, self.path):
            sync_folder(folder)

    def size(self, key: str) -> int:
        return int(obstore.head(self._store, key)["size"])

    def block(self, key: str, start: int, end: int) -> bytes:
        return bytes(obstore.get_range(self._store, key, start=start, end=end))

    def erase(self, key: str) -> bool:
        try:
            obstore.head(self._store, key)
            obstore.delete(self._store, key)
        except FileNotFoundError:
            # Somebody else may have removed it at the same moment.
            return False
        folder = (self.path / key).parent
        sync_folder(folder)
        # Only when it is empty: a folder is one recording's own.
        with suppress(OSError):
            folder.rmdir()
            sync_folder(folder.parent)
        return True

    def listed(self, prefix: str) -> Iterator[list[Found]]:
        for batch in obstore.list(self._store, prefix=prefix):
            yield [Found(found["path"], found["last_modified"]) for found in batch]

    def abandon(self, prefix: str, *, before: datetime) -> int:
        del prefix, before  # an upload into a folder is a file in staging
        return 0

    def check(self) -> None: ...


def _link(staged: Path, target: Path) -> None:
    """A second name for a file; on a file system that has no such thing, a copy of it that is as safe."""
    try:
        target.hardlink_to(staged)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        shutil.copyfile(staged, target)
        with target.open("rb") as copy:
            os.fsync(copy.fileno())


def write_all(file: IO[bytes], block: bytes) -> None:
    """For a file without a buffer, which may take less than it is given."""
    left = memoryview(block)
    while left:
        left = left[file.write(left) :]


def sync(file: IO[bytes]) -> None:
    # macOS has no fdatasync.
    getattr(os, "fdatasync", os.fsync)(file.fileno())


def sync_folder(folder: Path) -> None:
    """Makes names in a folder durable, where the system can (Windows cannot open a folder)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
