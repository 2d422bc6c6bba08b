"""Streams of a job's events: nothing lost, nothing told twice, ended when they must, cheap when many."""

import asyncio
import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from app import claims, followings, keys, models
from app.api.streams import Streams
from app.claims import Claim, Report
from app.db import now, writing
from app.errors import CandidError
from app.followings import Following, Sight
from app.jobs import Stage
from app.keys import Scope
from app.main import create_app, leave
from tests.client import Client
from tests.installation import Installation, installed
from tests.scenes import make_key, spoken, upload, work_through
from tests.whole.service import KEY, Service, eventually, running

WORDS = (("S1", "Hello there."),)


def events(answer: Any) -> list[dict[str, Any]]:
    """The events of a whole stream, as JobEvent has them."""
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block for block in answer.text.split("\n\n") if block and not block.startswith(":")]
    return [_event(dict(line.split(": ", 1) for line in block.split("\n"))) for block in blocks]


def _event(lines: dict[str, str]) -> dict[str, Any]:
    retry = int(lines["retry"]) if "retry" in lines else None
    return {"id": lines.get("id"), "event": lines["event"], "data": json.loads(lines["data"]), "retry": retry}


@contextmanager
def following(client: Client, made: dict[str, Any], **headers: str) -> Iterator["Future[Any]"]:
    """The stream of a job, open while something happens; the client sees its answer whole, when it has ended."""
    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(client.get, f"{made['links']['job']}/events", headers=headers)
        eventually(lambda: len(client.service.state.house.streams) == 1, within_s=5)
        yield future


def advance(here: Installation, job_id: str, progress: float) -> Claim:
    claim = Claim(job_id, 1, "worker-of-the-test")
    with writing(here.engine) as session:
        claims.begin(session, claim, is_ours=lambda: True)
        claims.advance(session, claim, Report(Stage.HEARING, progress, eta_s=5.0))
    return claim


def ended(here: Installation, client: Client) -> dict[str, Any]:
    made = upload(client)
    work_through(here, made["job"]["id"], spoken(*WORDS))
    return made


def test_a_stream_tells_each_change_and_ends_with_done(here: Installation, client: Client) -> None:
    made = upload(client)
    with following(client, made) as stream:
        claim = advance(here, made["job"]["id"], 0.5)
        time.sleep(1.2)
        with writing(here.engine) as session:
            claims.succeed(session, claim)
        told = events(stream.result(10))
    assert [one["event"] for one in told] == ["progress", "progress", "done"]
    assert [one["data"]["status"] for one in told] == ["queued", "running", "succeeded"]
    assert (told[1]["data"]["progress"], told[1]["data"]["stage"], told[1]["data"]["eta_s"]) == (0.5, "hearing", 5.0)
    ids = [int(one["id"]) for one in told]
    assert ids == sorted(set(ids))


def test_every_event_is_what_the_contract_says_one_is(here: Installation, client: Client) -> None:
    (told,) = events(client.get(f"{ended(here, client)['links']['job']}/events"))
    assert list(client.contract.errors({"$ref": "#/components/schemas/JobEvent"}, told)) == []


def test_a_job_that_failed_says_why_in_its_last_event(here: Installation, client: Client) -> None:
    made = upload(client)
    with writing(here.engine) as session:
        claim = Claim(made["job"]["id"], 1, "w")
        claims.begin(session, claim, is_ours=lambda: True)
        claims.fail(session, claim, CandidError("It is a picture."))
    (told,) = events(client.get(f"{made['links']['job']}/events"))
    assert (told["event"], told["data"]["error"]["detail"], told["data"]["error"]["attempt"]) == (
        "done",
        "It is a picture.",
        1,
    )


def test_who_comes_again_is_told_what_is_new_and_nothing_twice(here: Installation, client: Client) -> None:
    made = upload(client)
    first = client.get(made["links"]["job"])
    assert first.json()["status"] == "queued"
    with following(client, made, **{"Last-Event-ID": str(here.job(made["job"]["id"]).version)}) as stream:
        time.sleep(1.2)
        work_through(here, made["job"]["id"], spoken(*WORDS))
        told = events(stream.result(10))
    assert [one["event"] for one in told] == ["done"]


