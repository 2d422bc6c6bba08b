"""Webhooks over HTTP, and what is written for them in the transaction that makes an event true."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select, update
from standardwebhooks import Webhook

from app import claims, deliveries, erasures, jobs, models, webhooks
from app.claims import Claim
from app.db import now, reading, writing
from app.deliveries import Attempt, Event
from app.errors import RecordingUnreadable
from app.main import create_app
from tests.client import Client
from tests.installation import Installation
from tests.scenes import PAY, TALK, bytes_of_database, heard, make_key, plan, upload

URL = "https://93.184.215.14/hook"
ALL = [event.value for event in Event]


def hook(client: Client, *events: str, **wanted: Any) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", json={"url": URL, "events": list(events or ALL)} | wanted)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def sent(client: Client, made: dict[str, Any], **filters: str) -> list[dict[str, Any]]:
    """The deliveries of a webhook, oldest first."""
    items: list[dict[str, Any]] = client.get(made["links"]["deliveries"], params=filters).json()["items"]
    return items[::-1]


def events(client: Client, made: dict[str, Any]) -> list[str]:
    return [one["event"] for one in sent(client, made)]


def begun(here: Installation, made: dict[str, Any]) -> Claim:
    claim = Claim(made["job"]["id"], 1, "worker-of-the-test")
    with writing(here.engine) as session:
        assert claims.begin(session, claim, is_ours=lambda: True)
    return claim


def test_a_webhook_is_made_and_its_secret_is_shown_once(client: Client) -> None:
    made = hook(client, "interview.ready", description="the phone's")
    assert Webhook(made["secret"]).sign("dlv_1", now(), "{}").startswith("v1,")
    shown = client.get(made["links"]["self"])
    assert shown.json() == {name: value for name, value in made.items() if name != "secret"}
    assert [one["id"] for one in client.get("/v1/webhooks").json()["items"]] == [made["id"]]
    assert client.get(made["links"]["self"], headers={"If-None-Match": shown.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://localhost/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        "http://8.8.8.8/",
    ],
)
def test_a_url_that_leads_into_a_private_network_is_refused_when_it_is_given(client: Client, url: str) -> None:
    answer = client.post("/v1/webhooks", json={"url": url, "events": ["interview.ready"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook-url-refused")
    assert answer.json()["errors"][0]["pointer"] == "/url"
    made = hook(client)
    assert client.patch(made["links"]["self"], json={"url": url}).status_code == 422
    assert client.get(made["links"]["self"]).json()["url"] == URL


def test_private_addresses_and_http_can_be_allowed(here: Installation) -> None:
    settings = here.settings.model_copy(update={"webhook_allow_private": True})
    with Client(create_app(settings), key=make_key(here)) as client:
        assert hook(client, url="http://localhost:9/x")["url"] == "http://localhost:9/x"


@pytest.mark.parametrize(
    "wrong",
    [{"events": []}, {"events": ["interview.burnt"]}, {"url": "mailto:a@b"}, {"secret": "mine"}, {"events": "*"}],
)
def test_what_is_no_webhook_is_refused(client: Client, wrong: dict[str, Any]) -> None:
    assert client.post("/v1/webhooks", json={"url": URL, "events": ALL} | wrong).status_code == 422


def test_there_may_be_ten_of_each_owner(client: Client, stranger: Client) -> None:
    for _ in range(webhooks.MOST):
        hook(client)
    answer = client.post("/v1/webhooks", json={"url": URL, "events": ALL})
    assert (answer.status_code, answer.json()["code"]) == (409, "webhooks-full")
    assert hook(stranger)["enabled"]


def test_a_webhook_is_changed_by_who_has_read_it_last(client: Client) -> None:
    made = hook(client)
    tag = client.get(made["links"]["self"]).headers["etag"]
    changed = client.patch(made["links"]["self"], json={"enabled": False}, headers={"If-Match": tag}).json()
    assert (changed["enabled"], changed["disabled_because"], changed["events"]) == (False, None, ALL)
    assert client.patch(made["links"]["self"], json={"enabled": True}, headers={"If-Match": tag}).status_code == 412
    assert client.patch(made["links"]["self"], json={"events": ["job.failed"]}).json()["events"] == ["job.failed"]


def test_a_new_secret_signs_beside_the_old_one_for_a_day(here: Installation, client: Client) -> None:
    made = hook(client)
    changed = client.post(f"{made['links']['self']}/secrets").json()
    assert changed["secret"] != made["secret"]
    with reading(here.engine) as session:
        row = webhooks.find(session, here.owner_id, made["id"])
    assert deliveries.secrets_of(row, at=now()) == (changed["secret"], made["secret"])
    assert deliveries.secrets_of(row, at=now() + timedelta(hours=24, seconds=1)) == (changed["secret"],)


def test_a_deleted_webhook_leaves_neither_its_secret_nor_its_deliveries(here: Installation, client: Client) -> None:
    made = hook(client)
    client.post(f"{upload(client)['links']['job']}/cancel")
    assert client.delete(made["links"]["self"]).status_code == 204
    assert client.get(made["links"]["self"]).status_code == 404
    with reading(here.engine) as session:
        assert session.exec(select(models.Delivery)).all() == []


def test_a_job_that_succeeds_is_told_with_its_interview(here: Installation, client: Client) -> None:
    made = hook(client)
    interview = heard(here, client)
    assert events(client, made) == ["job.succeeded", "interview.ready"]
    delivery = sent(client, made)[1]
    assert delivery["payload"]["data"] == {
        "interview_id": interview["id"],
        "job_id": interview["job"]["id"],
        "links": {"interview": interview["links"]["self"], "job": interview["links"]["job"]},
    }
    assert (delivery["status"], delivery["attempts"], delivery["due_at"] is None) == ("pending", [], False)


def test_a_job_that_fails_is_told_with_its_interview(here: Installation, client: Client) -> None:
    made = hook(client)
    claim = begun(here, upload(client))
    with writing(here.engine) as session:
        assert claims.fail(session, claim, RecordingUnreadable("Nothing in it."))
    assert events(client, made) == ["job.failed", "interview.failed"]


def test_an_erasure_is_told_when_it_is_complete(here: Installation, client: Client) -> None:
    interview = heard(here, client)
    made = hook(client, "interview.erased")
    client.post(f"/v1/consents/{interview['consent']['id']}/withdraw", json={})
    (delivery,) = sent(client, made)
    data = delivery["payload"]["data"]
    assert (data["interview_id"], data["consent_id"]) == (interview["id"], interview["consent"]["id"])
    with reading(here.engine) as session:
        (erasure,) = session.exec(select(models.Erasure)).all()
    erasures.finish(here.engine, here.queue, here.recordings, here.settings.work_dir, erasure.id)
    assert len(sent(client, made)) == 1


def test_a_webhook_hears_what_it_asked_for_while_it_is_enabled(here: Installation, client: Client) -> None:
    canceled, off = hook(client, "job.canceled"), hook(client, enabled=False)
    client.post(f"{upload(client)['links']['job']}/cancel")
    heard(here, client)
    assert (events(client, canceled), events(client, off)) == (["job.canceled"], [])


def test_nothing_is_told_to_somebody_else(here: Installation, client: Client, stranger: Client) -> None:
    theirs = hook(stranger)
    heard(here, client)
    assert sent(stranger, theirs) == []


def test_what_is_rolled_back_is_not_told(here: Installation, client: Client) -> None:
    made, job = hook(client), upload(client)["job"]["id"]
    with suppress(RuntimeError), writing(here.engine) as session:
        jobs.cancel(session, here.owner_id, job)
        session.flush()
        raise RuntimeError
    assert sent(client, made) == []


def test_a_step_that_is_done_again_tells_nothing_again(here: Installation, client: Client) -> None:
    made, job_id = hook(client, "insights.extracted"), upload(client)["job"]["id"]
    for _ in range(2):
        with writing(here.engine) as session:
            jobs.announce_insights(session, session.get_one(models.Job, job_id))
    assert events(client, made) == ["insights.extracted"]


def test_no_word_of_an_interview_is_in_what_is_sent(here: Installation, client: Client) -> None:
    hook(client)
    heard(here, client, TALK, title="zyxquokka", filename="zyxquokka.wav")
    with reading(here.engine) as session:
        bodies = [row.body for row in session.exec(select(models.Delivery))]
    assert len(bodies) == 2
    assert not [body for body in bodies if "zyxquokka" in body or PAY[:12] in body]
    assert set(json.loads(bodies[0])) == {"type", "timestamp", "data"}


def test_a_delivery_is_sent_again_under_its_old_id(here: Installation, client: Client) -> None:
    made = hook(client, "interview.ready")
    heard(here, client)
    (delivery,) = sent(client, made)
    with writing(here.engine) as session:
        (held,) = deliveries.lease(session, "w1", at=now(), most=9)
        deliveries.settle(session, held, Attempt(now(), 3, 204), chance=0)
    assert sent(client, made)[0]["status"] == "delivered"
    again = client.post(f"{delivery['links']['self']}/retry")
    assert (again.status_code, again.json()["id"], again.json()["status"]) == (202, delivery["id"], "pending")
    assert [one["status"] for one in again.json()["attempts"]] == [204]
    client.patch(made["links"]["self"], json={"enabled": False})
    assert client.post(f"{delivery['links']['self']}/retry").json()["code"] == "webhook-disabled"


def test_deliveries_are_found_by_what_came_of_them(here: Installation, client: Client) -> None:
    made = hook(client)
    heard(here, client)
    assert len(sent(client, made, status="pending")) == 2
    assert len(sent(client, made, event="job.succeeded")) == 1
    assert sent(client, made, status="failed") == []
    page = client.get(made["links"]["deliveries"], params={"limit": "1"}).json()
    rest = client.get(made["links"]["deliveries"], params={"limit": "1", "cursor": page["next_cursor"]}).json()
    assert [one["event"] for one in page["items"] + rest["items"]] == ["interview.ready", "job.succeeded"]


def test_a_delivery_belongs_to_its_webhook(here: Installation, client: Client) -> None:
    one, other = hook(client), hook(client, "job.canceled")
    heard(here, client)
    delivery = sent(client, one)[0]["id"]
    assert client.get(f"{other['links']['deliveries']}/{delivery}").status_code == 404
    assert client.get(f"{one['links']['deliveries']}/{delivery}").status_code == 200


def test_old_deliveries_are_swept(here: Installation, client: Client) -> None:
    hook(client)
    heard(here, client)
    with writing(here.engine) as session:
        assert deliveries.sweep(session, before=now() - timedelta(days=30)) == 0
        session.execute(update(models.Delivery).values(created_at=now() - timedelta(days=31)))
        assert deliveries.sweep(session, before=now() - timedelta(days=30)) == 2


def test_the_pauses_are_those_of_the_specification() -> None:
    pauses = [deliveries.pause_after(tries, chance=0) for tries in range(1, 11)]
    in_hours = [round(pause.total_seconds() / 3600, 4) for pause in pauses if pause]
    assert in_hours == [0.0014, 0.0833, 0.5, 2, 5, 10, 14, 20, 24]
    assert pauses[-1] is None


@given(tries=st.integers(1, 9), chance=st.floats(0, 1))
def test_chance_makes_a_pause_longer_by_a_tenth_at_most(tries: int, chance: float) -> None:
    least, pause = deliveries.pause_after(tries, chance=0), deliveries.pause_after(tries, chance=chance)
    assert least is not None
    assert pause is not None
    assert least <= pause <= least * 1.1


@pytest.mark.parametrize(
    ("status", "is_last", "reached", "why"),
    [
        (410, False, None, "gone"),
        (410, False, 5, "gone"),
        (500, False, None, None),
        (500, True, None, "failing"),
        (None, True, -5, "failing"),
        (500, True, 5, None),
    ],
)
def test_a_webhook_is_disabled_when_it_is_gone_or_nothing_reaches_it(
    status: int | None, is_last: Any, reached: int | None, why: str | None
) -> None:
    began = now()
    last = None if reached is None else began + timedelta(hours=reached)
    attempt = Attempt(began, 1, status)
    assert deliveries.disables(attempt, is_last=is_last, created_at=began, last_success_at=last) == why


@pytest.mark.parametrize(
    ("outcome", "status", "told"),
    [
        ("succeeded", "ready", ["job.succeeded", "interview.ready"]),
        ("succeeded", "withdrawn", ["job.succeeded"]),
        ("failed", "failed", ["job.failed", "interview.failed"]),
        ("failed", "ready", ["job.failed"]),
        ("canceled", "canceled", ["job.canceled"]),
        ("canceled", "withdrawn", ["job.canceled"]),
    ],
)
def test_what_there_is_to_tell_of_a_job_that_has_ended(outcome: str, status: str, told: list[str]) -> None:
    assert [event.value for event in jobs.events_of(outcome, interview_status=status)] == told


def test_a_leased_delivery_is_nobody_elses_until_the_lease_runs_out(here: Installation, client: Client) -> None:
    hook(client)
    heard(here, client)
    at = now()
    with writing(here.engine) as session:
        (first,) = deliveries.lease(session, "w1", at=at, most=9)
        (second,) = deliveries.lease(session, "w2", at=at, most=9)
        assert deliveries.lease(session, "w3", at=at, most=9) == []
        assert deliveries.lease(session, "w3", at=at + deliveries.LEASE, busy=[first.webhook_id], most=9) == []
        (taken,) = deliveries.lease(session, "w3", at=at + deliveries.LEASE, most=9)
    assert (first.delivery_id != second.delivery_id, taken.delivery_id) == (True, first.delivery_id)


def test_a_worker_whose_lease_is_gone_changes_nothing(here: Installation, client: Client) -> None:
    made = hook(client, "job.succeeded")
    heard(here, client)
    with writing(here.engine) as session:
        (frozen,) = deliveries.lease(session, "w1", at=now(), most=9)
        deliveries.release(session, ["w1"])
        (held,) = deliveries.lease(session, "w2", at=now(), most=9)
        deliveries.settle(session, frozen, Attempt(now(), 1, 500), chance=0)
    assert sent(client, made)[0]["attempts"] == []
    assert held.delivery_id == frozen.delivery_id


@pytest.mark.parametrize(("tries", "status"), [(0, 410), (9, 500)])
def test_what_an_old_address_answers_says_nothing_of_the_new_one(
    here: Installation, client: Client, tries: int, status: int
) -> None:
    made = hook(client, "job.succeeded")
    heard(here, client)
    with writing(here.engine) as session:
        session.execute(update(models.Delivery).values(tries=tries))
        (held,) = deliveries.lease(session, "w1", at=now(), most=9)
    client.patch(made["links"]["self"], json={"url": f"{URL}/new"})
    with writing(here.engine) as session:
        assert deliveries.settle(session, held, Attempt(now(), 1, status), chance=0) is None
    assert client.get(made["links"]["self"]).json()["enabled"]
    (delivery,) = sent(client, made)
    assert (delivery["status"], delivery["attempts"][0]["status"]) == ("pending", status)


def test_what_waits_for_a_disabled_webhook_is_sent_when_it_is_enabled_again(here: Installation, client: Client) -> None:
    made = hook(client, "job.succeeded")
    heard(here, client)
    client.patch(made["links"]["self"], json={"enabled": False})
    with writing(here.engine) as session:
        assert not deliveries.is_any_due(session, at=now())
    client.patch(made["links"]["self"], json={"enabled": True})
    with writing(here.engine) as session:
        assert len(deliveries.lease(session, "w1", at=now(), most=9)) == 1


def test_a_secret_is_not_given_to_who_sends_the_request_again(here: Installation, client: Client) -> None:
    asked: dict[str, Any] = {"json": {"url": URL, "events": ALL}, "headers": {"Idempotency-Key": "once"}}
    made = client.post("/v1/webhooks", **asked).json()
    again = client.post("/v1/webhooks", **asked)
    assert (again.status_code, again.json()["made"]) == (409, made["links"]["self"])
    with reading(here.engine) as session:
        (reply,) = session.exec(select(models.Reply)).all()
    assert reply.body is None
    assert bytes_of_database(here).count(made["secret"].encode()) >= 1


def test_a_planned_interview_tells_nothing(client: Client) -> None:
    made = hook(client)
    plan(client, title="Tea")
    assert sent(client, made) == []
