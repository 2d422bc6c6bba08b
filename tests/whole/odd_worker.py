"""A worker like `python -m workers`, but with an ear that pauses at each window, or kills the process when told so."""

import os
import signal
import sys
import time

from app import logs
from app.settings import Settings
from tests.fakes import FakeEar
from workers import shift
from workers.ears import HeardSegment, Hearing

# In a job's vocabulary this word makes the ear end the process, as a fault in a native library would.
POISON = "poison"


class OddEar(FakeEar):
    """Hears one word in each window: where the window begins."""

    def __init__(self, pause_s: float = 0.0) -> None:
        super().__init__(languages=frozenset({"en"}))
        self.pause_s = pause_s

    def hear(self, hearing: Hearing) -> list[HeardSegment]:
        if POISON in hearing.hotwords:
            os._exit(9)
        time.sleep(self.pause_s)
        # What it heard of another recording is not in this one.
        self._segments.clear()
        self.hears(f"At{hearing.start_ms}", at_ms=hearing.start_ms)
        return super().hear(hearing)


def main(*, pause_s: float, once: bool) -> None:
    settings = Settings()
    logs.set_up(settings)
    bench = shift.lay_out(settings, ears=lambda _engine, _model: OddEar(pause_s))
    signal.signal(signal.SIGTERM, lambda _number, _frame: bench.stopping.ask())
    shift.work(bench, once=once)
    shift.leave()


if __name__ == "__main__":
    main(pause_s=float(sys.argv[1]), once="--once" in sys.argv)
