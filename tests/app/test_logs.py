"""What may be in a log line, and what never is."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from app import logs
from app.settings import Settings

CANARY = "the canary sang about her salary"


@pytest.fixture
def log() -> Iterator[structlog.stdlib.BoundLogger]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.set_up(Settings(log_format="json"))
    yield structlog.get_logger("candid")
    root.handlers[:], root.level = before[0], before[1]
    structlog.reset_defaults()


def fail() -> None:
    try:
        raise KeyError(CANARY)
    except KeyError as error:
        raise ValueError(CANARY) from error


def test_fields_that_are_not_on_the_list_are_dropped(
    log: structlog.stdlib.BoundLogger, capsys: pytest.CaptureFixture[str]
) -> None:
    log.info("heard", job="job_1", rtf=0.1, text=CANARY, filename=f"{CANARY}.m4a")
    line = json.loads(capsys.readouterr().err)
    line.pop("at")
    assert line == {"event": "heard", "level": "info", "job": "job_1", "rtf": 0.1}


def test_an_exception_is_its_classes_and_places_without_its_words(
    log: structlog.stdlib.BoundLogger, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        fail()
    except ValueError:
        log.exception("step failed")
    printed = capsys.readouterr().err
    line = json.loads(printed)
    assert line["cause"] == ["ValueError", "KeyError"]
    assert line["where"][-1].startswith("app/test_logs.py:")
    assert CANARY not in printed


def test_a_library_that_quotes_is_heard_but_not_quoted(
    log: structlog.stdlib.BoundLogger, capsys: pytest.CaptureFixture[str]
) -> None:
    del log
    logging.getLogger("some.library").warning("could not align %r", CANARY)
    logging.getLogger("some.library").info("aligned %r", CANARY)
    printed = capsys.readouterr().err
    assert [json.loads(line)["logger"] for line in printed.splitlines()] == ["some.library"]
    assert CANARY not in printed


def test_the_job_engine_speaks_through_the_same_list(
    log: structlog.stdlib.BoundLogger, capsys: pytest.CaptureFixture[str]
) -> None:
    del log
    try:
        fail()
    except ValueError:
        logging.getLogger("dbos").warning("Step being automatically retried", exc_info=True)
    printed = capsys.readouterr().err
    assert json.loads(printed)["event"] == "Step being automatically retried"
    assert CANARY not in printed
