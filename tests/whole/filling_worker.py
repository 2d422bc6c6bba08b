"""A worker with a fake ear whose data folder's disk is filled to the last byte when a step begins: once."""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from functools import wraps
from typing import Any

from app import logs
from app.settings import Settings
from tests.whole import small_disk
from tests.whole.odd_worker import OddEar
from workers import extraction, shift, steps

ROOMS: dict[str, Any] = {"prepare": steps, "hear": steps, "keep": steps, "extract": extraction, "finish": steps}


def filling(step: Callable[..., Any], settings: Settings) -> Callable[..., Any]:
    filled = False

    @wraps(step)
    def done(*args: Any, **kwargs: Any) -> Any:
        nonlocal filled
        if not filled:
            filled = True
            # What the log of the database holds already would be written over without needing room.
            with closing(sqlite3.connect(settings.data_dir / "candid.db")) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            small_disk.fill(settings.data_dir)
        return step(*args, **kwargs)

    return done


def main(name: str) -> None:
    settings = Settings()
    logs.set_up(settings)
    setattr(ROOMS[name], name, filling(getattr(ROOMS[name], name), settings))
    bench = shift.lay_out(settings, ears=lambda _engine, _model: OddEar())
    shift.work(bench, once=True)
    shift.leave()


if __name__ == "__main__":
    main(sys.argv[1])
