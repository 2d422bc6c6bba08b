"""What a worker looks after beside its work: what the dead left, here and on other machines."""

from pathlib import Path

import pytest

from app import claims
from app.db import writing
from tests.installation import Installation
from tests.whole.odd_worker import OddEar
from workers import shift
from workers.supervision import Locks, Supervision


@pytest.fixture
def supervision(here: Installation) -> Supervision:
    bench = shift.lay_out(here.settings, ears=lambda _engine, _model: OddEar())
    return Supervision(bench, Locks(here.settings.data_dir / "workers"))


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
