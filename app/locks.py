"""Who waits for whom: a writer holds an interview before anything that hangs on it, so that writers meet there.

SQLite has one writer at a time anyway. On Postgres two could otherwise both find an interview idle, or its transcript
at the same version, and both go on. What is held stays so until the transaction ends. The order for all: owner,
interview, then what hangs on it; `find` of each noun keeps it.
"""

from typing import Any, TypeVar

from sqlalchemy import text
from sqlmodel import Session, SQLModel, col, select

from app import models
from app.db import WriteSession

Row = TypeVar("Row", bound=SQLModel)

# Any 64-bit number that nobody else locks in the same Postgres database.
ALONE = 0x43616E646965


def find(session: Session, table: type[Row], row_id: str, *, owner_id: str) -> Row | None:
    """The owner's row, or None. A `WriteSession` gets it as it is now and holds it, its interview first."""
    row: Any = session.get(table, row_id)
    if row is None or row.owner_id != owner_id:
        return None
    if not isinstance(session, WriteSession):
        found: Row = row
        return found
    # Which interview a row hangs on does not change while it hangs on one, so it may be asked before anything is held.
    interview_id = getattr(row, "interview_id", None)
    if interview_id is not None:
        hold(session, models.Interview, interview_id)
    return hold(session, table, row_id)


def hold(session: Session, table: type[Row], row_id: str) -> Row | None:
    """The row, None when it is not there. A `WriteSession` gets it as it is now and holds it."""
    key: Any = table
    return next(iter(held(session, select(table).where(col(key.id) == row_id))), None)


def held(session: Session, query: Any) -> list[Any]:
    """The rows of a query. A `WriteSession` gets them as they are now and holds them, in the query's order."""
    if not isinstance(session, WriteSession):
        return list(session.exec(query))
    # Not against whoever makes a row that points here: that would be a wait for nothing.
    alone = query.with_for_update(key_share=True)
    return list(session.exec(alone, execution_options={"populate_existing": True}))


def alone(session: WriteSession) -> None:
    """Of all who call this, one goes on at a time: for what is not there yet, and so cannot be held."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("select pg_advisory_xact_lock(:number)"), {"number": ALONE})
