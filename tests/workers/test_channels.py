import json
from pathlib import Path

import numpy as np
import pytest

from tests.workers import recordings
from workers import audio, channels
from workers.channels import Layout, Pick

EVAL = Path(__file__).parents[3] / "shared" / "eval" / "audio"
VOICE, OTHER = recordings.tune(20), recordings.tune(20, seed=2)
HISS = np.random.default_rng(3).normal(0, 1, VOICE.size).astype(np.float32)
SILENCE = recordings.silence(20)


def layout_of(left: recordings.Sound, right: recordings.Sound) -> Layout:
    pcm = (np.stack([left, right], axis=1) * 32767).astype(np.int16)
    return channels.decide(channels.measure([pcm]))


def in_turns(first: recordings.Sound, second: recordings.Sound) -> tuple[recordings.Sound, recordings.Sound]:
    speaks = np.arange(first.size) // (4 * 16_000) % 2 == 0
    return np.where(speaks, first, 0).astype(np.float32), np.where(speaks, 0, second).astype(np.float32)


def delayed(sound: recordings.Sound, samples: int) -> recordings.Sound:
    return np.concatenate([np.zeros(samples, np.float32), sound[:-samples]])


@pytest.mark.parametrize(
    ("left", "right", "layout"),
    [
        (VOICE, SILENCE, Layout.LEFT),
        (SILENCE, VOICE, Layout.RIGHT),
        (VOICE, HISS * 0.002, Layout.LEFT),
        (HISS * 0.002, VOICE, Layout.RIGHT),
        (VOICE, VOICE, Layout.MIX),
        (VOICE, VOICE * 0.2, Layout.MIX),
        (VOICE + HISS * 0.01, VOICE - HISS * 0.01, Layout.MIX),
        (VOICE, -VOICE, Layout.ANTIPHASE),
        (VOICE, -VOICE * 0.6, Layout.ANTIPHASE),
        (VOICE, OTHER, Layout.SPLIT),
        (VOICE, OTHER * 0.1, Layout.SPLIT),
        (SILENCE, SILENCE, Layout.MIX),
    ],
)
def test_the_layout_is_where_the_voices_are(left: recordings.Sound, right: recordings.Sound, layout: Layout) -> None:
    assert layout_of(left, right) is layout


@pytest.mark.parametrize("bleed", [0, 0.03, 0.1, 0.2])
def test_two_people_in_turns_are_split_even_if_each_microphone_hears_a_little_of_the_other(bleed: float) -> None:
    one, two = in_turns(VOICE, OTHER)
    assert layout_of(one + bleed * delayed(two, 40), two + bleed * delayed(one, 40)) is Layout.SPLIT


@pytest.mark.parametrize("apart", [3, 8, 20, 45])
def test_two_microphones_apart_in_one_room_are_no_two_people(apart: int) -> None:
    """One metre is 47 samples: the waveforms no longer match, the loudness still does."""
    one, two = in_turns(VOICE, OTHER)
    assert layout_of(one + delayed(two, apart) * 0.7, delayed(one, apart) * 0.7 + two) is Layout.MIX


def test_less_than_a_second_of_sound_is_too_little_to_see_two_people_in() -> None:
    assert layout_of(VOICE[:8000], OTHER[:8000]) is Layout.MIX


def test_a_recording_of_no_length_is_mixed() -> None:
    assert channels.decide(channels.measure([])) is Layout.MIX


def test_listening_by_blocks_hears_what_listening_at_once_does(tmp_path: Path) -> None:
    left, right = np.tile(VOICE, 8), np.tile(OTHER, 8)
    pcm = (np.stack([left, right], axis=1) * 32767).astype("<i2")
    file = tmp_path / "sound.pcm"
    file.write_bytes(pcm.tobytes())
    assert file.stat().st_size > 2 * channels.BLOCK_FRAMES * 4
    assert channels.listen(file, channels=2) is channels.decide(channels.measure([pcm])) is Layout.SPLIT
    assert channels.listen(file, channels=1) is Layout.MONO


def test_antiphase_is_heard_by_its_difference_where_the_mix_is_silence() -> None:
    pcm = (np.stack([VOICE, -VOICE], axis=1) * 32767).astype(np.int16)
    assert np.abs(channels.mono(pcm, Pick.MIX)).max() < 1e-4
    np.testing.assert_allclose(channels.mono(pcm, Pick.DIFFERENCE), VOICE, atol=1e-4)


def test_one_channel_is_itself_whatever_is_picked() -> None:
    pcm = (VOICE[:100, None] * 32767).astype(np.int16)
    for pick in Pick:
        np.testing.assert_allclose(channels.mono(pcm, pick), VOICE[:100], atol=1e-4)


def test_every_layout_says_what_to_listen_to() -> None:
    assert [layout for layout in Layout if len(layout.picks) != 1] == [Layout.SPLIT]


@pytest.mark.skipif(not EVAL.is_dir(), reason="the measuring recordings are not here")
@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("dv-stereo-left-only", Layout.LEFT),
        ("dv-stereo-antiphase", Layout.ANTIPHASE),
        ("dv-stereo-two-people", Layout.SPLIT),
        ("dv-dialogue-stereo", Layout.SPLIT),
        ("fw-stereo-diarization", Layout.SPLIT),
        ("mfa-stereo-michael", Layout.SPLIT),
        ("jfk-flac", Layout.MIX),
        ("ae-sonnet1", Layout.MIX),
        ("dfe-video-generic", Layout.MIX),
        ("columbia-wma", Layout.MIX),
        ("dv-voicememo", Layout.MONO),
    ],
)
def test_real_recordings_have_the_layout_they_were_made_with(tmp_path: Path, name: str, layout: Layout) -> None:
    lines = map(json.loads, (EVAL / "manifest.jsonl").read_text().splitlines())
    file = next(line["file"] for line in lines if line["id"] == name)
    decoded = audio.decode(EVAL / file, into=tmp_path / "sound.pcm")
    assert channels.listen(decoded.pcm, channels=decoded.channels) is layout
