"""A chaos run: kill after kill, each at a failpoint or somewhen, and what came of it by failpoint."""

import multiprocessing
import random
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import col, select

from app import models
from app.jobs import ENDED
from tests.receiver import Receiver
from tests.whole.chaos import failpoints, nursery
from tests.whole.chaos.checker import KINDS, Checker, Fault
from tests.whole.chaos.client import Broken, Client, Promise
from tests.whole.chaos.failpoints import ANY_API, ANY_WORKER, FAILPOINTS, Failpoint, Scene
from tests.whole.chaos.ground import Death, Ground, under_fire

# A kill at any moment comes within so many seconds of the beginning of its round.
SOMEWHEN_S = 2.0
ANY = {ANY_API: ("api",), ANY_WORKER: ("worker 1", "worker 2")}
NOWHERE = "(no failpoint in particular)"


@dataclass
class Line:
    """What came of one failpoint. `kills`: of processes, or of answers; `missed`: it was not passed by."""

    kills: int = 0
    missed: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0


@dataclass
class Report:
    seed: int
    lines: dict[str, Line] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    took_s: float = 0.0

    def line(self, point: str) -> Line:
        return self.lines.setdefault(point, Line())

    def note(self, fault: Fault) -> None:
        for point in fault.promise.points if fault.promise else [NOWHERE]:
            self.line(point).faults[fault.kind] += 1
        points = f" [{', '.join(fault.promise.points)}]" if fault.promise else ""
        self.faults.append(f"{fault.kind}: {fault.what}{points}")

    def note_at(self, point: str, kind: str, what: str) -> None:
        self.line(point).faults[kind] += 1
        self.faults.append(f"{kind}: {what} [{point}]")

    def add(self, other: "Report") -> None:
        """What came of another run, to what came of this one."""
        for point, line in other.lines.items():
            mine = self.line(point)
            mine.kills += line.kills
            mine.missed += line.missed
            mine.faults += line.faults
            mine.longest_s = max(mine.longest_s, line.longest_s)
        self.faults += [f"{fault} (SEED={other.seed})" for fault in other.faults]

    @property
    def kills(self) -> int:
        return sum(line.kills for line in self.lines.values())

    @property
    def missed(self) -> list[str]:
        return [point for point, line in self.lines.items() if line.missed]

    @property
    def longest_s(self) -> float:
        return max((line.longest_s for line in self.lines.values()), default=0.0)

    def total(self, kind: str) -> int:
        return sum(fault.startswith(f"{kind}:") for fault in self.faults)

    def table(self) -> Iterator[str]:
        heads = ("kills", "missed", *KINDS, "longest take-over")
        yield f"{'failpoint':30}" + "".join(f"{head:>9}" for head in heads[:-1]) + f"{heads[-1]:>19}"
        for point, line in sorted(self.lines.items()):
            counts = (line.kills, line.missed, *(line.faults[kind] for kind in KINDS))
            yield f"{point:30}" + "".join(f"{count:9d}" for count in counts) + f"{line.longest_s:17.2f} s"
        counts = (self.kills, len(self.missed), *(self.total(kind) for kind in KINDS))
        yield f"{'all':30}" + "".join(f"{count:9d}" for count in counts) + f"{self.longest_s:17.2f} s"


