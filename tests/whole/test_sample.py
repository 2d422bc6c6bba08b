"""The committed sample recording is what its script says: cheap facts, no model and no synthesis."""

import itertools
import json
from pathlib import Path
from typing import Any

import av
import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "sample"
WANTED = {"compensation", "typical_day", "enjoys", "dislikes", "wish_known", "referral"}


@pytest.fixture
def script() -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads((SAMPLE / "script.json").read_text(encoding="utf-8"))
    return parsed


def test_the_recording_is_a_phones_memo_of_one_to_two_minutes(script: dict[str, Any]) -> None:
    with av.open(str(SAMPLE / script["recording"])) as memo:
        (stream,) = memo.streams.audio
        codec = stream.codec_context
        assert (codec.name, codec.profile, codec.sample_rate, codec.layout.name) == ("aac", "LC", 48_000, "mono")
        seconds = sum(frame.samples for frame in memo.decode(stream)) / 48_000
    assert 60 <= seconds <= 120
    assert seconds == pytest.approx(script["duration_ms"] / 1000, abs=0.05)


def test_the_recording_is_small_and_has_its_index_at_the_end(script: dict[str, Any]) -> None:
    memo = (SAMPLE / script["recording"]).read_bytes()
    assert len(memo) < 1_200_000
    assert memo[4:12] == b"ftypM4A "
    assert memo.index(b"moov") > memo.index(b"mdat")


def test_turns_follow_each_other_with_a_breath_between_and_never_overlap(script: dict[str, Any]) -> None:
    turns = script["turns"]
    pauses = [later["start_ms"] - earlier["end_ms"] for earlier, later in itertools.pairwise(turns)]
    assert all(400 <= pause <= 800 for pause in pauses)
    assert all(turn["start_ms"] < turn["end_ms"] for turn in turns)
    assert turns[-1]["end_ms"] < script["duration_ms"]


def test_two_people_with_names_and_voices_of_their_own_take_turns(script: dict[str, Any]) -> None:
    speakers = script["speakers"]
    assert {speaker["role"] for speaker in speakers} == {"interviewer", "interviewee"}
    assert len({speaker["voice"] for speaker in speakers}) == len({speaker["name"] for speaker in speakers}) == 2
    roles = {speaker["id"]: speaker["role"] for speaker in speakers}
    assert all(turn["role"] == roles[turn["speaker"]] for turn in script["turns"])


def test_every_expected_insight_is_said_word_for_word_by_the_interviewee(script: dict[str, Any]) -> None:
    for insight in script["expected_insights"]:
        turn = script["turns"][insight["turn"]]
        assert insight["quote"] in turn["text"]
        assert turn["role"] == "interviewee"


def test_each_kind_of_insight_is_expected_once_and_the_pay_is_a_figure(script: dict[str, Any]) -> None:
    expected = {insight["category"]: insight["value"] for insight in script["expected_insights"]}
    assert len(script["expected_insights"]) == len(expected)
    assert set(expected) == WANTED
    assert expected["compensation"]["amount_min"] == expected["compensation"]["amount_max"] == 52_000
    assert expected["referral"]["person"] == "Helen Parker"
