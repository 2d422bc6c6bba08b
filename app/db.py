"""The database: one engine, two kinds of session, and the pragmas that keep promises."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, DateTime, Engine, String, create_engine, event, func
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session

# How long a writer waits for others: for SQLite's one write lock, or for a row of Postgres.
BUSY_TIMEOUT_MS = 30_000
IDLE_TIMEOUT_MS = 60_000
POOL_TIMEOUT_S = 10
# A machine that went away without a word is noticed after a minute, and not after the two hours of the system.
KEEPALIVE = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
UNIT_SEPARATOR = "\x1f"
# A reader on Postgres sees one moment, as one on SQLite does anyway.
ONE_MOMENT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class UTCDateTime(TypeDecorator[datetime]):
    """An instant. SQLite forgets time zones: naive values are refused going in, UTC is restored coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive datetime is not an instant")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class AnyCase(FunctionElement[str]):
    """A text column to be looked into whatever the case: both databases then know the capitals of every alphabet."""

    inherit_cache = True
    type = String()


class ByCodePoint(FunctionElement[str]):
    """A text column in SQLite's order, which has no country. A Postgres database has that of its maker."""

    inherit_cache = True
    type = String()


@compiles(AnyCase)
@compiles(ByCodePoint)
def _as_it_is(element: FunctionElement[str], compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(AnyCase, "postgresql")
def _any_case_on_postgres(element: AnyCase, compiler: Any, **options: Any) -> str:
    return f'({compiler.process(element.clauses, **options)} collate "und-x-icu")'


@compiles(ByCodePoint, "postgresql")
def _by_code_point_on_postgres(element: ByCodePoint, compiler: Any, **options: Any) -> str:
    return f'({compiler.process(element.clauses, **options)} collate "C")'


def mentions(column: Any, wanted: str) -> ColumnElement[bool]:
    """Whether `wanted` stands anywhere in a text column, in any case."""
    return AnyCase(column).icontains(wanted, autoescape=True)


def together(first: Any, *others: Any) -> Any:
    """Text columns to be looked into at one go: on Postgres folding the case costs more than looking.

    Between two of them stands what no text of a person has, so that nothing is found across.
    """
    joined: ColumnElement[str] = func.coalesce(first, "")
    for column in others:
        joined = joined.concat(UNIT_SEPARATOR).concat(func.coalesce(column, ""))
    return joined


def now() -> datetime:
    return datetime.now(UTC)


def open_engine(url: str) -> Engine:
    """The engine for `url`. A SQLite file's folder is made when absent."""
    if make_url(url).get_backend_name() != "sqlite":
        return _open_postgres(url)
    database = make_url(url).database
    if database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_postgres(url: str) -> Engine:
    # As many connections as the API has threads would starve other processes: who waits longer is told to come again.
    engine = create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=15, pool_timeout=POOL_TIMEOUT_S,
                           connect_args=KEEPALIVE)  # fmt: skip
    event.listen(engine, "connect", _prepare_postgres)
    return engine


def _prepare_postgres(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        # Instants come back in the session's zone; in another than this, the first and the last year have no room.
        cursor.execute("set timezone = 'UTC'")
        cursor.execute(f"set lock_timeout = {BUSY_TIMEOUT_MS}")
        # A process that froze in a transaction must not hold its rows for ever.
        cursor.execute(f"set idle_in_transaction_session_timeout = {IDLE_TIMEOUT_MS}")
    # The pool rolls back what it gets back, which would undo this.
    connection.commit()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Python's own transaction control is switched off: it begins late and only before some statements.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA foreign_keys=ON")
    # FULL, because with NORMAL a power cut can take back an upload that was already acknowledged.
    connection.execute("PRAGMA synchronous=FULL")
    # Erased words are overwritten with zeros, not merely unlinked.
    connection.execute("PRAGMA secure_delete=ON")
    # SQLite's own knows the capitals of English only: a search for "zürich" would not find "ZÜRICH".
    connection.create_function("lower", 1, _lower, deterministic=True)
    teach_unixepoch(connection)


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def teach_unixepoch(connection: Any) -> None:
    """Gives an old SQLite the function that the job engine calls, on every connection that it may write through.

    From Python 3.12 on the engine's statements say unixepoch('subsec'), judging by Python's version and not by
    SQLite's: before 3.42 the answer is NULL, and neither can a job be queued nor a worker start.
    """
    if sqlite3.sqlite_version_info < (3, 42):
        connection.create_function("unixepoch", 1, lambda _modifier: time.time())


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the write lock at once. Under plain BEGIN two threads that read and then write both hold a
    # read lock, and one is told "database is locked" at once, whatever the busy timeout.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class ReadSession(Session):
    """Sees one moment of the database; never commits."""


class WriteSession(Session):
    """One transaction that may change things; on SQLite it holds the write lock from its first statement."""


@contextmanager
def reading(engine: Engine) -> Iterator[ReadSession]:
    options = ONE_MOMENT if engine.dialect.name == "postgresql" else {}
    with ReadSession(engine.execution_options(**options), expire_on_commit=False) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[WriteSession]:
    """Commits when the block ends, rolls back when it raises. One of the two places that commit."""
    with WriteSession(engine.execution_options(writes=True), expire_on_commit=False) as session:
        yield session
        session.commit()
