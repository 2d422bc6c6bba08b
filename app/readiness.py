"""Whether everything the service needs is there."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine, func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from app import migrations, models
from app.db import now, reading
from app.errors import RecordingsUnavailable, StorageFull
from app.recordings import Recordings
from app.settings import Settings


@dataclass(frozen=True)
class Readiness:
    """`workers` counts those with a fresh heartbeat; without one, recordings are taken and wait."""

    database: bool
    storage: bool
    workers: int

    @property
    def is_ready(self) -> bool:
        return self.database and self.storage


def look(engine: Engine, store: Recordings, settings: Settings) -> Readiness:
    return Readiness(
        database=migrations.is_current(engine),
        storage=_takes_recordings(store),
        workers=live_workers(engine, settings),
    )


def live_workers(engine: Engine, settings: Settings) -> int:
    """How many workers have beaten within `dead_after_s`; 0 also when the database does not answer."""
    since = now() - timedelta(seconds=settings.dead_after_s)
    try:
        with reading(engine) as session:
            query = select(func.count()).select_from(models.Worker).where(col(models.Worker.beat_at) >= since)
            return session.exec(query).one()
    except SQLAlchemyError:
        return 0


def _takes_recordings(store: Recordings) -> bool:
    try:
        store.check()
    except (StorageFull, RecordingsUnavailable):
        return False
    return True
