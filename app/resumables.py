"""Uploads that outlive their connection. The database's offset is the truth: what lies beyond it never came."""

import hashlib
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO

import structlog
from sqlalchemy import Engine
from sqlmodel import Session, col, delete, select

from app import interviews, keys, locks, media_types, models, parts, replies, spools, uploads
from app.db import WriteSession, now, reading, writing
from app.errors import (
    CandidError,
    NotFound,
    RecordingEmpty,
    RecordingLost,
    RecordingsUnavailable,
    RecordingTooLarge,
    UploadExpired,
    UploadMoved,
)
from app.keys import Caller
from app.recordings import UPLOAD_MAY_TAKE, Recordings, full_disk_told
from app.replies import Key
from app.settings import Settings
from app.uploads import Received

log = structlog.get_logger()

# Between two of these a kill takes back what came: the smaller they are, the more a slow phone's bytes are worth.
COUNT_EVERY_BYTES = 8 * 1024 * 1024
COUNT_EVERY_S = 2.0
# In the bucket each count is an object: a phone on a slow line would make thousands.
COUNT_ELSEWHERE_EVERY_S = 10.0
# A request that sends nothing for so long makes way for another that waits.
MAKES_WAY_AFTER_S = 1.0


@dataclass(frozen=True)
class Wanted:
    """What a client says of a recording before it sends it. `sha256`: of the whole, in hex."""

    size_bytes: int
    about: str
    interview_id: str | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Promise:
    """A hash that a piece of an upload is said to have, and what is wrong when it has another."""

    algorithm: str
    digest: bytes
    broken: CandidError


def begin(
    engine: Engine, store: Recordings, settings: Settings, caller: Caller, wanted: Wanted, key: Key | None = None
) -> models.Upload:
    """A new upload of which nothing has come. The request's key is kept with its row.

    Raises RecordingEmpty, RecordingTooLarge, StorageFull, IdempotencyKeyInUse, and of a planned interview, what
    `check_can_record` does.
    """
    check_size(settings, wanted.size_bytes)
    store.check_room(wanted.size_bytes)
    upload = models.Upload(
        owner_id=caller.owner_id,
        interview_id=wanted.interview_id,
        asserted_by=caller.key_id,
        size_bytes=wanted.size_bytes,
        about=wanted.about,
        sha256=wanted.sha256,
        expires_at=expiry(settings),
    )
    # The file first: there is never a row without one. Where others may go on with it, each begins a file of its own.
    if store.bucket is None:
        store.stage_as(upload.id)
    with writing(engine) as session:
        try:
            _register(session, upload, key)
        except BaseException:
            # Not outside: of a commit that fails nobody knows whether it came through.
            store.discard(store.staged_as(upload.id))
            raise
    return upload


def check_size(settings: Settings, size_bytes: int) -> None:
    """Raises RecordingEmpty, RecordingTooLarge."""
    if size_bytes == 0:
        raise RecordingEmpty("The recording has no bytes. Was the file still being written?")
    if size_bytes > settings.max_recording_bytes:
        raise uploads.too_large(settings.max_recording_bytes)


def _register(session: WriteSession, upload: models.Upload, key: Key | None) -> None:
    if key is not None:
        key.claim(session)
    if upload.interview_id is not None:
        interviews.check_can_record(session, interviews.find(session, upload.owner_id, upload.interview_id))
    session.add(upload)
    session.flush()
    if key is not None:
        key.keep(session, made_id=upload.id, interview_id=upload.interview_id)


def expiry(settings: Settings) -> datetime:
    return now() + timedelta(seconds=settings.upload_expires_s)


def find(session: Session, owner_id: str, upload_id: str) -> models.Upload:
    """An upload that can be gone on with, or is finished. Raises NotFound, UploadExpired, ConsentWithdrawn."""
    upload = _owned(session, owner_id, upload_id)
    if upload.expires_at <= now():
        raise UploadExpired("Too much time has passed since its last byte. Begin a new upload.")
    if upload.interview_id is not None:
        interviews.readable(session, owner_id, upload.interview_id)
    return upload


def _owned(session: Session, owner_id: str, upload_id: str) -> models.Upload:
    upload = locks.find(session, models.Upload, upload_id, owner_id=owner_id)
    if upload is None:
        raise NotFound("There is no upload with this id.")
    return upload


def check_offset(upload: models.Upload, offset: int) -> None:
    """Raises UploadMoved."""
    if upload.offset_bytes != offset:
        raise UploadMoved(f"It goes on at {upload.offset_bytes}.", offset_bytes=upload.offset_bytes)


