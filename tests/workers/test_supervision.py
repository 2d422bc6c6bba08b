"""What a worker looks after beside its work: what the dead left, here and on other machines."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from dbos import error as dbos_error
from sqlmodel import select

from app import claims, erasures, models
from app.claims import Claim
from app.db import reading, writing
from app.errors import WorkCanceled
from app.keys import Caller
from app.recordings import Recordings
from tests.installation import Installation
from tests.scenes import kept
from tests.whole.odd_worker import OddEar
from tests.whole.service import eventually
from workers import jobs, shift
from workers.supervision import Locks, Supervision


class Stubborn(Recordings):
    """It cannot erase a certain recording, nor sweep, for a reason that nobody has thought of."""

    held: str | None = None

    def sweep_staging(self, *, before: datetime) -> None:
        del before
        raise PermissionError(13, "a folder that is somebody else's")

    def erase(self, key: str) -> bool:
        if key == self.held:
            raise PermissionError(13, "a folder that is somebody else's")
        return super().erase(key)


class Hanging(Recordings):
    """Whoever erases waits until they are let go."""

    def __init__(self, here: Installation) -> None:
        super().__init__(here.settings.recordings_location, here.settings.data_dir / "incoming")
        self.is_reached, self.let_go = threading.Event(), threading.Event()

    def erase(self, key: str) -> bool:
        self.is_reached.set()
        self.let_go.wait(60)
        return super().erase(key)


@pytest.fixture
def supervision(here: Installation) -> Iterator[Supervision]:
    bench = shift.lay_out(here.settings, ears=lambda _engine, _model: OddEar())
    yield Supervision(bench, Locks(here.settings.data_dir / "workers"))
    bench.queue.close()
    bench.engine.dispose()


def test_sound_of_a_job_that_was_ended_on_another_machine_goes_at_the_next_look(
    here: Installation, supervision: Supervision
) -> None:
    ended, active = here.submit(), here.submit()
    for job_id in (ended, active):
        (here.settings.work_dir / job_id).mkdir(parents=True)
        (here.settings.work_dir / job_id / "sound.pcm").touch()
    with writing(here.engine) as session:
        claims.abandon(session, ended, 1, None)
    supervision.sweep_scratch()
    assert [path.name for path in here.settings.work_dir.iterdir()] == [active]


def test_locks_of_the_dead_go_when_nobody_knows_them_any_more(tmp_path: Path) -> None:
    locks = Locks(tmp_path / "workers")
    with locks.held("alive"):
        (tmp_path / "workers" / "buried-elsewhere.lock").touch()
        (tmp_path / "workers" / "not-yet-buried.lock").touch()
        locks.sweep({"not-yet-buried"})
        assert {path.stem for path in locks.folder.iterdir()} == {"alive", "not-yet-buried"}


def test_a_worker_that_begins_removes_the_locks_of_the_forgotten(supervision: Supervision) -> None:
    supervision.locks.folder.mkdir(parents=True)
    (supervision.locks.folder / "buried-elsewhere.lock").touch()
    supervision.tidy()
    assert list(supervision.locks.folder.iterdir()) == []


def test_one_sweep_that_fails_keeps_no_other(here: Installation, supervision: Supervision) -> None:
    store = Stubborn(here.settings.recordings_location, here.settings.data_dir / "incoming")
    supervision.bench = replace(supervision.bench, recordings=store)
    supervision.locks.folder.mkdir(parents=True)
    (supervision.locks.folder / "buried-elsewhere.lock").touch()
    supervision.tidy()
    assert list(supervision.locks.folder.iterdir()) == []


def test_one_erasure_that_cannot_be_done_keeps_no_other(here: Installation, supervision: Supervision) -> None:
    store = Stubborn(here.settings.recordings_location, here.settings.data_dir / "incoming")
    withdrawn = [here.interview() for _ in range(3)]
    store.held, *_others = [here.record(interview).key for interview in withdrawn]
    caller = Caller(here.owner_id, "key_1", frozenset())
    with writing(here.engine) as session:
        stuck, *_rest = [
            erasures.begin(session, caller, interview_id=interview.id, consent_id=None).id for interview in withdrawn
        ]
    supervision.bench = replace(supervision.bench, recordings=store)
    supervision.finish_erasures()
    with reading(here.engine) as session:
        assert erasures.pending(session) == [stuck]
    assert kept(here) == [store.held]


def test_a_store_that_hangs_keeps_no_dead_worker_from_being_taken_over(here: Installation) -> None:
    settings = here.settings.model_copy(update={"heartbeat_s": 0.1, "dead_after_s": 1.0})
    store = Hanging(here)
    bench = replace(shift.lay_out(settings, ears=lambda _engine, _model: OddEar()), recordings=store)
    interview, caller = here.interview(), Caller(here.owner_id, "key_1", frozenset())
    here.record(interview)
    with writing(here.engine) as session:
        erasures.begin(session, caller, interview_id=interview.id, consent_id=None)
        session.add(models.Worker(id="silent-elsewhere", engine="faster-whisper", model="base"))
    thread = threading.Thread(target=shift.work, args=[bench])
    thread.start()
    try:
        assert store.is_reached.wait(30)
        eventually(lambda: workers(here) == [bench.worker_id], within_s=30)
        assert (store.let_go.is_set(), len(kept(here))) == (False, 1)
    finally:
        store.let_go.set()
        bench.stopping.ask()
        thread.join(60)
    assert (workers(here), kept(here)) == ([], [])


def workers(here: Installation) -> list[str]:
    with reading(here.engine) as session:
        return list(session.exec(select(models.Worker.id)))


def test_a_job_is_its_silent_workers_until_the_engine_has_taken_the_work_away(
    here: Installation, supervision: Supervision
) -> None:
    job_id = here.submit()
    with writing(here.engine) as session:
        assert claims.begin(session, Claim(job_id, 1, "gone"), is_ours=lambda: True)
        session.add(models.Worker(id="gone", engine="faster-whisper", model="base"))
    supervision.locks.folder.mkdir(parents=True)
    (supervision.locks.folder / "gone.lock").touch()
    # No engine runs in this process.
    with pytest.raises(dbos_error.DBOSException):
        supervision.take_over()
    assert (here.job(job_id).status, here.job(job_id).worker_id) == ("running", "gone")


def test_a_step_that_finds_its_job_handed_back_tells_the_engine_nothing(supervision: Supervision) -> None:
    bench = supervision.bench

    def work(_claim: Claim) -> None:
        bench.stopping.ask()
        raise WorkCanceled

    jobs._at_work[:] = [bench]
    threading.Thread(target=jobs.careful("hear", work), args=[Claim("job", 1, "w")], daemon=True).start()
    until = time.monotonic() + 10
    while bench.stopping.parked == 0 and time.monotonic() < until:
        time.sleep(0.01)
    assert bench.stopping.parked == 1
