"""Real processes in a tenth of a second: they are forked from one that has loaded everything and done nothing.

`python -m tests.whole.chaos.nursery` reads a line of JSON for each process that is wanted, and writes its id.
"""

import ctypes
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import uvicorn

from app import logs
from app.extraction import RULES
from app.main import create_app, prepare
from app.settings import Settings
from tests.fakes import FakeEar
from tests.scenes import TALK
from tests.whole.chaos import failpoints
from workers import audio, courier, jobs, judges, shift, windows
from workers.channels import Layout
from workers.ears import HeardSegment, Hearing
from workers.windows import Window

ROOT = Path(__file__).parents[3]
PR_SET_PDEATHSIG = 1
WINDOW_MS = 10_000
LINES = [line for _speaker, line in TALK]


@dataclass(frozen=True)
class Wanted:
    """A process to be: `api` or `worker`, its environment, where it logs to, and where failpoints are armed."""

    what: str
    environment: dict[str, str]
    log: str
    armed: str


class Reciting(FakeEar):
    """Hears a line of a talk in each window, and then the words that it was told to expect."""

    def __init__(self) -> None:
        super().__init__(languages=frozenset({"en"}))

    def hear(self, hearing: Hearing) -> list[HeardSegment]:
        line = LINES[hearing.start_ms // WINDOW_MS % len(LINES)]
        self.hears(" ".join([line, *hearing.hotwords]), at_ms=hearing.start_ms)
        found = super().hear(hearing)
        self._segments.clear()
        return found


def regular(decoded: audio.Decoded, layout: Layout, **_options: object) -> list[Window]:
    """Windows wherever somebody speaks or not: looking for speech would take longer than all else."""
    del layout
    ends = range(0, decoded.duration_ms, WINDOW_MS)
    spans = [(start, min(start + WINDOW_MS, decoded.duration_ms)) for start in ends]
    return [Window(start, end, ((start, end),)) for start, end in spans]


def serve(settings: Settings) -> None:
    prepare(settings)
    uvicorn.run(create_app(settings), host=settings.host, port=settings.port, log_config=None, access_log=False)


def work(settings: Settings) -> None:
    windows.find = regular
    judges.best = lambda models_dir: RULES  # noqa: ARG005  its name is part of the call
    jobs.POLL_S, courier.LOOK_EVERY_S = 0.1, 0.1
    bench = shift.lay_out(settings, ears=lambda _engine, _model: Reciting())
    signal.signal(signal.SIGTERM, lambda _number, _frame: bench.stopping.ask())
    shift.work(bench)
    shift.leave()


def become(wanted: Wanted) -> None:
    """Ends the process when that is over."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if sys.platform == "linux":
        # Whatever ends the nursery ends its children.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    log, nothing = os.open(wanted.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), os.open(os.devnull, os.O_RDONLY)
    for end, to in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(end, to)
    os.environ.clear()
    os.environ.update(wanted.environment)
    random.seed()
    armed, settings = Path(wanted.armed), Settings()
    logs.set_up(settings)
    failpoints.lay(armed)
    if wanted.what == "api":
        serve(settings)
    else:
        failpoints.lay_for_worker(armed)
        work(settings)


class Nursery:
    """The way to the process that forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def bear(self, wanted: Wanted) -> int:
        """The id of a new process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(wanted)) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def end(pid: int, *, number: signal.Signals = signal.SIGKILL, within_s: float = 30) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
    until = time.monotonic() + within_s
    while lives(pid) and time.monotonic() < until:
        time.sleep(0.005)


def main() -> None:
    # Nobody waits for them: the system forgets those that have ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                become(Wanted(**json.loads(line)))
            finally:
                sys.stderr.flush()
                os._exit(1)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
