"""From an uploaded recording to plain samples: starts the decoding child, watches it, and reads what it made."""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from app import errors, media_types
from app.recordings import check_room, full_disk_told
from workers import channels as channel_layouts

RATE = channel_layouts.RATE
BYTES_PER_MS = RATE // 1000 * 2
READ_BYTES = 1 << 18
MOST_SAID_BYTES = 1 << 16
LOOK_EVERY_S = 0.25
# So many bytes of samples are written between two looks at the room that is left.
ROOM_BYTES = 8 << 20
NO_ROOM = "There is no room left for the decoded recording. It goes on when there is some."
KEPT = ("LD_LIBRARY_PATH",)  # where some Pythons find their own libpython; everything else stays here
CHILD = Path(__file__).with_name("decoder_child.py")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one recording may cost. `max_ms` is decoded sound; what the file declares about itself does not count."""

    max_ms: int = 10 * 3_600_000
    wall_s: float = 1800
    cpu_s: int = 900
    memory_bytes: int = 1536 << 20


class Source(BaseModel):
    """What the file says of itself. `declared_ms` may be absent or a lie; `recorded_at` is ISO 8601 as recorded."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    container: str
    codec: str = Field(max_length=32, pattern=r"^[\w.]+$")
    sample_rate: int = Field(ge=0, le=1 << 32)
    channels: int = Field(ge=0, le=1024)
    declared_ms: int | None = Field(ge=0)
    recorded_at: str | None = Field(max_length=40)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A recording as raw samples: s16le, 16 kHz, one or two interleaved channels, on the recording's own clock."""

    pcm: Path
    channels: int
    duration_ms: int
    source: Source
    skipped_packets: int


def never() -> bool:
    return False


def ignore(_fraction: float) -> None:
    pass


def decode(
    source: Path,
    *,
    into: Path,
    limits: Limits | None = None,
    should_stop: Callable[[], bool] = never,
    on_progress: Callable[[float], None] = ignore,
) -> Decoded:
    """Decode `source` into the file `into`, which exists afterwards if and only if all of it is there.

    `should_stop` is asked four times a second. A recording without one sample is a recording of 0 ms. Call it on a
    thread that outlives the call: on Linux the child is killed when the thread that started it ends.

    Raises:
        RecordingUnusable: one of its leaves, by what is wrong with the recording.
        RecordingLost: there is no file at `source`.
        StorageFull: there is no room for the samples.
        WorkCanceled: `should_stop` said so.
    """
    limits = limits or Limits()
    part = into.with_name(into.name + ".part")
    try:
        with full_disk_told(NO_ROOM), _opened(source) as sound, part.open("wb") as pcm:
            kind = _kind(sound)
            answer = _Answer(pcm, part.parent, limits.max_ms)
            watch = _Watch(sound, limits.wall_s, should_stop=should_stop, on_progress=on_progress)
            status = _run_child(sound, _command(kind, limits), answer, watch)
            decoded = answer.judge(status, kind=kind, pcm=into)
            pcm.flush()
        part.replace(into)
    finally:
        part.unlink(missing_ok=True)
    return decoded


