"""Logs: events with allowed fields; no words, names or keys, whoever logs and whatever fails."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app import logs
from tests.scenes import SOUND
from tests.whole.service import KEY, ROOT, running

CANARY = "zyxquokka"
# One process of its own: logging is set up once for the whole process, and pytest sets it up for itself.
TALKER = f"""
import logging, sys, structlog
from pathlib import Path
from app import logs
from app.settings import Settings
logs.set_up(Settings(data_dir=Path("unused"), log_format=sys.argv[1], log_level="debug"))
log = structlog.get_logger()
log.info("kept", interview="int_1", text="{CANARY}", filename="{CANARY}.m4a", size_bytes=5)
with structlog.contextvars.bound_contextvars(request="req_1", authorization="Bearer {CANARY}"):
    log.warning("bound")
try:
    try:
        raise KeyError("{CANARY}")
    except KeyError as error:
        raise ValueError("said {CANARY}") from error
except ValueError:
    log.exception("failed")
logging.getLogger("some.library").warning("I was given %s", "{CANARY}")
logging.getLogger("uvicorn.error").info("started")
logging.getLogger("sqlalchemy.engine").error("could not bind ['{CANARY}']")
"""


def lines(log_format: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", TALKER, log_format],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        timeout=60,
    )
    assert ended.stdout == ""
    return ended.stderr


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    return {log_format: lines(log_format) for log_format in ("json", "text")}


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_what_was_said_gets_into_no_line(told: dict[str, str], log_format: str) -> None:
    assert CANARY not in told[log_format]
    assert "int_1" in told[log_format]


def test_a_line_for_machines_is_an_object_with_a_time_and_a_level(told: dict[str, str]) -> None:
    events = [json.loads(line) for line in told["json"].splitlines()]
    kept = next(event for event in events if event["event"] == "kept")
    assert (kept["interview"], kept["size_bytes"], kept["level"]) == ("int_1", 5, "info")
    assert all(event["at"].endswith("Z") for event in events)
    assert {"text", "filename", "authorization"}.isdisjoint(name for event in events for name in event)


def test_a_failure_is_told_by_its_classes_and_places(told: dict[str, str]) -> None:
    events = [json.loads(line) for line in told["json"].splitlines()]
    failed = next(event for event in events if event["event"] == "failed")
    assert failed["cause"] == ["ValueError", "KeyError"]
    assert all(":" in place for place in failed["where"])


def test_of_a_library_we_do_not_know_only_the_fact_is_shown(told: dict[str, str]) -> None:
    events = [json.loads(line) for line in told["json"].splitlines()]
    assert {event["logger"] for event in events if event["event"] == "a library logged something"} == {
        "some.library",
        "sqlalchemy.engine",
    }
    assert "started" in [event["event"] for event in events]


def test_a_request_id_is_on_every_line_below_it(told: dict[str, str]) -> None:
    events = [json.loads(line) for line in told["json"].splitlines()]
    assert [event.get("request") for event in events if event["event"] == "bound"] == ["req_1"]


def test_an_endless_chain_of_causes_is_cut() -> None:
    error: Exception = ValueError("innermost")
    for _ in range(40):
        outer = ValueError("outer")
        outer.__cause__ = error
        error = outer
    assert len(logs.described(error)["cause"]) == logs.FRAMES


@pytest.mark.parametrize(
    "name", ["text", "words", "quote", "filename", "title", "authorization", "token", "interviewee"]
)
def test_fields_that_could_say_something_about_a_person_are_not_allowed(name: str) -> None:
    assert name not in logs.FIELDS
    assert logs.keep_allowed(None, "info", {name: CANARY, "event": "x"}) == {"event": "x"}


def test_a_running_service_tells_nothing_of_what_it_is_given(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        headers = {"Authorization": f"Bearer {KEY}", "X-Api-Key": CANARY}
        form = {"consent": "true", "title": CANARY, "vocabulary": CANARY}
        for sound in (SOUND, CANARY.encode(), b""):
            files = {"file": (f"{CANARY}.wav", sound)}
            httpx.post(f"{service.url}/v1/interviews", headers=headers, data=form, files=files)
        httpx.get(f"{service.url}/v1/interviews", headers=headers, params={"q": CANARY, CANARY: CANARY})
        httpx.post(f"{service.url}/v1/consents", headers=headers, content=f'{{"{CANARY}": "{CANARY}"')
        httpx.get(f"{service.url}/{CANARY}", headers={"Authorization": f"Bearer {CANARY}"})
        said = service.started[0].log.read_text()
    assert CANARY not in said
    assert KEY.rpartition("_")[2] not in said


def logged_fields() -> Iterator[tuple[str, str]]:
    for path in (*ROOT.glob("app/**/*.py"), *ROOT.glob("workers/**/*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            if ast.unparse(call.func).startswith("log.") and ast.unparse(call.func) != "log.isEnabledFor":
                yield from ((path.name, keyword.arg) for keyword in call.keywords if keyword.arg)


def test_no_field_is_logged_in_vain() -> None:
    found = set(logged_fields())
    assert len(found) > 20
    assert {pair for pair in found if pair[1] not in logs.FIELDS | {"exc_info"}} == set()
