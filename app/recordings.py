"""The bytes of recordings: kept in a folder or in S3, found again by our own names, served in ranges."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import obstore
from obstore.store import LocalStore, ObjectStore, from_url
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from app import models
from app.db import reading
from app.errors import NotFound, RecordingLost, StorageFull

BLOCK = 1024 * 1024
# Room that must stay free on the disk of the database after an upload, in bytes.
RESERVE_BYTES = 64 * 1024 * 1024
UPLOAD_MAY_TAKE = timedelta(days=1)


class Recordings:
    """One store of recordings. Uploads are staged on a local disk first, whatever the store."""

    def __init__(self, location: str, staging: Path) -> None:
        self.staging = staging
        staging.mkdir(parents=True, exist_ok=True)
        self.folder = None if "://" in location else Path(location)
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
        self.store: ObjectStore = LocalStore(self.folder) if self.folder else from_url(location)

    def stage(self) -> Path:
        """A fresh path for an upload on its way in, in a folder of its own."""
        folder = self.staging / uuid4().hex
        folder.mkdir()
        return folder / "recording"

    def discard(self, staged: Path) -> None:
        shutil.rmtree(staged.parent, ignore_errors=True)

    def check_room(self, size_bytes: int) -> None:
        """Raises StorageFull when `size_bytes` more would leave less than the reserve."""
        if shutil.disk_usage(self.staging).free - size_bytes < RESERVE_BYTES:
            raise StorageFull("There is no room left for this recording. Free some and send it again.")

    def keep(self, staged: Path, key: str) -> None:
        """Moves a staged, fsynced file to its place. When this returns, a power cut cannot take it back."""
        if self.folder is None:
            obstore.put(self.store, key, staged, use_multipart=True)
        else:
            target = self.folder / key
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.replace(target)
            # The file's bytes are on disk already; its new name is once every folder on the way to it is.
            for folder in (target.parent, *self._between(target.parent), self.folder):
                sync_folder(folder)
        self.discard(staged)

    def fetch(self, key: str, into: Path) -> None:
        """Copies a recording to a local path in blocks. Raises RecordingLost."""
        with into.open("wb") as out:
            for block in self.read(key):
                out.write(block)

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to `end` (exclusive; None: the last), in blocks. Raises RecordingLost."""
        try:
            found = obstore.head(self.store, key)
            position, last = start, found["size"] if end is None else end
            while position < last:
                stop = min(position + BLOCK, last)
                yield bytes(obstore.get_range(self.store, key, start=position, end=stop))
                position = stop
        except FileNotFoundError as error:
            raise RecordingLost("The recording's bytes are not where they were kept.") from error

    def erase(self, key: str) -> bool:
        """Removes the bytes; False when there were none."""
        try:
            obstore.head(self.store, key)
        except FileNotFoundError:
            return False
        obstore.delete(self.store, key)
        if self.folder is not None:
            folder = (self.folder / key).parent
            sync_folder(folder)
            # Only when it is empty: a folder is one recording's own.
            with suppress(OSError):
                folder.rmdir()
                sync_folder(folder.parent)
        return True

    def sweep_staging(self, *, before: datetime) -> None:
        """Removes uploads that nobody has written to since `before`: their process died."""
        for folder in self.staging.iterdir():
            # One that is kept at this moment is not there any more.
            with suppress(FileNotFoundError):
                if _touched_at(folder) < before:
                    self.discard(folder / "recording")

    def old_keys(self, before: datetime) -> Iterator[list[str]]:
        """The keys of what was kept before that time, a batch at a time."""
        for batch in obstore.list(self.store):
            yield [found["path"] for found in batch if found["last_modified"] < before]

    def _between(self, folder: Path) -> list[Path]:
        """The folders above `folder` and below the store's own."""
        return [above for above in folder.parents if self.folder in above.parents]


def _touched_at(folder: Path) -> datetime:
    times = [path.stat().st_mtime for path in (folder, *folder.iterdir())]
    return datetime.fromtimestamp(max(times), UTC)


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


def sweep(engine: Engine, store: Recordings, *, at: datetime) -> int:
    """Erases what an upload left whose process died: staged bytes, and kept ones that no row points to.

    Nothing younger than a day is touched: it may still be on its way. Returns how many kept ones there were.
    """
    before = at - UPLOAD_MAY_TAKE
    store.sweep_staging(before=before)
    lost = [key for keys in store.old_keys(before) for key in _unknown(engine, keys)]
    for key in lost:
        store.erase(key)
    return len(lost)


def _unknown(engine: Engine, keys: list[str]) -> set[str]:
    with reading(engine) as session:
        known = session.exec(select(models.Recording.key).where(col(models.Recording.key).in_(keys)))
        return set(keys) - set(known)


def of(session: Session, interview_id: str) -> models.Recording | None:
    return session.exec(select(models.Recording).where(models.Recording.interview_id == interview_id)).first()


def find(session: Session, interview_id: str) -> models.Recording:
    recording = of(session, interview_id)
    if recording is None:
        raise NotFound("This interview has no recording.")
    return recording
