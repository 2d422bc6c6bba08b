"""The bytes of recordings: kept in a folder or in S3, found again by our own names, served in ranges."""

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select

from app import ids, models
from app.buckets import Bucket
from app.db import reading
from app.errors import NotFound, RecordingErased, RecordingLost, StorageFull
from app.stores import Folder, Found, Store, sync_folder

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
        self.store: Store = Bucket(location) if "://" in location else Folder(Path(location))
        # A rename cannot cross file systems, and two mounts of one disk are two: inside the folder it always works.
        self.staging = self.store.path / ".incoming" if isinstance(self.store, Folder) else staging
        self.staging.mkdir(parents=True, exist_ok=True)

    @property
    def bucket(self) -> Bucket | None:
        """The store when it is elsewhere: other machines see the same in it, and nothing of what is staged here."""
        return self.store if isinstance(self.store, Bucket) else None

    def stage(self) -> Path:
        """A fresh path for an upload on its way in, in a folder of its own."""
        folder = self.staging / uuid4().hex
        folder.mkdir()
        return folder / "recording"

    def stage_as(self, upload_id: str) -> Path:
        """The same, empty and on disk, for an upload that is to be found again (`staged_as`)."""
        staged = self.staged_as(upload_id)
        with full_disk_told():
            staged.parent.mkdir()
            staged.touch()
            sync_folder(staged.parent)
            sync_folder(self.staging)
        return staged

    def staged_as(self, upload_id: str) -> Path:
        return self.staging / upload_id / "recording"

    def discard(self, staged: Path) -> None:
        shutil.rmtree(staged.parent, ignore_errors=True)

    def check_room(self, size_bytes: int) -> None:
        """Raises StorageFull when `size_bytes` more would leave less than the reserve."""
        check_room(self.staging, size_bytes, NO_ROOM)

    def check(self) -> None:
        """Raises StorageFull or RecordingsUnavailable when no recording could be taken now."""
        self.check_room(0)
        self.store.check()

    def keep(self, staged: Path, key: str) -> None:
        """Moves a staged, fsynced file to its place. When this returns, a power cut cannot take it back.

        Raises StorageFull, RecordingsUnavailable. When it raises anything, the staged file is still the caller's to
        discard.
        """
        with full_disk_told():
            self.store.put(staged, key, leave=False)
        self.discard(staged)

    def keep_also(self, staged: Path, key: str) -> None:
        """The same, and leaves the staged file where it is: it is needed until somebody knows of the other."""
        with full_disk_told():
            self.store.put(staged, key, leave=True)

    def fetch(self, key: str, into: Path) -> None:
        """Copies a recording to a local path in blocks. Raises RecordingLost, RecordingsUnavailable."""
        with into.open("wb") as out:
            for block in self.read(key):
                out.write(block)

    def check_there(self, key: str) -> None:
        """Raises RecordingLost when there are no bytes of that key, RecordingsUnavailable when nobody can tell."""
        with loss_told():
            self.store.size(key)

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to `end` (exclusive; None: the last), in blocks.

        Raises RecordingLost, RecordingsUnavailable.
        """
        with loss_told():
            position, last = start, self.store.size(key) if end is None else end
            while position < last:
                stop = min(position + self.store.block_bytes, last)
                yield self.store.block(key, position, stop)
                position = stop

    def erase(self, key: str) -> bool:
        """Removes the bytes, every version of them; False when there were none. Raises RecordingsUnavailable."""
        return self.store.erase(key)

    def sweep_staging(self, *, before: datetime) -> None:
        """Removes uploads that nobody has written to since `before`: their process died."""
        # An upload is a folder. What else lies here came with a file browser (`.DS_Store`) and is not ours.
        for folder in self._staged(before=before):
            if not ids.is_a(ids.Kind.UPLOAD, folder.name):
                self.discard(folder / "recording")

    def resumable(self, *, before: datetime) -> list[str]:
        """The ids of the uploads that are staged to be found again, and were last written to before that time."""
        return [folder.name for folder in self._staged(before=before) if ids.is_a(ids.Kind.UPLOAD, folder.name)]

    def _staged(self, *, before: datetime) -> Iterator[Path]:
        for folder in filter(Path.is_dir, self.staging.iterdir()):
            # One that is kept at this moment is not there any more.
            with suppress(FileNotFoundError):
                if _touched_at(folder) < before:
                    yield folder

    def of_owner(self, owner_id: str, ours: re.Pattern[str] = OURS) -> Iterator[list[Found]]:
        """What is kept of an owner under names like `ours`, a batch at a time: recordings, if nothing is said."""
        for batch in self.store.listed(owner_id):
            yield [found for found in batch if ours.fullmatch(found.key)]


def check_room(folder: Path, size_bytes: int, sentence: str) -> None:
    """Raises StorageFull, with the sentence, when `size_bytes` more in that folder would leave less than the reserve.

    What can be made again must not take the room in which the database notes what cannot.
    """
    if shutil.disk_usage(folder).free - size_bytes < RESERVE_BYTES:
        raise StorageFull(sentence)


def _touched_at(folder: Path) -> datetime:
    times = [path.stat().st_mtime for path in (folder, *folder.iterdir())]
    return datetime.fromtimestamp(max(times), UTC)


@contextmanager
def full_disk_told(sentence: str = NO_ROOM) -> Iterator[None]:
    """A disk or a quota that is full is told as StorageFull. The room was looked at before, but others write too."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StorageFull(sentence) from error


