import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers import recordings
from workers import audio, windows
from workers.channels import Layout, Pick
from workers.windows import RULES, Span, Window

QUIET = np.full(40_000, -60, np.float32)


@st.composite
def speech(draw: st.DrawFn) -> list[Span]:
    """Spans as `spans` makes them: on VAD frames, at least a shortest span long and a pause apart."""
    lengths = st.lists(st.tuples(st.integers(11, 200), st.integers(5, 2500)), max_size=25)
    found, at = [], 0
    for pause, length in draw(lengths):
        at += pause * 32
        found.append((at, at + length * 32))
        at += length * 32
    return found


def loudness_like(seed: int) -> windows.Levels:
    return np.random.default_rng(seed).uniform(-60, -20, 40_000).astype(np.float32)


def planned(spans: list[Span], seed: int = 0) -> list[Window]:
    return windows.plan(spans, loudness_like(seed), end_ms=(spans[-1][1] if spans else 0) + 200)


def covered(spans: list[Span]) -> set[int]:
    return {frame for start, end in spans for frame in range(start // 32, end // 32)}


@given(speech(), st.integers(0, 9))
def test_windows_are_in_order_apart_and_no_longer_than_whisper_takes(spans: list[Span], seed: int) -> None:
    found = planned(spans, seed)
    assert all(0 < window.duration_ms <= 30_000 for window in found)
    assert all(one.end_ms <= two.start_ms for one, two in itertools.pairwise(found))
    assert all(window.start_ms >= 0 and window.end_ms <= spans[-1][1] + 200 for window in found)


@given(speech(), st.integers(0, 9))
def test_all_speech_is_in_a_window_and_nothing_else_is_called_speech(spans: list[Span], seed: int) -> None:
    found = planned(spans, seed)
    assert sum(end - start for window in found for start, end in window.speech) == sum(b - a for a, b in spans)
    for window in found:
        assert window.start_ms <= window.speech[0][0]
        assert window.speech[-1][1] <= window.end_ms
        assert all(any(a <= start and end <= b for a, b in spans) for start, end in window.speech)


@given(speech(), st.integers(0, 9))
def test_no_window_holds_a_long_silence(spans: list[Span], seed: int) -> None:
    for window in planned(spans, seed):
        pauses = [two[0] - one[1] for one, two in itertools.pairwise(window.speech)]
        assert max(pauses, default=0) <= RULES.longest_pause
        assert window.speech[0][0] - window.start_ms <= RULES.pad
        assert window.end_ms - window.speech[-1][1] <= RULES.pad


@given(speech(), st.floats(0.1, 10))
def test_chunks_are_all_windows_in_order_and_none_is_much_longer_than_asked(spans: list[Span], minutes: float) -> None:
    found = planned(spans)
    groups = windows.chunks(found, minutes=minutes)
    assert [window for group in groups for window in group] == found
    assert all(len(group) == 1 or sum(w.duration_ms for w in group) <= minutes * 60_000 for group in groups)


@given(st.lists(st.sampled_from([0.1, 0.4, 0.9]), max_size=300))
def test_spans_are_apart_and_hold_every_long_enough_stretch_of_certain_speech(levels: list[float]) -> None:
    end_ms = len(levels) * 32
    found = windows.spans(np.array(levels, np.float32), end_ms=end_ms)
    assert all(two[0] - one[1] > RULES.shortest_pause for one, two in itertools.pairwise(found))
    assert all(RULES.shortest_speech <= end - start and end <= end_ms for start, end in found)
    runs = [(value, len(list(run))) for value, run in itertools.groupby(levels)]
    at = 0
    for value, length in runs:
        if value == 0.9 and length * 32 >= RULES.shortest_speech:
            assert set(range(at, at + length)) <= covered(found)
        at += length


def test_speech_longer_than_a_window_is_cut_where_it_is_quietest() -> None:
    loud = np.full(2000, -20, np.float32)
    loud[700:706] = -50
    first, second = windows.plan([(0, 45_000)], loud, end_ms=45_000)
    assert first.end_ms == second.start_ms
    assert 700 * 32 <= first.end_ms <= 706 * 32


def test_a_short_pause_joins_and_a_long_one_parts() -> None:
    found = windows.plan([(1000, 3000), (4900, 6000), (8100, 9000)], QUIET, end_ms=10_000)
    assert [(window.start_ms, window.end_ms) for window in found] == [(700, 6300), (7800, 9300)]
    assert found[0].speech == ((1000, 3000), (4900, 6000))


def test_padding_stops_half_way_to_a_neighbour_and_at_the_ends() -> None:
    found = windows.plan([(100, 29_900), (30_300, 31_000)], QUIET, end_ms=31_100)
    assert [(window.start_ms, window.end_ms) for window in found][-1] == (30_100, 31_100)
    assert found[0].start_ms == 0


def test_no_speech_is_no_window() -> None:
    assert windows.plan([], QUIET, end_ms=60_000) == []
    assert windows.chunks([]) == []


def test_a_sigh_does_not_end_a_span_and_a_click_does_not_begin_one() -> None:
    levels = np.array(
        [0.1] * 10 + [0.9] * 20 + [0.4] * 15 + [0.9] * 20 + [0.1] * 20 + [0.9] * 2 + [0.1] * 20, np.float32
    )
    assert windows.spans(levels, end_ms=107 * 32) == [(320, 65 * 32)]


# With Silero


def decoded(tmp_path: Path, *sounds: recordings.Sound) -> audio.Decoded:
    return audio.decode(recordings.write(tmp_path, tuple(sounds)), into=tmp_path / "sound.pcm")


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> recordings.Sound:
    """Half a minute of the sample interview."""
    if not recordings.SAMPLE.exists():
        pytest.skip("the sample is not made yet")
    made = audio.decode(recordings.SAMPLE, into=tmp_path_factory.mktemp("talk") / "sound.pcm")
    return audio.read(made.pcm, channels=made.channels, start_ms=0, end_ms=30_000)


def test_silence_and_tunes_give_no_window(tmp_path: Path) -> None:
    hiss = np.random.default_rng(1).normal(0, 0.01, 16_000 * 20).astype(np.float32)
    assert windows.find(decoded(tmp_path, recordings.silence(20)), Layout.MONO) == []
    assert windows.find(decoded(tmp_path, hiss), Layout.MONO) == []


def test_a_recording_of_no_length_gives_no_window(tmp_path: Path) -> None:
    empty = audio.decode(recordings.long_silence(tmp_path, hours=0), into=tmp_path / "sound.pcm")
    assert windows.find(empty, Layout.MONO) == []


def test_speech_is_found_where_it_is_spoken(tmp_path: Path, talk: recordings.Sound) -> None:
    sound = np.concatenate([recordings.silence(20), talk, recordings.silence(25)])
    found = windows.find(decoded(tmp_path, sound), Layout.MONO)
    assert 19_000 < found[0].start_ms < 22_000
    assert 46_000 < found[-1].end_ms < 51_500


def test_speech_across_the_edge_of_a_block_is_heard_as_if_there_were_none(
    tmp_path: Path, talk: recordings.Sound
) -> None:
    here = windows.VAD_BLOCK_MS - 15_000
    sound = np.concatenate([recordings.silence(here / 1000), talk, recordings.silence(5)])
    across = [span for w in windows.find(decoded(tmp_path, sound), Layout.MONO) for span in w.speech]
    alone = [
        span for w in windows.find(decoded(tmp_path, sound[here * 16 - 16_000 :]), Layout.MONO) for span in w.speech
    ]
    moved = [(start + here - 1000, end + here - 1000) for start, end in alone]
    assert len(covered(across) ^ covered(moved)) * 32 < 0.02 * 30_000


def test_a_split_recording_has_windows_of_both_channels_in_order(tmp_path: Path, talk: recordings.Sound) -> None:
    half = talk.size // 2
    left, right = talk.copy(), talk.copy()
    left[half:] = 0
    right[:half] = 0
    progress: list[float] = []
    found = windows.find(decoded(tmp_path, left, right), Layout.SPLIT, on_progress=progress.append)
    assert {window.channel for window in found} == {Pick.LEFT, Pick.RIGHT}
    assert found == sorted(found, key=lambda window: window.start_ms)
    assert all(window.start_ms < 16_000 for window in found if window.channel is Pick.LEFT)
    assert progress == [0.5, 1.0]
