"""Where somebody speaks, cut into windows that Whisper can take whole; silence is never sent to it."""

import bisect
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers import audio
from workers.channels import RATE, Layout, Pick, Sound

VAD_FRAME = 512
"""Samples Silero judges at a time: 32 ms at 16 kHz."""
VAD_FRAME_MS = VAD_FRAME * 1000 // RATE
SMOOTH_FRAMES = 5
VAD_BLOCK_MS = 3750 * VAD_FRAME_MS
"""Two minutes, in whole VAD frames: what Silero holds while it works grows with what it is given at once."""
VAD_LEAD_MS = 63 * VAD_FRAME_MS
"""Two seconds of what came before, heard again: Silero remembers, and a block must not begin with an empty mind."""

Levels = NDArray[np.float32]
"""Shape (VAD frames,)."""
Span = tuple[int, int]
"""From and up to, in ms."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is speech, and how windows are cut. All in ms but the two thresholds (Silero's probabilities)."""

    speech_from: float = 0.5
    speech_while: float = 0.35
    shortest_speech: int = 160
    shortest_pause: int = 320
    pad: int = 300
    longest_window: int = 30_000
    longest_pause: int = 2_000
    cut_after: int = 15_000


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of one channel for Whisper to hear; `speech` are the spans in it where somebody speaks."""

    start_ms: int
    end_ms: int
    speech: tuple[Span, ...]
    channel: Pick = Pick.MIX

    @property
    def duration_ms(self) -> int:
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class Heard:
    """One channel as the VAD heard it: per 32 ms the probability of speech and the loudness in dB."""

    speech: Levels
    loudness: Levels


RULES = Rules()


def find(
    decoded: audio.Decoded,
    layout: Layout,
    *,
    rules: Rules = RULES,
    on_progress: Callable[[float], None] = audio.ignore,
) -> list[Window]:
    """The windows of a recording, by start; of a split one for each channel, and these may overlap in time."""
    found: list[Window] = []
    for number, pick in enumerate(layout.picks):
        heard = hear(decoded, pick)
        speech = spans(heard.speech, end_ms=decoded.duration_ms, rules=rules)
        found += plan(speech, heard.loudness, end_ms=decoded.duration_ms, pick=pick, rules=rules)
        on_progress((number + 1) / len(layout.picks))
    return sorted(found, key=lambda window: (window.start_ms, window.channel))


def hear(decoded: audio.Decoded, pick: Pick) -> Heard:
    """Run Silero over one channel, two minutes at a time; what it keeps is 8 bytes per 32 ms (9 MB for ten hours)."""
    speech, loudness = [], []
    for start_ms in range(0, decoded.duration_ms, VAD_BLOCK_MS):
        lead_ms = min(VAD_LEAD_MS, start_ms)
        sound = audio.read(
            decoded.pcm,
            channels=decoded.channels,
            start_ms=start_ms - lead_ms,
            end_ms=start_ms + VAD_BLOCK_MS,
            pick=pick,
        )
        frames = _in_frames(sound)
        lead = lead_ms // VAD_FRAME_MS
        speech.append(_silero()(frames.reshape(-1)).reshape(-1)[lead:])
        power = np.maximum((frames[lead:] ** 2).mean(axis=1), 1e-10)
        loudness.append(10 * np.log10(power))
    if not speech:
        return Heard(np.zeros(0, np.float32), np.zeros(0, np.float32))
    return Heard(np.concatenate(speech), np.concatenate(loudness))


def spans(speech: Levels, *, end_ms: int, rules: Rules = RULES) -> list[Span]:
    """Where somebody speaks. It takes more to begin a span than to go on with it, or every sigh would end one."""
    found: list[Span] = []
    start = None
    for at, probability in enumerate(speech):
        if start is None and probability >= rules.speech_from:
            start = at * VAD_FRAME_MS
        elif start is not None and probability < rules.speech_while:
            found.append((start, at * VAD_FRAME_MS))
            start = None
    if start is not None:
        found.append((start, end_ms))
    return [span for span in _joined(found, rules.shortest_pause) if span[1] - span[0] >= rules.shortest_speech]


def plan(
    speech: Sequence[Span], loudness: Levels, *, end_ms: int, pick: Pick = Pick.MIX, rules: Rules = RULES
) -> list[Window]:
    """Windows over `speech` (spans in order, none touching the next, none past `end_ms`), in order and disjoint.

    All speech is in one; none is longer than `longest_window`; in none is a pause longer than `longest_pause`.
    Each has `pad` of what lies around its speech, as far as its neighbours leave room: Whisper loses a first
    consonant that has nothing before it. Speech longer than a window is cut where it is quietest.
    """
    windows: list[Window] = []
    for start_ms, stop_ms in _pieces(speech, loudness, end_ms, rules):
        within = _within(speech, start_ms, stop_ms)
        last = windows[-1] if windows else None
        if (
            last
            and stop_ms - last.start_ms <= rules.longest_window
            and within[0][0] - last.speech[-1][1] <= rules.longest_pause
        ):
            windows[-1] = Window(last.start_ms, stop_ms, _joined((*last.speech, *within), 0), pick)
        else:
            windows.append(Window(start_ms, stop_ms, within, pick))
    return windows


def chunks(windows: Sequence[Window], *, minutes: float = 4) -> list[tuple[Window, ...]]:
    """`windows` in groups, each a step of the work that is checkpointed: what a killed worker has to hear again."""
    groups: list[list[Window]] = []
    room_ms = 0.0
    for window in windows:
        if not groups or window.duration_ms > room_ms:
            groups.append([])
            room_ms = minutes * 60_000
        groups[-1].append(window)
        room_ms -= window.duration_ms
    return [tuple(group) for group in groups]


def _pieces(speech: Sequence[Span], loudness: Levels, end_ms: int, rules: Rules) -> Iterator[Span]:
    """Each span with its padding, cut until no piece is longer than a window."""
    for number, (start_ms, stop_ms) in enumerate(speech):
        before = (speech[number - 1][1] + start_ms) // 2 if number else 0
        behind = (stop_ms + speech[number + 1][0]) // 2 if number + 1 < len(speech) else end_ms
        # Speech that just fits a window gets less around it: padding is no reason to cut a word.
        spare = rules.longest_window - (stop_ms - start_ms)
        pad = min(rules.pad, spare // 2) if spare >= 0 else rules.pad
        at, until = max(before, start_ms - pad), min(behind, stop_ms + pad)
        while until - at > rules.longest_window:
            # Not in the padding at the end: a piece without speech would be no window.
            latest = min(at + rules.longest_window, stop_ms - rules.shortest_speech)
            cut = _quietest(loudness, at + rules.cut_after, latest)
            yield at, cut
            at = cut
        yield at, until


def _quietest(loudness: Levels, from_ms: int, to_ms: int) -> int:
    """The moment of the quietest 160 ms between the two, the latest of several; `to_ms` where nothing is known."""
    first = from_ms // VAD_FRAME_MS + 1
    stretch = loudness[first : to_ms // VAD_FRAME_MS]
    if stretch.size < SMOOTH_FRAMES:
        return to_ms
    smooth = np.convolve(stretch, np.ones(SMOOTH_FRAMES), mode="valid")
    latest = smooth.size - 1 - int(smooth[::-1].argmin())
    return (first + latest) * VAD_FRAME_MS + SMOOTH_FRAMES * VAD_FRAME_MS // 2


def _within(speech: Sequence[Span], start_ms: int, stop_ms: int) -> tuple[Span, ...]:
    first = bisect.bisect_right(speech, start_ms, key=itemgetter(1))
    last = bisect.bisect_left(speech, stop_ms, key=itemgetter(0))
    return tuple((max(start, start_ms), min(stop, stop_ms)) for start, stop in speech[first:last])


def _joined(spans_in_order: Sequence[Span], pause_ms: int) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start, stop in spans_in_order:
        if joined and start - joined[-1][1] <= pause_ms:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return tuple(joined)


def _in_frames(sound: Sound) -> NDArray[np.float32]:
    """Shape (frames, 512): the last frame is filled up with silence."""
    return np.pad(sound, (0, -sound.size % VAD_FRAME)).reshape(-1, VAD_FRAME)


@functools.cache
def _silero() -> Any:
    from faster_whisper.vad import get_vad_model  # noqa: PLC0415 - two seconds of import, only where there is sound

    return get_vad_model()