def test_who_has_seen_the_end_is_told_not_to_come_again(here: Installation, client: Client) -> None:
    path = f"{ended(here, client)['links']['job']}/events"
    (done,) = events(client.get(path))
    answer = client.get(path, headers={"Last-Event-ID": done["id"]})
    assert (answer.status_code, answer.content) == (204, b"")


def test_who_missed_the_end_is_told_it_however_late_they_come(here: Installation, client: Client) -> None:
    made = ended(here, client)
    (done,) = events(client.get(f"{made['links']['job']}/events", headers={"Last-Event-ID": "1"}))
    assert (done["event"], done["data"]["status"]) == ("done", "succeeded")


def test_a_number_from_another_life_of_the_database_hides_nothing(here: Installation, client: Client) -> None:
    made = ended(here, client)
    answer = client.get(f"{made['links']['job']}/events", headers={"Last-Event-ID": "4711"})
    assert [one["event"] for one in events(answer)] == ["done"]


@pytest.mark.parametrize("said", ["x", "-1", "1.5", "9" * 16])
def test_an_id_that_is_none_of_ours_is_refused(client: Client, said: str) -> None:
    answer = client.get(f"{upload(client)['links']['job']}/events", headers={"Last-Event-ID": said})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/header/Last-Event-ID")


def test_a_revoked_key_is_told_nothing_more(here: Installation, client: Client) -> None:
    made = upload(client)
    phone = make_key(here, Scope.READ)
    with following(client.as_key(phone), made) as stream:
        client.delete(f"/v1/api-keys/{keys.Token.parse(phone).key_id}")
        advance(here, made["job"]["id"], 0.5)
        told = events(stream.result(5))
    assert [one["event"] for one in told] == ["progress", "refused"]
    assert (told[-1]["data"]["code"], told[-1]["data"]["status"], told[-1]["id"]) == ("key-refused", 401, None)
    assert list(client.contract.errors({"$ref": "#/components/schemas/JobEvent"}, told[-1])) == []


def test_withdrawn_consent_ends_the_stream_and_refuses_the_next(here: Installation, client: Client) -> None:
    made = upload(client)
    advance(here, made["job"]["id"], 0.5)
    with following(client, made) as stream:
        client.post(f"/v1/consents/{made['consent']['id']}/withdraw", json={})
        told = events(stream.result(5))
    assert (told[-1]["event"], told[-1]["data"]["code"]) == ("refused", "consent-withdrawn")
    assert client.get(f"{made['links']['job']}/events").status_code == 451


def test_a_key_has_so_many_streams_and_no_more(tmp_path: Path) -> None:
    with (
        installed(tmp_path, streams_per_key=1) as here,
        Client(create_app(here.settings), key=make_key(here)) as client,
    ):
        made = upload(client)
        with following(client, made):
            refused = client.get(f"{made['links']['job']}/events")
            client.post(f"{made['links']['job']}/cancel")
        assert (refused.status_code, refused.json()["code"]) == (429, "streams-exhausted")
        assert client.get(f"{made['links']['job']}/events").status_code == 200


def test_a_service_that_leaves_ends_its_streams(client: Client) -> None:
    with following(client, upload(client)) as stream:
        leave(client.service)
        assert [one["event"] for one in events(stream.result(5))] == ["progress"]


def job(version: int, status: str = "running") -> models.Job:
    return models.Job(id="job_1", owner_id="o", interview_id="i", version=version, status=status)


def interview(**facts: Any) -> models.Interview:
    return models.Interview(id="i", owner_id="o", title="t", **facts)


@pytest.mark.parametrize(
    ("sight", "expected"),
    [
        (Sight({"job_1": (job(3), interview())}, {"key_1"}), None),
        (Sight({"job_1": (job(4), interview())}, {"key_1"}), "running"),
        (Sight({"job_1": (job(4, "failed"), interview())}, {"key_1"}), "failed"),
        (Sight({"job_1": (job(4), interview())}, {}), "key-refused"),
        (Sight({"job_1": (job(3), interview(status="withdrawn"))}, {"key_1"}), "consent-withdrawn"),
        (Sight({"job_1": (job(4), interview(status="withdrawn"))}, {}), "key-refused"),
        (Sight({"job_1": (job(4), interview(deleted_at=now()))}, {"key_1"}), "not-found"),
        (Sight({}, {"key_1"}), "not-found"),
    ],
)
def test_what_is_news_for_somebody_who_has_seen_version_three(sight: Sight, expected: str | None) -> None:
    news = followings.news_for(Following("key_1", "job_1", 3), sight)
    told = news and (news.refusal.code if news.refusal else news.job and news.job.status)
    assert told == expected
    assert news is None or news.is_last is (expected != "running")


