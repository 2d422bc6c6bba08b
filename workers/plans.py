"""What one recording will be heard as: windows in groups, with which model, in which language. Made once per job."""

import hashlib
from collections.abc import Sequence

from pydantic import Field

from app.jobs import eta_s
from app.transcripts.values import Notice, Value
from workers.channels import Layout
from workers.windows import Window


class Manner(Value):
    """How to listen. `language` None: nothing was said. `ways`: what the ear says of itself (device, precision)."""

    engine: str
    model: str
    language: str | None = None
    language_probability: float | None = None
    several_languages: bool = False
    notices: tuple[Notice, ...] = ()
    ways: dict[str, str] = Field(default_factory=dict)


class Plan(Value):
    """The result of preparing, kept by the job engine, where erasure does not reach: times and settings only.

    Never a word that was said, and no name to listen for: those are read from the job when they are needed.
    """

    channels: int
    duration_ms: int
    pcm_bytes: int
    layout: Layout
    manner: Manner
    chunks: tuple[tuple[Window, ...], ...]
    sha256: str = ""

    def signed(self, recording_sha256: str, vocabulary: Sequence[str] = ()) -> "Plan":
        """With the mark by which heard chunks are known again: same sound, windows, manner and words to expect."""
        everything = self.model_dump_json(exclude={"sha256"}) + recording_sha256 + "\n".join(vocabulary)
        return self.model_copy(update={"sha256": hashlib.sha256(everything.encode()).hexdigest()})


def voiced_ms(windows: Sequence[Window]) -> int:
    return sum(window.duration_ms for window in windows)


class Tally:
    """How much of a plan has been heard, before this chunk and in it."""

    def __init__(self, plan: Plan, index: int) -> None:
        self._plan = plan
        self._total_ms = sum(voiced_ms(chunk) for chunk in plan.chunks)
        self._done_ms = sum(voiced_ms(chunk) for chunk in plan.chunks[:index])

    def add(self, window: Window) -> None:
        self._done_ms += window.duration_ms

    @property
    def share(self) -> float:
        return self._done_ms / self._total_ms if self._total_ms else 1.0

    @property
    def audio_done_ms(self) -> int:
        """In ms of the recording: silence counts as heard along with the speech around it."""
        return round(self.share * self._plan.duration_ms)

    def eta_s(self, rtf: float | None) -> float | None:
        return eta_s(audio_left_ms=self._total_ms - self._done_ms, rtf=rtf)
