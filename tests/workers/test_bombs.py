"""An hour of silence in 13 KB: what is decoded counts, never what a file says or weighs."""

from pathlib import Path

import pytest

from app import errors
from tests.workers import recordings
from workers import audio


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "pcm"


def test_a_hundred_hours_in_a_megabyte_are_refused_by_what_is_decoded(tmp_path: Path, into: Path) -> None:
    bomb = recordings.flac_of_silence(tmp_path, hours=100)
    assert bomb.stat().st_size < 1_400_000
    with pytest.raises(errors.RecordingTooLong):
        audio.decode(bomb, into=into, limits=audio.Limits(max_ms=3_600_000))
    assert list(into.parent.iterdir()) == []


def test_silence_as_dense_as_it_gets_is_still_a_recording(tmp_path: Path, into: Path) -> None:
    decoded = audio.decode(recordings.flac_of_silence(tmp_path, hours=1), into=into)
    assert abs(decoded.duration_ms - 3_600_000) < 5_000
    assert not audio.read(into, channels=1, start_ms=1_800_000, end_ms=1_801_000).any()
