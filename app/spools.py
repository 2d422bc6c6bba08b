"""The file of an upload on this machine, held by one request at a time, in whatever process."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from app import file_locks
from app.errors import UploadBusy, UploadExpired
from app.recordings import Recordings

BUSY_FOR_S = 1


def hold(store: Recordings, upload_id: str) -> IO[bytes]:
    """The file; close it to let go. In a bucket's staging it is made when absent: nothing in it counts.

    Raises UploadBusy; UploadExpired when it is not there any more.
    """
    path = store.staged_as(upload_id)
    if store.bucket is not None:
        path.parent.mkdir(exist_ok=True)
    try:
        if store.bucket is not None:
            path.touch()
        # Unbuffered: what could not be written to a full disk must not be tried again on closing.
        file = path.open("r+b", buffering=0)
    except FileNotFoundError:
        # Its last holder may have removed it at this moment; to somebody who begins anew that does not matter.
        raise (lost() if store.bucket is None else busy()) from None
    if not file_locks.take(file) or not _is_at(path, file):
        file.close()
        # Whoever holds it looks for this, in whatever process that is.
        with suppress(FileNotFoundError):
            _knock(path).touch()
        raise busy()
    return file


def let_go(store: Recordings, upload_id: str, file: IO[bytes]) -> None:
    """Closes the file; beside a bucket it goes, too: what does not count is of no use, and what does is elsewhere."""
    if store.bucket is not None:
        store.discard(store.staged_as(upload_id))
    file.close()


def drop_unheld(store: Recordings, upload_id: str) -> None:
    """Removes the file that a killed process has left, without disturbing one that is at work."""
    path = store.staged_as(upload_id)
    try:
        with path.open("r+b") as file:
            if file_locks.take(file):
                store.discard(path)
    except FileNotFoundError:
        store.discard(path)


def _is_at(path: Path, file: IO[bytes]) -> bool:
    """Whether the file is still the one of this name: its last holder may have removed it before letting go."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def is_asked_for(store: Recordings, upload_id: str, *, within_s: float) -> bool:
    """Whether another request has tried to hold it so recently."""
    try:
        asked_at = _knock(store.staged_as(upload_id)).stat().st_mtime
    except FileNotFoundError:
        return False
    return time.time() - asked_at < within_s


def _knock(path: Path) -> Path:
    return path.with_name("wanted")


def cut(file: IO[bytes], offset: int) -> None:
    """What lies beyond came in a request that was never counted. Raises UploadExpired when there is less."""
    if file.seek(0, os.SEEK_END) < offset:
        raise lost()
    file.truncate(offset)


def write_all(file: IO[bytes], block: bytes) -> None:
    """An unbuffered file may take less than it is given."""
    left = memoryview(block)
    while left:
        left = left[file.write(left) :]


def sync(file: IO[bytes]) -> None:
    # macOS has no fdatasync.
    getattr(os, "fdatasync", os.fsync)(file.fileno())


def busy() -> UploadBusy:
    return UploadBusy("Another request is sending to it. Ask for its offset again.", retry_after_s=BUSY_FOR_S)


def lost() -> UploadExpired:
    return UploadExpired("What came of it is not here any more. Begin a new upload.")
