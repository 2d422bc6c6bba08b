"""The database keeps its promises: instants, constraints, writers that wait instead of failing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError, StatementError

from app import locks, models
from app.db import UTCDateTime, open_engine, reading, writing
from tests import databases
from tests.installation import Installation

SQLITE = sqlite.dialect()
ZONES = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 2), ("secure_delete", 1), ("busy_timeout", 30_000)],
)
@pytest.mark.skipif(databases.IS_POSTGRES, reason="what SQLite is told")
def test_sqlite_is_told_to_keep_what_it_is_given(here: Installation, pragma: str, value: object) -> None:
    with here.engine.connect() as connection:
        assert connection.scalar(text(f"PRAGMA {pragma}")) == value


def test_a_naive_datetime_is_refused(here: Installation) -> None:
    with pytest.raises(StatementError, match="not an instant"), writing(here.engine) as session:
        session.add(models.Owner(name="x", created_at=datetime(2026, 1, 1)))  # noqa: DTZ001  the point of the test


@given(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=ZONES))  # noqa: DTZ001  bounds have no zone
def test_an_instant_comes_back_as_the_same_instant_in_utc(at: datetime) -> None:
    stored = UTCDateTime().process_bind_param(at, SQLITE)
    assert stored is not None
    found = UTCDateTime().process_result_value(stored.replace(tzinfo=None), SQLITE)
    assert found == at
    assert found.tzinfo is UTC


def test_an_instant_survives_the_database(here: Installation) -> None:
    at = datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    with writing(here.engine) as session:
        owner = models.Owner(name="x", created_at=at)
        session.add(owner)
    with reading(here.engine) as session:
        found = session.get_one(models.Owner, owner.id).created_at
    assert (found, found.tzinfo) == (at, UTC)


def test_four_threads_that_read_and_then_write_lose_nothing(here: Installation) -> None:
    interview = here.interview()

    def add_one(_number: int) -> None:
        with writing(here.engine) as session:
            held = locks.hold(session, models.Interview, interview.id)
            assert held is not None
            held.version += 1

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add_one, range(120)))
    with reading(here.engine) as session:
        assert session.get_one(models.Interview, interview.id).version == 121


def test_a_block_that_raises_leaves_nothing(here: Installation) -> None:
    owner = models.Owner(name="never")

    def fail() -> None:
        with writing(here.engine) as session:
            session.add(owner)
            session.flush()
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        fail()
    with reading(here.engine) as session:
        assert session.get(models.Owner, owner.id) is None


def test_no_lock_is_held_before_the_first_statement(here: Installation) -> None:
    with writing(here.engine), writing(here.engine) as other:
        other.add(models.Owner(name="was not kept waiting"))
        other.flush()


def test_a_reader_sees_one_moment(here: Installation) -> None:
    interview = here.interview(title="before")
    with reading(here.engine) as reader:
        assert reader.get_one(models.Interview, interview.id).title == "before"
        with writing(here.engine) as writer:
            writer.get_one(models.Interview, interview.id).title = "after"
        reader.expire_all()
        assert reader.get_one(models.Interview, interview.id).title == "before"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda owner, _interview: models.Interview(owner_id=owner, title="x", status="finished"),
        lambda _owner, _interview: models.Interview(owner_id="own_nobody", title="x"),
        lambda owner, interview: models.Job(owner_id=owner, interview_id=interview, progress=1.5),
        lambda owner, interview: models.Job(owner_id=owner, interview_id=interview, kind="dreaming"),
        lambda owner, interview: models.Job(owner_id=owner, interview_id=interview, status="done"),
        lambda _owner, interview: models.Recording(
            interview_id=interview,
            key="k",
            media_type="m",
            size_bytes=1,
            sha256=None,  # type: ignore[arg-type]
        ),
        lambda _owner, interview: models.ConsentEvent(consent_id=interview, seq=1, kind="given", by="k"),
    ],
)
def test_what_matters_is_refused_by_the_database_too(here: Installation, wrong: Callable[[str, str], Any]) -> None:
    interview = here.interview()
    with pytest.raises(IntegrityError), writing(here.engine) as session:
        session.add(wrong(here.owner_id, interview.id))


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'deep' / 'down' / 'candid.db'}")
    with engine.connect() as connection:
        assert connection.scalar(text("select 1")) == 1
    engine.dispose()
