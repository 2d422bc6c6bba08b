import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.errors import LanguageUnsupported, PassingFailure, WeightsCorrupt, WeightsMissing
from app.transcripts.values import Doubt
from tests.fakes import FakeEar
from tests.workers.recordings import SAMPLE
from workers.ears import SAMPLE_RATE, Ear, HeardSegment, Hearing, Pcm, Signals, open_ear, words

OpenEar = Callable[..., Ear]

PACKAGES = {"faster-whisper": "faster_whisper", "openai-whisper": "whisper"}
ENGINES = tuple(PACKAGES)
SIGNALS = Signals(-0.3, 1.4, 0.02, 0.0)
SILENCE = np.zeros(SAMPLE_RATE * 2, np.float32)


def spoken(*timed: tuple[str, float, float], text: str = "") -> words.SpokenSegment:
    """Words as (text, start_s, end_s), in one segment."""
    said = tuple(words.SpokenWord(word, start_s, end_s, 0.9) for word, start_s, end_s in timed)
    return words.SpokenSegment(text or "".join(word.text for word in said), 0.0, 2.0, said, SIGNALS)


def placed(*segments: words.SpokenSegment, start_ms: int = 0) -> list[HeardSegment]:
    return words.place(segments, Hearing(SILENCE, start_ms=start_ms), language="en")


def test_words_are_laid_into_the_recording_in_milliseconds() -> None:
    (segment,) = placed(spoken((" Hello", 0.1, 0.5), (" there.", 0.5, 0.9)), start_ms=60_000)

    assert (segment.start_ms, segment.end_ms, segment.text) == (60_100, 60_900, "Hello there.")
    assert [(word.start_ms, word.text) for word in segment.words] == [(60_100, "Hello"), (60_500, "there.")]


def test_a_word_aligned_with_the_padding_is_brought_back_into_its_window() -> None:
    (segment,) = placed(spoken((" end", -0.2, 1.0), (" of", 1.9, 2.6), (" it", 29.0, 29.9)), start_ms=1000)

    assert [(word.start_ms, word.end_ms) for word in segment.words] == [(1000, 2000), (2900, 3000), (3000, 3000)]


def test_a_word_never_begins_before_the_one_before_it_ends() -> None:
    first, second = placed(spoken((" one", 0.0, 0.8), (" two", 0.5, 0.6)), spoken((" three", 0.2, 1.0)))

    assert [word.start_ms for word in (*first.words, *second.words)] == [0, 800, 800]
    assert second.start_ms == first.end_ms


def test_every_word_is_found_in_the_text_after_the_one_before_even_without_blanks() -> None:
    (segment,) = placed(spoken(("灯台", 0.0, 0.4), ("の", 0.4, 0.6), ("仕事。", 0.6, 1.0)))

    assert segment.text == "灯台の仕事。"
    assert "".join(word.text for word in segment.words) == segment.text


def test_segments_that_say_nothing_are_no_segments() -> None:
    assert placed(spoken((" ", 0.0, 0.2)), spoken(text="  ")) == []


def test_words_that_could_not_be_aligned_keep_their_text_and_the_segments_times() -> None:
    (segment,) = placed(spoken(text=" Not aligned."))

    assert (segment.text, segment.words, segment.end_ms) == ("Not aligned.", (), 2000)


@pytest.mark.parametrize("pcm", [SILENCE.astype(np.float64), np.zeros((2, 99), np.float32), np.tile(SILENCE, 16)])
def test_a_window_of_another_shape_is_refused(pcm: Any) -> None:
    with pytest.raises(ValueError, match="a window is"):
        Hearing(pcm)


def test_an_engine_that_is_not_ours_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'parakeet'"):
        open_ear(engine="parakeet", model="base", models_dir=tmp_path, threads=1)


def test_the_fake_ear_hears_in_its_window_fails_once_and_then_hears() -> None:
    ear = FakeEar().hears("hello there", at_ms=500).hears("later", at_ms=5000).fails_once()
    with pytest.raises(PassingFailure):
        ear.hear(Hearing(SILENCE))

    assert [segment.text for segment in ear.hear(Hearing(SILENCE))] == ["hello there"]
    assert len(ear.heard) == 2


def test_faster_whisper_hears_on_a_machine_without_torch() -> None:
    program = (
        "import sys; sys.modules['torch'] = sys.modules['whisper'] = None\n"
        "from workers.ears import faster_whisper; print(faster_whisper.FasterWhisperEar.engine)"
    )

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert told.stdout.strip() == "faster-whisper", told.stderr


def test_faster_whisper_given_a_checkpoint_says_which_engine_reads_it(tmp_path: Path) -> None:
    (tmp_path / "small.pt").write_bytes(b"weights")

    with pytest.raises(WeightsMissing, match="set the engine to openai-whisper"):
        open_ear(engine="faster-whisper", model=str(tmp_path / "small.pt"), models_dir=tmp_path, threads=1)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_a_file_that_is_no_checkpoint_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "small.pt").write_bytes(b"not a checkpoint at all")

    with pytest.raises(WeightsCorrupt, match="not an openai-whisper checkpoint"):
        open_ear(engine="openai-whisper", model=str(tmp_path / "small.pt"), models_dir=tmp_path, threads=1)