async def _follow_all(here: Installation, wanted: list[Following], seconds: float) -> int:
    """The queries that following costs in so many seconds."""
    asked: list[str] = []
    event.listen(here.engine, "before_cursor_execute", lambda *call: asked.append(call[2].partition(" ")[0]))
    streams = Streams(here.engine, per_key=len(wanted))

    async def follow(one: Following) -> None:
        async for _news in streams.follow(one, None):
            pass

    tasks = [asyncio.create_task(follow(one)) for one in wanted]
    await asyncio.sleep(seconds)
    streams.leave()
    await asyncio.gather(*tasks)
    return asked.count("SELECT")


def test_a_thousand_who_wait_cost_two_queries_a_second(here: Installation) -> None:
    key_id = keys.Token.parse(make_key(here)).key_id
    jobs = [here.submit() for _ in range(20)]
    queries = asyncio.run(_follow_all(here, [Following(key_id, jobs[n % 20], 99) for n in range(1000)], 2.5))
    assert 2 <= queries <= 6


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("streams"), CANDID_STREAMS_PER_KEY="1000") as service:
        yield service


async def _open(client: httpx.AsyncClient, url: str) -> tuple[httpx.Response, str]:
    request = client.build_request("GET", url, headers={"Authorization": f"Bearer {KEY}"})
    answer = await client.send(request, stream=True)
    return answer, await anext(answer.aiter_text())


async def _crowd(service: Service, path: str, size: int) -> tuple[int, float]:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=30, limits=limits) as client:
        opened = await asyncio.gather(*(_open(client, f"{service.url}{path}") for _ in range(size)))
        began = time.monotonic()
        lists = await asyncio.gather(*(asyncio.to_thread(service.get, "/v1/interviews") for _ in range(10)))
        took = time.monotonic() - began
        assert {answer.status_code for answer in lists} == {200}
        for answer, _first in opened:
            await answer.aclose()
    return sum("event: progress" in first for _answer, first in opened), took


def test_a_crowd_that_waits_takes_no_thread_and_no_connection_from_others(service: Service) -> None:
    _interview, job_id = service.upload()
    told, took = asyncio.run(_crowd(service, f"/v1/jobs/{job_id}/events", 200))
    assert told == 200
    assert took < 10


def test_two_processes_tell_the_same_story(service: Service) -> None:
    _interview, job_id = service.upload()
    here = service.url
    other = service.api()
    there, service.url = service.url, here
    first = _first_event(here, job_id)
    second = _first_event(there, job_id)
    assert first == second
    httpx.post(f"{there}/v1/jobs/{job_id}/cancel", headers={"Authorization": f"Bearer {KEY}"})
    resumed = httpx.get(
        f"{here}/v1/jobs/{job_id}/events", headers={"Authorization": f"Bearer {KEY}", "Last-Event-ID": first["id"]}
    )
    assert [(one["event"], one["data"]["status"]) for one in events(resumed)] == [("done", "canceled")]
    other.kill()


def _first_event(url: str, job_id: str) -> dict[str, Any]:
    with httpx.stream("GET", f"{url}/v1/jobs/{job_id}/events", headers={"Authorization": f"Bearer {KEY}"}) as answer:
        block = next(answer.iter_text()).strip()
        return _event(dict(line.split(": ", 1) for line in block.split("\n")))


def test_a_service_that_is_asked_to_stop_does_not_wait_for_its_streams(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        _interview, job_id = service.upload()
        headers = {"Authorization": f"Bearer {KEY}"}
        with httpx.stream("GET", f"{service.url}/v1/jobs/{job_id}/events", headers=headers, timeout=30) as answer:
            chunks = answer.iter_text()
            next(chunks)
            began = time.monotonic()
            service.started[0].signal(signal.SIGTERM)
            assert "event" not in "".join(chunks)
        assert service.started[0].ended(within_s=10) in (0, -signal.SIGTERM)
        assert time.monotonic() - began < 5
