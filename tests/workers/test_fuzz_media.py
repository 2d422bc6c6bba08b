"""A short run of `make fuzz-media`, and proof that its canary sings."""

import sys
from pathlib import Path

import av
import pytest

from scripts import fuzz_media
from tests.workers import hostile

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="who reads a file is asked of Linux")


def test_hostile_recordings_end_no_worker_and_reach_nothing() -> None:
    report = fuzz_media.fuzz(150, seed=7, jobs=2)
    print(*report.lines(), sep="\n")  # noqa: T201  the counts are worth seeing
    assert report.bad == []
    assert sum(report.ends.values()) == 150
    assert {"decoded", "recording-unreadable", "recording-incomplete"} <= set(report.ends)


def test_the_same_seed_makes_the_same_recordings() -> None:
    larder = hostile.Larder({"wav": bytes(range(256)) * 40}, ("/canary",))
    spoiled = [hostile.SPOILED["noise"], hostile.SPOILED["misnumber"]]
    first, again = ([spoil(larder.true["wav"], hostile.Chance(3)) for spoil in spoiled] for _ in range(2))
    assert first == again
    assert first[0] != first[1]


def test_a_decoder_without_our_walls_wakes_the_canary(tmp_path: Path) -> None:
    canary = fuzz_media.Canary(tmp_path)
    try:
        (tmp_path / "memo.m4a").write_text(f"ffconcat version 1.0\nfile '{canary.path}'\n")
        assert not canary.was_touched()
        with av.open(str(tmp_path / "memo.m4a"), options={"safe": "0"}) as container:
            next(container.decode(audio=0))
        assert canary.was_touched()
    finally:
        canary.close()


@pytest.mark.parametrize("how", hostile.MADE)
def test_what_is_made_is_made_whole(how: str, larder: hostile.Larder) -> None:
    assert all(len(hostile.MADE[how](larder, hostile.Chance(seed))) > 3 for seed in (2, 3, 4) if how != "junk")


@pytest.fixture(scope="module")
def larder() -> hostile.Larder:
    return hostile.stock(["/canary"])


def test_a_film_that_refers_elsewhere_is_still_a_film(larder: hostile.Larder) -> None:
    film = hostile.reference(larder, hostile.Chance(1))
    start, end = hostile.find_box(film, "moov")
    assert (film[start + 4 : start + 8], end) == (b"moov", len(film))
    assert b"/canary" in film[start:end]
