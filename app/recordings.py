"""The bytes of recordings: kept in a folder or in S3, found again by our own names, served in ranges."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import obstore
from obstore.store import LocalStore, ObjectStore, from_url
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from app import ids, models
from app.db import reading
from app.errors import NotFound, RecordingErased, RecordingLost, StorageFull

BLOCK = 1024 * 1024
# Room that must stay free after an upload on the disk it is written to, in bytes: the database's own, by default.
RESERVE_BYTES = 64 * 1024 * 1024
UPLOAD_MAY_TAKE = timedelta(days=1)
NO_ROOM = "There is no room left for this recording. Free some and send it again."
# What `uploads.keep` names a recording. Nothing else in the store is ours to remove.
OURS = re.compile(rf"{ids.Kind.OWNER}_[0-9a-f]{{32}}/{ids.Kind.RECORDING}_[0-9a-f]{{32}}/recording\.[a-z0-9]+")


class Recordings:
    """One store of recordings. Uploads are staged on a local disk first, whatever the store."""

    def __init__(self, location: str, staging: Path) -> None:
        """`staging` is where uploads are written when `location` is no folder; a folder has a place of its own."""
        self.folder = None if "://" in location else Path(location)
        # A rename cannot cross file systems, and two mounts of one disk are two: inside the folder it always works.
        self.staging = staging if self.folder is None else self.folder / ".incoming"
        self.staging.mkdir(parents=True, exist_ok=True)
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
            raise StorageFull(NO_ROOM)

    def keep(self, staged: Path, key: str) -> None:
        """Moves a staged, fsynced file to its place. When this returns, a power cut cannot take it back.

        Raises StorageFull. When it raises anything, the staged file is still the caller's to discard.
        """
        with full_disk_told():
            self._place(staged, key)
        self.discard(staged)

    def _place(self, staged: Path, key: str) -> None:
        if self.folder is None:
            obstore.put(self.store, key, staged, use_multipart=True)
        else:
            target = self.folder / key
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.replace(target)
            # The file's bytes are on disk already; its new name is once every folder on the way to it is.
            for folder in (target.parent, *self._between(target.parent), self.folder):
                sync_folder(folder)

    def fetch(self, key: str, into: Path) -> None:
        """Copies a recording to a local path in blocks. Raises RecordingLost."""
        with into.open("wb") as out:
            for block in self.read(key):
                out.write(block)

    def check_there(self, key: str) -> None:
        """Raises RecordingLost when there are no bytes of that key."""
        with loss_told():
            obstore.head(self.store, key)

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to `end` (exclusive; None: the last), in blocks. Raises RecordingLost."""
        with loss_told():
            found = obstore.head(self.store, key)
            position, last = start, found["size"] if end is None else end
            while position < last:
                stop = min(position + BLOCK, last)
                yield bytes(obstore.get_range(self.store, key, start=position, end=stop))
                position = stop

    def erase(self, key: str) -> bool:
        """Removes the bytes; False when there were none, or somebody else removed them at the same moment."""
        try:
            obstore.head(self.store, key)
            obstore.delete(self.store, key)
        except FileNotFoundError:
            return False
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
        # An upload is a folder. What else lies here came with a file browser (`.DS_Store`) and is not ours.
        for folder in filter(Path.is_dir, self.staging.iterdir()):
            # One that is kept at this moment is not there any more.
            with suppress(FileNotFoundError):
                if _touched_at(folder) < before:
                    self.discard(folder / "recording")

    def old_keys(self, owner_id: str, *, before: datetime) -> Iterator[list[str]]:
        """The keys of an owner's recordings that were kept before that time, a batch at a time."""
        for batch in obstore.list(self.store, prefix=owner_id):
            yield [
                found["path"] for found in batch if found["last_modified"] < before and OURS.fullmatch(found["path"])
            ]

    def _between(self, folder: Path) -> list[Path]:
        """The folders above `folder` and below the store's own."""
        return [above for above in folder.parents if self.folder in above.parents]


def _touched_at(folder: Path) -> datetime:
    times = [path.stat().st_mtime for path in (folder, *folder.iterdir())]
    return datetime.fromtimestamp(max(times), UTC)


@contextmanager
def full_disk_told() -> Iterator[None]:
    """A disk or a quota that is full is told as StorageFull. The room was looked at before, but others write too."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StorageFull(NO_ROOM) from error


@contextmanager
def loss_told() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise RecordingLost("The recording's bytes are not where they were kept.") from error


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

    Nothing younger than a day is touched: it may still be on its way. Nor is anything that is not of an owner in this
    database: a store may be shared, and a database may be new. Returns how many kept ones there were.
    """
    before = at - UPLOAD_MAY_TAKE
    store.sweep_staging(before=before)
    with reading(engine) as session:
        owner_ids = session.exec(select(models.Owner.id)).all()
    # Looking only below our owners also passes by what no store could list, like names that are not Unicode.
    batches = (keys for owner_id in owner_ids for keys in store.old_keys(owner_id, before=before))
    lost = [key for keys in batches for key in _unknown(engine, keys)]
    for key in lost:
        store.erase(key)
    return len(lost)


def _unknown(engine: Engine, keys: list[str]) -> set[str]:
    with reading(engine) as session:
        known = session.exec(select(models.Recording.key).where(col(models.Recording.key).in_(keys)))
        return set(keys) - set(known)


def of(session: Session, interview_id: str) -> models.Recording | None:
    return session.exec(select(models.Recording).where(models.Recording.interview_id == interview_id)).first()


def check_kept(interview: models.Interview) -> None:
    """Raises RecordingErased. Once its time was over a recording does not come back: that would undo the promise."""
    if interview.recording_erased_at is not None:
        raise RecordingErased(
            "Its time was over. Make another interview for another recording.",
            erased_at=interview.recording_erased_at.isoformat(),
        )


def find(session: Session, interview_id: str) -> models.Recording:
    """Raises NotFound, RecordingErased."""
    check_kept(session.get_one(models.Interview, interview_id))
    recording = of(session, interview_id)
    if recording is None:
        raise NotFound("This interview has no recording.")
    return recording