@contextmanager
def loss_told() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise RecordingLost("The recording's bytes are not where they were kept.") from error


@dataclass(frozen=True)
class Swept:
    """What a sweep removed (bytes without a row, unfinished uploads) and what it cannot mend: rows without bytes."""

    orphans: int = 0
    unfinished: int = 0
    lost: tuple[str, ...] = ()


def sweep(engine: Engine, store: Recordings, *, at: datetime) -> Swept:
    """Erases what an upload left whose process died: staged bytes, and kept ones that no row points to.

    Nothing younger than a day is touched: it may still be on its way. Nor is anything that is not of an owner in this
    database: a store may be shared, and a database may be new. Rows without bytes are only reported.
    """
    before = at - UPLOAD_MAY_TAKE
    store.sweep_staging(before=before)
    with reading(engine) as session:
        owner_ids = session.exec(select(models.Owner.id)).all()
    # Looking only below our owners also passes by what no store could list, like names that are not Unicode.
    return Swept(
        orphans=sum(
            erase_orphans(engine, store, owner_id, OURS, col(models.Recording.key), before=before)
            for owner_id in owner_ids
        ),
        unfinished=sum(store.store.abandon(owner_id, before=before) for owner_id in owner_ids),
        lost=tuple(recording_id for owner_id in owner_ids for recording_id in _lost(engine, store, owner_id)),
    )


def erase_orphans(
    engine: Engine,
    store: Recordings,
    owner_id: str,
    ours: re.Pattern[str],
    known: Mapped[str],
    *,
    before: datetime,
) -> int:
    """Erases what is kept of an owner under names like `ours`, is older, and is in no row of the column `known`.

    Returns how many that were. Raises RecordingsUnavailable.
    """
    orphans: set[str] = set()
    for batch in store.of_owner(owner_id, ours):
        keys = {found.key for found in batch if found.kept_at < before}
        with reading(engine) as session:
            orphans |= keys - set(session.scalars(select(known).where(known.in_(keys))))
    for key in sorted(orphans):
        store.erase(key)
    return len(orphans)


def _lost(engine: Engine, store: Recordings, owner_id: str) -> list[str]:
    """Ids of the owner's recordings whose bytes are not there."""
    # The rows first: what is kept later than they are read cannot be missed among them.
    rows = _rows(engine, owner_id)
    there = {found.key for batch in store.of_owner(owner_id) for found in batch if found.is_there}
    missing = [key for key in rows if key not in there]
    # What an erasure has just taken is not lost: its row goes right after its bytes.
    still = _rows(engine, owner_id) if missing else {}
    return [still[key] for key in missing if key in still and not _is_there(store, key)]


def _is_there(store: Recordings, key: str) -> bool:
    try:
        store.check_there(key)
    except RecordingLost:
        return False
    return True


def _rows(engine: Engine, owner_id: str) -> dict[str, str]:
    """Keys to ids of the recordings that an owner has and nobody has withdrawn."""
    query = (
        select(models.Recording.key, models.Recording.id)
        .join(models.Interview, col(models.Interview.id) == models.Recording.interview_id)
        .where(models.Interview.owner_id == owner_id, models.Interview.status != "withdrawn")
    )
    with reading(engine) as session:
        return dict(session.exec(query).all())


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
