"""A recording on its way in: streamed to disk, counted, hashed and looked at, never held in memory."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar, TypeVarTuple, Unpack

from anyio import CancelScope, CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

from app import ids, media_types
from app.errors import NotAudio, RecordingEmpty, RecordingTooLarge, UploadTooSlow
from app.recordings import Recordings, full_disk_told
from app.settings import Settings

# What a form may have around its file and still be no larger than the file may be.
FORM_BYTES = 1024 * 1024
# Bytes gathered before one trip to the disk's thread: fewer hops, still flat memory.
BLOCK = 1024 * 1024
DISK_THREADS = 16

Answer = TypeVar("Answer")
Given = TypeVarTuple("Given")
# One for each event loop.
_threads: RunVar[CapacityLimiter] = RunVar("threads of uploads")


@dataclass(frozen=True)
class Received:
    """A recording that is on disk and fsynced, in its staging folder."""

    path: Path
    size_bytes: int
    sha256: str
    kind: str


@dataclass(frozen=True)
class Kept:
    """A recording in its place, safe from a power cut, and not yet anybody's."""

    recording_id: str
    key: str
    media_type: str
    size_bytes: int
    sha256: str


@dataclass
class Receiver:
    """Writes what comes, and keeps count and hash in the same pass."""

    file: BinaryIO
    limit_bytes: int
    size_bytes: int = 0
    kind: str | None = None
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def take(self, block: bytes) -> None:
        """Raises RecordingTooLarge at the first byte over, NotAudio at the first block that is no recording."""
        if self.size_bytes + len(block) > self.limit_bytes:
            raise too_large(self.limit_bytes)
        if self.kind is None:
            self.kind = look_at(block[: media_types.HEAD_BYTES])
        self.file.write(block)
        self._digest.update(block)
        self.size_bytes += len(block)

    def finish(self) -> str:
        """Makes the bytes durable; returns their SHA-256. Raises RecordingEmpty."""
        if self.size_bytes == 0:
            raise RecordingEmpty("The recording has no bytes. Was the file still being written?")
        self.file.flush()
        os.fsync(self.file.fileno())
        return self._digest.hexdigest()


def too_large(limit_bytes: int) -> RecordingTooLarge:
    return RecordingTooLarge(f"A recording may have at most {limit_bytes} bytes.", limit_bytes=limit_bytes)


def look_at(head: bytes) -> str:
    """The kind of recording these first bytes begin. Raises NotAudio."""
    kind = media_types.sniff(head)
    if kind is None:
        raise NotAudio(
            "The first bytes are of no recording we know. The file's name does not matter, its content does."
        )
    return kind


async def receive(
    chunks: AsyncIterator[bytes],
    *,
    recordings: Recordings,
    settings: Settings,
    expected_bytes: int | None,
    around_bytes: int = 0,
) -> Received:
    """Takes a whole recording into staging. Raises UploadRefused or StorageFull, and then leaves nothing behind.

    Of the `expected_bytes` that were declared, at most `around_bytes` are not the recording's own.
    """
    expected = expected_bytes or 0
    if expected - around_bytes > settings.max_recording_bytes:
        raise too_large(settings.max_recording_bytes)
    with full_disk_told():
        staged = await on_disk(_stage, recordings, expected)
        try:
            return await _write(chunks, staged, recordings, settings)
        except BaseException:
            await surely_on_disk(recordings.discard, staged)
            raise


def _stage(recordings: Recordings, expected_bytes: int) -> Path:
    recordings.check_room(expected_bytes)
    return recordings.stage()


async def _write(chunks: AsyncIterator[bytes], staged: Path, recordings: Recordings, settings: Settings) -> Received:
    file = await on_disk(open, staged, "wb")
    try:
        receiver = Receiver(file, settings.max_recording_bytes)
        async for block in gathered(paced(chunks, settings)):
            await on_disk(_take, recordings, receiver, block)
        sha256 = await on_disk(receiver.finish)
    finally:
        await surely_on_disk(file.close)
    return Received(staged, receiver.size_bytes, sha256, receiver.kind or "")


def _take(recordings: Recordings, receiver: Receiver, block: bytes) -> None:
    # For each block: a length need not be declared, and other uploads fill the same disk.
    recordings.check_room(len(block))
    receiver.take(block)


async def on_disk(work: Callable[[Unpack[Given]], Answer], *given: *Given) -> Answer:
    """The work, on a thread of the few that uploads have.

    A disk that is busy keeps all of them waiting, and none of those on which everybody else is answered.
    """
    try:
        threads = _threads.get()
    except LookupError:
        threads = CapacityLimiter(DISK_THREADS)
        _threads.set(threads)
    return await run_sync(work, *given, limiter=threads)


async def surely_on_disk(work: Callable[[Unpack[Given]], object], *given: *Given) -> None:
    """The same for what must be done also while the request is being cancelled: letting go, and cleaning up."""
    with CancelScope(shield=True):
        await on_disk(work, *given)


def keep(received: Received, *, recordings: Recordings, owner_id: str, leave: bool = False) -> Kept:
    """Moves a received recording to its place: a folder of its own, no part of the name chosen by a client.

    To S3 this takes as long as the upload did, so it is done before the transaction begins, not inside it.
    `leave`: what was received stays too.
    """
    kind = media_types.KINDS[received.kind]
    recording_id = ids.new(ids.Kind.RECORDING)
    key = f"{owner_id}/{recording_id}/recording{kind.suffix}"
    (recordings.keep_also if leave else recordings.keep)(received.path, key)
    return Kept(recording_id, key, kind.media_type, received.size_bytes, received.sha256)


async def gathered(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in blocks of about BLOCK."""
    block = bytearray()
    async for chunk in chunks:
        block += chunk
        if len(block) >= BLOCK:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


async def paced(chunks: AsyncIterator[bytes], settings: Settings) -> AsyncIterator[bytes]:
    """The same chunks; raises UploadTooSlow when they come slower than the minimum rate, or not at all.

    Only the waiting for them counts. That a disk, a lock or a store takes its time is not the client's doing.
    """
    # The server has no read timeout of its own: without this, one byte a second holds a place for ever.
    window, least = settings.upload_window_s, settings.min_upload_bytes_per_s * settings.upload_window_s
    now, waited_s, taken = asyncio.get_running_loop().time, 0.0, 0
    try:
        # One timer that is moved: a scope of its own for each chunk costs three times as much.
        async with asyncio.timeout(None) as patience:
            while True:
                began = now()
                patience.reschedule(began + window)
                chunk = await anext(chunks, None)
                patience.reschedule(None)
                if chunk is None:
                    return
                waited_s, taken = waited_s + now() - began, taken + len(chunk)
                if waited_s >= window:
                    if taken < least:
                        raise too_slow(settings)
                    waited_s, taken = 0.0, 0
                yield chunk
    except TimeoutError:
        raise too_slow(settings) from None


def too_slow(settings: Settings) -> UploadTooSlow:
    return UploadTooSlow(
        f"Fewer than {settings.min_upload_bytes_per_s} bytes a second came over {settings.upload_window_s:g} seconds.",
        min_bytes_per_s=settings.min_upload_bytes_per_s,
    )
