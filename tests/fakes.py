"""Stand-ins at the true borders of the service, told in sentences what to do."""

from collections.abc import Mapping
from typing import Self

from app.errors import PassingFailure
from app.transcripts.values import Doubt, Word
from workers.ears import HeardSegment, Hearing, Pcm, Signals

WORD_MS = 300
SURE = Signals(avg_logprob=-0.2, compression_ratio=1.2, no_speech_prob=0.01, temperature=0.0)


class FakeEar:
    """An ear that hears what it is told: `FakeEar().hears("hello there", at_ms=0).fails_once()`.

    A segment is heard in the window in which it begins; `heard` keeps every hearing asked for.
    """

    engine = "faster-whisper"
    model = "base"

    def __init__(self, *, languages: frozenset[str] = frozenset({"en", "es", "de"})) -> None:
        self.languages = languages
        self.multilingual = languages != {"en"}
        self.options: Mapping[str, str] = {"device": "fake", "precision": "fake"}
        self.heard: list[Hearing] = []
        self._segments: list[HeardSegment] = []
        self._failures: list[Exception] = []
        self._detected: Mapping[str, float] = {"en": 0.97, "es": 0.02}

    def hears(self, text: str, *, at_ms: int, language: str = "en", doubts: tuple[Doubt, ...] = ()) -> Self:
        """Words of 300 ms each, one after the other, from `at_ms` of the recording."""
        words = tuple(
            Word(start_ms=at_ms + i * WORD_MS, end_ms=at_ms + (i + 1) * WORD_MS, text=said, probability=0.9)
            for i, said in enumerate(text.split())
        )
        end_ms = words[-1].end_ms if words else at_ms
        self._segments.append(HeardSegment(at_ms, end_ms, text, words, language, SURE, doubts))
        return self

    def speaks(self, language: str, probability: float = 0.97) -> Self:
        self._detected = {language: probability, "und": 1 - probability}
        return self

    def fails_once(self, error: Exception | None = None) -> Self:
        return self.fails(error, times=1)

    def fails(self, error: Exception | None = None, *, times: int) -> Self:
        """The next `times` hearings raise, then it hears again."""
        self._failures += [error or PassingFailure("The ear has a cold.")] * times
        return self

    def hear(self, hearing: Hearing) -> list[HeardSegment]:
        self.heard.append(hearing)
        if self._failures:
            raise self._failures.pop(0)
        began = [segment for segment in self._segments if hearing.start_ms <= segment.start_ms < hearing.end_ms]
        return sorted(began, key=lambda segment: segment.start_ms)

    def detect_language(self, pcm: Pcm) -> Mapping[str, float]:
        return self._detected if self.multilingual and len(pcm) else {}
