"""Rates: each key has its own, each kind of request too, and who guesses keys is slowed without hitting others."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.admission import headers_of, kind_of
from app.errors import RateLimited
from app.keys import new_token
from app.main import create_app
from app.rates import WINDOW_S, Kind, Rates, Standing
from tests.client import Client
from tests.installation import Installation, installed
from tests.scenes import SOUND, kept, make_key, plan, upload

LEFT = re.compile(r'"([a-z-]+)";r=(\d+);t=(\d+)')


@contextmanager
def limited(folder: Path, **per_minute: int) -> Iterator[tuple[Installation, Client]]:
    quotas = {f"{kind}_per_minute": quota for kind, quota in per_minute.items()}
    with (
        installed(folder, **quotas) as here,
        Client(create_app(here.settings), key=make_key(here)) as client,
    ):
        yield here, client


def left(answer: Any) -> tuple[str, int, int]:
    found = LEFT.fullmatch(answer.headers["ratelimit"])
    assert found is not None
    return found[1], int(found[2]), int(found[3])


def test_what_is_over_the_quota_is_refused_with_when_to_come_again(tmp_path: Path) -> None:
    with limited(tmp_path, reads=3) as (_here, client):
        answers = [client.get("/v1/me") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    refused = answers[3]
    assert (refused.json()["code"], refused.json()["policy"]) == ("rate-limited", "reads")
    assert 1 <= int(refused.headers["retry-after"]) <= WINDOW_S
    assert int(refused.headers["retry-after"]) >= left(refused)[2]


def test_every_answer_says_how_its_caller_stands(tmp_path: Path) -> None:
    with limited(tmp_path, reads=10, writes=5) as (_here, client):
        answers = [client.get("/v1/me"), client.get("/v1/interviews?cursor=x"), client.post("/v1/consents", json={})]
        nobody = client.as_key(None).get("/v1/me")
    assert [(answer.status_code, *left(answer)[:2]) for answer in answers] == [
        (200, "reads", 9),
        (400, "reads", 8),
        (422, "writes", 4),
    ]
    assert answers[0].headers["ratelimit-policy"] == '"reads";q=10;w=60'
    assert (nobody.status_code, left(nobody)[0]) == (401, "refused-keys")


def test_kinds_and_keys_are_counted_apart(tmp_path: Path) -> None:
    with limited(tmp_path, reads=1, writes=1, uploads=1) as (here, client):
        assert client.get("/v1/me").status_code == 200
        plan(client, title="x")
        upload(client)
        assert client.get("/v1/me").status_code == 429
        assert client.as_key(make_key(here)).get("/v1/me").status_code == 200


def test_an_upload_over_the_quota_leaves_nothing_behind(tmp_path: Path) -> None:
    with limited(tmp_path, uploads=1) as (here, client):
        upload(client)
        answer = client.post("/v1/interviews?consent=true", content=SOUND, headers={"Content-Type": "audio/wav"})
        assert (answer.status_code, answer.json()["policy"], len(kept(here))) == (429, "uploads", 1)


def test_who_guesses_is_slowed_and_a_good_key_from_the_same_place_is_not(tmp_path: Path) -> None:
    with limited(tmp_path, refused_keys=3) as (here, client):
        assert client.get("/v1/me").status_code == 200
        guesses = [client.as_key(str(new_token())).get("/v1/me") for _ in range(5)]
        fresh = client.as_key(make_key(here)).get("/v1/me")
        known = client.get("/v1/me")
    assert [guess.status_code for guess in guesses] == [401, 401, 401, 429, 429]
    assert guesses[-1].json()["policy"] == "refused-keys"
    assert (known.status_code, fresh.status_code) == (200, 429)


def test_a_key_that_was_good_and_is_revoked_is_dead_all_the_same(tmp_path: Path) -> None:
    with limited(tmp_path, refused_keys=1) as (here, client):
        phone = make_key(here)
        assert client.as_key(phone).get("/v1/me").status_code == 200
        client.delete(f"/v1/api-keys/key_{phone.split('_')[1]}")
        assert [client.as_key(phone).get("/v1/me").status_code for _ in range(3)] == [401] * 3


def test_nothing_is_limited_where_it_is_switched_off(tmp_path: Path) -> None:
    with limited(tmp_path, reads=0, refused_keys=0) as (_here, client):
        assert "ratelimit" not in client.get("/v1/me").headers
        assert {client.as_key(None).get("/v1/me").status_code for _ in range(200)} == {401}


def test_the_limits_say_what_the_quotas_are(tmp_path: Path) -> None:
    with limited(tmp_path, reads=7) as (_here, client):
        found = client.get("/v1/limits").json()
    assert found["rates"][0] == {"policy": "reads", "quota": 7, "window_s": 60}
    assert {rate["policy"] for rate in found["rates"]} == {kind.value for kind in Kind}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_those_who_watch_the_service_are_not_counted(client: Client, path: str) -> None:
    assert "ratelimit" not in client.as_key(None).get(path).headers


JSON = {"content-type": "application/json", "content-length": "2"}


@pytest.mark.parametrize(
    ("method", "headers", "kind"),
    [
        ("GET", {}, Kind.READS),
        ("HEAD", {}, Kind.READS),
        ("POST", {}, Kind.WRITES),
        ("POST", {"content-length": "0"}, Kind.WRITES),
        ("DELETE", {}, Kind.WRITES),
        ("PATCH", JSON, Kind.WRITES),
        ("POST", JSON | {"transfer-encoding": "chunked"}, Kind.WRITES),
        ("POST", {"content-type": "multipart/form-data; boundary=x", "content-length": "9"}, Kind.UPLOADS),
        ("PUT", {"content-length": "9"}, Kind.UPLOADS),
        ("PUT", {"transfer-encoding": "chunked"}, Kind.UPLOADS),
        ("PATCH", {"content-type": "application/offset+octet-stream", "content-length": "9"}, Kind.UPLOADS),
    ],
)
def test_what_a_request_counts_as(method: str, headers: dict[str, str], kind: Kind) -> None:
    assert kind_of(method, headers) == kind


@given(st.sampled_from(Kind), st.integers(1, 50), st.integers(0, 100))
def test_no_more_than_the_quota_gets_through(kind: Kind, quota: int, asked: int) -> None:
    rates = Rates({kind: quota})
    standings = [standing for _ in range(asked) if (standing := rates.take(kind, "somebody"))]
    assert sum(not standing.is_over for standing in standings) == min(quota, asked)
    assert [standing.remaining for standing in standings] == [max(0, quota - n - 1) for n in range(asked)]
    assert all(1 <= standing.reset_s <= WINDOW_S for standing in standings)


def test_a_standing_is_told_as_the_draft_says() -> None:
    assert headers_of(Standing(Kind.UPLOADS, quota=600, remaining=599, reset_s=42)) == {
        "RateLimit-Policy": '"uploads";q=600;w=60',
        "RateLimit": '"uploads";r=599;t=42',
    }
    with pytest.raises(RateLimited) as refused:
        Standing(Kind.UPLOADS, quota=600, remaining=0, reset_s=42, is_over=True).check()
    assert refused.value.facts["retry_after_s"] == 42
