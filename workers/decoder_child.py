"""The decoding child: a hostile recording comes in on descriptor 0, PCM goes out on 1. The only file that knows libav.

Run as a program, by its path, by `workers.audio` and nobody else, with the arguments
KIND CPU_S MEMORY_BYTES PARENT_PID FACTS_FD: it needs nothing but the standard library and av.
What it finds out goes as JSON lines to FACTS_FD: one `source` line before the first sample,
then one `end` or `error` line. No such last line means that it died.
"""

import ctypes
import io
import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38  # linux/prctl.h


def confine(*, cpu_s: int, memory_bytes: int, parent: int) -> None:
    """Give up what decoding does not need, before libav's two million lines are even mapped."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the recording
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # pipes are not files: it may still talk
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    if sys.platform == "linux":  # macOS has no such limit on address space and no prctl
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before it could be watched
        raise SystemExit("the parent is gone")


if __name__ == "__main__":
    confine(cpu_s=int(sys.argv[2]), memory_bytes=int(sys.argv[3]), parent=int(sys.argv[4]))

import av  # noqa: E402 - only after confine(): a library's load-time code is code too

RATE = 16_000
GAP_S = 0.1  # a shorter one is rounding: WebM and ASF count whole milliseconds, codecs frames of up to 60
CLOCK_RESTART_S = 1.0
BLOCK_BYTES = 1 << 18
SILENCE = bytes(BLOCK_BYTES)
RATES = range(2_000, 768_001)
MOST_CHANNELS = 16  # more have no layout that libav could mix down
MOST_HEADER_BYTES = 1 << 16  # so much may be headers only: a recording stopped as soon as it was started
BAD_READS_IN_A_ROW = 100
FURTHEST = 1 << 40  # no recording reaches as far, and any file system can be asked for it
FAILURES = (av.FFmpegError, OSError)  # reading goes through a file of Python's, and what it raises comes out as it is

# libav never probes: it gets the demuxer that the magic bytes asked for, and may open no other inside it.
DEMUXERS = {
    "mp4": "mov,mp4,m4a,3gp,3g2,mj2",
    "mov": "mov,mp4,m4a,3gp,3g2,mj2",
    "3gp": "mov,mp4,m4a,3gp,3g2,mj2",
    "mp3": "mp3",
    "wav": "wav",
    "w64": "w64",
    "ogg": "ogg",
    "webm": "matroska,webm",
    "matroska": "matroska,webm",
    "flac": "flac",
    "aac": "aac",
    "caf": "caf",
    "amr": "amr",
    "aiff": "aiff",
    "asf": "asf",
}

# Only these decoders ever run. Without this libav opens the video decoders too, to look at a video's first frames,
# and those are where most of its holes have been.
_CODECS = """aac alac mp3float mp3 mp2float mp2 flac opus libopus vorbis speex amrnb amrwb libopencore_amrnb
libopencore_amrwb gsm gsm_ms g722 adpcm_g722 adpcm_ima_wav adpcm_ima_qt adpcm_ms wmav1 wmav2 wmapro wmalossless
wmavoice ac3 eac3 qcelp wavpack"""
CODECS = frozenset(_CODECS.split()) | {name for name in av.codecs_available if name.startswith("pcm_")}


class Unusable(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Sound(io.FileIO):
    """The recording. Damaged sizes lead libav to places that no disk has: it finds nothing there, as behind any end.

    The system would refuse to go there, and one wrong chunk at the end would cost all the sound before it.
    """

    def seek(self, at: int, whence: int = os.SEEK_SET, /) -> int:
        return super().seek(min(at, FURTHEST), whence)


class Timeline:
    """Writes decoded frames as 16 kHz s16le PCM, each at the moment the recording says it was heard.

    Browsers, phones on bad networks and damaged files leave holes between frames. Gluing what is there together
    would move every later word: a hole of more than `GAP_S` is filled with silence. The hole's length comes from
    the file and may be a lie: one that ends behind the file's own declared end is not believed, and all other
    silence counts against the limit that the parent enforces on every byte.
    """

    def __init__(self, sink: BinaryIO, *, channels: int, origin_s: float, declared_s: float | None) -> None:
        self._sink, self._channels, self._origin_s, self._declared_s = sink, channels, origin_s, declared_s
        self._resampler: Any = None
        self._shape: object = None
        self._frames_out = 0
        self._heard_s = 0.0
        self._last_at_s = 0.0

    @property
    def is_empty(self) -> bool:
        return self._frames_out == 0

    def take(self, frame: Any) -> bool:
        """False for a frame that is nothing we can hear: damage decodes to 1 Hz or to 4,000 channels too."""
        if frame.sample_rate not in RATES or frame.layout.nb_channels > MOST_CHANNELS:
            return False
        if frame.pts is not None:
            self._keep_time(float(frame.pts * frame.time_base) - self._origin_s)
        self._resample(frame)
        self._heard_s += frame.samples / frame.sample_rate
        return True

    def flush(self) -> None:
        """Write what the resampler still holds; the next frame gets a new one."""
        if self._resampler is not None:
            for out in self._resampler.resample(None):
                self._write(out)
        self._resampler = self._shape = None

    def _keep_time(self, at_s: float) -> None:
        lied = self._declared_s is not None and at_s > self._declared_s + CLOCK_RESTART_S
        if lied or at_s < self._last_at_s - CLOCK_RESTART_S:
            # The clock jumped out of the recording or started again (files joined end to end): go on from here.
            self._origin_s += at_s - self._heard_s
            at_s = self._heard_s
        self._last_at_s = at_s
        # Frames that come early are kept whole: nothing said is dropped, and the next hole evens it out.
        if at_s - self._heard_s > GAP_S:
            self.flush()
            self._write_silence(round(at_s * RATE) - self._frames_out)
            self._heard_s = at_s

    def _resample(self, frame: Any) -> None:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:  # a file may change its mind, and libav's resampler may not
            self.flush()
            layout = "mono" if self._channels == 1 else "stereo"
            self._resampler = av.AudioResampler(format="s16", layout=layout, rate=RATE)
            self._shape = shape
        frame.pts = None  # time is kept above
        for out in self._resampler.resample(frame):
            self._write(out)

    def _write(self, out: Any) -> None:
        self._frames_out += out.samples
        self._sink.write(memoryview(out.planes[0])[: out.samples * self._channels * 2])

    def _write_silence(self, frames: int) -> None:
        self._frames_out += max(0, frames)
        left = max(0, frames) * self._channels * 2
        while left > 0:
            left -= self._sink.write(SILENCE[: min(left, BLOCK_BYTES)])


def open_recording(sound: BinaryIO, kind: str) -> Any:
    """The libav container, from an open file and never a path: no name to resolve, nothing beside it to find."""
    demuxer = DEMUXERS[kind]
    options = {
        "format_whitelist": demuxer,
        "protocol_whitelist": "none",
        "codec_whitelist": ",".join(sorted(CODECS)),
    }
    try:
        return av.open(
            sound,
            "r",
            format=demuxer.split(",")[0],
            options=options,
            metadata_errors="ignore",
            buffer_size=1 << 16,
        )
    except FAILURES as error:
        if demuxer.startswith("mov") and lacks_index(sound):
            raise Unusable(
                "incomplete", "The recording is incomplete, its index is missing: upload it again."
            ) from error
        raise Unusable("unreadable", f"This {kind} file cannot be read: {error.strerror}.") from error


def lacks_index(sound: BinaryIO) -> bool:
    """Whether an MP4's `moov` atom is absent or cut off; phones write it last, so a cut upload never has it."""
    end = sound.seek(0, os.SEEK_END)
    at = 0
    while at + 8 <= end:
        sound.seek(at)
        head = sound.read(16)
        size = int.from_bytes(head[:4], "big")
        if size == 1:  # the real size is in the next 64 bits
            size = int.from_bytes(head[8:16], "big")
        if head[4:8] == b"moov":
            return at + size > end
        at = end if size == 0 else at + max(8, size)  # 0: to the end of the file
    return True


