"""Hearing: what is asked of an ear, what it answers, and which engines can be one."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.transcripts.values import Doubt, Word

SAMPLE_RATE = 16_000
LONGEST_MS = 30_000

Pcm = npt.NDArray[np.float32]
Stretch = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Hearing:
    """One window of sound and how to listen to it.

    `pcm` is mono float32 at 16 kHz in -1..1, at most 30 s; `start_ms` is where it lies in the recording. `language`
    is a code of Whisper's table, or None: the ear finds out for itself. With `several_languages` each window's
    language is found out and `language` is what to fall back on. `hotwords` are names and terms to expect.
    `speech` are the stretches (start_ms, end_ms in the recording) where a voice detector heard a voice; None when
    nobody looked.
    """

    pcm: Pcm
    start_ms: int = 0
    language: str | None = None
    several_languages: bool = False
    hotwords: tuple[str, ...] = ()
    speech: tuple[Stretch, ...] | None = None
    beam_size: int = 5

    def __post_init__(self) -> None:
        if self.pcm.ndim != 1 or self.pcm.dtype != np.float32:
            raise ValueError(f"a window is one channel of float32, not {self.pcm.ndim} of {self.pcm.dtype}")
        if self.duration_ms > LONGEST_MS:
            raise ValueError(f"a window is at most {LONGEST_MS} ms, not {self.duration_ms}")

    @property
    def duration_ms(self) -> int:
        return len(self.pcm) * 1000 // SAMPLE_RATE

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.duration_ms


@dataclass(frozen=True)
class Signals:
    """What Whisper says about its own work, for the whole decoding that a segment came from.

    `avg_logprob` is per token; `compression_ratio` is high where text repeats itself; `temperature` above 0 means
    that the first tries were thrown away.
    """

    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float
    temperature: float


@dataclass(frozen=True)
class HeardSegment:
    """A stretch of words, in ms of the recording, inside its window, after the segment before it.

    `text` has no blank at its ends. Each word's text is without blanks around it, punctuation included, and the words
    appear in `text` in their order with nothing but blanks between them (none at all in Japanese or Chinese), so
    searching each word from the end of the one before gives its place. `words` is empty where Whisper could not
    align them.
    """

    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...]
    language: str
    signals: Signals
    doubts: tuple[Doubt, ...] = ()


class Ear(Protocol):
    """Whisper, loaded and ready. Not for use by two threads at once."""

    @property
    def engine(self) -> str:
        """`faster-whisper` or `openai-whisper`."""

    @property
    def model(self) -> str:
        """The weights' name, such as `base`."""

    @property
    def options(self) -> Mapping[str, str]:
        """How the weights are run (`device`, `precision`), for the transcript to tell."""

    @property
    def languages(self) -> frozenset[str]:
        """The codes it knows: `en` alone for English-only weights."""

    @property
    def multilingual(self) -> bool: ...

    def hear(self, hearing: Hearing) -> list[HeardSegment]:
        """The words of one window, doubts marked; none where Whisper itself hears no speech.

        Heard again, a window gives the same words, unless their `temperature` is above 0: those are drawn by lot.
        Raises LanguageUnsupported when the language asked for is not among `languages`.
        """

    def detect_language(self, pcm: Pcm) -> Mapping[str, float]:
        """Language to probability, over the first 30 s; empty from English-only weights, which cannot tell."""


def open_ear(*, engine: str, model: str, models_dir: Path, threads: int) -> Ear:
    """The ear of that name, its weights found, checked and loaded: seconds, and hundreds of MB.

    Raises WeightsMissing, WeightsCorrupt, or ValueError for an engine that is not one of ours.
    """
    # Idle OpenMP threads spin unless told otherwise before their library loads: measured on two cores busy with other
    # work, hearing 11 s with torch took 15 s of processor time spinning and 3 s sleeping.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Imported here because each engine brings a runtime that the other does not need: a machine without torch hears.
    if engine == "faster-whisper":
        from workers.ears import faster_whisper  # noqa: PLC0415  heavy, and only this branch needs it

        return faster_whisper.open_ear(model=model, models_dir=models_dir, threads=threads)
    if engine == "openai-whisper":
        from workers.ears import openai_whisper  # noqa: PLC0415  brings torch, which need not be installed

        return openai_whisper.open_ear(model=model, models_dir=models_dir, threads=threads)
    raise ValueError(f"no engine is called {engine!r}: faster-whisper or openai-whisper")
