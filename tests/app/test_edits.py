"""Edits: a person's correction is a new version with that one thing changed, and what was found is held against it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import NotFound
from app.transcripts import edits
from app.transcripts.values import Doubt, Segment, Speaker, Transcript, Word
from tests.client import Client
from tests.installation import Installation
from tests.scenes import PAY, TALK, heard, plan, spoken, upload
from tests.talks import WORDS, transcripts

HEARD = spoken(("S1", "the quiet see at night"), ("S2", "yes"))


def patch(client: Client, made: dict[str, Any], what: str, if_match: str | None = None, **change: Any) -> Any:
    headers = {"If-Match": if_match} if if_match else {}
    return client.patch(f"{made['links']['self']}/transcript/{what}", json=change, headers=headers)


def shown(client: Client, made: dict[str, Any], **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{made['links']['self']}/transcript", params=query).json()
    return found


def timed(transcript: Transcript, at: int = 0) -> list[tuple[str, int, int, float]]:
    return [(one.text, one.start_ms, one.end_ms, one.probability) for one in transcript.segments[at].words]


@pytest.mark.parametrize(
    ("text", "middle"),
    [
        ("the quiet sea at night", [("sea", 500, 750, 1.0)]),
        ("the quiet at night", []),
        ("the quiet of sea at night", [("of", 500, 600, 1.0), ("sea", 600, 750, 1.0)]),
    ],
)
def test_words_that_stay_keep_their_times_and_new_ones_take_their_place(text: str, middle: list[Any]) -> None:
    before, after = (
        [("the", 0, 250, 0.9), ("quiet", 250, 500, 0.9)],
        [("at", 750, 1000, 0.9), ("night", 1000, 1250, 0.9)],
    )
    assert timed(edits.with_segment(HEARD, 1, text=text)) == [*before, *middle, *after]


def test_a_word_put_in_lies_between_its_neighbours() -> None:
    words = tuple(Word(start_ms=at, end_ms=at + 100, text=text, probability=0.5) for at, text in ((0, "a"), (300, "c")))
    gapped = spoken(("S1", "a c")).segments[0].model_copy(update={"words": words})
    found = edits.with_segment(HEARD.model_copy(update={"segments": (gapped,)}), 1, text="a b c")
    assert timed(found) == [("a", 0, 100, 0.5), ("b", 100, 300, 1.0), ("c", 300, 400, 0.5)]


def test_a_language_without_blanks_keeps_the_words_that_stay() -> None:
    words = tuple(
        Word(start_ms=at * 100, end_ms=at * 100 + 100, text=text, probability=0.5)
        for at, text in enumerate(("\u706f\u53f0", "\u306e", "\u53f0"))
    )
    segment = Segment(id=1, start_ms=0, end_ms=300, speaker="S1", text="\u706f\u53f0\u306e\u53f0", words=words)
    found = edits.with_segment(HEARD.model_copy(update={"segments": (segment,)}), 1, text="\u706f\u53f0\u306e\u6d77")
    assert timed(found) == [("\u706f\u53f0", 0, 100, 0.5), ("\u306e", 100, 200, 0.5), ("\u6d77", 200, 300, 1.0)]


def test_a_segment_whose_words_have_no_times_gets_none() -> None:
    bare = HEARD.segments[0].model_copy(update={"words": ()})
    found = edits.with_segment(HEARD.model_copy(update={"segments": (bare,)}), 1, text="the quiet sea")
    assert (found.segments[0].text, found.segments[0].words) == ("the quiet sea", ())


def test_doubts_go_with_the_words_they_were_about_and_not_with_the_speaker() -> None:
    doubted = HEARD.segments[0].model_copy(update={"doubts": (Doubt.LOOP,)})
    before = HEARD.model_copy(update={"segments": (doubted, HEARD.segments[1])})
    assert edits.with_segment(before, 1, text=doubted.text).segments[0] == HEARD.segments[0]
    assert edits.with_segment(before, 1, speaker="S2").segments[0].doubts == (Doubt.LOOP,)


@given(made=transcripts(), words=WORDS)
def test_an_edit_changes_one_segment_and_its_words_lie_within_it(made: Transcript, words: list[str]) -> None:
    text = " ".join(words)
    found = edits.with_segment(made, 1, text=text)
    first, old = found.segments[0], made.segments[0]
    assert found.model_copy(update={"segments": made.segments}) == made
    assert found.segments[1:] == made.segments[1:]
    assert (first.text, " ".join(word.text for word in first.words) or text) == (text, text)
    times = [at for word in first.words for at in (word.start_ms, word.end_ms)]
    assert [old.start_ms, *times, old.end_ms] == sorted([old.start_ms, *times, old.end_ms])


@given(made=transcripts())
def test_the_text_as_it_was_changes_no_word(made: Transcript) -> None:
    assert edits.with_segment(made, 1, text=made.segments[0].text).segments[0].words == made.segments[0].words


def test_what_is_not_there_cannot_be_edited() -> None:
    with pytest.raises(NotFound):
        edits.with_segment(HEARD, 3, text="a")
    with pytest.raises(NotFound):
        edits.with_speaker(HEARD, "S3", {"name": "Ada"})


def test_a_corrected_segment_is_a_new_version_and_the_old_one_stays(here: Installation, client: Client) -> None:
    made = heard(here, client)
    before = shown(client, made)
    answer = patch(client, made, "segments/2", text="I make about sixty thousand dollars a year.")
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert answer.json()["segments"][0]["words"][3] == before["segments"][1]["words"][3] | {
        "text": "sixty",
        "probability": 1.0,
    }
    now = shown(client, made)
    assert shown(client, made, version=1) == before
    assert [one["id"] for one, old in zip(now["segments"], before["segments"], strict=True) if one != old] == [2]


def test_an_edited_version_says_what_heard_it_and_who_edited_it(here: Installation, client: Client) -> None:
    made = heard(here, client)
    patch(client, made, "segments/2", text="No.")
    found, key = shown(client, made), client.get("/v1/me").json()["key_id"]
    assert (found["engine"], found["model"]) == ("faster-whisper", "base")
    assert found["options"] == {"edited_from": 1, "edited_by": key}


def test_of_two_editors_the_second_is_told(here: Installation, client: Client) -> None:
    made = heard(here, client)
    etag = client.get(made["links"]["transcript"], params={"format": "vtt"}).headers["etag"]
    first = patch(client, made, "segments/2", etag, text="One.")
    second = patch(client, made, "segments/4", etag, text="Two.")
    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 412, "version-mismatch")
    assert patch(client, made, "speakers/S1", first.headers["etag"], name="Ada").status_code == 200
    assert patch(client, made, "speakers/S1", "W/" + first.headers["etag"], name="Bo").status_code == 412


def test_an_edit_that_changes_nothing_makes_no_version(here: Installation, client: Client) -> None:
    made = heard(here, client)
    for change in ({"text": PAY}, {"speaker": "S2"}, {}):
        assert patch(client, made, "segments/2", **change).json()["version"] == 1
    assert patch(client, made, "speakers/S2", name=None).json()["version"] == 1


def test_a_touched_insight_is_stale_and_the_others_are_where_they_were(here: Installation, client: Client) -> None:
    made = heard(here, client)
    before = client.get(made["links"]["insights"]).json()["items"]
    patch(client, made, "segments/2", text="I make about sixty thousand dollars a year.")
    after = client.get(made["links"]["insights"]).json()["items"]
    assert {one["quote"] for one in after if one["stale"]} == {PAY}
    places = [(one["quote"], one["start_ms"]) for one in before]
    assert [(one["quote"], one["start_ms"]) for one in after] == places


def test_insights_are_looked_for_again_with_one_call(here: Installation, client: Client) -> None:
    made = heard(here, client)
    patch(client, made, "segments/2", text="I make about sixty thousand dollars a year.")
    assert client.post(f"{made['links']['self']}/extractions").status_code == 202


def test_while_a_job_is_at_work_an_edit_is_409_with_the_job(here: Installation, client: Client) -> None:
    made = heard(here, client)
    job = client.post(f"{made['links']['self']}/extractions").json()
    for what, change in (("segments/2", {"text": "No."}), ("speakers/S1", {"name": "Ada"})):
        refused = patch(client, made, what, **change)
        assert (refused.status_code, refused.json()["job_id"]) == (409, job["id"])
    assert shown(client, made)["version"] == 1


def test_two_voices_heard_as_one_are_told_apart_by_a_new_speaker(here: Installation, client: Client) -> None:
    made = heard(here, client, tuple(("S1", said) for _speaker, said in TALK))
    answer = patch(client, made, "segments/2", speaker="S2")
    assert answer.json()["speakers"] == [{"id": name, "name": None, "role": None} for name in ("S1", "S2")]
    gap = patch(client, made, "segments/4", speaker="S9")
    assert (gap.status_code, gap.json()["errors"][0]["pointer"]) == (422, "/speaker")
    assert patch(client, made, "segments/4", speaker="S2").json()["version"] == 3


def test_a_speaker_gets_a_name_and_a_role_in_every_export(here: Installation, client: Client) -> None:
    made = heard(here, client)
    answer = patch(client, made, "speakers/S2", name="Ada Okafor", role="interviewee")
    assert answer.json()["speakers"][1] == {"id": "S2", "name": "Ada Okafor", "role": "interviewee"}
    assert f"Ada Okafor: {PAY}" in client.get(made["links"]["transcript"], params={"format": "txt"}).text
    cleared = patch(client, made, "speakers/S2", name=None)
    assert cleared.json()["speakers"][1] == {"id": "S2", "name": None, "role": "interviewee"}


def test_invented_words_are_taken_out_by_an_empty_text(here: Installation, client: Client) -> None:
    made = heard(here, client)
    assert patch(client, made, "segments/2", text="  \n").json()["segments"][0]["text"] == ""
    assert PAY not in client.get(made["links"]["transcript"], params={"format": "txt"}).text


@pytest.mark.parametrize(
    ("what", "change", "status"),
    [
        ("segments/7", {"text": "a"}, 404),
        ("segments/0", {"text": "a"}, 422),
        ("segments/2", {"text": 5}, 422),
        ("segments/2", {"words": []}, 422),
        ("segments/2", {"speaker": "Ada"}, 422),
        ("speakers/S9", {"name": "a"}, 404),
        ("speakers/Ada", {"name": "a"}, 422),
        ("speakers/S1", {"role": "boss"}, 422),
    ],
)
def test_what_cannot_be_changed_so_is_told(
    here: Installation, client: Client, what: str, change: dict[str, Any], status: int
) -> None:
    made = heard(here, client)
    assert patch(client, made, what, **change).status_code == status
    assert shown(client, made)["version"] == 1


def test_where_there_are_no_words_yet_or_no_more_there_is_nothing_to_edit(here: Installation, client: Client) -> None:
    for made in (plan(client, title="A talk"), upload(client)):
        refused = patch(client, made, "segments/1", text="a")
        assert (refused.status_code, refused.json()["code"]) == (409, "transcript-not-ready")
    made = heard(here, client)
    client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={})
    assert patch(client, made, "segments/1", text="a").status_code == 451


def test_caches_learn_of_an_edit(here: Installation, client: Client) -> None:
    made = heard(here, client)
    path, etag = made["links"]["transcript"], client.get(made["links"]["transcript"]).headers["etag"]
    same = client.get(path, headers={"If-None-Match": etag})
    assert (same.status_code, same.headers["vary"]) == (304, "Accept")
    patch(client, made, "segments/2", text="No.")
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200
    assert client.get(path, params={"version": 1}, headers={"If-None-Match": etag}).status_code == 304


def test_a_speaker_who_was_never_numbered_is_followed_by_the_first() -> None:
    odd = HEARD.model_copy(update={"speakers": (Speaker(id="host"),)})
    assert [one.id for one in edits.with_segment(odd, 1, speaker="S1").speakers] == ["host", "S1"]


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=8), st.lists(st.sampled_from(["a", "b", "d"]), max_size=8))
def test_typed_words_are_sure_and_heard_ones_as_sure_as_they_were(old: list[str], new: list[str]) -> None:
    found = edits.with_segment(spoken(("S1", " ".join(old))), 1, text=" ".join(new)).segments[0]
    assert {word.probability for word in found.words} <= {0.9, 1.0}
    assert all(word.probability == 1.0 for word in found.words if word.text == "d")
