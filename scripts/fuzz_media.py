"""Hostile recordings through the decoding child: `python -m scripts.fuzz_media --cases N [--seed S]`.

Prints how many came to which end, and exits with 1 when a worker would have died, hung, left something behind, or read
anything but the recording. Such recordings are kept in `build/fuzz-media`.
"""

import argparse
import ctypes
import os
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import DecoderCrashed, RecordingUnusable
from tests.scenes import wav
from tests.workers import hostile
from workers import audio

ROOT = Path(__file__).resolve().parent.parent
LIMITS = audio.Limits(max_ms=600_000, wall_s=20, cpu_s=10)
SLACK_S = 10.0
IN_ACCESS, IN_OPEN = 0x1, 0x20  # linux/inotify.h
BAD = ("died", "hung", "left something", "read outside")


class Canary:
    """A recording beside the uploads, and a server: whoever reads the one or calls the other is seen."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "canary.wav"
        self.path.write_bytes(wav(seconds=1))
        self.calls = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/canary.wav"
        threading.Thread(target=self._listen, daemon=True).start()
        self._watch = _watch(self.path)
        self.path.read_bytes()
        if not self.was_touched():
            raise SystemExit("this system does not tell who reads a file: nothing could be proved")

    def close(self) -> None:
        self._listener.close()
        os.close(self._watch)

    def was_touched(self) -> bool:
        """Since it was last asked."""
        calls, self.calls = self.calls, 0
        try:
            return bool(os.read(self._watch, 65536)) or calls > 0
        except BlockingIOError:
            return calls > 0

    def _listen(self) -> None:
        while True:
            try:
                self._listener.accept()[0].close()
            except OSError:
                return
            self.calls += 1


def _watch(path: Path) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    watch = int(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
    libc.inotify_add_watch(watch, os.fsencode(path), IN_ACCESS | IN_OPEN)
    return watch


@dataclass
class Report:
    """Ends and what led there; `bad` are the cases that must not be."""

    ends: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    bad: list[tuple[str, hostile.Case]] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")

    def lines(self) -> Iterator[str]:
        yield "  ".join(f"{way} {count}" for way, count in sorted(self.ways.items()))
        for end, count in self.ends.most_common():
            yield f"{count:7d}  {end}"
        yield f"slowest: {self.slowest[0]:.1f} s, {self.slowest[1]}"
        yield from self.crashes
        yield ", ".join(f"{sum(end == bad for end, _case in self.bad)} {bad}" for bad in BAD)


def fuzz(cases: int, *, seed: int, jobs: int) -> Report:
    """Decodes that many hostile recordings, `jobs` at a time, in this process, as a worker does."""
    report = Report()
    with _ground() as (folder, canary):
        larder = hostile.stock([str(canary.path), f"../{canary.path.name}", canary.url])

        def one(number: int) -> tuple[hostile.Case, str, float]:
            case = hostile.case(larder, number, seed=seed)
            return case, *decode(case, folder / str(number))

        with ThreadPoolExecutor(jobs) as threads:
            for case, end, took_s in threads.map(one, range(cases)):
                # Several are at work: which of them it was is not known, that it was one of them is.
                found = "read outside" if canary.was_touched() else end
                report.ends[found] += 1
                report.ways.update(case.how.split("+"))
                report.slowest = max(report.slowest, (took_s, name_of(case)))
                if end.startswith("decoder-crashed"):
                    report.crashes.append(f"{end}: {name_of(case)}")
                if found in BAD:
                    report.bad.append((found, case))
    return report


@contextmanager
def _ground() -> Iterator[tuple[Path, Canary]]:
    with tempfile.TemporaryDirectory(prefix="candid-fuzz-") as name:
        canary = Canary(Path(name))
        try:
            yield Path(name), canary
        finally:
            canary.close()


def decode(case: hostile.Case, folder: Path) -> tuple[str, float]:
    """What came of it, and after how many seconds."""
    upload, out = folder / "upload", folder / "out"
    upload.mkdir(parents=True)
    out.mkdir()
    (upload / "recording").write_bytes(case.content)
    began = time.monotonic()
    try:
        end = "decoded" if audio.decode(upload / "recording", into=out / "pcm", limits=LIMITS).duration_ms else "silent"
    except RecordingUnusable as error:
        end = f"{error.code} ({error.facts['how']})" if isinstance(error, DecoderCrashed) else error.code
    except Exception as error:  # noqa: BLE001  whatever else comes out of it would end a worker's step
        sys.stderr.write(f"{name_of(case)}: {error!r}\n")
        end = "died"
    took_s = time.monotonic() - began
    left = {path.name for path in (*upload.iterdir(), *out.iterdir())}
    if left - ({"recording", "pcm"} if end in {"decoded", "silent"} else {"recording"}):
        end = "left something"
    for path in (upload / "recording", out / "pcm"):
        path.unlink(missing_ok=True)
    return ("hung" if took_s > LIMITS.wall_s + SLACK_S else end), took_s


def name_of(case: hostile.Case) -> str:
    return f"case {case.number}, {case.how} of {case.kind}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="for the same cases again (default 1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    began = time.monotonic()
    report = fuzz(asked.cases, seed=asked.seed, jobs=asked.jobs)
    print(f"{asked.cases} hostile recordings, seed {asked.seed}, {time.monotonic() - began:.0f} s")
    print(*report.lines(), sep="\n")
    kept = ROOT / "build" / "fuzz-media"
    for end, case in report.bad:
        kept.mkdir(parents=True, exist_ok=True)
        (kept / f"{asked.seed}-{case.number}").write_bytes(case.content)
        print(f"{end}: {name_of(case)}")
    return 1 if report.bad else 0


if __name__ == "__main__":
    sys.exit(main())
