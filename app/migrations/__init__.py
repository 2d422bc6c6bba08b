"""The database's history, for Alembic: each file in `versions` is one step, up and down."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from app import file_locks
from app.db import open_engine
from app.settings import Settings

HERE = Path(__file__).parent
# Not the same on both engines, so the models do not say them.
INDEXES_BY_HAND = {"ix_search_entry_words", "ix_interview_owner_id_title_id"}
# Any 64-bit number will do, as long as nobody else locks it in the same Postgres database.
POSTGRES_LOCK = 0x43616E646964


def config(engine: Engine) -> Config:
    """Alembic's configuration, bound to `engine`; there is no alembic.ini."""
    made = Config()
    made.set_main_option("script_location", str(HERE))
    made.attributes["engine"] = engine
    return made


def upgrade(settings: Settings) -> None:
    """Brings the database to the newest version. Safe to call from many processes at once: one does the work."""
    engine = open_engine(settings.sqlalchemy_url)
    try:
        with _alone(engine, settings.data_dir):
            command.upgrade(config(engine), "head")
    finally:
        engine.dispose()


def is_current(engine: Engine) -> bool:
    head = ScriptDirectory.from_config(config(engine)).get_current_head()
    try:
        with engine.connect() as connection:
            found = connection.scalar(text("select version_num from alembic_version"))
    except SQLAlchemyError:
        # There is no such table yet, or the database does not answer.
        return False
    return bool(found == head)


@contextmanager
def _alone(engine: Engine, data_dir: Path) -> Iterator[None]:
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(text("select pg_advisory_lock(:n)"), {"n": POSTGRES_LOCK})
            yield
        return
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / ".migrate.lock").open("w") as lock:
        # Windows has no such locks; there, start one process first.
        file_locks.take(lock, wait=True)
        yield
