"""Transcripts: numbered versions that never change, kept once, read while other things fail."""

from typing import Any

import pytest
from sqlalchemy import inspect

from app import claims, models, transcripts
from app.claims import Claim
from app.db import reading, writing
from app.errors import NotFound, RecordingUnreadable, TranscriptNotReady
from tests.client import Client
from tests.installation import Installation
from tests.scenes import TALK, heard, plan, spoken, upload, work_through

FIRST, SECOND = spoken(("S1", "the first words")), spoken(("S1", "the second words"))


def keep(here: Installation, interview: models.Interview, transcript: Any, *, job_id: str | None = None) -> int:
    with writing(here.engine) as session:
        return transcripts.add(session, interview.id, transcript, job_id=job_id)


def again(here: Installation, client: Client, made: dict[str, Any], transcript: Any) -> None:
    job = client.post(f"{made['links']['self']}/transcriptions", json={}).json()
    work_through(here, job["id"], transcript)


def test_a_transcript_comes_back_word_for_word(here: Installation) -> None:
    interview = here.interview()
    keep(here, interview, spoken(*TALK, language_probability=0.97, notices=("no-speech",), options={"beam_size": 5}))
    with reading(here.engine) as session:
        version, found = transcripts.current(session, interview.id)
    assert version == 1
    assert found == spoken(*TALK, language_probability=0.97, notices=("no-speech",), options={"beam_size": 5})


def test_versions_count_up_and_the_older_ones_stay(here: Installation) -> None:
    interview = here.interview()
    assert [keep(here, interview, FIRST), keep(here, interview, SECOND)] == [1, 2]
    with reading(here.engine) as session:
        assert transcripts.current(session, interview.id) == (2, SECOND)
        assert transcripts.pick(session, interview.id, 1) == (1, FIRST)
        with pytest.raises(NotFound):
            transcripts.pick(session, interview.id, 3)


def test_keeping_what_a_job_made_twice_changes_nothing(here: Installation) -> None:
    job = here.job(here.submit())
    with writing(here.engine) as session:
        versions = [transcripts.keep(session, job=job, transcript=made) for made in (FIRST, SECOND)]
    with reading(here.engine) as session:
        assert (versions, transcripts.current(session, job.interview_id)) == ([1, 1], (1, FIRST))


@pytest.mark.parametrize(("status", "on_its_way"), [("queued", True), ("transcribing", True), ("failed", False)])
def test_a_transcript_asked_for_too_early_says_when_to_come_back(status: str, on_its_way: bool) -> None:  # noqa: FBT001
    with pytest.raises(TranscriptNotReady) as early:
        transcripts.check_ready(models.Interview(owner_id="o", title="t", status=status))
    assert ("retry_after_s" in early.value.facts) is on_its_way


def test_too_early_is_409_with_a_time_only_while_it_is_coming(client: Client) -> None:
    coming = client.get(f"{upload(client)['links']['self']}/transcript")
    planned = client.get(f"{plan(client, title='x')['links']['self']}/transcript")
    assert (coming.status_code, coming.headers["retry-after"], coming.json()["code"]) == (
        409,
        "5",
        "transcript-not-ready",
    )
    assert (planned.status_code, "retry-after" in planned.headers) == (409, False)


def test_the_wire_has_every_segment_speaker_and_word(here: Installation, client: Client) -> None:
    made = heard(here, client)
    body = client.get(made["links"]["transcript"]).json()
    assert tuple((segment["speaker"], segment["text"]) for segment in body["segments"]) == TALK
    assert [speaker["id"] for speaker in body["speakers"]] == ["S1", "S2"]
    words = [word["text"] for segment in body["segments"] for word in segment["words"]]
    assert words == " ".join(said for _speaker, said in TALK).split()


def test_a_phone_need_not_take_the_words(here: Installation, client: Client) -> None:
    path = heard(here, client)["links"]["transcript"]
    small = client.get(path, params={"include": "none"})
    assert all("words" not in segment for segment in small.json()["segments"])
    assert small.headers["etag"] != client.get(path).headers["etag"]


