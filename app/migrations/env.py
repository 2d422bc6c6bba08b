"""What Alembic runs for each command; called only through `app.migrations`."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import app.models  # noqa: F401  fills the metadata
from app.db import UTCDateTime
from app.migrations import INDEXES_BY_HAND

engine = context.config.attributes["engine"]


def render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Plain types in the steps: history must not change when today's classes do."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})"
    return False


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    # DBOS keeps its own tables, with its own migrations, in the same database.
    return name not in INDEXES_BY_HAND and (kind != "table" or name in SQLModel.metadata.tables)


with engine.execution_options(writes=True).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        # SQLite cannot alter most things in place: Alembic then copies the table.
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
        include_name=is_ours,
    )
    with context.begin_transaction():
        context.run_migrations()
