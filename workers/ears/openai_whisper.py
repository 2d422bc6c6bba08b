"""The openai-whisper ear: the reference, on torch. Sound is passed in, so no ffmpeg program is needed."""

import json
import pickle
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import whisper
from whisper.audio import N_FRAMES, log_mel_spectrogram, pad_or_trim
from whisper.tokenizer import LANGUAGES, get_tokenizer

from app.errors import WeightsCorrupt
from workers import checkpoints, models
from workers.ears import HeardSegment, Hearing, Pcm, Signals, doubts, languages, words

TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def open_ear(*, model: str, models_dir: Path, threads: int) -> "OpenaiWhisperEar":
    torch.set_num_threads(threads)
    return OpenaiWhisperEar(models.find(model, models_dir=models_dir))


class OpenaiWhisperEar:
    engine = "openai-whisper"

    def __init__(self, weights: models.Weights) -> None:
        self.model = weights.model
        self._whisper = _load(weights)
        _read_vocabulary(self._whisper)
        cuda = torch.cuda.is_available()
        self._whisper.to("cuda" if cuda else "cpu")
        self.options = {"device": "cuda" if cuda else "cpu", "precision": "float16" if cuda else "float32"}
        self.multilingual = bool(self._whisper.is_multilingual)
        known = list(LANGUAGES)[: self._whisper.num_languages] if self.multilingual else ["en"]
        self.languages = frozenset(known)

    def hear(self, hearing: Hearing) -> list[HeardSegment]:
        languages.check(hearing.language, known=self.languages, model=self.model)
        if not len(hearing.pcm):
            return []
        language = languages.for_window(hearing, self)
        with torch.random.fork_rng():
            # Tries at a higher temperature draw lots: the same lots every time.
            torch.manual_seed(0)
            answer = whisper.transcribe(
                self._whisper,
                _writable(hearing.pcm),
                language=language,
                beam_size=hearing.beam_size,
                best_of=hearing.beam_size,
                temperature=TEMPERATURES,
                word_timestamps=True,
                condition_on_previous_text=False,
                initial_prompt=", ".join(hearing.hotwords) or None,
                carry_initial_prompt=True,
                fp16=self.options["precision"] == "float16",
            )
        placed = words.place(_spoken(answer["segments"]), hearing, language=language)
        return doubts.mark(placed, speech=hearing.speech)

    def detect_language(self, pcm: Pcm) -> Mapping[str, float]:
        if not self.multilingual or not len(pcm):
            return {}
        mel = log_mel_spectrogram(pad_or_trim(_writable(pcm)), self._whisper.dims.n_mels)
        _, probabilities = self._whisper.detect_language(pad_or_trim(mel, N_FRAMES).to(self._whisper.device))
        return {code: float(probability) for code, probability in probabilities.items()}


def _load(weights: models.Weights) -> Any:
    if weights.is_checkpoint:
        checkpoint, heads = _read_checkpoint(weights.path), None
    else:
        read = checkpoints.read(weights.path / "model.bin")
        state = {name: torch.from_numpy(array) for name, array in read.state.items()}
        checkpoint = {"dims": read.dims, "model_state_dict": state}
        heads = _alignment_heads(weights.path / "config.json")
    model = whisper.model.Whisper(whisper.model.ModelDimensions(**checkpoint["dims"]))
    try:
        model.load_state_dict(checkpoint["model_state_dict"])
    except RuntimeError as error:
        raise WeightsCorrupt(f"{weights.path} is not a whole Whisper model.", model=weights.model) from error
    _set_alignment_heads(model, weights.model, heads)
    return model


def _read_checkpoint(path: Path) -> dict[str, Any]:
    try:
        # weights_only: an unpickled checkpoint of unknown origin could otherwise run any code.
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        return {"dims": checkpoint["dims"], "model_state_dict": checkpoint["model_state_dict"]}
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError) as error:
        raise WeightsCorrupt(f"{path} is not an openai-whisper checkpoint.", path=str(path)) from error


def _read_vocabulary(model: Any) -> None:
    # Whisper reads it through a file that it leaves to the garbage collector, once: it keeps what it has read.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"unclosed file .*\.tiktoken", ResourceWarning)
        get_tokenizer(model.is_multilingual, num_languages=model.num_languages)


def _alignment_heads(config: Path) -> list[tuple[int, int]] | None:
    if not config.is_file():
        return None
    return [(layer, head) for layer, head in json.loads(config.read_text()).get("alignment_heads") or ()] or None


def _set_alignment_heads(model: Any, name: str, heads: list[tuple[int, int]] | None) -> None:
    """Names the cross-attention heads that follow the sound: word times are read from them.

    CTranslate2's config.json carries them; for a checkpoint only its name tells. Else Whisper's own guess stays:
    all heads of the later layers.
    """
    if heads is not None:
        mask = torch.zeros(model.dims.n_text_layer, model.dims.n_text_head, dtype=torch.bool)
        mask[tuple(zip(*heads, strict=True))] = True
        model.register_buffer("alignment_heads", mask.to_sparse(), persistent=False)
    elif (dump := whisper._ALIGNMENT_HEADS.get(name)) is not None:  # noqa: SLF001  whisper has no public table
        model.set_alignment_heads(dump)


def _writable(pcm: Pcm) -> Pcm:
    # torch warns about arrays it could not write to, such as those that lie on a file's bytes.
    return np.require(pcm, requirements=["C", "W"])


def _spoken(segments: Iterable[dict[str, Any]]) -> Iterable[words.SpokenSegment]:
    for segment in segments:
        yield words.SpokenSegment(
            text=segment["text"],
            start_s=segment["start"],
            end_s=segment["end"],
            words=tuple(
                words.SpokenWord(word["word"], word["start"], word["end"], word["probability"])
                for word in segment["words"]
            ),
            signals=Signals(
                avg_logprob=segment["avg_logprob"],
                compression_ratio=segment["compression_ratio"],
                no_speech_prob=segment["no_speech_prob"],
                temperature=segment["temperature"],
            ),
        )