@dataclass
class Run:
    """One client, one round after the other: what a kill does is seen before the next one comes."""

    ground: Ground
    client: Client
    chance: random.Random
    report: Report

    def round(self, point: Failpoint) -> None:
        line, before, victim = self.report.line(point.name), len(self.ground.deaths), self._victim(point)
        began = self._light(point)
        try:
            acted_on = self._act(point, victim)
            is_hit = self._is_hit(point, before)
            line.kills += len(self.ground.deaths) - before if point.is_deadly else is_hit
            line.missed += not is_hit
            for death in self.ground.deaths[before:]:
                line.longest_s = max(line.longest_s, self._taken_over(death))
            self.ground.until(lambda: self._is_done(acted_on), f"{acted_on.interview_id} is done")
        except (TimeoutError, Broken) as error:
            self.report.note_at(point.name, "stuck" if isinstance(error, TimeoutError) else "lost", str(error))
        finally:
            failpoints.disarm(self.ground.armed, point.name)
            if began is not None:
                began.join()

    def _light(self, point: Failpoint) -> threading.Thread | None:
        """Arms the failpoint; for a kill at any moment, whoever does it."""
        if point.name not in ANY:
            failpoints.arm(self.ground.armed, point.name, passes=self.chance.randint(0, point.passes))
            return None
        what, pause_s = self.chance.choice(ANY[point.name]), self.chance.uniform(0, SOMEWHEN_S)
        killer = threading.Timer(pause_s, self.ground.kill, args=[what])
        killer.start()
        return killer

    def _victim(self, point: Failpoint) -> Promise | None:
        """Whom an edit or a withdrawal is of. Made before the failpoint is armed, if there is none yet."""
        if point.scene not in (Scene.EDIT, Scene.WITHDRAW):
            return None
        known = self.client.history.ready()
        is_new = point.scene is Scene.WITHDRAW and self.chance.random() < 0.5
        if known and not is_new:
            return self.chance.choice(known)
        made = self.client.send(point.name)
        if not is_new:
            self.ground.until(lambda: self._is_done(made), f"{made.interview_id} is done")
        return made

    def _act(self, point: Failpoint, victim: Promise | None) -> Promise:
        if victim is None:
            sends = {Scene.RESUME: self.client.resume, Scene.PLAN: self.client.plan}
            made = sends.get(point.scene, self.client.send)(point.name)
            if point.scene is Scene.ORPHAN:
                self._orphan(made)
            return made
        if point.name not in victim.points:
            victim.points.append(point.name)
        (self.client.edit if point.scene is Scene.EDIT else self.client.withdraw)(victim)
        return victim

    def _orphan(self, made: Promise) -> None:
        """Kills the worker that is at work on it."""
        whose = self.ground.until(lambda: self._at_work(made), f"somebody is at work on {made.interview_id}")
        for worker in self.ground.workers():
            if f"-{worker.pid}-" in str(whose):
                self.ground.kill(worker.what)

    def _at_work(self, made: Promise) -> str | None:
        query = select(models.Job.worker_id).where(models.Job.id == made.job_id, models.Job.status == "running")
        return self.ground.read(lambda session: session.exec(query).first())

    def _is_hit(self, point: Failpoint, before: int) -> bool:
        dead = 2 if point.scene is Scene.ORPHAN else 1

        def look() -> bool:
            if point.is_deadly:
                return len(self.ground.deaths) - before >= dead
            return not failpoints.is_armed(self.ground.armed, point.name)

        try:
            return self.ground.until(look, point.name, within_s=20)
        except TimeoutError:
            return False

    def _taken_over(self, death: Death) -> float:
        return self.ground.until(lambda: death.over_after_s, f"the work of {death.process.what} is taken over") or 0.0

    def _is_done(self, promise: Promise) -> bool:
        job = select(models.Job.id).where(models.Job.id == promise.job_id, col(models.Job.status).in_(ENDED))
        erasure = select(models.Erasure.id).where(
            models.Erasure.interview_id == promise.interview_id, col(models.Erasure.completed_at).is_not(None)
        )
        query = erasure if promise.is_withdrawn else job
        return self.ground.read(lambda session: session.exec(query).first()) is not None


def order(kills: int, chance: random.Random, *, at: str = "") -> list[Failpoint]:
    """Every failpoint whose name begins with `at`, each about as often as every other, in no order."""
    points = [point for point in FAILPOINTS if point.name.startswith(at)]
    found: list[Failpoint] = []
    while points and len(found) < kills:
        found += chance.sample(points, len(points))
    return found[:kills]


def run_beside(kills: int, grounds: int, *, seed: int, elsewhere: bool = False, at: str = "") -> Report:
    """That many kills, shared out among installations that have nothing in common and are killed at the same time.

    A round waits more than it works. The seeds are `seed` and those after it.
    """
    shares = [kills // grounds + (number < kills % grounds) for number in range(grounds)]
    report, began = Report(seed), time.monotonic()
    with ProcessPoolExecutor(grounds, mp_context=multiprocessing.get_context("spawn")) as processes:
        each = [
            processes.submit(run, share, seed=seed + number, elsewhere=elsewhere, at=at)
            for number, share in enumerate(shares)
        ]
        for done in as_completed(each):
            report.add(done.result())
    report.took_s = time.monotonic() - began
    return report


def run(kills: int, *, seed: int, elsewhere: bool = False, at: str = "") -> Report:
    """That many rounds, in a folder of their own; the same seed is the same order of the same deeds.

    When anything was not as it should be, the folder with its logs stays as `build/chaos-SEED`.
    """
    chance, report, began = random.Random(seed), Report(seed), time.monotonic()  # noqa: S311  to be repeated
    with (
        tempfile.TemporaryDirectory(prefix="candid-chaos-", ignore_cleanup_errors=True) as folder,
        Receiver() as receiver,
        under_fire(Path(folder), elsewhere=elsewhere) as ground,
        closing(Client(ground, chance)) as client,
    ):
        checker = Checker(ground, client, receiver)
        client.subscribe(receiver.url)
        rounds = Run(ground, client, chance, report)
        # Ctrl-C ends the killing, and not the checking.
        with suppress(KeyboardInterrupt):
            for point in order(kills, chance, at=at):
                rounds.round(point)
        for fault in checker.check():
            report.note(fault)
        if report.faults:
            shutil.copytree(folder, nursery.ROOT / "build" / f"chaos-{seed}", dirs_exist_ok=True)
    report.took_s = time.monotonic() - began
    return report