@pytest.fixture(scope="session")
def ears(tmp_path_factory: pytest.TempPathFactory) -> OpenEar:
    """Opens each real ear once for the whole run: loading is most of its time."""
    models_dir = tmp_path_factory.mktemp("models")

    @cache
    def of(engine: str, model: str = "tiny.en") -> Ear:
        if importlib.util.find_spec(PACKAGES[engine]) is None:
            pytest.skip(f"{engine} is not installed")
        try:
            return open_ear(engine=engine, model=model, models_dir=models_dir, threads=2)
        except WeightsMissing as missing:
            pytest.skip(missing.detail)

    return of


@pytest.fixture(scope="session")
def sample() -> Pcm:
    """The sample recording up to the end of its third turn: a cut in mid-word is heard differently by each engine."""
    av = pytest.importorskip("av")
    if not SAMPLE.exists():
        pytest.skip("the sample recording is not there")
    with av.open(str(SAMPLE)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        frames = (piece for frame in container.decode(audio=0) for piece in resampler.resample(frame))
        pcm = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    return (pcm[: 13 * SAMPLE_RATE] / 32768).astype(np.float32)


def plain(segments: Iterable[HeardSegment]) -> str:
    return "".join(letter for segment in segments for letter in segment.text.lower() if letter.isalpha())


@pytest.mark.whisper
@pytest.mark.parametrize("engine", ENGINES)
def test_real_speech_gives_its_words_in_order_inside_the_window(ears: OpenEar, sample: Pcm, engine: str) -> None:
    segments = ears(engine).hear(Hearing(sample, start_ms=7000))

    timed = [word for segment in segments for word in segment.words]
    instants = [instant for word in timed for instant in (word.start_ms, word.end_ms)]
    assert "happyformetorecordthis" in plain(segments)
    assert instants == sorted(instants)
    assert (instants[0] >= 7000, instants[-1] <= 20_000) == (True, True)


@pytest.mark.whisper
def test_both_engines_hear_the_same_words_from_the_same_weights(ears: OpenEar, sample: Pcm) -> None:
    faster, reference = (ears(engine, "base").hear(Hearing(sample, language="en")) for engine in ENGINES)

    assert plain(faster) == plain(reference)
    shifts = [
        abs(ours.start_ms - theirs.start_ms)
        for ours, theirs in zip(
            [word for segment in faster for word in segment.words],
            [word for segment in reference for word in segment.words],
            strict=True,
        )
    ]
    assert sorted(shifts)[len(shifts) // 2] <= 100


@pytest.mark.whisper
@pytest.mark.parametrize("engine", ENGINES)
def test_multilingual_weights_tell_the_language(ears: OpenEar, sample: Pcm, engine: str) -> None:
    ear = ears(engine, "base")

    detected = ear.detect_language(sample)

    assert max(detected, key=detected.__getitem__) == "en"
    assert sum(detected.values()) == pytest.approx(1, abs=0.01)
    assert set(detected) <= ear.languages


@pytest.mark.whisper
@pytest.mark.parametrize("engine", ENGINES)
def test_english_only_weights_refuse_another_language_and_cannot_tell_one(ears: OpenEar, engine: str) -> None:
    ear = ears(engine)

    with pytest.raises(LanguageUnsupported):
        ear.hear(Hearing(SILENCE, language="de"))

    assert ear.detect_language(SILENCE) == {}


@pytest.mark.whisper
@pytest.mark.parametrize("engine", ENGINES)
def test_whatever_is_heard_in_silence_is_marked(ears: OpenEar, engine: str) -> None:
    segments = ears(engine).hear(Hearing(np.zeros(SAMPLE_RATE * 8, np.float32), speech=()))

    assert all(Doubt.OVER_SILENCE in segment.doubts for segment in segments)


@pytest.mark.whisper
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("samples", [0, 1, 1600])
def test_a_window_of_next_to_nothing_is_heard_without_a_crash(ears: OpenEar, engine: str, samples: int) -> None:
    segments = ears(engine).hear(Hearing(np.zeros(samples, np.float32), speech=()))

    assert all(segment.end_ms <= 100 for segment in segments)


@pytest.mark.whisper
@pytest.mark.parametrize("engine", ENGINES)
def test_hotwords_and_several_languages_leave_the_words_right(ears: OpenEar, sample: Pcm, engine: str) -> None:
    hearing = Hearing(sample, several_languages=True, hotwords=("Nora", "Daniel"))

    segments = ears(engine, "base").hear(hearing)

    assert "happyformetorecordthis" in plain(segments)
    assert {segment.language for segment in segments} == {"en"}
