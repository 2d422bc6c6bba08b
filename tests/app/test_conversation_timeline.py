"""The picture of a conversation: well-formed whatever people are called, readable, and without anything that runs."""

import hashlib
import re
from base64 import b64encode
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import conversation
from app.conversation import timeline
from app.conversation.values import Mark
from app.transcripts.values import Notice, Role, Speaker, Transcript
from tests.scenes import TALK, spoken
from tests.talks import transcripts

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert(1)</script>\"'&]]>\x01\ufffe\u202e"
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def drawn(heard: Transcript, *marks: Mark, title: str = "Coffee") -> Any:
    text = timeline.draw(conversation.measure(1, heard, marks=list(marks)), title)
    return ET.fromstring(text)  # noqa: S314  our own


def titles(picture: Any) -> list[str]:
    return [one.text for one in picture.iter(f"{SVG}title")]


def talk(**facts: Any) -> Transcript:
    names = (Speaker(id="S1", name="Nora", role=Role.INTERVIEWER), Speaker(id="S2", name="Ada"))
    return spoken(*TALK).model_copy(update={"speakers": names} | facts)


def test_each_voice_has_a_lane_with_its_name_and_share() -> None:
    texts = [one.text for one in drawn(talk()).iter(f"{SVG}text")]
    assert {"Nora", "Ada"} <= set(texts)
    assert any(re.fullmatch(r"interviewer \u00b7 \d\d%", text or "") for text in texts)


def test_bars_stand_where_somebody_spoke() -> None:
    heard = spoken(("S1", "one two"), ("S2", "one two"))
    bars = [one for one in drawn(heard).iter(f"{SVG}rect") if one.get("class") in ("v0", "v1")]
    middle = (timeline.LEFT + timeline.WIDTH - timeline.RIGHT) / 2
    assert [(one.get("class"), float(one.get("x"))) for one in bars] == [("v0", timeline.LEFT), ("v1", middle)]


def test_insights_are_marked_with_their_category_and_time() -> None:
    picture = drawn(talk(), Mark("typical_day", 4500), Mark("compensation", 2000))
    assert {"Typical day at 0:04", "Compensation at 0:02"} <= set(titles(picture))
    assert len([one for one in picture.iter(f"{SVG}path") if one.get("class") == "mark"]) == 2


def test_who_does_not_see_it_is_told_what_it_shows() -> None:
    picture = drawn(talk(), Mark("compensation", 2000))
    assert (picture.get("role"), picture.get("aria-labelledby")) == ("img", "title desc")
    assert picture.find(f"{SVG}title").text == "Who spoke when: Coffee"
    told = picture.find(f"{SVG}desc").text
    for sentence in ("Nora, interviewer, spoke 3", "Questions: 3.", "Compensation: 0:02.", "longest monologue"):
        assert sentence in told


def test_names_and_titles_are_text_and_never_markup() -> None:
    speakers = (Speaker(id="S1", name=HOSTILE), Speaker(id="S2", name="</svg>"))
    picture = drawn(talk(speakers=speakers), title=HOSTILE)
    kinds = {one.tag.removeprefix(SVG) for one in picture.iter()}
    assert kinds <= {"svg", "title", "desc", "style", "rect", "text", "line", "g", "circle", "path"}
    assert picture.find(f"{SVG}title").text.startswith("Who spoke when: <script>alert(1)</script>\"'&]]>\ufffd\ufffd")


def test_nothing_in_it_leads_elsewhere_or_runs() -> None:
    text = timeline.draw(conversation.measure(1, talk()), "Coffee").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"href|url\(|@import|http|<script|<foreignObject| on\w+=", text)


def test_the_policy_lets_its_own_styles_in_and_nothing_else() -> None:
    style = drawn(talk()).find(f"{SVG}style").text
    allowed = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{allowed}'" in timeline.POLICY
    assert timeline.POLICY.startswith("default-src 'none'; ")


def test_it_says_so_when_times_are_estimated_or_nothing_was_said() -> None:
    estimated = drawn(talk(notices=(Notice.TIMES_ESTIMATED,)))
    silent = drawn(talk(segments=()))
    assert "times are estimated" in estimated.find(f"{SVG}desc").text
    assert silent.find(f"{SVG}desc").text == "Nothing was said."


def test_many_voices_share_the_last_lane() -> None:
    crowd = spoken(*[(f"S{n}", f"lamp {n}") for n in range(1, 41)])
    assert "32 others" in titles(drawn(crowd))


@pytest.mark.parametrize("minutes", [1, 31, 600])
def test_the_axis_has_few_ticks_however_long_it_is(minutes: int) -> None:
    heard = spoken(("S1", "lamps"))
    segment = heard.segments[0].model_copy(update={"end_ms": minutes * 60_000, "words": ()})
    ticks = list(drawn(heard.model_copy(update={"segments": (segment,)})).iter(f"{SVG}line"))
    assert 2 <= len(ticks) <= timeline.TICKS + 1


def test_ten_hours_of_turns_make_a_small_picture() -> None:
    heard = spoken(*[(f"S{1 + n % 2}", "so it is " * 4) for n in range(5_000)])
    assert len(timeline.draw(conversation.measure(1, heard), "long")) < 200_000


@given(heard=transcripts(), title=NAMES, name=NAMES)
def test_whatever_was_said_and_whoever_said_it_the_picture_is_well_formed(
    heard: Transcript, title: str, name: str
) -> None:
    speakers = tuple(one.model_copy(update={"name": name}) for one in heard.speakers)
    assert drawn(heard.model_copy(update={"speakers": speakers}), Mark("advice", 0), title=title).tag == f"{SVG}svg"
