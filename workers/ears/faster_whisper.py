"""The faster-whisper ear: OpenAI's weights on the CTranslate2 runtime."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import ctranslate2
from faster_whisper import WhisperModel

from app.errors import WeightsMissing
from workers import models
from workers.ears import HeardSegment, Hearing, Pcm, Signals, doubts, languages, words


def open_ear(*, model: str, models_dir: Path, threads: int) -> "FasterWhisperEar":
    weights = models.find(model, models_dir=models_dir)
    if weights.is_checkpoint:
        sentence = f"{weights.path.name} is an openai-whisper checkpoint: set the engine to openai-whisper."
        raise WeightsMissing(sentence, model=model)
    return FasterWhisperEar(weights, threads=threads)


class FasterWhisperEar:
    engine = "faster-whisper"

    def __init__(self, weights: models.Weights, *, threads: int) -> None:
        device, precision = _device_and_precision()
        self.model = weights.model
        self.options = {"device": device, "precision": precision}
        # Tries at a higher temperature draw lots, from a generator that takes its seed once, when its thread starts:
        # a new worker makes the same words as the last one did, but a window heard twice by one worker may differ.
        ctranslate2.set_random_seed(0)
        self._whisper = WhisperModel(str(weights.path), device=device, compute_type=precision, cpu_threads=threads)
        self.multilingual = bool(self._whisper.model.is_multilingual)
        # The library lists every language of the newest weights, whatever these know; their own vocabulary is right.
        knows = self._whisper.hf_tokenizer.token_to_id
        listed = self._whisper.supported_languages
        self.languages = frozenset(code for code in listed if code == "en" or knows(f"<|{code}|>") is not None)

    def hear(self, hearing: Hearing) -> list[HeardSegment]:
        languages.check(hearing.language, known=self.languages, model=self.model)
        if not len(hearing.pcm):
            return []
        language = languages.for_window(hearing, self)
        # Times are asked for (`without_timestamps` off) although words are timed without them: measured on clips of
        # 5 to 200 s, leaving them out takes half as long again and, on the short ones, gets a third more words wrong.
        spoken, _ = self._whisper.transcribe(
            hearing.pcm,
            language=language,
            beam_size=hearing.beam_size,
            word_timestamps=True,
            condition_on_previous_text=False,
            hotwords=", ".join(hearing.hotwords) or None,
        )
        placed = words.place(_spoken(spoken), hearing, language=language)
        return doubts.mark(placed, speech=hearing.speech)

    def detect_language(self, pcm: Pcm) -> Mapping[str, float]:
        if not self.multilingual or not len(pcm):
            return {}
        _, _, probabilities = self._whisper.detect_language(pcm)
        return {code: float(probability) for code, probability in probabilities}


def _device_and_precision() -> tuple[str, str]:
    if ctranslate2.get_cuda_device_count():
        return "cuda", "float16"
    # Measured on two cores: int8 takes four fifths of float32's time for the same word error rate.
    return "cpu", "int8" if "int8" in ctranslate2.get_supported_compute_types("cpu") else "float32"


def _spoken(segments: Iterable[Any]) -> Iterable[words.SpokenSegment]:
    for segment in segments:
        yield words.SpokenSegment(
            text=segment.text,
            start_s=segment.start,
            end_s=segment.end,
            words=tuple(
                words.SpokenWord(word.word, word.start, word.end, word.probability) for word in segment.words or ()
            ),
            signals=Signals(
                avg_logprob=float(segment.avg_logprob),
                compression_ratio=float(segment.compression_ratio),
                no_speech_prob=float(segment.no_speech_prob),
                temperature=float(segment.temperature),
            ),
        )
