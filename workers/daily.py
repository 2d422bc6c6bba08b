"""What some worker does once a day, whichever it is: erasing what was kept long enough."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from app import retention
from app.db import reading
from app.retention import Due
from workers.bench import Bench

# Erased at one go. In between the worker looks after the others: a dead one must not wait for a thousand recordings.
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
        parts, self._left = self._left[:BATCH], self._left[BATCH:]
        erased = [part for part in parts if self._erase(part, at)]
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

    def _erase(self, part: Due, at: datetime) -> bool:
        bench = self.bench
        return retention.erase(bench.engine, bench.queue, bench.recordings, bench.settings, part, at=at)