def read(
    pcm: Path, *, channels: int, start_ms: int, end_ms: int, pick: channel_layouts.Pick = channel_layouts.Pick.MIX
) -> channel_layouts.Sound:
    """One channel of the samples from `start_ms` to `end_ms` (or the end, if sooner); only these are read."""
    count = max(0, end_ms - start_ms) * (RATE // 1000) * channels
    samples = np.fromfile(pcm, dtype="<i2", count=count, offset=start_ms * BYTES_PER_MS * channels)
    whole = samples[: samples.size // channels * channels]
    return channel_layouts.mono(whole.reshape(-1, channels), pick)


class _Watch:
    """The clock, the wish to stop and the progress: looked at between blocks and at least every quarter second."""

    def __init__(
        self,
        sound: BinaryIO,
        wall_s: float,
        *,
        should_stop: Callable[[], bool],
        on_progress: Callable[[float], None],
    ) -> None:
        self._sound, self._wall_s = sound, wall_s
        self._should_stop, self._on_progress = should_stop, on_progress
        self._sound_bytes = max(1, os.fstat(sound.fileno()).st_size)
        self._deadline = time.monotonic() + wall_s
        self._next_look = 0.0
        self._progress = 0.0

    def look(self, *, hears: bool) -> None:
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_EVERY_S
        if self._should_stop():
            raise errors.WorkCanceled("Decoding was stopped.")
        if now > self._deadline:
            raise errors.DecoderTimedOut(f"Decoding took more than {self._wall_s:g} s.")
        # Parent and child share one open file and so its position: how far the child has read is seen from here.
        # Before the first sample it wanders, looking for the index.
        if hears:
            at = os.lseek(self._sound.fileno(), 0, os.SEEK_CUR)
            self._progress = max(self._progress, min(1.0, at / self._sound_bytes))
            self._on_progress(self._progress)


class _Answer:
    """What the child says, on three pipes. The recording may have taken it over: nothing is believed unchecked."""

    def __init__(self, pcm: BinaryIO, folder: Path, max_ms: int) -> None:
        self._pcm, self._folder, self._max_ms = pcm, folder, max_ms
        self._room_known_to = 0
        self._facts, self._complaints = bytearray(), bytearray()
        self._channels = 1
        self.written = 0

    def hear_facts(self, block: bytes) -> None:
        self._facts += block[: MOST_SAID_BYTES - len(self._facts)]
        if source := self._line("source"):
            self._channels = 1 if source.get("channels") in {0, 1} else 2

    def hear_complaints(self, block: bytes) -> None:
        self._complaints += block[: MOST_SAID_BYTES - len(self._complaints)]

    def hear_sound(self, block: bytes) -> None:
        self.written += len(block)
        if self.written > self._max_ms * BYTES_PER_MS * self._channels:
            raise errors.RecordingTooLong(
                f"The recording holds more than {self._max_ms / 3_600_000:g} h of sound.", max_ms=self._max_ms
            )
        if self.written >= self._room_known_to:
            check_room(self._folder, ROOM_BYTES, NO_ROOM)
            self._room_known_to = self.written + ROOM_BYTES
        self._pcm.write(block)

    def judge(self, status: int, *, kind: str, pcm: Path) -> Decoded:
        """The recording, if the child ended well and said so; the error, if it did not."""
        if finding := self._line("error"):
            raise FINDINGS.get(str(finding.get("code")), errors.DecoderCrashed)(str(finding.get("detail"))[:300])
        if status == -signal.SIGXCPU:
            raise errors.DecoderTimedOut("Decoding took more processor time than a recording may.")
        source, end = self._line("source"), self._line("end")
        if status or source is None or end is None:
            raise self._crash(f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}")
        try:
            return Decoded(
                pcm=pcm,
                channels=self._channels,
                duration_ms=self.written // (BYTES_PER_MS * self._channels),
                source=Source.model_validate({"container": kind, **source}),
                skipped_packets=int(str(end.get("skipped_packets"))),
            )
        except ValueError as error:
            raise self._crash("nonsense") from error

    def _crash(self, how: str) -> errors.DecoderCrashed:
        crash = errors.DecoderCrashed(f"The decoder ended with {how}.", how=how)
        # For our own log only: a file's tags may be in it, and they are personal.
        crash.add_note(self._complaints.decode(errors="replace")[-2000:])
        return crash

    def _line(self, name: str) -> dict[str, object] | None:
        for line in bytes(self._facts).splitlines():
            with suppress(ValueError, AttributeError):  # half a line yet, or not an object
                found = json.loads(line).get(name)
                if isinstance(found, dict):
                    return found
        return None


FINDINGS: dict[str, type[errors.RecordingUnusable]] = {
    "unreadable": errors.RecordingUnreadable,
    "incomplete": errors.RecordingIncomplete,
    "no-sound": errors.NoSoundTrack,
}


def _opened(source: Path) -> BinaryIO:
    try:
        return source.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise errors.RecordingLost("The recording is not where it was kept.") from error


def _kind(sound: BinaryIO) -> str:
    """What to tell the child it is. The upload's door sniffed too; the bytes on the disk are what counts."""
    head = os.pread(sound.fileno(), media_types.HEAD_BYTES, 0)
    behind = media_types.id3_bytes(head)
    if behind:
        kind = media_types.sniff(os.pread(sound.fileno(), media_types.HEAD_BYTES, behind))
        return kind if kind in {"aac", "flac", "aiff", "wav"} else "mp3"
    kind = media_types.sniff(head)
    if kind is None:
        raise errors.RecordingUnreadable("This is not a recording of a kind known here." if head else "It is empty.")
    return kind


def _command(kind: str, limits: Limits) -> list[str]:
    """By the child's path and isolated (`-I`): the same wherever we are started and whatever PYTHONPATH says."""
    costs = [str(limits.cpu_s), str(limits.memory_bytes), str(os.getpid())]
    return [sys.executable, "-I", "-B", str(CHILD), kind, *costs]


def _run_child(sound: BinaryIO, command: list[str], answer: _Answer, watch: _Watch) -> int:
    """The child's exit status. It gets one open file, an empty folder, no environment and its own process group."""
    facts_out, facts_in = os.pipe()
    with os.fdopen(facts_out, "rb", buffering=0) as facts, tempfile.TemporaryDirectory() as nowhere:
        try:
            child = subprocess.Popen(  # noqa: S603 - our own program, arguments from our own tables
                [*command, str(facts_in)],
                stdin=sound,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                pass_fds=(facts_in,),
                cwd=nowhere,
                env={name: os.environ[name] for name in KEPT if name in os.environ},
                start_new_session=True,
            )
        finally:
            os.close(facts_in)
        with child:
            try:
                # Facts first: the line that says how many channels there are is written before their first sample.
                pipes = [(facts, answer.hear_facts), (child.stdout, answer.hear_sound)]
                _hear(child, [*pipes, (child.stderr, answer.hear_complaints)], answer, watch)
            finally:
                _kill_group(child)
        return child.returncode


def _hear(
    child: "subprocess.Popen[bytes]",
    pipes: list[tuple[IO[bytes] | None, Callable[[bytes], None]]],
    answer: _Answer,
    watch: _Watch,
) -> None:
    """Listen until every pipe is closed and the child has ended."""
    with selectors.DefaultSelector() as ready:
        for pipe, hear in pipes:
            if pipe is not None:
                ready.register(pipe, selectors.EVENT_READ, hear)
        while ready.get_map():
            heard = {key.data: key.fd for key, _ in ready.select(LOOK_EVERY_S)}
            for pipe, hear in pipes:
                if hear in heard and pipe is not None:
                    block = os.read(heard[hear], READ_BYTES)
                    hear(block) if block else ready.unregister(pipe)
            watch.look(hears=answer.written > 0)
    while child.poll() is None:
        time.sleep(0.001)
        watch.look(hears=False)


def _kill_group(child: "subprocess.Popen[bytes]") -> None:
    """Whatever it may have started goes with it. A group that is gone already is what we wanted (macOS: EPERM)."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
