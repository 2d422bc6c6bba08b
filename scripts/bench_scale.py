"""What three workers do in the time of one, on one Postgres and one S3 server: `make bench-scale`.

Usage: python -m scripts.bench_scale [--recordings 30] [--pause 6] [--seconds 10] [--ear sleeping|whisper|both]

The ear that only sleeps shows what lies between workers: polling, locks, the database. Real hearing shows how far the
cores of this machine go.
"""

import argparse
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from app import models
from app.jobs import ENDED
from tests.whole.fleet import fleet, keys, recording, speech
from tests.whole.service import Service, eventually

# A script is one caller that asks as fast as it can.
UNLIMITED = {f"CANDID_{kind}_PER_MINUTE": "0" for kind in ("READS", "WRITES", "UPLOADS")}
WORKERS = (1, 3)
WARM_UP, PATIENCE_S = 3, 1800.0


@dataclass(frozen=True)
class Load:
    """What the workers are given. `pause_s`: how long the ear sleeps for each recording; None: it hears."""

    recordings: int
    seconds: float
    pause_s: float | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=10, help="of speech in each recording, at most 25")
    parser.add_argument("--pause", type=float, default=6, help="seconds that the sleeping ear takes for each")
    parser.add_argument("--ear", choices=("sleeping", "whisper", "both"), default="both")
    asked = parser.parse_args()
    loads = {
        "sleeping": Load(asked.recordings, asked.seconds, asked.pause),
        "whisper": Load(asked.recordings, asked.seconds, None),
    }
    print(f"{asked.recordings} recordings of {asked.seconds:g} s, {os.cpu_count()} cores\n")
    print(f"{'ear':10} {'workers':>8} {'seconds':>8} {'per minute':>11} {'ratio':>6}")
    for name, load in loads.items():
        if asked.ear in (name, "both"):
            show(name, load)


def show(name: str, load: Load) -> None:
    took = {workers: measure(load, workers) for workers in WORKERS}
    for workers, seconds in took.items():
        ratio = took[WORKERS[0]] / seconds
        print(f"{name:10} {workers:8} {seconds:8.1f} {load.recordings * 60 / seconds:11.1f} {ratio:6.2f}", flush=True)


def measure(load: Load, workers: int) -> float:
    """Seconds from the beginning of the first job to the end of the last."""
    with tempfile.TemporaryDirectory(prefix="candid-") as folder, fleet(Path(folder), **UNLIMITED) as made:
        app = made.app()
        started = [made.worker(pause_s=load.pause_s) for _ in range(workers)]
        eventually(lambda: all(one.lines("worker ready") for one in started))
        tokens, sound = keys(app, owners=3, each=2), speech(seconds=load.seconds)
        warm_up, total = WARM_UP * workers, WARM_UP * workers + load.recordings
        for numbers in (range(warm_up), range(warm_up, total)):
            upload(app, tokens, [recording(sound, number=number) for number in numbers])
            jobs = until_done(app, numbers.stop)
        return span(jobs[warm_up:])


def upload(app: Service, tokens: list[str], recordings: list[bytes]) -> None:
    """Every key sends its share, all keys at once."""

    def send(token: str, share: list[bytes]) -> None:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "audio/wav"}
        with httpx.Client(base_url=app.url, headers=headers, timeout=120) as client:
            for sound in share:
                client.post("/v1/interviews?consent=true", content=sound).raise_for_status()

    with ThreadPoolExecutor(len(tokens)) as pool:
        list(pool.map(send, tokens, [recordings[start :: len(tokens)] for start in range(len(tokens))]))


def until_done(app: Service, count: int) -> list[models.Job]:
    """All jobs, oldest first, as soon as `count` of them have ended."""
    eventually(lambda: sum(job.status in ENDED for job in app.jobs()) == count, within_s=PATIENCE_S, every_s=0.5)
    failed = [job.error for job in app.jobs() if job.status != "succeeded"]
    if failed:
        raise SystemExit(f"jobs failed: {failed}")
    return app.jobs()


def span(jobs: list[models.Job]) -> float:
    began = min(job.started_at for job in jobs if job.started_at)
    ended = max(job.finished_at for job in jobs if job.finished_at)
    return (ended - began).total_seconds()


if __name__ == "__main__":
    main()
