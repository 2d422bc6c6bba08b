"""Makes small recordings while the tests run: sounds of our own, encoded into what phones and browsers send."""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000
Sound = NDArray[np.float32]

SAMPLE = Path(__file__).parents[2] / "sample" / "interview.m4a"


def tune(seconds: float, *, seed: int = 1, level: float = 0.3) -> Sound:
    """Notes of 150-250 ms with breaks between: like speech it is never twice the same, so it shows where it was cut."""
    random = np.random.default_rng(seed)
    parts: list[Sound] = []
    total = round(seconds * RATE)
    while sum(part.size for part in parts) < total:
        length = int(random.integers(2400, 4000))
        at = np.arange(length) / RATE
        pitch = random.uniform(150, 500)
        note = sum(np.sin(2 * np.pi * pitch * k * at) / k for k in (1, 2, 3))
        parts += [(note * np.hanning(length)).astype(np.float32), np.zeros(1200, np.float32)]
    return (np.concatenate(parts)[:total] * level).astype(np.float32)


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE), np.float32)


@dataclass(frozen=True)
class Encoding:
    """How a kind of file is made. `priming_ms`: what its codec may add at the ends."""

    suffix: str
    codec: str
    container: str
    rate: int = RATE
    priming_ms: int = 0
    bit_rate: int = 64_000


ENCODINGS = {
    "m4a": Encoding(".m4a", "aac", "ipod", 48_000, 80),
    "m4a-alac": Encoding(".m4a", "alac", "ipod", 48_000, 1),
    "mp3": Encoding(".mp3", "libmp3lame", "mp3", 44_100, 80),
    "wav": Encoding(".wav", "pcm_s16le", "wav"),
    "wav-float": Encoding(".wav", "pcm_f32le", "wav", 48_000),
    "wav-ulaw": Encoding(".wav", "pcm_mulaw", "wav", 8_000),
    "w64": Encoding(".w64", "pcm_s16le", "w64"),
    "flac": Encoding(".flac", "flac", "flac"),
    "ogg-flac": Encoding(".ogg", "flac", "ogg"),
    "opus": Encoding(".opus", "libopus", "ogg", 48_000, 30),
    "webm": Encoding(".webm", "libopus", "webm", 48_000, 30),
    "mka": Encoding(".mka", "flac", "matroska"),
    "mp4": Encoding(".mp4", "aac", "mp4", 44_100, 80),
    "mov": Encoding(".mov", "aac", "mov", 44_100, 80),
    "mov-pcm": Encoding(".mov", "pcm_s16le", "mov"),
    "3gp": Encoding(".3gp", "aac", "3gp", 16_000, 140),
    "3gp-amr": Encoding(".3gp", "libopencore_amrnb", "3gp", 8_000, 40, 12_200),
    "amr": Encoding(".amr", "libopencore_amrnb", "amr", 8_000, 40, 12_200),
    "caf": Encoding(".caf", "pcm_s16be", "caf"),
    "aiff": Encoding(".aiff", "pcm_s16be", "aiff"),
    "aac": Encoding(".aac", "aac", "adts", 44_100, 80),
    "wma": Encoding(".wma", "wmav2", "asf", 44_100, 120),
}


def write(
    folder: Path,
    sounds: Sound | tuple[Sound, ...],
    *,
    kind: str = "wav",
    tags: dict[str, str] | None = None,
    on_packet: Callable[[Any], Any] = lambda packet: packet,
) -> Path:
    """A recording of `sounds`, one per channel; `on_packet` may alter a packet or return None to lose it."""
    made_as = ENCODINGS[kind]
    channels = sounds if isinstance(sounds, tuple) else (sounds,)
    path = folder / f"{kind}{made_as.suffix}"
    with av.open(str(path), "w", format=made_as.container) as container:
        container.metadata.update(tags or {})
        layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(channels)]
        stream = container.add_stream(made_as.codec, rate=made_as.rate, layout=layout)
        stream.codec_context.bit_rate = made_as.bit_rate
        for frame in (*_frames(channels, layout, made_as.rate), None):
            for packet in map(on_packet, stream.encode(frame)):
                if packet is not None:
                    container.mux(packet)
    return path


def long_silence(folder: Path, *, hours: float) -> Path:
    """8 kHz, 8 bit WAV whose samples are a hole in the file: no time to make, no room on disk, hours to play."""
    path, size = folder / "long.wav", round(hours * 3600 * 8000)
    header = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVEfmt ", 16, 1, 1, 8000, 8000, 1, 8, b"data", size)
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + size)
    return path


def flac_of_silence(folder: Path, *, hours: int) -> Path:
    """FLAC whose every frame says "65,535 times zero": an hour in 13 KB. Written by hand (RFC 9639): no encoder of
    ours packs silence as tightly as an attacker would.
    """
    block, path = 65_535, folder / "silence.flac"
    count = hours * 3600 * RATE // block
    length_and_format = (RATE << 44) | (15 << 36) | (count * block)
    info = struct.pack(">HH6x", block, block) + length_and_format.to_bytes(8, "big") + bytes(16)
    with path.open("wb") as file:
        file.write(b"fLaC\x80" + len(info).to_bytes(3, "big") + info)
        for number in range(count):
            head = b"\xff\xf8\x75\x08" + _long_utf8(number) + struct.pack(">H", block - 1)
            frame = head + bytes([_crc(head, bits=8, polynomial=0x07)]) + bytes(3)
            file.write(frame + _crc(frame, bits=16, polynomial=0x8005).to_bytes(2, "big"))
    return path


def _long_utf8(number: int) -> bytes:
    """FLAC numbers its frames as UTF-8 would, and goes on where Unicode ends."""
    if number < 0x80:
        return bytes([number])
    rest: list[int] = []
    while number >= 0x40 >> len(rest):
        rest.insert(0, 0x80 | (number & 0x3F))
        number >>= 6
    return bytes([((0xFF80 >> len(rest)) & 0xFF) | number, *rest])


def _crc(content: bytes, *, bits: int, polynomial: int) -> int:
    value, top = 0, 1 << (bits - 1)
    for byte in content:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = ((value << 1) ^ (polynomial if value & top else 0)) & (2 * top - 1)
    return value


def _frames(channels: tuple[Sound, ...], layout: str, rate: int) -> Iterable[Any]:
    pcm = (np.stack(channels, axis=1).clip(-1, 1) * 32767).astype(np.int16)
    resampler = av.AudioResampler(format="s16", layout=layout, rate=rate)
    for at in range(0, len(pcm), RATE):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm[at : at + RATE]).reshape(1, -1), layout=layout)
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), at
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def shift_ms(before: Sound, after: Sound) -> float:
    """How many ms `after` lags behind `before`, by their cross-correlation."""
    size = 1 << (before.size + after.size).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(after, size) * np.conj(np.fft.rfft(before, size)), size)
    lag = int(correlation.argmax())
    return (lag if lag < size // 2 else lag - size) * 1000 / RATE


def likeness(before: Sound, after: Sound) -> float:
    """Correlation of two sounds once the lag between them is taken out: 1 is the same, 0 is unrelated."""
    lag = round(shift_ms(before, after) * RATE / 1000)
    before, after = before[max(0, -lag) :], after[max(0, lag) :]
    length = min(before.size, after.size)
    return float(np.corrcoef(before[:length], after[:length])[0, 1])
