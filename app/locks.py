"""Who waits for whom: a writer holds an interview before anything that hangs on it, so that writers meet there.

SQLite has one writer at a time anyway. On Postgres two could otherwise both find an interview idle, or its transcript
at the same version, and both go on. What is held stays so until the transaction ends.
"""

from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, col, select

from app import models
from app.db import WriteSession

Row = TypeVar("Row", bound=SQLModel)


def find(session: Session, table: type[Row], row_id: str, *, owner_id: str) -> Row | None:
    """The owner's row, or None. A `WriteSession` gets it as it is now and holds it, its interview first.

    Which interview a row hangs on never changes, so it can be asked before anything is held.
    """
    query: Any = select(table).where(col(table.id) == row_id, col(table.owner_id) == owner_id)  # type: ignore[attr-defined]
    row: Row | None = session.exec(query).first()
    if row is None or not isinstance(session, WriteSession):
        return row
    interview_id = getattr(row, "interview_id", None)
    if interview_id is not None:
        hold(session, models.Interview, interview_id)
    return hold(session, table, row_id)


def hold(session: WriteSession, table: type[Row], row_id: str) -> Row | None:
    """The row as it is now; None when it is not there."""
    query: Any = select(table).where(col(table.id) == row_id).with_for_update()  # type: ignore[attr-defined]
    row: Row | None = session.exec(query, execution_options={"populate_existing": True}).first()
    return row
