"""Deliveries on their way: to a real HTTP server, verified there by the specification's own library."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select
from standardwebhooks import Webhook, WebhookVerificationError

from app import deliveries, models, webhooks
from app.addresses import Target
from app.db import now, reading, writing
from app.deliveries import Event, Lease
from app.errors import NotAudio
from app.extraction import RULES
from app.webhooks import Wanted
from tests.fakes import FakeEar
from tests.installation import Installation, installed
from tests.receiver import Receiver
from workers.bench import Bench, Ears
from workers.courier import Courier
from workers.gate import Gate
from workers.sending import Pinned, Sender, headers_of

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0IG9mIHdlYmhvb2tz"


@dataclass
class Clock:
    """Goes when it is told to."""

    at: datetime = field(default_factory=now)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path, webhook_allow_private=True) as here:
        yield here


@pytest.fixture
def there() -> Iterator[Receiver]:
    with Receiver() as there:
        yield there


def bench_of(here: Installation) -> Bench:
    ears = Ears(lambda _engine, _model: FakeEar())
    return Bench("w1", here.settings, here.engine, here.queue, here.recordings, ears, Gate(1), RULES)


def courier_of(here: Installation, clock: Clock | None = None, **options: Any) -> Courier:
    sender = Sender(allow_private=True, **options)
    return Courier(bench_of(here), sender=sender, clock=clock or Clock(), chance=lambda: 0.0)


def hook(here: Installation, url: str, *events: Event) -> models.Webhook:
    with writing(here.engine) as session:
        return webhooks.create(session, here.owner_id, Wanted(url, events or tuple(Event)))


def happens(here: Installation, cause: str = "job_1.1", event: Event = Event.JOB_SUCCEEDED) -> None:
    with writing(here.engine) as session:
        deliveries.announce(session, event, owner_id=here.owner_id, cause=cause, ids={"job_id": "job_1"})


def deliver(courier: Courier) -> int:
    return asyncio.run(courier.deliver_due())


def delivery(here: Installation) -> models.Delivery:
    with reading(here.engine) as session:
        return session.exec(select(models.Delivery)).one()


def webhook(here: Installation) -> models.Webhook:
    with reading(here.engine) as session:
        return session.exec(select(models.Webhook)).one()


def lease_to(url: str) -> Lease:
    return Lease("dlv_1", "whk_1", "w1", url=url, body="{}", secrets=(SECRET,))


def try_once(sender: Sender, url: str) -> deliveries.Attempt:
    return asyncio.run(sender.send(lease_to(url), at=now()))


def test_what_is_received_is_verified_by_the_official_library(here: Installation, there: Receiver) -> None:
    made = hook(here, there.url)
    happens(here)
    assert deliver(courier_of(here)) == 1
    (received,) = there.received
    told = received.verified(made.secret)
    assert (told["type"], told["data"]["links"]) == ("job.succeeded", {"job": "/v1/jobs/job_1"})
    assert (received.id, received.headers["content-type"]) == (delivery(here).id, "application/json")
    assert (delivery(here).status, webhook(here).last_success_at) == ("delivered", delivery(here).finished_at)
    with pytest.raises(WebhookVerificationError):
        received.verified(SECRET)


def test_a_delivery_is_verified_with_either_secret_while_they_overlap(here: Installation, there: Receiver) -> None:
    old = hook(here, there.url).secret
    with writing(here.engine) as session:
        new = webhooks.rotate(session, here.owner_id, webhook(here).id).secret
    happens(here)
    deliver(courier_of(here))
    assert there.received[0].verified(old) == there.received[0].verified(new)


def test_it_is_tried_again_over_three_days_and_then_the_webhook_is_disabled(
    here: Installation, there: Receiver
) -> None:
    hook(here, there.url)
    happens(here)
    there.answers(*[500] * 20)
    clock, began, tried_at = Clock(), now(), []
    courier = courier_of(here, clock)
    while delivery(here).status == "pending":
        assert deliver(courier) == 1
        tried_at.append(clock.at - began)
        assert deliver(courier) == 0
        clock.at = delivery(here).due_at
    assert (len(tried_at), len({one.id for one in there.received})) == (10, 1)
    assert timedelta(hours=75) < tried_at[-1] < timedelta(hours=76)
    assert (webhook(here).is_enabled, webhook(here).disabled_because) == (False, "failing")
    assert [one["status"] for one in delivery(here).attempts] == [500] * 10


def test_a_webhook_that_something_reached_meanwhile_stays_enabled(here: Installation, there: Receiver) -> None:
    hook(here, there.url)
    happens(here)
    there.answers(*[503] * 9, 204, 503)
    clock = Clock()
    courier = courier_of(here, clock)
    for _ in range(9):
        clock.at = max(clock.at, delivery(here).due_at)
        deliver(courier)
    last_try_at = delivery(here).due_at
    happens(here, "job_1.2")
    deliver(courier)
    clock.at = last_try_at
    deliver(courier)
    with reading(here.engine) as session:
        assert sorted(session.exec(select(models.Delivery.status))) == ["delivered", "failed"]
    assert webhook(here).is_enabled


def test_410_disables_the_webhook_at_once(here: Installation, there: Receiver) -> None:
    hook(here, there.url)
    happens(here)
    there.answers(410)
    deliver(courier_of(here))
    assert (webhook(here).disabled_because, delivery(here).status) == ("gone", "failed")
    happens(here, "job_1.2")
    assert deliver(courier_of(here)) == 0


def test_a_redirect_is_not_followed(here: Installation, there: Receiver) -> None:
    with Receiver() as elsewhere:
        there.location = elsewhere.url
        there.answers(307, 302)
        hook(here, there.url)
        happens(here)
        deliver(courier_of(here))
        assert (delivery(here).status, delivery(here).attempts[0]["status"]) == ("pending", 307)
        assert elsewhere.received == []


def test_a_server_that_hangs_or_dribbles_is_left_in_time(there: Receiver) -> None:
    sender = Sender(allow_private=True, timeout_s=0.4)
    there.dribbles = True
    attempt = try_once(sender, there.url)
    assert (attempt.error, attempt.status) == ("timeout", None)
    assert 300 < attempt.took_ms < 3000
    there.dribbles, there.pause_s = False, 2.0
    assert try_once(sender, there.url).error == "timeout"


def test_nobody_there_is_said_so() -> None:
    with Receiver() as gone:
        url = gone.url
    assert try_once(Sender(allow_private=True, timeout_s=2), url).error == "unreachable"


def test_one_webhook_that_hangs_does_not_keep_the_others_waiting(here: Installation, there: Receiver) -> None:
    with Receiver(pause_s=3.0) as slow:
        hook(here, slow.url)
        hook(here, there.url)
        happens(here)
        happens(here, "job_1.2")
        courier = Courier(bench_of(here), sender=Sender(allow_private=True))
        courier.start()
        for _ in range(100):
            if len(there.received) == 2:
                break
            asyncio.run(asyncio.sleep(0.02))
        assert (len(there.received), len(slow.received)) == (2, 1)
        courier.end()


def test_a_courier_that_ends_gives_back_what_it_could_not_send(here: Installation, there: Receiver) -> None:
    hook(here, there.url)
    happens(here)
    with writing(here.engine) as session:
        deliveries.lease(session, "w1", at=now(), most=1)
    courier = courier_of(here)
    courier.start()
    courier.end()
    assert (delivery(here).leased_by, delivery(here).status) == (None, "pending")


def test_a_private_address_is_refused_at_the_moment_of_sending(there: Receiver) -> None:
    attempt = try_once(Sender(allow_private=False), there.url.replace("http:", "https:"))
    assert (attempt.error, there.received) == ("address-refused", [])


class Network(httpx.AsyncBaseTransport):
    """Notes where connections would go; no `answering` address, no answer."""

    def __init__(self, *answering: str) -> None:
        self.answering, self.asked = answering, list[tuple[str, str, Any]]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.url.host, request.headers["host"], request.extensions.get("sni_hostname")))
        if request.url.host not in self.answering:
            raise httpx.ConnectError("nobody there")
        return httpx.Response(204)


def names(*answers: list[str]) -> Any:
    """A name server that says something else each time."""
    left = list(answers)

    async def resolve(_target: Target) -> list[str]:
        return left.pop(0)

    return resolve


def test_the_address_that_was_checked_is_the_one_that_is_connected_to() -> None:
    network = Network("93.184.215.14")
    sender = Sender(allow_private=False, resolve=names(["93.184.215.14"], ["127.0.0.1"]), inner=network)
    assert try_once(sender, "https://hooks.example/x").status == 204
    assert network.asked == [("93.184.215.14", "hooks.example", "hooks.example")]
    assert try_once(sender, "https://hooks.example/x").error == "address-refused"
    assert len(network.asked) == 1


def test_every_address_is_checked_and_the_next_is_tried_when_one_does_not_answer() -> None:
    network = Network("93.184.215.14")
    found = ["2606:4700::6810:84e5", "93.184.215.14"]
    sender = Sender(allow_private=False, resolve=names(found, [*found, "10.0.0.1"]), inner=network)
    assert try_once(sender, "https://hooks.example:8443/x").status == 204
    assert [host for host, _name, _sni in network.asked] == found
    assert network.asked[0][1] == "hooks.example:8443"
    assert try_once(sender, "https://hooks.example/x").error == "address-refused"


def test_a_defect_of_ours_is_not_taken_for_one_of_theirs() -> None:
    class Broken(httpx.AsyncBaseTransport):
        async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
            raise NotAudio

    pinned = Pinned(Broken(), allow_private=True, resolve=names(["127.0.0.1"]))
    with pytest.raises(NotAudio):
        asyncio.run(pinned.handle_async_request(httpx.Request("POST", "http://localhost/")))


def test_headers_are_those_of_the_specification() -> None:
    at = now()
    headers = headers_of(lease_to("https://a.example"), at)
    assert headers["webhook-signature"] == Webhook(SECRET).sign("dlv_1", at, "{}")
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("dlv_1", str(int(at.timestamp())))
    assert json.loads("{}") == Webhook(SECRET).verify("{}", headers)