def sound_track(container: Any) -> Any:
    """The first audio stream that we can decode; every other stream is skipped unread where its format allows."""
    if not container.streams.audio:
        raise Unusable("no-sound", "There is no sound in this file.")
    for stream in container.streams.audio:
        if stream.codec_context is not None and stream.codec_context.name in CODECS:
            for other in container.streams:
                if other.index != stream.index:
                    other.discard = av.stream.Discard.all
            stream.codec_context.thread_count = 1
            return stream
    raise Unusable("unreadable", "Its sound is in a coding that is not known here.")


class Frames:
    """The track's frames, past everything that cannot be decoded; `skipped` counts the packets lost."""

    def __init__(self, container: Any, stream: Any) -> None:
        self._container, self._stream = container, stream
        self.skipped = 0

    def __iter__(self) -> Iterator[Any]:
        for packet in self._packets():
            try:
                yield from packet.decode()
            except FAILURES as error:
                _unless_out_of_memory(error)
                self.skipped += 1

    def _packets(self) -> Iterator[Any]:
        """Reading may fail in the middle and succeed behind it, so it is tried again, not for ever."""
        failures = 0
        while failures < BAD_READS_IN_A_ROW:
            try:
                for packet in self._container.demux(self._stream):
                    failures = 0
                    yield packet
            except FAILURES as error:
                _unless_out_of_memory(error)
                failures += 1
                self.skipped += 1
            else:
                return


