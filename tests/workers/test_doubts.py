from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.transcripts.values import Doubt, Word
from workers.ears import HeardSegment, Signals, doubts

Speech = tuple[tuple[int, int], ...] | None

SURE = Signals(avg_logprob=-0.3, compression_ratio=1.4, no_speech_prob=0.02, temperature=0.0)


def said(
    text: str,
    *,
    at_ms: int = 0,
    probability: float = 0.9,
    signals: Signals = SURE,
    words: Sequence[str] | None = None,
) -> HeardSegment:
    parts = text.split() if words is None else words
    spans = tuple(
        Word(start_ms=at_ms + 300 * i, end_ms=at_ms + 300 * (i + 1), text=part, probability=probability)
        for i, part in enumerate(parts)
    )
    return HeardSegment(at_ms, at_ms + 300 * len(parts), text, spans, "en", signals)


def marks(*segments: HeardSegment, speech: Speech = None) -> list[set[Doubt]]:
    return [set(segment.doubts) for segment in doubts.mark(segments, speech=speech)]


def test_a_plain_sentence_over_speech_has_no_doubts() -> None:
    assert marks(said("I keep the lamp records in order."), speech=((0, 2400),)) == [set()]


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        ("no, no, no, no, that is not it", False),
        ("very very very very very very good", True),
        ("I know, I know, I know what you mean", False),
        ("thank you thank you thank you thank you", True),
        ("and then we went on and then we went on and then we went on", True),
        ("we plan, we build and we test, and then we plan, we build and we test", False),
        ("Yes. Yes! Yes? yes, YES yes", True),
        ("... ... ... ... ... ... ...", False),
    ],
)
def test_a_phrase_that_comes_again_and_again_is_a_loop_and_emphasis_is_not(text: str, *, loops: bool) -> None:
    assert (Doubt.LOOP in marks(said(text))[0]) is loops


def test_a_loop_is_found_where_a_language_has_no_blanks() -> None:
    assert marks(said("はいはいはいはいはいはい", words=["はい"] * 6)) == [{Doubt.LOOP}]


def test_the_same_sentence_in_three_segments_on_end_marks_all_three_and_no_other() -> None:
    again = [said("Thanks a lot.", at_ms=at) for at in (0, 1000, 2000)]

    assert marks(said("First we measure."), *again) == [set(), {Doubt.LOOP}, {Doubt.LOOP}, {Doubt.LOOP}]


def test_text_that_compresses_too_well_is_a_loop() -> None:
    assert marks(said("what is this", signals=replace(SURE, compression_ratio=2.5))) == [{Doubt.LOOP}]


@pytest.mark.parametrize(
    ("speech", "silent"),
    [
        (((0, 5000),), False),
        (((700, 5000),), False),
        (((2000, 5000),), True),
        ((), True),
    ],
)
def test_words_mostly_outside_speech_are_doubted_as_over_silence(speech: Speech, *, silent: bool) -> None:
    assert (Doubt.OVER_SILENCE in marks(said("four words are here"), speech=speech)[0]) is silent


def test_without_a_voice_detector_whispers_own_guess_counts() -> None:
    assert marks(said("you", signals=replace(SURE, no_speech_prob=0.93))) == [{Doubt.OVER_SILENCE}]


@pytest.mark.parametrize(("logprob", "probability", "low"), [(-0.4, 0.9, False), (-1.2, 0.9, True), (-0.4, 0.3, True)])
def test_words_that_whisper_is_unsure_of_are_doubted(logprob: float, probability: float, *, low: bool) -> None:
    segment = said("a quiet word", probability=probability, signals=replace(SURE, avg_logprob=logprob))

    assert (Doubt.LOW_CONFIDENCE in marks(segment)[0]) is low


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c"]), max_size=20), max_size=5))
def test_marking_changes_nothing_but_the_marks(sentences: list[list[str]]) -> None:
    segments = [said(" ".join(words), at_ms=10_000 * i) for i, words in enumerate(sentences)]

    marked = doubts.mark(segments, speech=None)

    assert [replace(segment, doubts=()) for segment in marked] == segments


@given(phrase=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=12), lead=st.integers(0, 5))
def test_any_phrase_said_six_times_over_is_a_loop_wherever_it_begins(phrase: list[str], lead: int) -> None:
    assert doubts.repeats_itself([f"lead{i}" for i in range(lead)] + phrase * 6)
