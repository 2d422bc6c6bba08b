"""The daily erasing with real workers: killed in the middle, another does the rest, and nothing is erased by halves."""

from datetime import timedelta
from pathlib import Path

import httpx
from sqlmodel import select

from app import models
from app.db import now, open_engine, writing
from app.settings import Settings
from tests.scenes import SOUND
from tests.whole.service import KEY, Service, eventually, running

HASTY = {"CANDID_HEARTBEAT_S": "0.5", "CANDID_DEAD_AFTER_S": "3"}
MANY = 50


def furnish(service: Service) -> list[str]:
    """Interviews whose recordings came 31 days ago; their ids."""
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=service.url, headers=headers, timeout=60) as client:
        for _ in range(MANY):
            made = client.post("/v1/interviews", data={"consent": "true"}, files={"file": ("a.wav", SOUND)}).json()
            client.post(f"/v1/jobs/{made['job']['id']}/cancel").raise_for_status()
    engine = open_engine(Settings(data_dir=service.folder / "data").sqlalchemy_url)
    with writing(engine) as session:
        for recording in session.exec(select(models.Recording)):
            recording.received_at = now() - timedelta(days=31)
        found = list(session.exec(select(models.Interview.id)))
    engine.dispose()
    return found


def erased(service: Service) -> int:
    return MANY - service.count(models.Recording)


def sounds(service: Service) -> list[Path]:
    return [path for path in (service.folder / "data" / "recordings").rglob("recording.*") if path.is_file()]


def test_a_worker_killed_while_erasing_is_followed_by_one_that_does_the_rest(tmp_path: Path) -> None:
    with running(tmp_path, **HASTY) as service:
        interviews = furnish(service)
        service.settings["CANDID_KEEP_RECORDINGS_DAYS"] = "30"
        killed = service.odd_worker()
        eventually(lambda: erased(service) >= 5, every_s=0.01)
        killed.kill()
        before = erased(service)
        assert 0 < before < MANY
        successor = service.odd_worker()
        eventually(lambda: successor.lines("retention done"))
        eventually(lambda: erased(service) == MANY)
        assert sounds(service) == []
        for interview in interviews:
            (certificate,) = service.get(f"/v1/interviews/{interview}/erasures").json()["items"]
            assert certificate["completed_at"] is not None
            assert service.get(f"/v1/interviews/{interview}/recording").status_code == 410
        assert service.count(models.RetentionRun) == 1
