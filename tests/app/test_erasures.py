"""Erasing: refused at once, gone from the disk soon after, proved by a certificate."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from app import claims, consents, erasures, models
from app.claims import Claim
from app.db import reading, writing
from app.keys import Caller
from tests import databases
from tests.client import Client
from tests.installation import Installation
from tests.scenes import SOUND, bytes_of_database, heard, kept, plan, upload, work_through
from tests.scenes import spoken as transcript_of

# A word that is nowhere else on this machine.
CANARY = "zyxquokka"
SECRETS = (("S1", f"Do you like {CANARY}?"), ("S2", f"I make fifty thousand dollars a year at {CANARY}."))


def withdraw(client: Client, made: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def finish(here: Installation, *erasure_ids: str) -> bool:
    return erasures.finish(here.engine, here.queue, here.recordings, here.settings.work_dir, *erasure_ids)


def withdrawn(here: Installation, made: dict[str, Any]) -> str:
    """The id of an erasure that nobody has gone on with yet."""
    with writing(here.engine) as session:
        consent = session.get_one(models.Consent, made["consent"]["id"])
        return consents.withdraw(session, Caller(consent.owner_id, "key_1", frozenset()), consent.id, None).id


def pending(here: Installation) -> list[str]:
    with reading(here.engine) as session:
        return erasures.pending(session)


def started(here: Installation, made: dict[str, Any]) -> Claim:
    claim = Claim(made["job"]["id"], 1, "worker-of-the-test")
    with writing(here.engine) as session:
        claims.begin(session, claim, is_ours=lambda: True)
    return claim


def reads_of_an_interview(client: Client) -> list[tuple[str, str]]:
    below = "/v1/interviews/{interview_id}/"
    paths = client.contract.document["paths"].items()
    return [
        (verb, path) for path, verbs in paths for verb in verbs if path.startswith(below) and verb in ("get", "head")
    ]


def test_every_read_below_a_withdrawn_interview_is_451(here: Installation, client: Client) -> None:
    made = heard(here, client)
    reads = reads_of_an_interview(client)
    before = [client.request(verb, path.format(interview_id=made["id"])).status_code for verb, path in reads]
    withdraw(client, made)
    after = [client.request(verb, path.format(interview_id=made["id"])).status_code for verb, path in reads]
    assert set(before) == {200}
    assert set(after) == {451}
    assert len(reads) >= 4


def test_a_withdrawn_interview_is_refused_in_the_commit_that_withdraws(here: Installation, client: Client) -> None:
    made = upload(client)
    started(here, made)
    answer = withdraw(client, made)
    assert answer["erasure"]["completed_at"] is None
    assert client.get(made["links"]["recording"]).status_code == 451
    assert client.get(made["links"]["self"]).json()["status"] == "withdrawn"


def test_nothing_of_a_withdrawn_interview_is_found_any_more(here: Installation, client: Client) -> None:
    made = heard(here, client, SECRETS)
    (insight,) = client.get("/v1/insights").json()["items"]
    assert len(client.get("/v1/interviews", params={"q": CANARY}).json()["items"]) == 1
    withdraw(client, made)
    assert client.get("/v1/interviews", params={"q": CANARY}).json()["items"] == []
    assert client.get("/v1/insights").json()["items"] == []
    assert client.get(f"/v1/insights/{insight['id']}").status_code == 404


def test_the_words_are_gone_from_the_files_of_the_database(here: Installation, client: Client) -> None:
    made = heard(here, client, SECRETS, filename=f"{CANARY}.wav", vocabulary=CANARY)
    (insight,) = client.get("/v1/insights").json()["items"]
    client.patch(f"/v1/insights/{insight['id']}", json={"note": f"{CANARY} again"})
    assert bytes_of_database(here).count(CANARY.encode()) > 5
    withdraw(client, made)
    assert CANARY.encode() not in bytes_of_database(here)


def test_a_list_of_questions_goes_with_what_it_was_asked_and_answered(here: Installation, client: Client) -> None:
    made = upload(client)
    client.put(f"{made['links']['self']}/questions", json={"questions": [f"Do you like {CANARY}?"]})
    work_through(here, made["job"]["id"], transcript_of(*SECRETS))
    (question,) = client.get(f"{made['links']['self']}/questions").json()["items"]
    assert question["answer"]["text"] == SECRETS[1][1]
    assert withdraw(client, made)["erasure"]["erased"]["questions"] == 1
    assert CANARY.encode() not in bytes_of_database(here)


def test_what_was_heard_of_an_unfinished_job_is_gone_too(here: Installation, client: Client) -> None:
    made = upload(client)
    chunk: dict[str, Any] = {"start_ms": 0, "end_ms": 1, "segments": [{"text": CANARY}]}
    with writing(here.engine) as session:
        session.add(models.HeardChunk(job_id=made["job"]["id"], index=0, plan_sha256="p", **chunk))
    certificate = withdraw(client, made)["erasure"]["erased"]
    assert certificate["heard_chunks"] == 1
    assert CANARY.encode() not in bytes_of_database(here)


def test_the_sound_is_gone_from_the_disk(here: Installation, client: Client) -> None:
    made = heard(here, client)
    scratch = here.settings.work_dir / made["job"]["id"]
    scratch.mkdir(parents=True)
    (scratch / "pcm").write_bytes(SOUND)
    withdraw(client, made)
    assert (kept(here), scratch.exists()) == ([], False)


def test_the_certificate_says_what_there_was(here: Installation, client: Client) -> None:
    made = heard(here, client)
    withdraw(client, made)
    erasure = client.get(f"/v1/consents/{made['consent']['id']}").json()["erasure"]
    recording = {"sha256": made["recording"]["sha256"], "size_bytes": len(SOUND)}
    assert erasure["completed_at"] >= erasure["requested_at"]
    assert erasure["erased"]["recording"] == recording
    counts = {name: erasure["erased"][name] for name in ("segments", "transcripts", "heard_chunks")}
    assert counts == {"segments": 6, "transcripts": 1, "heard_chunks": 0}
    assert erasure["erased"]["insights"] >= 1


def test_withdrawing_twice_is_the_same_erasure(here: Installation, client: Client) -> None:
    made = heard(here, client)
    first, second = withdraw(client, made), withdraw(client, made)
    assert first["erasure"]["id"] == second["erasure"]["id"]
    assert len(second["events"]) == 2


def test_a_queued_job_is_canceled_at_once(client: Client) -> None:
    made = upload(client)
    withdraw(client, made)
    assert client.get(made["links"]["job"]).json()["status"] == "canceled"


def test_an_erasure_waits_for_running_work_and_ends_after_it(here: Installation, client: Client) -> None:
    made = upload(client)
    claim = started(here, made)
    erasure = withdraw(client, made)["erasure"]["id"]
    assert (finish(here, erasure), len(kept(here))) == (False, 1)
    with writing(here.engine) as session:
        assert claims.mark_canceled(session, claim)
    assert (finish(here, erasure), kept(here)) == (True, [])
    assert pending(here) == []


def test_work_that_ends_after_the_withdrawal_keeps_no_words(here: Installation, client: Client) -> None:
    made = upload(client)
    withdraw(client, made)
    with pytest.raises(AssertionError):
        work_through(here, made["job"]["id"], transcript_of(*SECRETS))
    assert CANARY.encode() not in bytes_of_database(here)


def test_an_erasure_that_died_between_bytes_and_row_is_completed_later(here: Installation, client: Client) -> None:
    made = upload(client)
    claim = started(here, made)
    erasure = withdraw(client, made)["erasure"]["id"]
    with writing(here.engine) as session:
        claims.mark_canceled(session, claim)
    here.recordings.erase(kept(here)[0])
    assert finish(here, erasure)
    assert client.get(f"/v1/consents/{made['consent']['id']}").json()["erasure"]["completed_at"] is not None


def test_many_may_finish_an_erasure_and_one_does(here: Installation, client: Client) -> None:
    made = upload(client)
    claim = started(here, made)
    erasure = withdraw(client, made)["erasure"]["id"]
    with writing(here.engine) as session:
        claims.mark_canceled(session, claim)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda _number: finish(here, erasure), range(4))) == [True] * 4
    with reading(here.engine) as session:
        assert session.get_one(models.Erasure, erasure).erased["recording"]["size_bytes"] == len(SOUND)


def test_deleting_erases_and_leaves_nothing_about_the_person(here: Installation, client: Client) -> None:
    made = heard(here, client, SECRETS, interviewee=f"A {CANARY}", role=CANARY, contact_id=CANARY, vocabulary=CANARY)
    client.patch(made["links"]["self"], json={"title": CANARY, "employer": CANARY})
    client.put(f"{made['links']['self']}/questions", json={"questions": [CANARY]})
    assert client.delete(made["links"]["self"]).status_code == 204
    assert client.get(made["links"]["self"]).status_code == 404
    assert client.get("/v1/interviews").json()["items"] == []
    assert kept(here) == []
    assert CANARY.encode() not in bytes_of_database(here)


def test_the_consent_of_a_deleted_interview_still_proves_what_was_allowed(client: Client) -> None:
    made = upload(client)
    client.delete(made["links"]["self"])
    assert client.get(f"/v1/consents/{made['consent']['id']}").json()["status"] == "given"


def test_deleting_what_somebody_changed_meanwhile_erases_nothing(here: Installation, client: Client) -> None:
    made = heard(here, client)
    etag = client.get(made["links"]["self"]).headers["etag"]
    client.patch(made["links"]["self"], json={"title": "changed"})
    answer = client.delete(made["links"]["self"], headers={"If-Match": etag})
    assert (answer.status_code, len(kept(here))) == (412, 1)
    assert client.get(made["links"]["transcript"]).status_code == 200


def test_deleting_a_planned_interview_needs_no_recording(client: Client) -> None:
    planned = plan(client, title="never happened")
    assert client.delete(planned["links"]["self"]).status_code == 204
    assert client.delete(planned["links"]["self"]).status_code == 404


def test_another_interview_keeps_everything(here: Installation, client: Client) -> None:
    going, staying = heard(here, client), heard(here, client)
    withdraw(client, going)
    assert client.get(staying["links"]["transcript"]).status_code == 200
    assert client.get(staying["links"]["recording"]).content == SOUND
    assert {Path(path).suffix for path in kept(here)} == {".wav"}


@pytest.mark.skipif(databases.IS_POSTGRES, reason="readers of Postgres hold no log back")
def test_the_certificate_waits_for_whoever_still_reads_the_words(here: Installation, client: Client) -> None:
    made = heard(here, client, SECRETS)
    with reading(here.engine) as reader:
        assert reader.get(models.Interview, made["id"]) is not None
        erasure = withdrawn(here, made)
        assert not finish(here, erasure)
        assert pending(here) == [erasure]
    assert finish(here, erasure)
    assert CANARY.encode() not in bytes_of_database(here)


def test_of_erasures_that_are_finished_together_one_that_must_wait_keeps_no_other(
    here: Installation, client: Client
) -> None:
    made = [heard(here, client, SECRETS), upload(client), heard(here, client, SECRETS)]
    claim = started(here, made[1])
    first, waiting, last = (withdrawn(here, one) for one in made)
    assert not finish(here, first, waiting, last)
    assert (pending(here), len(kept(here))) == ([waiting], 1)
    assert CANARY.encode() not in bytes_of_database(here)
    with writing(here.engine) as session:
        claims.mark_canceled(session, claim)
    assert (finish(here, first, waiting, last), kept(here)) == (True, [])


@pytest.mark.skipif(databases.IS_POSTGRES, reason="Postgres drops what it has indexed by itself")
def test_for_erasures_that_are_finished_together_the_index_is_rewritten_once(
    here: Installation, client: Client
) -> None:
    begun: list[int] = []

    def look(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        begun.extend(pages for pages in parameters if "'merge'" in statement and pages < 0)

    several = [withdrawn(here, heard(here, client, SECRETS)) for _ in range(3)]
    event.listen(here.engine, "before_cursor_execute", look)
    assert (finish(here, *several), len(begun)) == (True, 1)
    assert CANARY.encode() not in bytes_of_database(here)
