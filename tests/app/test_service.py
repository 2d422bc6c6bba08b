"""The service about itself: health, readiness, limits, numbers; and the coat every failure wears."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app import models
from app.db import now, writing
from app.main import create_app
from tests.client import Client
from tests.installation import Installation, installed
from tests.scenes import TALK, heard, make_key, plan, upload


@pytest.fixture
def nobody(client: Client) -> Client:
    return client.as_key(None)


def rename(engine: Engine, table: str) -> None:
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(f"alter table {table} rename to no_longer_there"))


def test_health_needs_nothing_and_nobody(here: Installation) -> None:
    away = here.settings.model_copy(update={"database_url": "postgresql+psycopg://nobody@/none?host=/nowhere"})
    with Client(create_app(away)) as client:
        assert client.get("/healthz").json() == {"status": "ok"}


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
        ("POST", "/v1/uploads", 412, "tus-version-unknown"),
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
        rename(here.engine, "interview")
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


ORIGIN = "https://app.example"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Client]:
    """A web page whose origin was named."""
    with (
        installed(tmp_path / "named", cors_origins=(ORIGIN,)) as here,
        Client(create_app(here.settings), key=make_key(here), raises=False) as client,
    ):
        client.headers["Origin"] = ORIGIN
        yield client


def operations(page: Client) -> list[dict[str, Any]]:
    """Of the contract; each with its method."""
    paths = page.service.openapi()["paths"].values()
    return [{"method": method.upper(), **operation} for path in paths for method, operation in path.items()]


def allowed(page: Client, path: str, method: str) -> tuple[set[str], set[str]]:
    """Which methods and headers a browser is told that it may send."""
    asking = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization"}
    # Asked past the contract, which knows no OPTIONS but that of tus.
    answer = TestClient(page.service, base_url="http://localhost").options(path, headers=page.headers | asking)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, ORIGIN)
    told = (answer.headers[f"access-control-allow-{what}"] for what in ("methods", "headers"))
    methods, headers = ({one.strip().lower() for one in value.split(",")} for value in told)
    return methods, headers


def test_a_named_page_may_send_every_header_that_means_something_here(page: Client) -> None:
    parameters = [one for operation in operations(page) for one in operation.get("parameters", [])]
    meant = {one["name"].lower() for one in parameters if one["in"] == "header"}
    beside = {"authorization", "content-type", "x-http-method-override", "x-request-id", "upload-concat"}
    methods, headers = allowed(page, "/v1/uploads", "PATCH")
    assert methods >= {operation["method"].lower() for operation in operations(page)}
    assert headers >= meant | beside
    assert {"tus-resumable", "if-match", "idempotency-key", "repr-digest", "last-event-id"} <= meant


def test_a_named_page_may_read_every_header_that_an_answer_has(page: Client) -> None:
    answers = [answer for operation in operations(page) for answer in operation["responses"].values()]
    told = {name for answer in answers for name in answer.get("headers", {})}
    readable = set(page.get("/v1/me").headers["access-control-expose-headers"].split(", "))
    # A page may read the first anyway; the other is for what keeps answers on the way.
    assert readable >= told - {"Content-Length", "Vary"}
    assert {"Location", "Upload-Offset", "Candid-Interview", "Retry-After", "RateLimit", "Tus-Max-Size"} <= told


def test_a_named_page_may_ask_what_of_tus_is_spoken(page: Client) -> None:
    told = page.options("/v1/uploads").headers
    assert (told["tus-version"], told["access-control-allow-origin"]) == ("1.0.0", ORIGIN)
    assert "Tus-Version" in told["access-control-expose-headers"]
    assert "options" in allowed(page, "/v1/uploads", "OPTIONS")[0]


def test_a_named_page_can_read_an_unforeseen_failure(page: Client) -> None:
    rename(page.service.state.house.engine, "interview")
    answer = page.get("/v1/interviews")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (500, ORIGIN)
    assert answer.headers["x-request-id"] == answer.json()["request_id"]


@pytest.fixture
def plain(client: Client) -> TestClient:
    """The same caller, unheld to the contract: it lists no HEAD but that of a recording."""
    return TestClient(client.service, base_url="http://localhost", headers=dict(client.headers))


def test_head_says_what_get_says_without_the_body(here: Installation, client: Client, plain: TestClient) -> None:
    made = heard(here, client)["links"]
    paths = ("/healthz", "/readyz", "/docs", "/problems", "/v1/me", made["self"], made["transcript"], "/openapi.json")
    for path in paths:
        head, whole = plain.head(path), plain.get(path)
        assert (head.status_code, head.content) == (whole.status_code, b""), path
        # What remains of the quota is less after each.
        ours = {name: value for name, value in whole.headers.items() if name not in ("x-request-id", "ratelimit")}
        assert ours.items() <= head.headers.items(), path


def test_head_is_refused_as_get_is(client: Client, plain: TestClient) -> None:
    made = plan(client, title="x")["links"]["self"]
    etag = client.get(made).headers["etag"]
    assert plain.head(made, headers={"If-None-Match": etag}).status_code == 304
    assert plain.head(made, headers={"Authorization": ""}).status_code == 401
    assert plain.head(f"/v1/interviews/int_{'0' * 32}").status_code == 404
    assert plain.head("/nowhere").status_code == 404


def test_a_recording_keeps_its_own_head_and_a_stream_has_none(client: Client, plain: TestClient) -> None:
    made = upload(client)
    own = client.head(made["links"]["recording"])
    assert (own.status_code, int(own.headers["content-length"])) == (200, made["recording"]["size_bytes"])
    stream = plain.head(f"{made['links']['job']}/events")
    assert (stream.status_code, stream.headers["allow"]) == (405, "GET")


def test_head_is_counted_as_head_under_its_template(client: Client, plain: TestClient) -> None:
    plain.head(plan(client, title="x")["links"]["self"])
    series = 'candid_http_requests_total{method="HEAD",route="/v1/interviews/{interview_id}",status="200"}'
    assert value(client.get("/metrics").text, series) >= 1


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
    heard(here, client, TALK, title="confidential title", filename="confidential.wav", vocabulary="confidential")
    page = client.get("/metrics").text
    for secret in ("confidential", "fifty-two", client.headers["authorization"].rpartition("_")[2], here.owner_id):
        assert secret not in page
