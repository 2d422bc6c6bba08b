"""The service about itself: health, readiness, limits, numbers; and the coat every failure wears."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app import models
from app.db import now, writing
from app.main import create_app
from tests.client import Client
from tests.installation import Installation, installed
from tests.scenes import TALK, heard, make_key, plan, upload


@pytest.fixture
def nobody(client: Client) -> Client:
    return client.as_key(None)


def test_health_needs_nothing_and_nobody(here: Installation, nobody: Client) -> None:
    here.engine.dispose()
    (here.settings.data_dir / "candid.db").rename(here.settings.data_dir / "away")
    assert nobody.get("/healthz").json() == {"status": "ok"}


def test_readiness_counts_the_workers_that_still_beat(here: Installation, nobody: Client) -> None:
    with writing(here.engine) as session:
        session.add(models.Worker(id="w1", engine="e", model="m"))
        session.add(models.Worker(id="w2", engine="e", model="m", beat_at=now().replace(year=2020)))
    assert nobody.get("/readyz").json() == {"status": "ready", "database": True, "storage": True, "workers": 1}


def test_an_old_database_is_not_ready(here: Installation, nobody: Client) -> None:
    with here.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("update alembic_version set version_num = '0000'"))
    answer = nobody.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["database"]) == (503, "not-ready", False)


def test_limits_are_the_settings(tmp_path: Path) -> None:
    with (
        installed(tmp_path, max_recording_bytes=12345, max_decoded_s=60) as here,
        Client(create_app(here.settings), key=make_key(here)) as client,
    ):
        limits = client.get("/v1/limits").json()
    assert (limits["max_recording_bytes"], limits["max_recording_s"]) == (12345, 60)
    assert "audio/mp4" in limits["media_types"]


@pytest.mark.parametrize(
    ("verb", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "no-such-path"),
        ("GET", "/v1/interviews/", 404, "no-such-path"),
        ("DELETE", "/v1/interviews", 405, "method-not-allowed"),
        ("BREW", "/v1/interviews", 405, "method-not-allowed"),
        ("GET", "/v1/interviews/int_0", 422, "invalid-request"),
        ("GET", "/v1/interviews?cursor=x", 400, "cursor-invalid"),
        ("POST", "/v1/uploads", 404, "no-such-path"),
    ],
)
def test_every_failure_wears_the_same_coat(client: Client, verb: str, path: str, status: int, code: str) -> None:
    answer = client.request(verb, path)
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (body["request_id"], body["instance"]) == (answer.headers["x-request-id"], path.partition("?")[0])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "json-invalid"),
        (b'"text"', 422, "invalid-request"),
        (b"[1]", 422, "invalid-request"),
        (b"\xff\xfe", 400, "json-invalid"),
        (b'{"title": NaN}', 400, "json-invalid"),
        (b"[" * 100_000, 400, "json-invalid"),
        (b'{"title": "' + b"x" * 2**20 + b'"}', 413, "body-too-large"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/interviews", "/v1/consents"])
def test_a_body_that_is_no_json_object_is_said_to_be_none(
    client: Client, path: str, body: bytes, status: int, code: str
) -> None:
    answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_unforeseen_failure_tells_a_number_and_nothing_else(here: Installation) -> None:
    client = Client(create_app(here.settings), key=make_key(here), raises=False)
    with client:
        with sqlite3.connect(here.settings.data_dir / "candid.db") as database:
            database.execute("alter table interview rename to no_longer_there")
        answer = client.get("/v1/interviews")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "interview" not in answer.json()["detail"] + answer.json()["title"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1@evil.example", ""])
def test_another_host_name_is_refused(client: Client, host: str) -> None:
    answer = client.get("/v1/me", headers={"Host": host})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    ("given", "taken"), [("trace-0123456789", True), ("short", False), ("x" * 65, False), ("with space 123", False)]
)
def test_a_harmless_request_id_of_the_callers_is_kept(client: Client, given: str, taken: bool) -> None:  # noqa: FBT001
    answer = client.get("/v1/me", headers={"X-Request-Id": given})
    assert (answer.headers["x-request-id"] == given) is taken


def test_every_answer_tells_browsers_not_to_guess(client: Client) -> None:
    for path in ("/v1/me", "/healthz", "/nowhere", "/docs", "/openapi.json"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers


def test_no_web_page_may_call_unless_it_was_named(tmp_path: Path, client: Client) -> None:
    assert "access-control-allow-origin" not in client.get("/v1/me", headers={"Origin": "https://app.example"}).headers
    with installed(tmp_path / "named", cors_origins=("https://app.example",)) as here:
        named = Client(create_app(here.settings), key=make_key(here))
        with named:
            answer = named.get("/v1/me", headers={"Origin": "https://app.example"})
    assert answer.headers["access-control-allow-origin"] == "https://app.example"


def sources(page: str) -> Iterator[str]:
    yield from re.findall(r'(?:src|href)="(/[^"#]*)"', page)


def test_the_docs_need_no_network(client: Client) -> None:
    page = client.get("/docs").text
    assert "http://" not in page + "https://" not in page
    assert "//cdn" not in page
    found = list(sources(page))
    assert [client.get(path).status_code for path in found] == [200] * len(found)
    assert len(found) >= 3


def test_every_problem_has_its_place_on_the_page_of_problems(client: Client) -> None:
    page = client.get("/problems").text
    for code in ("consent-required", "recording-incomplete", "cursor-invalid", "attempts-exhausted"):
        assert f'id="{code}"' in page
    kind = client.get("/nowhere").json()["type"]
    assert f'id="{kind.partition("#")[2]}"' in page


def value(page: str, name: str) -> float:
    return float(next(line for line in page.splitlines() if line.startswith(name + " ")).rpartition(" ")[2])


def test_requests_are_counted_by_template_and_never_by_path(client: Client) -> None:
    made = plan(client, title="x")
    for _ in range(3):
        client.get(made["links"]["self"])
    page = client.get("/metrics").text
    series = 'candid_http_requests_total{method="GET",route="/v1/interviews/{interview_id}",status="200"}'
    assert value(page, series) >= 3
    assert made["id"] not in page


def test_made_up_paths_and_methods_make_no_new_series(client: Client) -> None:
    for number in range(5):
        client.get(f"/made-up-{number}")
        client.request(f"MADEUP{number}", "/healthz")
    page = client.get("/metrics").text
    assert "made-up" not in page
    assert "MADEUP" not in page
    assert 'method="other"' in page


def test_jobs_are_counted_by_status(here: Installation, client: Client) -> None:
    upload(client)
    upload(client)
    heard(here, client)
    page = client.get("/metrics").text
    assert (value(page, 'candid_jobs{status="queued"}'), value(page, 'candid_jobs{status="succeeded"}')) == (2, 1)


def test_the_numbers_hold_no_words_names_or_keys(here: Installation, client: Client) -> None:
    heard(here, client, TALK, title="secret title", filename="secret.wav", vocabulary="secret")
    page = client.get("/metrics").text
    for secret in ("secret", "fifty-two", client.headers["authorization"].rpartition("_")[2], here.owner_id):
        assert secret not in page
