"""Writers that meet: each finds what the one before it left. On Postgres they really run at once."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from app import claims, consents, contacts, deliveries, jobs, keys, locks, models, transcripts
from app.claims import Claim
from app.db import WriteSession, now, reading, writing
from app.deliveries import Attempt
from app.errors import CandidError, KeyRefused, WorkCanceled
from app.keys import Caller, Scope, Token
from tests.client import Client
from tests.installation import Installation
from tests.scenes import SENT, SOUND, heard, kept, listed, make_key, plan, search, spoken, upload

T = TypeVar("T")
# Long enough for each to come as far as it can without what is held.
HEAD_START_S = 0.3


def stop(session: WriteSession, table: Any, row_id: str) -> None:
    """Nobody else writes this row until the session ends. On SQLite nobody writes anything."""
    session.exec(select(table).where(table.id == row_id).with_for_update(key_share=True)).one()


def at_once(here: Installation, row_id: str, *calls: Callable[[], T], table: Any = models.Interview) -> list[T]:
    """What the calls return that all begin while somebody else holds the row, and go on when it is let go."""
    with ThreadPoolExecutor(len(calls)) as threads:
        with writing(here.engine) as session:
            stop(session, table, row_id)
            begun = [threads.submit(call) for call in calls]
            time.sleep(HEAD_START_S)
        return [call.result() for call in begun]


def outcome(here: Installation, use: Callable[[WriteSession], object]) -> Callable[[], str]:
    """A use case in a transaction of its own; returns what it raised, or ''."""

    def call() -> str:
        try:
            with writing(here.engine) as session:
                use(session)
        except CandidError as error:
            return error.code
        return ""

    return call


def statuses(here: Installation, made: dict[str, Any], *calls: Callable[[], Any]) -> list[int]:
    return sorted(answer.status_code for answer in at_once(here, made["id"], *calls))


def test_of_four_that_ask_for_a_job_one_gets_it(here: Installation, client: Client) -> None:
    made = heard(here, client)
    ask = lambda: client.post(f"{made['links']['self']}/transcriptions", json={})  # noqa: E731
    assert statuses(here, made, *[ask] * 4) == [202, 409, 409, 409]
    with reading(here.engine) as session:
        active = select(models.Job).where(col(models.Job.status).in_(jobs.ACTIVE))
        assert len(session.exec(active).all()) == 1


def test_the_database_itself_refuses_a_second_active_job(here: Installation) -> None:
    interview = here.interview()
    here.submit(interview)
    with pytest.raises(IntegrityError), writing(here.engine) as session:
        session.add(models.Job(owner_id=here.owner_id, interview_id=interview.id, status="running"))


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("", {"title": "mine"}),
        ("/transcript/segments/2", {"text": "I make nothing at all."}),
        ("/transcript/speakers/S2", {"name": "Ada"}),
    ],
)
def test_of_four_that_have_read_one_version_one_changes_it(
    here: Installation, client: Client, path: str, change: dict[str, str]
) -> None:
    made = heard(here, client)
    url = f"{made['links']['self']}{path}"
    etag = client.get(made["links"]["transcript"] if path else url).headers["etag"]

    def edit(number: int) -> Any:
        mine = {name: f"{value} {number}" for name, value in change.items()}
        return client.patch(url, json=mine, headers={"If-Match": etag})

    assert statuses(here, made, *[lambda n=n: edit(n) for n in range(4)]) == [200, 412, 412, 412]


def test_of_four_that_have_read_one_webhook_one_changes_it(here: Installation, client: Client) -> None:
    made = client.post("/v1/webhooks", json={"url": "https://8.8.8.8/", "events": ["job.canceled"]}).json()
    url = f"/v1/webhooks/{made['id']}"
    etag = client.get(url).headers["etag"]
    change = lambda: client.patch(url, json={"enabled": False}, headers={"If-Match": etag})  # noqa: E731
    answers = at_once(here, made["id"], *[change] * 4, table=models.Webhook)
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


def test_a_change_and_the_try_that_disables_are_two_changes_of_a_webhook(here: Installation, client: Client) -> None:
    made = client.post("/v1/webhooks", json={"url": "https://8.8.8.8/", "events": ["job.canceled"]}).json()
    client.post(f"/v1/jobs/{upload(client)['job']['id']}/cancel")
    with writing(here.engine) as session:
        (held,) = deliveries.lease(session, "w1", at=now(), most=1)

    def settle() -> str:
        time.sleep(HEAD_START_S / 2)
        gone = Attempt(now(), 1, 410)
        return outcome(here, lambda session: deliveries.settle(session, held, gone, chance=0))()

    describe = lambda: client.patch(made["links"]["self"], json={"description": "mine"})  # noqa: E731
    again = lambda: client.post(f"{made['links']['deliveries']}/{held.delivery_id}/retry")  # noqa: E731
    at_once(here, made["id"], describe, settle, again, table=models.Webhook)
    with reading(here.engine) as session:
        webhook = session.get_one(models.Webhook, made["id"])
    assert (webhook.version, webhook.description, webhook.disabled_because) == (3, "mine", "gone")


def test_of_four_that_judge_an_insight_as_they_read_it_one_is_heard(here: Installation, client: Client) -> None:
    made = heard(here, client)
    url = f"/v1/insights/{listed(client, made)[0]['id']}"
    etag = client.get(url).headers["etag"]
    judge = lambda: client.patch(url, json={"state": "rejected"}, headers={"If-Match": etag})  # noqa: E731
    assert statuses(here, made, *[judge] * 4) == [200, 412, 412, 412]


def test_of_four_lists_of_questions_for_one_that_was_read_one_is_kept(here: Installation, client: Client) -> None:
    made = plan(client)
    url = f"{made['links']['self']}/questions"
    etag = client.get(url).headers["etag"]

    def put(number: int) -> Any:
        return client.put(url, json={"questions": [f"Question {number}?"]}, headers={"If-Match": etag})

    assert statuses(here, made, *[lambda n=n: put(n) for n in range(4)]) == [200, 412, 412, 412]
    assert len(client.get(url).json()["items"]) == 1


def test_of_four_recordings_for_one_interview_one_stays(here: Installation, client: Client) -> None:
    made = plan(client)
    url, headers = f"{made['links']['self']}/recording", {"Content-Type": "audio/wav"}
    send = lambda: client.put(url, params={"consent": "true"}, content=SOUND, headers=headers)  # noqa: E731
    assert statuses(here, made, *[send] * 4) == [201, 409, 409, 409]
    assert len(kept(here)) == 1


def test_four_withdrawals_are_one_erasure(here: Installation, client: Client) -> None:
    made = heard(here, client)
    consent = made["consent"]["id"]
    withdraw = lambda: client.post(f"/v1/consents/{consent}/withdraw", json={})  # noqa: E731
    assert statuses(here, made, *[withdraw] * 4) == [202] * 4
    with reading(here.engine) as session:
        assert [event.kind for event in consents.history(session, consent)] == ["given", "withdrawn"]
        assert len(session.exec(select(models.Erasure)).all()) == 1


def test_nothing_that_was_heard_comes_after_a_withdrawal(here: Installation, client: Client) -> None:
    made = upload(client)
    claim, caller = Claim(made["job"]["id"], 1, "w1"), caller_of(here)
    with writing(here.engine) as session:
        claims.begin(session, claim, is_ours=lambda: True)

    def keep(session: WriteSession) -> None:
        job, _interview = claims.held(session, claim)
        transcripts.keep(session, job=job, transcript=spoken(("S1", "too late")))

    withdraw = lambda session: consents.withdraw(session, caller, made["consent"]["id"], None)  # noqa: E731
    ended = at_once(here, made["id"], outcome(here, withdraw), outcome(here, keep))
    assert ended in (["", ""], ["", WorkCanceled.code])
    with reading(here.engine) as session:
        assert session.exec(select(models.Segment)).all() == []


def test_a_consent_that_is_withdrawn_meanwhile_lets_no_edit_through(here: Installation, client: Client) -> None:
    made = heard(here, client)
    withdraw = lambda: client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={})  # noqa: E731
    edit = lambda: client.patch(f"{made['links']['transcript']}/segments/1", json={"text": "Later."})  # noqa: E731
    answers = at_once(here, made["id"], withdraw, edit)
    assert answers[0].status_code == 202
    assert answers[1].status_code in (200, 451)
    with reading(here.engine) as session:
        assert session.exec(select(models.Segment)).all() == []


def test_a_persons_word_is_not_lost_to_a_run_that_ends_in_that_moment(here: Installation, client: Client) -> None:
    made = heard(here, client)
    insight = listed(client, made)[0]["id"]
    confirm = lambda: client.patch(f"/v1/insights/{insight}", json={"state": "confirmed"}).status_code  # noqa: E731

    def run() -> int:
        with writing(here.engine) as session:
            locks.hold(session, models.Interview, made["id"])
            return search(session, made["id"])

    status, _new = at_once(here, made["id"], confirm, run)
    assert [one["state"] for one in listed(client, made) if one["id"] == insight] == ["confirmed"] * (status == 200)
    assert status in (200, 404)


def test_a_contact_that_is_met_stays_when_a_run_no_longer_hears_of_them(here: Installation, client: Client) -> None:
    made = heard(here, client, SENT)
    (contact,) = client.get("/v1/contacts").json()["items"]
    client.post(f"/v1/interviews/{made['id']}/extractions")
    with writing(here.engine) as session:
        (referral,) = session.exec(select(models.Insight).where(models.Insight.interview_id == made["id"]))
        referral.state = "rejected"

    def meet() -> int:
        return client.post("/v1/interviews", json={"contact_id": contact["id"]}).status_code

    def run() -> int:
        with writing(here.engine) as session:
            locks.hold(session, models.Interview, made["id"])
            return search(session, made["id"])

    status, _new = at_once(here, made["id"], meet, run)
    there = client.get(f"/v1/contacts/{contact['id']}").status_code
    assert (status, there) in ((201, 200), (422, 404))


def test_a_job_ends_once_whoever_is_first(here: Installation, client: Client) -> None:
    made = upload(client)
    claim = Claim(made["job"]["id"], 1, "w1")
    with writing(here.engine) as session:
        claims.begin(session, claim, is_ours=lambda: True)

    def ends(end: Callable[[WriteSession], bool]) -> Callable[[], bool]:
        def call() -> bool:
            with writing(here.engine) as session:
                return end(session)

        return call

    succeed = ends(lambda session: claims.succeed(session, claim))
    give_up = ends(lambda session: claims.abandon(session, claim.job_id, 1, None))
    assert sorted(at_once(here, made["id"], succeed, give_up, succeed, give_up)) == [False, False, False, True]


def caller_of(here: Installation, token: str | None = None) -> Caller:
    return Caller(here.owner_id, Token.parse(token or make_key(here)).key_id, frozenset(Scope))


def test_two_keys_that_revoke_each_other_do_not_lock_their_owner_out(here: Installation) -> None:
    one, other = caller_of(here), caller_of(here)

    def revoke(who: Caller, whom: Caller) -> Callable[[], str]:
        return outcome(here, lambda session: keys.revoke(session, who, whom.key_id))

    with ThreadPoolExecutor(2) as threads:
        with writing(here.engine) as session:
            stop(session, models.Owner, here.owner_id)
            begun = [threads.submit(revoke(one, other)), threads.submit(revoke(other, one))]
            time.sleep(HEAD_START_S)
        assert sorted(call.result() for call in begun) == ["", KeyRefused.code]


def test_what_is_forgotten_and_reviewed_at_once_keeps_the_order(here: Installation, client: Client) -> None:
    made = heard(here, client, SENT)
    (contact,) = client.get("/v1/contacts").json()["items"]
    review = lambda s: contacts.review(s, here.owner_id, contact["id"], {"note": "call her"}, if_match=None)  # noqa: E731
    withdraw = lambda s: consents.withdraw(s, caller_of(here), made["consent"]["id"], None)  # noqa: E731
    ended = at_once(here, made["id"], outcome(here, review), outcome(here, withdraw))
    assert ended in (["", ""], ["not-found", ""])
    assert client.get(f"/v1/contacts/{contact['id']}").status_code == 404
