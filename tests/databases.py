"""The database that a test has of its own: a SQLite file, or one in a Postgres server that this run starts.

CANDID_TEST_DATABASE=postgres chooses the second; the tests are the same.
"""

import atexit
import functools
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from app import migrations
from app.db import WriteSession
from app.jobs import Queue
from app.settings import Settings

IS_POSTGRES = os.environ.get("CANDID_TEST_DATABASE", "sqlite") == "postgres"
# Postgres refuses to run as root. Debian's package brings the first of these, every system has the second.
UNPRIVILEGED = ("postgres", "nobody")
# Tests kill processes, not machines: what a killed server has written is still in the system's memory, so waiting for
# the disk would prove nothing.
HASTE = ("fsync=off", "full_page_writes=off", "max_connections=300", "shared_buffers=64MB", "listen_addresses=")
# Ends with the pipe to this process, also when that is killed: at once, without a last checkpoint, leaving nothing.
UNTIL_WE_END = '"$@" & cat > /dev/null; kill -QUIT $!; wait; rm -rf "$0"'


@contextmanager
def prepared(folder: Path) -> Iterator[str]:
    """The URL of a new database that is migrated, ours and the job engine's; in `folder` if it is a file."""
    if IS_POSTGRES:
        with _database(template=_template()) as url:
            yield url
        return
    shutil.copy(_file(), folder / "candid.db")
    yield f"sqlite:///{folder / 'candid.db'}"


@contextmanager
def empty(folder: Path) -> Iterator[str]:
    """The URL of a new database with nothing in it; in `folder`, which need not be there, if it is a file."""
    if IS_POSTGRES:
        with on_postgres() as url:
            yield url
        return
    yield f"sqlite:///{folder / 'candid.db'}"


@contextmanager
def on_postgres() -> Iterator[str]:
    """The URL of a new, empty Postgres database, whatever CANDID_TEST_DATABASE says."""
    with _database(template="template1") as url:
        yield url


def content(url: str) -> bytes:
    """Everything a thief would find: SQLite's file and log, or each row of each table of a Postgres database.

    What Postgres has on disk is not looked at: there a deleted row goes with the next vacuum, and from the log later.
    """
    if not IS_POSTGRES:
        file = Path(make_url(url).database or "")
        return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = [(schema, table) for schema in ("public", "dbos") for table in inspect(engine).get_table_names(schema)]
        rows = [connection.scalars(text(f'select t::text from {schema}."{table}" t')).all() for schema, table in tables]  # noqa: S608
    engine.dispose()
    return "\n".join(row for found in rows for row in found).encode()


def refuse(engine: Engine, verb: str, table: str, *, reason: str = "no", sqlstate: str = "P0001") -> None:
    """From now on this database refuses to `insert`, `update` or `delete` rows of a table."""
    name, when = f"no_{verb}_{table}", f"before {verb} on {table}"
    if IS_POSTGRES:
        body = f"begin raise exception '{reason}' using errcode = '{sqlstate}'; end"
        statements = [
            f"create function {name}() returns trigger language plpgsql as $$ {body} $$",
            f"create trigger {name} {when} for each row execute function {name}()",
        ]
    else:
        statements = [f"create trigger {name} {when} begin select raise(abort, '{reason}'); end"]
    with engine.execution_options(writes=True).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def lost_answer() -> OperationalError:
    """What a writer is told whose connection breaks while it waits to hear of its commit."""
    orig = psycopg.OperationalError("server closed the connection unexpectedly")
    return OperationalError("COMMIT", {}, orig, connection_invalidated=True)


@contextmanager
def unheard(table: type) -> Iterator[None]:
    """Meanwhile, commits that write a row of the table come through and nobody is told."""

    def note(session: WriteSession, _context: object) -> None:
        if any(isinstance(row, table) for row in (*session.new, *session.dirty)):
            session.info["unheard"] = True

    def break_off(session: WriteSession) -> None:
        if session.info.pop("unheard", False):
            raise lost_answer()

    event.listen(WriteSession, "after_flush", note)
    event.listen(WriteSession, "after_commit", break_off)
    try:
        yield
    finally:
        event.remove(WriteSession, "after_flush", note)
        event.remove(WriteSession, "after_commit", break_off)


def _prepare(settings: Settings) -> None:
    migrations.upgrade(settings)
    queue = Queue(settings.sqlalchemy_url)
    queue.prepare()
    queue.close()


@functools.cache
def _file() -> Path:
    # Migrating takes a third of a second, a copy of the migrated file nothing.
    folder = Path(tempfile.mkdtemp(prefix="candid-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _prepare(Settings(data_dir=folder))
    return folder / "candid.db"


@functools.cache
def _template() -> str:
    name = "candid_template"
    _run(f"create database {name}")
    _prepare(Settings(data_dir=_server() / "data", database_url=_url(name)))
    return name


@contextmanager
def _database(*, template: str) -> Iterator[str]:
    name = f"candid_{secrets.token_hex(8)}"
    _run(f"create database {name} template {template}")
    try:
        yield _url(name)
    finally:
        _run(f"drop database {name} with (force)")


def _url(name: str) -> str:
    return f"postgresql+psycopg://candid@/{name}?host={_server()}"


def _run(statement: str) -> None:
    with psycopg.connect(host=str(_server()), user="candid", dbname="postgres", autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]  names of our own making


@functools.cache
def _server() -> Path:
    """The folder of a running Postgres server, which is also that of its socket. Stopped when Python ends."""
    folder = Path(tempfile.mkdtemp(prefix="candid-pg-"))
    user = next((name for name in UNPRIVILEGED if _is_known(name)), None) if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "cluster"
    # In no country: what must hold in every locale is tried in the poorest.
    manner = ("--auth=trust", "--username=candid", "--encoding=UTF8", "--locale=C", "--no-sync")
    _call(user, "initdb", *manner, "-D", str(data))
    options = [part for setting in (*HASTE, f"unix_socket_directories={folder}") for part in ("-c", setting)]
    command = ("sh", "-c", UNTIL_WE_END, str(folder), _program("postgres"), "-D", str(data), *options)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd="/", start_new_session=True, **_as(user)
        )
    atexit.register(_stop, server)
    _wait(folder, server)
    return folder


def _is_known(name: str) -> bool:
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


def _as(user: str | None) -> dict[str, object]:
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _program(name: str) -> str:
    """Debian keeps the server's programs out of the path, a folder for each version."""
    found = shutil.which(name) or max(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), default=None)
    assert found, "CANDID_TEST_DATABASE=postgres needs Postgres' server programs (Debian: apt-get install postgresql)"
    return found


def _call(user: str | None, program: str, *arguments: str) -> None:
    command: Sequence[str] = (_program(program), *arguments)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **_as(user))


def _wait(folder: Path, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        try:
            psycopg.connect(host=str(folder), user="candid", dbname="postgres").close()
        except psycopg.OperationalError:
            assert server.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
        else:
            return
    raise AssertionError((folder / "log").read_text())


def _stop(server: "subprocess.Popen[bytes]") -> None:
    assert server.stdin is not None
    server.stdin.close()
    server.wait(60)
