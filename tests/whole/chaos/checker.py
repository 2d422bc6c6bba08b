"""Holds an installation against what its client was told, once everything has come to rest."""

import hashlib
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, text
from sqlmodel import col, select

from app import erasures, models, recordings, resumables, search
from app.db import ReadSession, now
from app.jobs import ACTIVE, Queue
from app.recordings import Recordings
from tests import databases
from tests.receiver import Receiver
from tests.whole.chaos import nursery
from tests.whole.chaos.client import SECONDS, Client, Promise
from tests.whole.chaos.ground import Ground

REST_S = 60.0
LATER = timedelta(hours=25)
WINDOWS = -(-SECONDS * 1000 // nursery.WINDOW_MS)
KINDS = ("lost", "doubled", "stuck", "orphans", "corrupt")
TOLD = ("job.succeeded", "interview.ready", "insights.extracted")

Found = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class Fault:
    """One of KINDS; `promise` None: of no interview in particular."""

    kind: str
    what: str
    promise: Promise | None = None


@dataclass
class Checker:
    ground: Ground
    client: Client
    receiver: Receiver

    def __post_init__(self) -> None:
        self.promises = self.client.history.promises

    def check(self) -> list[Fault]:
        """Lets everything come to rest, has it swept as it would be a day later, and looks at all of it."""
        faults = [Fault("stuck", what) for what in self._unrest()]
        faults += [Fault(kind, what, one) for one in self.promises for kind, what in self._of(one)]
        faults += [Fault("doubled", what) for what in self._too_many()]
        self._leave()
        self._sweep()
        looks: tuple[tuple[str, Callable[[], Iterator[str]]], ...] = (
            ("orphans", self._files),
            ("orphans", self._rows),
            ("corrupt", self._corrupt),
        )
        faults += [Fault(kind, what) for kind, look in looks for what in look()]
        return faults + [Fault("lost", what, one) for one, what in self._not_erased()]

    def _unrest(self) -> list[str]:
        try:
            self.ground.until(lambda: not self._moving(), "rest", within_s=REST_S)
        except TimeoutError:
            return self._moving()
        return []

    def _moving(self) -> list[str]:
        return self.ground.read(lambda session: [*_moving(session)]) + self._workflows()

    def _workflows(self) -> list[str]:
        queue = Queue(self.ground.database_url)
        try:
            found = queue.client.list_workflows(status=["PENDING", "ENQUEUED"], load_input=False, load_output=False)
            return [f"{one.workflow_id} is {one.status}" for one in found]
        finally:
            queue.close()

    def _leave(self) -> None:
        """The workers are killed a last time, come again, and go in good order; then nobody is there."""
        self.ground.rest()
        self.ground.begin_again()
        with suppress(TimeoutError):
            self.ground.until(lambda: not [*self._files()], "nothing is left", within_s=REST_S / 2)
        for process in self.ground.processes:
            nursery.end(process.pid, number=signal.SIGTERM)

    def _sweep(self) -> None:
        ground, at = self.ground, now() + LATER
        store = Recordings(ground.recordings_url, ground.folder / "incoming")
        recordings.sweep(ground.engine, store, at=at)
        resumables.sweep(ground.engine, store, at=at)

    def _of(self, promise: Promise) -> Found:
        job = self.ground.read(lambda session: session.get(models.Job, promise.job_id))
        if job is None:
            yield "lost", f"{promise.job_id} is not there"
            return
        yield from self._told_of(promise, job)
        yield from self._withdrawn(promise) if promise.is_withdrawn else self._readable(promise, job)

    def _readable(self, promise: Promise, job: models.Job) -> Found:
        path = f"/v1/interviews/{promise.interview_id}"
        shown, sound = self.client.ask("GET", path), self.client.ask("GET", f"{path}/recording")
        if shown.status_code != 200 or job.status != "succeeded":
            yield "lost", f"{path} answers {shown.status_code}, its job has {job.status} ({job.error})"
            return
        if shown.json()["recording"]["sha256"] != promise.sha256:
            yield "lost", f"{path} says another SHA-256 than it did"
        if hashlib.sha256(sound.content).hexdigest() != promise.sha256:
            yield "lost", f"{path}/recording has other bytes than came"
        yield from self._words(promise)
        if promise.key is not None:
            yield from self._replayed(promise)

    def _words(self, promise: Promise) -> Found:
        said = self.client.ask("GET", f"/v1/interviews/{promise.interview_id}/transcript").json()
        texts = [segment["text"] for segment in said["segments"]]
        starts = Counter(word["start_ms"] for segment in said["segments"] for word in segment["words"])
        # Each window ends with the word, and so does an edit of the first.
        count = " ".join(texts).count(promise.word)
        if count != WINDOWS:
            yield "lost" if count < WINDOWS else "doubled", f"{promise.interview_id}: {count} of {WINDOWS} windows"
        if not promise.edits and max(starts.values(), default=0) > 1:
            yield "doubled", f"{promise.interview_id} has words twice"
        if promise.edits and texts[0] != promise.edits[-1]:
            yield "lost", f"{promise.interview_id} has lost an edit"
        if said["version"] != 1 + len(promise.edits):
            yield "doubled", f"{promise.interview_id} has version {said['version']} after {len(promise.edits)} edits"

    def _replayed(self, promise: Promise) -> Found:
        of_key = select(models.Reply.made_id).where(models.Reply.key == promise.key)
        made = self.ground.read(lambda session: session.exec(of_key).all())
        if made != [promise.interview_id]:
            yield "lost", f"the key of {promise.interview_id} leads to {made}"

    def _withdrawn(self, promise: Promise) -> Found:
        for part in ("transcript", "recording", "insights"):
            answer = self.client.ask("GET", f"/v1/interviews/{promise.interview_id}/{part}")
            if answer.status_code != 451:
                yield "lost", f"the {part} of {promise.interview_id} answers {answer.status_code} after a withdrawal"
        certificates = self.ground.read(lambda session: erasures.of_interview(session, promise.interview_id))
        if len(certificates) != 1:
            yield "doubled", f"{promise.interview_id} has {len(certificates)} certificates"

    def _told_of(self, promise: Promise, job: models.Job) -> Found:
        events = list(TOLD if job.status == "succeeded" else ["job.canceled"])
        if promise.is_withdrawn:
            events.append("interview.erased")
            if self._outlived(promise, job):
                events.remove("interview.ready")
        came = [one for one in self.receiver.received if one.event[1] == promise.interview_id]
        for name in events:
            ids = {one.id for one in came if one.event[0] == name}
            if len(ids) != 1:
                yield (
                    "lost" if not ids else "doubled",
                    f"{name} of {promise.interview_id} ({job.status}) came {len(ids)} times",
                )

    def _outlived(self, promise: Promise, job: models.Job) -> bool:
        """Whether the job succeeded after the withdrawal, all but its last step being done: nothing is ready then."""
        certificate = self.ground.read(lambda session: erasures.of_interview(session, promise.interview_id))[0]
        finished_at = job.finished_at
        return job.status == "succeeded" and finished_at is not None and finished_at > certificate.requested_at

    def _too_many(self) -> Iterator[str]:
        kept = [one for one in self.promises if not one.is_withdrawn]
        wanted = {models.Interview: len(self.promises), models.Job: len(self.promises), models.Recording: len(kept)}
        wanted[models.Transcript] = len(kept) + sum(len(one.edits) for one in kept)
        for table, count in wanted.items():
            found = self.ground.read(lambda session, table=table: _count(session, table))  # type: ignore[misc]
            if found != count:
                yield f"{found} rows of {table.__name__} where {count} were acknowledged"
        found_twice = (
            select(models.Insight.interview_id, func.count())
            .group_by(col(models.Insight.interview_id), col(models.Insight.start_ms), col(models.Insight.quote))
            .having(func.count() > 1)
        )
        for interview_id, count in self.ground.read(lambda session: session.exec(found_twice).all()):
            yield f"{interview_id} has an insight {count} times"

    def _files(self) -> Iterator[str]:
        keys = set(self.ground.read(lambda session: session.exec(select(models.Recording.key)).all()))
        root = Path(self.ground.recordings_url)
        there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        yield from (f"{name} is nobody's" for name in there - keys)
        yield from (f"{name} is not there" for name in keys - there)
        for folder in {self.ground.data_dir(process.what) for process in self.ground.processes}:
            left = [*(folder / "work").rglob("*"), *(folder / "incoming").rglob("*")]
            yield from (f"{path} is left" for path in left)
            # A worker's own goes with it, if it goes in good order.
            locks = [path for path in (folder / "workers").glob("*") if not self._is_of_the_last(path)]
            yield from (f"{path} is left" for path in locks)

    def _is_of_the_last(self, path: Path) -> bool:
        return any(f"-{process.pid}-" in path.name for process in self.ground.processes)

    def _rows(self) -> Iterator[str]:
        for table in (models.HeardChunk, models.Worker, models.Upload):
            count = self.ground.read(lambda session, table=table: _count(session, table, unfinished=True))  # type: ignore[misc]
            if count:
                yield f"{count} rows of {table.__name__} are left"

    def _corrupt(self) -> Iterator[str]:
        yield from search.check(self.ground.engine)
        if self.ground.engine.dialect.name != "sqlite":
            return
        with self.ground.engine.connect() as connection:
            found = connection.execute(text("pragma integrity_check")).all()
            broken = connection.execute(text("pragma foreign_key_check")).all()
        yield from (f"integrity_check: {row[0]}" for row in found if row[0] != "ok")
        yield from (f"foreign_key_check: {tuple(row)}" for row in broken)

    def _not_erased(self) -> Iterator[tuple[Promise, str]]:
        content = databases.content(self.ground.database_url)
        for promise in self.promises:
            if promise.is_withdrawn and promise.word.encode() in content:
                yield promise, f"words of {promise.interview_id} are in the database after its erasure"


def _moving(session: ReadSession) -> Iterator[str]:
    for job in session.exec(select(models.Job).where(col(models.Job.status).in_(ACTIVE))):
        yield f"{job.id} of {job.interview_id} is {job.status} ({job.stage}, {job.starts} starts)"
    for delivery in session.exec(select(models.Delivery).where(models.Delivery.status != "delivered")):
        yield f"{delivery.event} ({delivery.cause}) is {delivery.status}"
    for erasure in session.exec(select(models.Erasure).where(col(models.Erasure.completed_at).is_(None))):
        yield f"the erasure of {erasure.interview_id} is not complete"


def _count(session: ReadSession, table: Any, *, unfinished: bool = False) -> int:
    query = select(func.count()).select_from(table)
    if unfinished and table is models.Upload:
        query = query.where(col(models.Upload.finished_at).is_(None))
    return int(session.exec(query).one())
