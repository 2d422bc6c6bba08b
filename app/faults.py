"""What a database says when it cannot do something now: busy, away, full. All else that it says is a defect of ours."""

from enum import StrEnum
from typing import Any

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class Fault(StrEnum):
    """`busy`: others were first, again may help at once. `away`: nobody answers. `full`: there is no room."""

    BUSY = "busy"
    AWAY = "away"
    FULL = "full"


SQLITE = {
    "SQLITE_BUSY": Fault.BUSY,
    "SQLITE_LOCKED": Fault.BUSY,
    "SQLITE_PROTOCOL": Fault.BUSY,
    "SQLITE_CANTOPEN": Fault.AWAY,
    "SQLITE_IOERR": Fault.AWAY,
    "SQLITE_FULL": Fault.FULL,
}
# By SQLSTATE, or by its first letters.
POSTGRES = {
    "40001": Fault.BUSY,  # serialization failure
    "40P01": Fault.BUSY,  # deadlock: the other one goes on
    "55P03": Fault.BUSY,  # lock not available in time
    "57014": Fault.BUSY,  # statement timeout
    "25P03": Fault.AWAY,  # this session was idle in a transaction for too long and was ended
    "53100": Fault.FULL,  # disk full
    "53": Fault.BUSY,  # too many connections, out of memory
    "57P": Fault.AWAY,  # shutting down, crashed, starting up
    "08": Fault.AWAY,  # connection trouble
}


def of(error: BaseException) -> Fault | None:
    """What an error of the database comes from, if it may go away by itself or by making room."""
    if isinstance(error, PoolTimeout):
        return Fault.BUSY
    if not isinstance(error, DBAPIError):
        return None
    if error.connection_invalidated:
        return Fault.AWAY
    orig: Any = error.orig
    if (name := getattr(orig, "sqlite_errorname", None)) is not None:
        return next((fault for known, fault in SQLITE.items() if name.startswith(known)), None)
    if (state := getattr(orig, "sqlstate", None)) is not None:
        return next((fault for known, fault in POSTGRES.items() if state.startswith(known)), None)
    # Without a SQLSTATE no server has said anything: there was none, or the line was cut.
    is_postgres = type(orig).__module__.startswith("psycopg")
    return Fault.AWAY if is_postgres and isinstance(error, OperationalError | InterfaceError) else None


def is_passing(error: SQLAlchemyError) -> bool:
    """Whether trying again later may help. A full disk may be given room."""
    return of(error) is not None
