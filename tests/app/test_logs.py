"""What may be in a log line, and what never is."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from app import logs
from app.settings import Settings

CANARY = "the canary sang about her salary"


Printed = Callable[[], str]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Iterator[Printed]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.set_up(Settings(log_format="json"))
    yield lambda: capsys.readouterr().err
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def failure() -> ValueError:
    """As if raised while handling another, both quoting."""
    error = ValueError(CANARY)
    error.__cause__ = KeyError(CANARY)
    return error


def fail() -> None:
    raise failure()


def test_fields_that_are_not_on_the_list_are_dropped(printed: Printed) -> None:
    structlog.get_logger().info("heard", job="job_1", rtf=0.1, text=CANARY, filename=f"{CANARY}.m4a")
    line = json.loads(printed())
    line.pop("at")
    assert line == {"event": "heard", "level": "info", "job": "job_1", "rtf": 0.1}


def test_an_exception_is_its_classes_and_places_without_its_words(printed: Printed) -> None:
    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("step failed")
    text = printed()
    assert json.loads(text)["cause"] == ["ValueError", "KeyError"]
    assert CANARY not in text


def test_the_place_of_an_exception_is_told(printed: Printed) -> None:
    structlog.get_logger().warning("odd", exc_info=caught())
    assert json.loads(printed())["where"][-1].startswith("app/test_logs.py:")


def caught() -> ValueError:
    try:
        fail()
    except ValueError as error:
        return error
    raise AssertionError


def test_a_library_that_quotes_is_heard_but_not_quoted(printed: Printed) -> None:
    logging.getLogger("some.library").warning("could not align %r", CANARY)
    logging.getLogger("some.library").info("aligned %r", CANARY)
    text = printed()
    assert [json.loads(line)["logger"] for line in text.splitlines()] == ["some.library"]
    assert CANARY not in text


def test_the_job_engine_speaks_through_the_same_list(printed: Printed) -> None:
    logging.getLogger("dbos").warning("Step being automatically retried", exc_info=caught())
    text = printed()
    assert json.loads(text)["event"] == "Step being automatically retried"
    assert CANARY not in text