@dataclass
class Piece:
    """What one request adds to an upload. It holds the staged file: on one machine there is one at a time.

    On several machines (`store.bucket`) there may be more, for as long as it takes them to notice: the first to commit
    counts. The file then has a hole where others' bytes belong; what counts is in the bucket. Once `key_id` is revoked,
    nothing more of it counts.
    """

    engine: Engine
    store: Recordings
    settings: Settings
    upload: models.Upload
    file: IO[bytes]
    promises: Sequence[Promise] = ()
    key_id: str | None = None
    written: int = 0
    _waiting: bytearray = field(default_factory=bytearray)
    _saved_at: float = field(default_factory=time.monotonic)
    _counted_at: float = field(default_factory=time.monotonic)
    _is_known: bool = False
    _heard_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.written = self._start = self.upload.offset_bytes
        # Whoever counted what came before has looked at it, unless it was too little: then it is looked at in the end.
        self._is_known = self.store.bucket is not None and self.written > 0
        self._hashes = [hashlib.new(one.algorithm, usedforsecurity=False) for one in self.promises]

    @property
    def is_whole(self) -> bool:
        return self.written == self.upload.size_bytes

    @property
    def is_due(self) -> bool:
        """Whether what waits in memory is enough for a trip to the disk, or has waited long enough."""
        return len(self._waiting) >= uploads.BLOCK or time.monotonic() - self._saved_at >= COUNT_EVERY_S

    @property
    def is_in_the_way(self) -> bool:
        """Whether nothing comes any more while another request waits for the upload."""
        if time.monotonic() - self._heard_at < MAKES_WAY_AFTER_S:
            return False
        return spools.is_asked_for(self.store, self.upload.id, within_s=MAKES_WAY_AFTER_S)

    def take(self, chunk: bytes) -> None:
        """Raises RecordingTooLarge at the first byte beyond the length that was announced."""
        self._heard_at = time.monotonic()
        check_length(self.upload, self.written + len(self._waiting) + len(chunk))
        self._waiting += chunk

    def save(self) -> None:
        """Writes what waits and, now and then, counts it. Raises NotAudio, StorageFull, and as `find`."""
        self._write()
        self._saved_at = time.monotonic()
        is_much = self.written - self.upload.offset_bytes >= COUNT_EVERY_BYTES
        every_s = COUNT_EVERY_S if self.store.bucket is None else COUNT_ELSEWHERE_EVERY_S
        # Of a piece whose hash was promised nothing counts before its end.
        if not self.promises and (is_much or self._saved_at - self._counted_at >= every_s):
            self._count()

    def complete(self) -> None:
        """Everything that was sent has come. Raises the error of a promise that is not kept; then nothing counts."""
        self._write()
        for promise, found in zip(self.promises, self._hashes, strict=True):
            if found.digest() != promise.digest:
                raise promise.broken
        self.promises = ()
        self._look()
        if not self.is_whole:
            self._count()

    def rescue(self) -> None:
        """The request has failed: what came of it is kept as far as that is possible."""
        if self.promises:
            return
        for rescued in (self._write, self._count):
            with suppress(Exception):
                rescued()

    def whole(self) -> Received:
        """The recording, on disk, read once more: so its hash is that of what is there. Raises UploadExpired."""
        with full_disk_told():
            self._fill_hole()
            spools.sync(self.file)
        head, sha256 = self._head(), self._sha256()
        return Received(self.store.staged_as(self.upload.id), self.written, sha256, uploads.look_at(head))

    def close(self) -> None:
        spools.let_go(self.store, self.upload.id, self.file)

    def _fill_hole(self) -> None:
        if self.store.bucket is None:
            return
        self.store.check_room(self._start)
        try:
            parts.fetch(self.engine, self.store, self.upload.id, self.file, self._start)
        except RecordingLost:
            # Another machine may have come to the end first, and removed the parts.
            with reading(self.engine) as session:
                check_offset(find(session, self.upload.owner_id, self.upload.id), self.upload.offset_bytes)
            raise spools.lost() from None

    def _write(self) -> None:
        block, self._waiting = bytes(self._waiting), bytearray()
        if not block:
            return
        self.store.check_room(len(block))
        with full_disk_told():
            self.file.seek(self.written)
            spools.write_all(self.file, block)
        for one in self._hashes:
            one.update(block)
        self.written += len(block)
        self._look()

    def _look(self) -> None:
        # What was changed on the way says nothing about the recording: first it must be what was promised.
        has_head = self.written >= min(media_types.HEAD_BYTES, self.upload.size_bytes)
        if has_head and not self._is_known and not self.promises:
            uploads.look_at(self._head())
            self._is_known = True

    def _head(self) -> bytes:
        self.file.seek(0)
        return self.file.read(media_types.HEAD_BYTES)

    def _sha256(self) -> str:
        self.file.seek(0)
        return hashlib.file_digest(self.file, "sha256").hexdigest()  # type: ignore[arg-type]

    def _count(self) -> None:
        """First the disk, then the database: its offset never promises what a power cut could take."""
        # The last byte counts with the interview: until then a client would rightly believe that it is done.
        counted = min(self.written, self.upload.size_bytes - 1)
        with full_disk_told():
            spools.sync(self.file)
        bucket = self.store.bucket
        made = parts.put(bucket, self.upload, self.file, counted) if bucket is not None else []
        try:
            with writing(self.engine) as session:
                if self.key_id is not None:
                    keys.check_first(session, self.key_id)
                upload = find(session, self.upload.owner_id, self.upload.id)
                check_offset(upload, self.upload.offset_bytes)
                upload.offset_bytes = counted
                upload.expires_at = expiry(self.settings)
                session.add_all(made)
        except CandidError:
            # Of any other error nobody knows whether the commit came through.
            if bucket is not None:
                parts.take_back(bucket, made)
            raise
        self.upload, self._counted_at = upload, time.monotonic()


