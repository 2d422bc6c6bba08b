"""Every failure wears the same coat, whoever finds it: the router, a guard, a body too large, a defect, a commit."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import event
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.api.deps import WriterDep, WriteSessionDep
from app.api.routes import Route
from app.main import create_app
from app.settings import MIB
from tests.client import PROBLEM, Client
from tests.installation import Installation
from tests.scenes import make_key

DOCUMENT = json.loads((Path(__file__).parents[2] / "openapi" / "openapi.json").read_text())
OPERATIONS = [(method, path, about) for path, found in DOCUMENT["paths"].items() for method, about in found.items()]
GUARDED = [(method, path) for method, path, about in OPERATIONS if about["security"]]
# A transcript's body is looked at after its interview is, and has a limit of its own: see test_imports.
WITH_JSON = [
    (method, path)
    for method, path, about in OPERATIONS
    if "application/json" in about.get("requestBody", {}).get("content", {})
    and about["operationId"] != "put_transcript"
]
SECRET = "the words of an interview"

router = APIRouter(prefix="/odd", route_class=Route)


@router.post("/commit", status_code=201)
def commit(_caller: WriterDep, session: WriteSessionDep) -> str:
    """A route whose commit fails."""
    event.listen(session, "before_commit", _fail)
    return "made"


@router.get("/defect")
def defect() -> str:
    """A route with a defect."""
    raise KeyError(SECRET)


def _fail(_session: Session) -> None:
    raise OSError(SECRET)


@pytest.fixture
def odd(here: Installation) -> Iterator[TestClient]:
    """The service with two more routes, which are in no contract."""
    app: FastAPI = create_app(here.settings)
    app.include_router(router)
    headers = {"Authorization": f"Bearer {make_key(here)}"}
    with TestClient(app, base_url="http://localhost", headers=headers) as client:
        yield client


def is_problem(response: Any, *, status: int, code: str) -> bool:
    body = response.json()
    return (
        (response.status_code, body["status"]) == (status, status)
        and response.headers["content-type"] == PROBLEM
        and (body["code"], body["type"]) == (code, f"/problems#{code}")
        and response.headers["x-request-id"] == body["request_id"]
    )


def test_a_commit_that_fails_is_not_answered_with_201(odd: TestClient) -> None:
    assert is_problem(odd.post("/odd/commit"), status=500, code="internal")


@pytest.mark.parametrize(("method", "path"), [("GET", "/odd/defect"), ("POST", "/odd/commit")])
def test_a_defect_shows_nothing_of_what_is_inside(odd: TestClient, method: str, path: str) -> None:
    answer = odd.request(method, path)
    assert is_problem(answer, status=500, code="internal")
    assert SECRET not in answer.text + str(answer.headers)


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_a_stranger_is_refused_whatever_they_send(client: Client, method: str, path: str) -> None:
    stranger = client.as_key(None)
    answer = stranger.request(method, path, content=b"{not json", headers={"Content-Type": "application/json"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_stranger_is_told_so_before_their_body_is_found_too_large(client: Client) -> None:
    stranger = client.as_key(None)
    answer = stranger.post("/v1/api-keys", content=b" " * (MIB + 1), headers={"Content-Type": "application/json"})
    assert is_problem(answer, status=401, code="key-missing")


@pytest.mark.parametrize(("method", "path"), WITH_JSON)
@pytest.mark.parametrize("in_chunks", [True, False])
def test_a_json_body_over_the_limit_is_refused(client: Client, method: str, path: str, *, in_chunks: bool) -> None:
    body = b" " * (MIB + 1)
    content = iter([body[:1000], body[1000:]]) if in_chunks else body
    answer = client.request(method, filled(path), content=content, headers={"Content-Type": "application/json"})
    assert is_problem(answer, status=413, code="body-too-large")


@pytest.mark.parametrize(("method", "path"), WITH_JSON)
@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"a": NaN}', b'"\\ud800"', b"[" * 100_000, b'{"a":' * 9_000])
def test_a_body_that_is_not_json_says_so(client: Client, method: str, path: str, body: bytes) -> None:
    answer = client.request(method, filled(path), content=body, headers={"Content-Type": "application/json"})
    assert is_problem(answer, status=400, code="json-invalid")


@pytest.mark.parametrize(("method", "path"), WITH_JSON)
def test_a_body_of_another_type_is_refused(client: Client, method: str, path: str) -> None:
    answer = client.request(method, filled(path), content=b"a: 1", headers={"Content-Type": "application/yaml"})
    assert is_problem(answer, status=415, code="media-type-refused")


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _about in OPERATIONS if method == "get"])
def test_a_query_parameter_that_does_not_exist_is_refused(client: Client, method: str, path: str) -> None:
    assert is_problem(client.request(method, f"{filled(path)}?limt=1"), status=422, code="invalid-request")


def test_a_refusal_does_not_repeat_what_was_sent(client: Client) -> None:
    answer = client.post(f"/v1/interviews?{SECRET}=1", json={"title": 5, "interviewee": SECRET, SECRET: 1})
    assert answer.status_code == 422
    assert SECRET not in answer.text


def test_another_host_name_is_refused(client: Client) -> None:
    assert is_problem(client.get("/healthz", headers={"Host": "evil.example"}), status=400, code="host-unknown")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/interviews", "GET, HEAD, POST"),
        ("TRACE", "/v1/insights", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
        ("POST", f"/v1/jobs/job_{'0' * 32}/events", "GET"),
        ("POST", f"/v1/interviews/int_{'0' * 32}/recording", "GET, HEAD, PUT"),
        ("POST", "/docs/ours/start.js", "GET, HEAD"),
    ],
)
def test_a_method_that_a_path_does_not_take_is_told_which_it_does(
    client: Client, method: str, path: str, allowed: str
) -> None:
    answer = client.request(method, path)
    assert is_problem(answer, status=405, code="method-not-allowed")
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["/nowhere", "/v1/interviews/", "/docs/ours/nothing.js", "/docs/assets/"])
def test_a_path_where_there_is_nothing_says_so(client: Client, path: str) -> None:
    assert is_problem(client.get(path), status=404, code="no-such-path")


def filled(path: str) -> str:
    """The path with ids of nothing in it."""
    for kind in ("interview", "insight", "consent", "job", "key"):
        path = path.replace(f"{{{kind}_id}}", f"{kind[:3]}_{'0' * 32}")
    return path
