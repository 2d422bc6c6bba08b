"""What a database cannot do now is 503 or 507, with when to ask again; what it will never do is a defect."""

import sqlite3
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import faults
from app.db import open_engine, writing
from app.faults import Fault
from app.main import create_app
from tests import databases
from tests.client import Client
from tests.installation import Installation
from tests.scenes import make_key, plan


def of_sqlite(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("made up")
    error.sqlite_errorname = name
    return error


def of_postgres(state: str | None) -> psycopg.Error:
    return psycopg.errors.lookup(state)("made up") if state else psycopg.OperationalError("connection refused")


@pytest.mark.parametrize(
    ("kind", "orig", "fault"),
    [
        (OperationalError, of_sqlite("SQLITE_BUSY"), Fault.BUSY),
        (OperationalError, of_sqlite("SQLITE_BUSY_SNAPSHOT"), Fault.BUSY),
        (OperationalError, of_sqlite("SQLITE_CANTOPEN"), Fault.AWAY),
        (OperationalError, of_sqlite("SQLITE_IOERR_FSYNC"), Fault.AWAY),
        (OperationalError, of_sqlite("SQLITE_FULL"), Fault.FULL),
        (OperationalError, of_sqlite("SQLITE_ERROR"), None),
        (IntegrityError, of_sqlite("SQLITE_CONSTRAINT_UNIQUE"), None),
        (OperationalError, of_postgres("40P01"), Fault.BUSY),
        (OperationalError, of_postgres("40001"), Fault.BUSY),
        (OperationalError, of_postgres("55P03"), Fault.BUSY),
        (OperationalError, of_postgres("53300"), Fault.BUSY),
        (OperationalError, of_postgres("53100"), Fault.FULL),
        (OperationalError, of_postgres("57P01"), Fault.AWAY),
        (OperationalError, of_postgres("57P03"), Fault.AWAY),
        (OperationalError, of_postgres("08006"), Fault.AWAY),
        (OperationalError, of_postgres(None), Fault.AWAY),
        (InterfaceError, psycopg.InterfaceError("the connection is lost"), Fault.AWAY),
        (ProgrammingError, of_postgres("42P01"), None),
        (IntegrityError, of_postgres("23505"), None),
    ],
)
def test_what_an_error_of_the_database_comes_from(kind: type[DBAPIError], orig: Exception, fault: Fault | None) -> None:
    assert faults.of(kind("select 1", {}, orig)) == fault


def test_a_pool_that_is_used_up_is_busy_and_a_defect_is_nothing_of_the_kind() -> None:
    assert faults.of(PoolTimeout("used up")) == Fault.BUSY
    assert faults.of(KeyError("x")) is None


def is_unavailable(answer: Any, *, retry_after_s: int) -> bool:
    told = (answer.status_code, answer.json()["code"], answer.headers["retry-after"])
    return told == (503, "database-unavailable", str(retry_after_s))


def test_a_database_that_is_away_is_503_with_when_to_ask_again(here: Installation) -> None:
    away = here.settings.model_copy(update={"database_url": "postgresql+psycopg://nobody@/none?host=/nowhere"})
    with Client(create_app(away), key=make_key(here)) as client:
        assert is_unavailable(client.get("/v1/interviews"), retry_after_s=5)
        assert "candid_database_up 0.0" in client.get("/metrics").text
        assert client.get("/readyz").status_code == 503


@pytest.fixture
def hasty(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A service whose writers wait for nobody."""
    # The key's use is noted now, so that it is not while somebody else writes.
    assert client.get("/v1/me").status_code == 200
    client.service.state.house.engine.dispose()
    monkeypatch.setattr("app.db.BUSY_TIMEOUT_MS", 50)
    return client


def test_a_writer_that_waited_too_long_is_503_and_nothing_has_changed(here: Installation, hasty: Client) -> None:
    made = here.interview(title="as it was")
    with writing(here.engine) as session:
        session.connection().execute(text("update interview set title = 'held'"))
        answer = hasty.patch(f"/v1/interviews/{made.id}", json={"title": "other"})
        session.rollback()
    assert is_unavailable(answer, retry_after_s=1)
    assert hasty.get(f"/v1/interviews/{made.id}").json()["title"] == "as it was"


def test_a_database_without_room_is_507(here: Installation, client: Client) -> None:
    if databases.IS_POSTGRES:
        databases.refuse(here.engine, "insert", "interview", reason="no room", sqlstate="53100")
    else:
        with client.service.state.house.engine.connect() as connection:
            connection.execute(text("pragma max_page_count = 1"))
    answers = [client.post("/v1/interviews", json={"title": "x" * 300, "vocabulary": ["y" * 200] * 100})] * 2
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(507, "storage-full")}


@pytest.mark.skipif(not databases.IS_POSTGRES, reason="SQLite has no server that could end a session")
def test_connections_that_the_server_has_ended_are_made_anew(here: Installation, client: Client) -> None:
    made = plan(client)
    other = open_engine(here.settings.sqlalchemy_url)
    with other.connect() as connection:
        mine = "pid <> pg_backend_pid() and datname = current_database()"
        connection.execute(text(f"select pg_terminate_backend(pid) from pg_stat_activity where {mine}"))  # noqa: S608
    other.dispose()
    assert client.get(made["links"]["self"]).json() == made
