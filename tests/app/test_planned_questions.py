"""A person's own list of questions: kept as it was put, looked for in the words, and shown with what became of each."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlmodel import select

from app import claims, models, planned_questions, transcripts
from app.claims import Claim, Report
from app.db import reading, writing
from app.extraction.asking import Exchange
from app.extraction.turns import turns_of
from app.extraction.values import Place
from app.jobs import Stage
from app.planned_questions import match
from tests.client import Client
from tests.installation import Installation
from tests.scenes import PAY, TALK, heard, plan, spoken, upload, work_through

EARN, DAY, TRAVEL = "What do you earn?", "Tell me about a typical day.", "Do you travel?"


def path(made: dict[str, Any]) -> str:
    return f"{made['links']['self']}/questions"


def put(client: Client, made: dict[str, Any], *texts: str, **headers: str) -> Any:
    return client.put(path(made), json={"questions": list(texts)}, headers=headers)


def listed(client: Client, made: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(path(made)).json()["items"]
    return found


def statuses(client: Client, made: dict[str, Any]) -> dict[str, str]:
    return {one["text"]: one["status"] for one in listed(client, made)}


def search(here: Installation, made: dict[str, Any]) -> None:
    """What a worker does at the end of an extraction: reads, looks, and keeps in its transaction."""
    with reading(here.engine) as session:
        version, transcript = transcripts.current(session, made["id"])
        texts = [row.text for row in planned_questions.of(session, made["id"])]
    checked = planned_questions.check(version, turns_of(transcript), texts)
    with writing(here.engine) as session:
        planned_questions.keep(session, interview_id=made["id"], checked=checked)


def finish(here: Installation, client: Client, made: dict[str, Any]) -> None:
    """The job that is queued is done, with the same words."""
    work_through(here, client.get(made["links"]["self"]).json()["job"]["id"], spoken(*TALK))
    search(here, made)


def at_stage(here: Installation, made: dict[str, Any], stage: Stage) -> None:
    claim = Claim(made["job"]["id"], 1, "worker-of-the-test")
    with writing(here.engine) as session:
        assert claims.begin(session, claim, is_ours=lambda: True)
        claims.advance(session, claim, Report(stage, 0.5))


def exchange(text: str, *, answered: bool = True, led_in: str = "") -> Exchange:
    return Exchange(Place(0, 0, len(text)), text, Place(1, 0, 9) if answered else None, led_in)


def matched(texts: Sequence[str], asked: Sequence[Exchange]) -> list[str | None]:
    return [found.exchange.text if found.exchange else None for found in match(texts, asked)]


def test_a_list_may_be_put_before_anybody_has_spoken(client: Client) -> None:
    made = plan(client, title="x")
    answer = put(client, made, EARN, DAY)
    assert (answer.status_code, answer.json()["interview_id"]) == (200, made["id"])
    assert [(one["position"], one["text"], one["status"]) for one in listed(client, made)] == [
        (0, EARN, "planned"),
        (1, DAY, "planned"),
    ]
    assert (answer.json()["items"][0]["asked"], answer.json()["items"][0]["stale"]) == (None, False)


def test_what_was_asked_is_shown_with_its_answer_and_what_was_not_is_skipped(
    here: Installation, client: Client
) -> None:
    made = plan(client, title="x")
    put(client, made, TRAVEL, EARN, DAY)
    with writing(here.engine) as session:
        transcripts.add(session, made["id"], spoken(*TALK), job_id=None)
    search(here, made)
    assert statuses(client, made) == {TRAVEL: "skipped", EARN: "answered", DAY: "answered"}
    found = listed(client, made)[1]
    assert found["answer"] == {"text": PAY, "speaker": "S2", "start_ms": 2000, "end_ms": 4000, "segment_ids": [2]}
    assert (found["asked"]["text"], found["asked"]["segment_ids"]) == (TALK[0][1], [1])
    assert (found["transcript_version"], found["similarity"] > 0.5) == (1, True)


def test_asked_without_an_answer_of_substance_is_asked(here: Installation, client: Client) -> None:
    made = plan(client, title="x")
    put(client, made, TRAVEL)
    with writing(here.engine) as session:
        said = spoken(("S1", "Do you travel much?"), ("S2", "Yes."), ("S1", "And how are the hours?"))
        transcripts.add(session, made["id"], said, job_id=None)
    search(here, made)
    assert [(one["status"], one["answer"]) for one in listed(client, made)] == [("asked", None)]


def test_a_new_list_where_there_are_words_is_looked_for_at_once(here: Installation, client: Client) -> None:
    made = heard(here, client)
    assert statuses_after(put(client, made, EARN)) == ["planned"]
    job = client.get(made["links"]["self"]).json()["job"]
    assert (job["kind"], job["status"]) == ("extraction", "queued")
    finish(here, client, made)
    assert statuses(client, made) == {EARN: "answered"}


def statuses_after(answer: Any) -> list[str]:
    return [one["status"] for one in answer.json()["items"]]


def test_a_text_that_stays_keeps_its_id_and_what_was_found_and_asks_for_no_work(
    here: Installation, client: Client
) -> None:
    made = heard(here, client)
    put(client, made, EARN, TRAVEL)
    finish(here, client, made)
    before = {one["text"]: one for one in listed(client, made)}
    again = put(client, made, TRAVEL, EARN).json()["items"]
    assert [(one["text"], one["position"]) for one in again] == [(TRAVEL, 0), (EARN, 1)]
    assert [one["id"] for one in again] == [before[TRAVEL]["id"], before[EARN]["id"]]
    assert again[1]["answer"] == before[EARN]["answer"]
    assert client.get(made["links"]["self"]).json()["status"] == "ready"


def test_an_empty_list_clears_it(here: Installation, client: Client) -> None:
    made = heard(here, client)
    put(client, made, EARN)
    finish(here, client, made)
    assert put(client, made).json()["items"] == listed(client, made) == []
    assert client.get(made["links"]["self"]).json()["status"] == "ready"


def test_new_words_make_what_was_found_stale_until_somebody_looks_again(here: Installation, client: Client) -> None:
    made = heard(here, client)
    put(client, made, EARN)
    finish(here, client, made)
    with writing(here.engine) as session:
        transcripts.add(session, made["id"], spoken(*TALK[2:]), job_id=None)
    assert [(one["status"], one["stale"]) for one in listed(client, made)] == [("answered", True)]
    search(here, made)
    assert [(one["status"], one["stale"]) for one in listed(client, made)] == [("skipped", False)]


def test_a_stale_list_that_is_put_again_is_looked_for_again(here: Installation, client: Client) -> None:
    made = heard(here, client)
    put(client, made, EARN)
    finish(here, client, made)
    with writing(here.engine) as session:
        transcripts.add(session, made["id"], spoken(*TALK[2:]), job_id=None)
    put(client, made, EARN)
    assert client.get(made["links"]["self"]).json()["job"]["status"] == "queued"


def test_while_the_words_are_searched_the_list_cannot_change(here: Installation, client: Client) -> None:
    made = upload(client)
    at_stage(here, made, Stage.EXTRACTING)
    refused = put(client, made, EARN)
    assert (refused.status_code, refused.json()["code"]) == (409, "state-conflict")
    assert (refused.json()["job_id"], listed(client, made)) == (made["job"]["id"], [])


def test_while_the_recording_is_heard_it_can_and_no_second_job_is_made(here: Installation, client: Client) -> None:
    made = upload(client)
    at_stage(here, made, Stage.HEARING)
    assert put(client, made, EARN).status_code == 200
    with reading(here.engine) as session:
        assert len(session.exec(select(models.Job)).all()) == 1


def test_a_question_that_came_after_the_search_began_stays_planned(here: Installation, client: Client) -> None:
    made = heard(here, client)
    put(client, made, EARN)
    checked = planned_questions.check(1, turns_of(spoken(*TALK)), [EARN])
    put(client, made, EARN, DAY)
    with writing(here.engine) as session:
        planned_questions.keep(session, interview_id=made["id"], checked=checked)
    assert statuses(client, made) == {EARN: "answered", DAY: "planned"}


def test_a_list_that_somebody_else_changed_is_not_overwritten(client: Client) -> None:
    made = plan(client, title="x")
    etag = put(client, made, EARN).headers["etag"]
    assert client.get(path(made), headers={"If-None-Match": etag}).status_code == 304
    assert put(client, made, EARN, DAY, **{"If-Match": etag}).status_code == 200
    late = put(client, made, TRAVEL, **{"If-Match": etag})
    assert (late.status_code, list(statuses(client, made))) == (412, [EARN, DAY])


def test_what_a_worker_finds_changes_the_etag_and_is_nobodys_edit(here: Installation, client: Client) -> None:
    made = heard(here, client)
    before = put(client, made, EARN).headers["etag"]
    finish(here, client, made)
    assert client.get(path(made), headers={"If-None-Match": before}).status_code == 200
    assert put(client, made, EARN, DAY, **{"If-Match": before}).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"questions": None},
        {"questions": ["ab"]},
        {"questions": ["    "]},
        {"questions": ["x" * 501]},
        {"questions": ["a\x00b?"]},
        {"questions": [EARN, EARN]},
        {"questions": [f"Question {number}?" for number in range(101)]},
        {"questions": [EARN], "more": 1},
    ],
)
def test_a_list_that_cannot_be_is_refused_and_the_old_one_stays(client: Client, wrong: dict[str, Any]) -> None:
    made = plan(client, title="x")
    put(client, made, EARN)
    assert client.put(path(made), json=wrong).status_code == 422
    assert list(statuses(client, made)) == [EARN]


def test_a_withdrawn_interview_has_no_list_to_read_or_write(here: Installation, client: Client) -> None:
    made = heard(here, client)
    client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={})
    assert [client.get(path(made)).status_code, put(client, made, EARN).status_code] == [451, 451]


def test_a_question_put_once_counts_for_the_one_that_is_most_alike() -> None:
    asked = [exchange("What's the salary like?"), exchange("What do you do on a typical day?")]
    assert matched(["What is the salary range?", "How is the salary?"], asked) == [None, asked[0].text]


def test_a_question_put_twice_counts_once_where_it_was_answered() -> None:
    asked = [exchange("What do you earn?", answered=False), exchange("So what is it that you earn?")]
    assert matched([EARN], asked) == [asked[1].text]


def test_what_led_in_to_a_question_says_what_it_is_about() -> None:
    asked = [exchange("How do you bear that?", led_in="You must be under a lot of stress.")]
    assert matched(["How do you bear the stress?"], asked) == [asked[0].text]


def test_matching_follows_the_similarity_it_is_given() -> None:
    asked = [exchange("one"), exchange("two")]
    found = match(["a", "b"], asked, lambda _texts, others: [[0.2] * len(others), [0.9] * len(others)])
    assert [(one.similarity, one.exchange) for one in found] == [(None, None), (0.9, asked[0])]


def test_nothing_asked_or_nothing_planned_matches_nothing() -> None:
    assert matched([EARN], []) == [None]
    assert matched([], [exchange(EARN)]) == []
