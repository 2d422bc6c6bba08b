"""Hearing with both engines on the sample, same windows, same weights, in one run: ratios, not seconds, are the result.

Usage: python scripts/bench.py [--model base] [--repeat 3]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import jiwer
from whisper.normalizers import EnglishTextNormalizer

from app import logs
from app.settings import Settings
from workers import audio, channels, windows
from workers.ears import Hearing, open_ear

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "sample" / "interview.m4a"
ENGINES = ("faster-whisper", "openai-whisper")
normalise = EnglishTextNormalizer()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="base")
    parser.add_argument("--repeat", type=int, default=3, help="the fastest of so many hearings counts")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.engine:
        print(json.dumps(measure(asked.engine, asked.model, asked.repeat)))
        return
    # A process for each engine: peak memory is a process's, and torch's threads stay out of CTranslate2's way.
    base = [sys.executable, __file__, "--model", asked.model, "--repeat", str(asked.repeat)]
    found = {name: json.loads(subprocess.check_output([*base, "--engine", name])) for name in ENGINES}
    show(found, asked.model)


def measure(engine: str, model: str, repeat: int) -> dict[str, float]:
    """Hears the sample `repeat` times with one engine, on all cores."""
    settings = Settings()
    logs.set_up(settings)
    ear = open_ear(engine=engine, model=model, models_dir=settings.models_dir, threads=settings.threads)
    with tempfile.TemporaryDirectory() as folder:
        decoded = audio.decode(SAMPLE, into=Path(folder) / "pcm")
        found = windows.find(decoded, channels.listen(decoded.pcm, channels=decoded.channels))
        hearings = [_hearing(decoded, window) for window in found]
    took, text = [], ""
    for _ in range(repeat):
        began = time.perf_counter()
        text = " ".join(segment.text for hearing in hearings for segment in ear.hear(hearing))
        took.append(time.perf_counter() - began)
    script = " ".join(turn["text"] for turn in json.loads((SAMPLE.parent / "script.json").read_text())["turns"])
    return {
        "rtf": min(took) / (decoded.duration_ms / 1000),
        "wer": jiwer.wer(normalise(script), normalise(text)),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _hearing(decoded: audio.Decoded, window: windows.Window) -> Hearing:
    pcm = audio.read(
        decoded.pcm, channels=decoded.channels, start_ms=window.start_ms, end_ms=window.end_ms, pick=window.channel
    )
    return Hearing(pcm=pcm, start_ms=window.start_ms, language="en", several_languages=False, hotwords=())


def show(found: dict[str, dict[str, Any]], model: str) -> None:
    best = min(one["rtf"] for one in found.values())
    print(f"model {model}, beam 5, {os.cpu_count()} threads, the sample's windows\n")
    print(f"{'engine':16} {'ratio':>6} {'rtf':>7} {'WER':>7} {'peak MB':>8}")
    for name, one in found.items():
        print(f"{name:16} {one['rtf'] / best:6.2f} {one['rtf']:7.3f} {one['wer']:7.2%} {one['peak_mb']:8.0f}")


if __name__ == "__main__":
    main()