def test_a_transcript_that_the_caller_has_is_not_sent_again(here: Installation, client: Client) -> None:
    made = heard(here, client)
    etag = client.get(made["links"]["transcript"]).headers["etag"]
    same = client.get(made["links"]["transcript"], headers={"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    again(here, client, made, SECOND)
    assert client.get(made["links"]["transcript"], headers={"If-None-Match": etag}).status_code == 200


def test_an_older_version_is_read_by_its_number(here: Installation, client: Client) -> None:
    made = heard(here, client, (("S1", "flamingo"),))
    again(here, client, made, spoken(("S1", "pelican")))
    path = made["links"]["transcript"]
    texts = [client.get(path, params={"version": number, "format": "txt"}).text for number in (1, 2)]
    assert ["flamingo" in texts[0], "pelican" in texts[1]] == [True, True]
    assert client.get(path).json()["version"] == 2
    assert client.get(path, params={"version": 3}).status_code == 404


def test_the_old_transcript_is_read_until_the_new_one_is_whole(here: Installation, client: Client) -> None:
    made = heard(here, client, (("S1", "flamingo"),))
    job = client.post(f"{made['links']['self']}/transcriptions", json={}).json()
    claim = Claim(job["id"], 1, "w")
    for outcome in (claims.begin, claims.fail):
        assert client.get(made["links"]["transcript"]).json()["segments"][0]["text"] == "flamingo"
        with writing(here.engine) as session:
            if outcome is claims.begin:
                claims.begin(session, claim, is_ours=lambda: True)
            else:
                claims.fail(session, claim, RecordingUnreadable("It is a picture."))
    assert client.get(made["links"]["transcript"]).status_code == 200
    assert client.get(made["links"]["self"]).json()["status"] == "ready"


def test_a_transcript_is_read_though_the_insights_failed(here: Installation, client: Client) -> None:
    made = upload(client)
    claim = Claim(made["job"]["id"], 1, "w")
    with writing(here.engine) as session:
        job = claims.begin(session, claim, is_ours=lambda: True)
        assert job is not None
        transcripts.keep(session, job=job, transcript=FIRST)
        claims.fail(session, claim, RecordingUnreadable("Extraction fell over."))
    shown = client.get(made["links"]["self"]).json()
    assert (shown["status"], shown["job"]["error"]["code"]) == ("failed", "recording-unreadable")
    assert client.get(shown["links"]["transcript"]).json()["segments"][0]["text"] == "the first words"


def test_a_transcript_in_which_nobody_speaks_says_so(here: Installation, client: Client) -> None:
    made = upload(client)
    silence = spoken(language=None, duration_ms=4000, notices=("no-speech",))
    work_through(here, made["job"]["id"], silence)
    body = client.get(f"{made['links']['self']}/transcript").json()
    assert (body["segments"], body["notices"], body["language"]) == ([], ["no-speech"], None)
    for name in ("vtt", "srt", "txt", "md"):
        assert client.get(f"{made['links']['self']}/transcript", params={"format": name}).status_code == 200


def test_a_version_cannot_be_kept_twice_under_one_number(here: Installation) -> None:
    interview = here.interview()
    keep(here, interview, FIRST)
    assert "uq_transcript_interview_id_version" in {
        found["name"] for found in inspect(here.engine).get_unique_constraints("transcript")
    }


def test_what_a_later_attempt_heard_in_another_manner_is_a_version_of_its_own(here: Installation) -> None:
    interview = here.interview()
    job = models.Job(owner_id=interview.owner_id, interview_id=interview.id)
    versions = []
    for heard_with in ("base", "base", "small"):
        with writing(here.engine) as session:
            session.add(job)
            found = spoken(("S1", "the words"), model=heard_with)
            versions.append(transcripts.keep(session, job=job, transcript=found))
    assert versions == [1, 1, 2]
