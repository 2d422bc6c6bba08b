"""Where the voices are in a recording's one or two channels, and one channel to listen to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
"""Shape (frames, channels), 16 kHz."""
Sound = NDArray[np.float32]
"""Shape (frames,), 16 kHz, -1..1."""

RATE = 16_000
FRAME = RATE // 10
"""Levels are taken every 100 ms: shorter than a syllable group, longer than any pitch period."""
BLOCK_FRAMES = FRAME * 600

SILENT = 1e-6
"""Power of -60 dBFS: below it is dither, hum of an unplugged socket or nothing."""
FAR_BELOW = 10**-2.5
"""-25 dB: a channel that is this much weaker and only hisses carries no voice of its own."""
RISES = 10**1.2
"""A voice rises 12 dB or more over what is under it; hiss and hum do not."""
SAME_WAVES = 0.4
SAME_LOUDNESS = 0.6
"""Correlations from which two channels carry the same voices. Real stereo has 0.85 and 0.99 or more; a person per
channel has under 0.01, and -0.9 (in turns) to 0.35 (five seconds of both at once)."""
ENOUGH = 10
"""Frames (one second) of sound before two channels are believed to be two people."""


HALF = np.float32(0.5)


class Pick(StrEnum):
    """How one channel to listen to is made."""

    MIX = "mix"
    LEFT = "left"
    RIGHT = "right"
    DIFFERENCE = "difference"


class Layout(StrEnum):
    """Where the voices are."""

    MONO = "mono"
    LEFT = "left"
    RIGHT = "right"
    MIX = "mix"
    ANTIPHASE = "antiphase"
    SPLIT = "split"

    @property
    def picks(self) -> tuple[Pick, ...]:
        """What to listen to: one channel, or for a speaker per channel both, one after the other."""
        return _PICKS[self]


_PICKS = {
    Layout.MONO: (Pick.MIX,),
    Layout.LEFT: (Pick.LEFT,),
    Layout.RIGHT: (Pick.RIGHT,),
    Layout.MIX: (Pick.MIX,),
    Layout.ANTIPHASE: (Pick.DIFFERENCE,),
    Layout.SPLIT: (Pick.LEFT, Pick.RIGHT),
}


@dataclass(frozen=True, slots=True)
class Levels:
    """Per 100 ms: power of the left and of the right channel (1 is full scale) and their cross power.

    Each has the shape (frames,). Ten hours are 8.6 MB, however they were recorded.
    """

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    cross: NDArray[np.float64]


def mono(pcm: Pcm, pick: Pick) -> Sound:
    """One channel of `pcm`; a recording of one channel is that channel whatever is picked."""
    sound: NDArray[np.float32] = pcm.astype(np.float32) / np.float32(32768)
    if sound.shape[1] == 1:
        return sound[:, 0]
    match pick:
        case Pick.LEFT:
            return sound[:, 0]
        case Pick.RIGHT:
            return sound[:, 1]
        case Pick.MIX:
            return (sound[:, 0] + sound[:, 1]) * HALF
        case Pick.DIFFERENCE:
            return (sound[:, 0] - sound[:, 1]) * HALF


def listen(pcm: Path, *, channels: int) -> Layout:
    """The layout of a decoded recording (s16le, 16 kHz, interleaved); reads it once, a minute at a time."""
    if channels == 1:
        return Layout.MONO
    return decide(measure(_blocks(pcm)))


def measure(blocks: Iterable[Pcm]) -> Levels:
    """Levels of two-channel blocks whose lengths are whole 100 ms; what is left over at the end is not heard."""
    parts = [_levels(block) for block in blocks]
    left, right, cross = np.concatenate(parts, axis=1) if parts else np.zeros((3, 0))
    return Levels(left, right, cross)


def decide(levels: Levels) -> Layout:
    """The layout that the levels speak for; `mix` when they are silent about it."""
    if levels.left.size == 0:
        return Layout.MIX
    left, right = _has_voice(levels.left, levels.right), _has_voice(levels.right, levels.left)
    if left != right:
        return Layout.LEFT if left else Layout.RIGHT
    mid = levels.left.sum() + levels.right.sum() + 2 * levels.cross.sum()
    side = levels.left.sum() + levels.right.sum() - 2 * levels.cross.sum()
    # Mixing would lose 6 dB or more of what taking the difference keeps: one side is wired the wrong way round.
    if side > 4 * mid:
        return Layout.ANTIPHASE
    return Layout.SPLIT if _are_two_people(levels) else Layout.MIX


def _has_voice(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """False for a channel that is silent, or far weaker than the other and without anything rising from its hiss."""
    if one.max() < SILENT:
        return False
    if one.sum() > other.sum() * FAR_BELOW:
        return True
    loud, quiet = np.quantile(one, [0.98, 0.1])
    return bool(loud > SILENT and loud > quiet * RISES)


def _are_two_people(levels: Levels) -> bool:
    """Whether each channel has its own voice, heard little or not at all in the other.

    Two measures, for either alone is fooled. Waveforms: one voice panned to the middle correlates, two do not; but
    two microphones apart in a room do not either. Loudness: those two rise and fall together, two people do not.
    It is compared only where somebody speaks: the pauses they share would make any two people look alike.
    """
    floors = [max(SILENT, float(np.quantile(side, 0.95)) / 1000) for side in (levels.left, levels.right)]
    active = (levels.left > floors[0]) | (levels.right > floors[1])
    if np.count_nonzero(active) < ENOUGH:
        return False
    left, right, cross = levels.left[active], levels.right[active], levels.cross[active]
    waveforms = cross.sum() / np.sqrt(left.sum() * right.sum())
    loudness = _correlation(np.log10(np.maximum(left, floors[0])), np.log10(np.maximum(right, floors[1])))
    return bool(abs(waveforms) < SAME_WAVES and loudness < SAME_LOUDNESS)


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    one, other = one - one.mean(), other - other.mean()
    spread = np.sqrt((one @ one) * (other @ other))
    return float(one @ other / spread) if spread > 0 else 1.0


def _blocks(pcm: Path) -> Iterator[Pcm]:
    with pcm.open("rb") as file:
        while block := file.read(BLOCK_FRAMES * 4):
            whole = len(block) // 4 * 4
            yield np.frombuffer(block[:whole], dtype="<i2").reshape(-1, 2)


def _levels(block: Pcm) -> NDArray[np.float64]:
    """Shape (3, frames): left, right and cross power."""
    frames = block[: len(block) // FRAME * FRAME].astype(np.float64).reshape(-1, FRAME, 2) / 32768
    left, right = frames[..., 0], frames[..., 1]
    return np.stack([(left**2).mean(axis=1), (right**2).mean(axis=1), (left * right).mean(axis=1)])
