"""What some worker does once a day, whichever it is: erasing what was kept long enough."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy.exc import IntegrityError

from app import erasures, faults, models, retention
from app.db import reading, writing
from app.retention import Due
from workers.bench import Bench

log = structlog.get_logger()

# Erased at one go, and certified together. In between come withdrawals, for which somebody waits.
BATCH = 20


class Erasing:
    """The day's erasing as this worker sees it. Killed on the way, another worker does the rest."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._done = ""
        self._left: list[Due] | None = None

    def step(self, *, at: datetime) -> None:
        """Erases some of what is due, if it is this worker's turn and the day's run is not over."""
        day = at.date().isoformat()
        if self._done == day or not self._is_ours(day):
            return
        if self._left is None:
            with reading(self.bench.engine) as session:
                self._left = retention.due(session, self.bench.settings, at=at)
        erased = self._erase(self._left[:BATCH], at)
        self._left = self._left[BATCH:]
        is_last = not self._left
        self.bench.write(lambda session: retention.note(session, day, erased, is_last=is_last))
        if is_last:
            self._done, self._left = day, None

    def _is_ours(self, day: str) -> bool:
        with reading(self.bench.engine) as session:
            if retention.is_done(session, day):
                self._done = day
                return False
        try:
            return self.bench.write(lambda session: retention.take(session, day, self.bench.worker_id)) is not None
        except IntegrityError:
            # Another worker began the day at the same moment.
            return False

    def _erase(self, parts: Sequence[Due], at: datetime) -> list[Due]:
        bench = self.bench
        begun = {part: erasure for part in parts if (erasure := self._begin(part, at)) is not None}
        ids = [erasure.id for erasure in begun.values()]
        # What cannot be finished now is pending, and somebody comes again.
        erasures.finish(bench.engine, bench.queue, bench.recordings, bench.settings.work_dir, *ids)
        return list(begun)

    def _begin(self, part: Due, at: datetime) -> models.Erasure | None:
        try:
            with writing(self.bench.engine) as session:
                return retention.begin(session, self.bench.settings, part, at=at)
        except Exception as error:
            # A database that is away is so for all of them: they stay on the list. Anything else is the matter with
            # this one, which is due again tomorrow.
            if faults.of(error) is not None:
                raise
            log.warning("retention failed", interview=part.interview_id, exc_info=True)
            return None