def _unless_out_of_memory(error: Exception) -> None:
    if isinstance(error, MemoryError):
        raise error


def recorded_at(container: Any, stream: Any) -> str | None:
    """When it was recorded, ISO 8601, if the file says so; of all its tags only this is read (others say where)."""
    for tags in (container.metadata, stream.metadata):
        for name in ("com.apple.quicktime.creationdate", "creation_time"):
            try:
                instant = datetime.fromisoformat(tags.get(name, ""))
            except ValueError:
                continue
            if instant.tzinfo and instant.year > 1970:  # noqa: PLR2004 - clocks that were never set count from 1904 or 1970
                return instant.isoformat()
    return None


def describe(container: Any, stream: Any, frame: Any) -> dict[str, Any]:
    """Facts of the source; the first frame knows rate and channels better than the header does (HE-AAC)."""
    heard = frame if frame is not None else stream.codec_context
    return {
        "codec": stream.codec_context.name,
        "sample_rate": heard.sample_rate,
        "channels": heard.layout.nb_channels,
        "declared_ms": None if container.duration is None else max(0, container.duration // 1000),
        "recorded_at": recorded_at(container, stream),
    }


def decode(sound: BinaryIO, *, kind: str, sink: BinaryIO, tell: BinaryIO) -> None:
    """Mono stays mono; of two channels both are kept, for a speaker may be on each; more are mixed down to two.

    The mix keeps a film's centre channel, where the speech is; the two front channels alone would lose it.
    """
    with open_recording(sound, kind) as container:
        stream = sound_track(container)
        frames = Frames(container, stream)
        timeline = None
        for frame in frames:
            if timeline is None:
                _say(tell, {"source": describe(container, stream, frame)})
                timeline = _timeline(container, frame, sink)
            frames.skipped += not timeline.take(frame)
        if timeline is None:
            _say(tell, {"source": describe(container, stream, None)})
        else:
            timeline.flush()
        is_empty = timeline is None or timeline.is_empty
        if is_empty and (frames.skipped or sound.seek(0, os.SEEK_END) > MOST_HEADER_BYTES):
            raise Unusable("unreadable", "Nothing in this recording can be decoded.")
    sink.flush()
    _say(tell, {"end": {"skipped_packets": frames.skipped}})


def _timeline(container: Any, first: Any, sink: BinaryIO) -> Timeline:
    # A player's zero is where the first of all streams starts: sound that sets in later than a video's picture
    # is that much later in the transcript too.
    origin_s = float((first.pts or 0) * first.time_base) if first.time_base else 0.0
    if container.start_time is not None:
        origin_s = min(origin_s, container.start_time / av.time_base)
    return Timeline(
        sink,
        channels=min(2, first.layout.nb_channels),
        origin_s=origin_s,
        declared_s=container.duration / av.time_base if container.duration else None,
    )


def _say(tell: BinaryIO, line: dict[str, Any]) -> None:
    tell.write(json.dumps(line).encode() + b"\n")
    tell.flush()


def rehearse() -> None:
    """Decode eight silent samples, so that whatever av imports only when it is used is imported now."""
    size = struct.pack
    wav = b"RIFF" + size("<I", 44) + b"WAVEfmt " + size("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    wav += b"data" + size("<I", 16) + bytes(16)
    decode(io.BytesIO(wav), kind="wav", sink=io.BytesIO(), tell=io.BytesIO())


def main(kind: str, tell_fd: int) -> None:
    rehearse()
    # Nothing is opened from here on: not a file, not a socket. What is open already stays so.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    with (
        Sound(0, "rb") as sound,
        open(1, "wb", buffering=BLOCK_BYTES) as sink,
        open(tell_fd, "wb") as tell,
    ):
        try:
            decode(sound, kind=kind, sink=sink, tell=tell)
        except Unusable as finding:
            sink.flush()
            _say(tell, {"error": {"code": finding.code, "detail": str(finding)}})


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[5]))