def hold(
    engine: Engine,
    store: Recordings,
    settings: Settings,
    upload: models.Upload,
    *,
    expected_bytes: int,
    promises: Sequence[Promise] = (),
) -> Piece:
    """The place behind the last byte that counts. `expected_bytes` are declared to come.

    Raises UploadBusy, UploadMoved, UploadExpired, RecordingTooLarge, StorageFull, and as `find`.
    """
    check_length(upload, upload.offset_bytes + expected_bytes)
    store.check_room(expected_bytes)
    file = spools.hold(store, upload.id)
    try:
        # Somebody may have held it before us: only what is there now, nobody else changes.
        with reading(engine) as session:
            current = find(session, upload.owner_id, upload.id)
        check_offset(current, upload.offset_bytes)
        # Beside a bucket, whatever a kill has left here does not count.
        spools.cut(file, current.offset_bytes if store.bucket is None else 0)
        return Piece(engine, store, settings, current, file, promises)
    except BaseException:
        spools.let_go(store, upload.id, file)
        raise


def check_length(upload: models.Upload, reached: int) -> None:
    if reached > upload.size_bytes:
        size = upload.size_bytes
        raise RecordingTooLarge(f"The upload was announced with {size} bytes.", limit_bytes=size)


def finish(session: WriteSession, upload: models.Upload, interview_id: str) -> models.Upload:
    """The upload has become this interview's recording; what was said of it is there now. Raises UploadMoved."""
    current = find(session, upload.owner_id, upload.id)
    check_offset(current, upload.offset_bytes)
    current.interview_id, current.about, current.sha256 = interview_id, "", None
    current.offset_bytes, current.finished_at = current.size_bytes, now()
    replies.tells_of(session, current.id, interview_id)
    parts.forget(session, current.id)
    return current


def end(engine: Engine, store: Recordings, owner_id: str, upload_id: str, *, forget_key: bool = False) -> None:
    """Forgets an upload and what came of it; an interview that it has become stays. Raises NotFound.

    The key that it was begun with stays spent, unless the beginning itself has failed (`forget_key`).
    """
    with writing(engine) as session:
        session.delete(_owned(session, owner_id, upload_id))
        (replies.free if forget_key else replies.forget_made)(session, upload_id)
    clear(store, owner_id, upload_id)


def clear(store: Recordings, owner_id: str, upload_id: str) -> None:
    """Removes the bytes of an upload that has ended. What the bucket does not let go of now, the sweep takes."""
    store.discard(store.staged_as(upload_id))
    with suppress(RecordingsUnavailable):
        parts.erase(store, owner_id, upload_id)


def sweep(engine: Engine, store: Recordings, *, at: datetime) -> None:
    """Forgets uploads that were not gone on with in time, and removes staged bytes that are nobody's.

    Beside a bucket that is all that no request holds. While the bucket is away, what is in it stays known.
    """
    try:
        _forget_expired(engine, store, at=at)
    except RecordingsUnavailable:
        log.warning("sweep waits")
    if store.bucket is not None:
        for upload_id in store.resumable(before=at):
            spools.drop_unheld(store, upload_id)
        return
    old = store.resumable(before=at - UPLOAD_MAY_TAKE)
    with reading(engine) as session:
        known = set(session.exec(select(models.Upload.id).where(col(models.Upload.id).in_(old))))
    for upload_id in set(old) - known:
        store.discard(store.staged_as(upload_id))


def _forget_expired(engine: Engine, store: Recordings, *, at: datetime) -> None:
    with reading(engine) as session:
        query = select(models.Upload.owner_id, models.Upload.id).where(models.Upload.expires_at < at)
        expired = session.exec(query).all()
    for owner_id, upload_id in expired:
        # The bytes before the row: without it no withdrawal would know of them, and a certificate would not be true.
        parts.erase(store, owner_id, upload_id)
        if store.bucket is None:
            store.discard(store.staged_as(upload_id))
        with writing(engine) as session:
            session.exec(delete(models.Upload).where(col(models.Upload.id) == upload_id))
