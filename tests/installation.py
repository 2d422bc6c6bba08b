"""A prepared installation for one test: the database made by migrating, an owner, recordings, jobs.

With CANDID_TEST_RECORDINGS=s3 its recordings are on a real S3 server.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from app import ids, jobs, models
from app.db import open_engine, reading, writing
from app.jobs import Queue
from app.recordings import Recordings
from app.settings import Settings
from tests import databases, s3_server

SAMPLE = Path(__file__).parents[1] / "sample" / "interview.m4a"


@dataclass(frozen=True)
class Installation:
    settings: Settings
    engine: Engine
    queue: Queue
    recordings: Recordings
    owner_id: str

    def interview(self, **facts: Any) -> models.Interview:
        with writing(self.engine) as session:
            interview = models.Interview(**{"owner_id": self.owner_id, "title": "A talk", **facts})
            session.add(interview)
        return interview

    def record(self, interview: models.Interview, sound: Path = SAMPLE, **facts: Any) -> models.Recording:
        staged = self.recordings.stage()
        shutil.copy(sound, staged)
        recording_id = ids.new(ids.Kind.RECORDING)
        recording = models.Recording(
            id=recording_id,
            interview_id=interview.id,
            key=f"{interview.owner_id}/{recording_id}/recording",
            media_type="audio/mp4",
            **{
                "size_bytes": sound.stat().st_size,
                "sha256": hashlib.sha256(sound.read_bytes()).hexdigest(),
                **facts,
            },
        )
        self.recordings.keep(staged, recording.key)
        with writing(self.engine) as session:
            session.add(recording)
        return recording

    def submit(self, interview: models.Interview | None = None, *, kind: str = "transcription", **options: Any) -> str:
        """The id of a new queued job."""
        interview = interview or self.interview()
        with writing(self.engine) as session:
            found = session.get_one(models.Interview, interview.id)
            return jobs.submit(session, self.queue, found, kind=kind, options=options).id

    def job(self, job_id: str) -> models.Job:
        with reading(self.engine) as session:
            return session.get_one(models.Job, job_id)

    def interview_of(self, job_id: str) -> models.Interview:
        with reading(self.engine) as session:
            return session.get_one(models.Interview, session.get_one(models.Job, job_id).interview_id)

    def workflows(self) -> list[tuple[str, str]]:
        return [(found.workflow_id, found.status) for found in self.queue.client.list_workflows()]


@contextmanager
def installed(folder: Path, **settings: Any) -> Iterator[Installation]:
    folder.mkdir(parents=True, exist_ok=True)
    if s3_server.ON_S3:
        settings = {"recordings_url": s3_server.location(), **settings}
    with databases.prepared(folder) as url:
        made = Settings(data_dir=folder, database_url=url, **settings)
        engine, queue = open_engine(url), Queue(url)
        with writing(engine) as session:
            owner = models.Owner(name="somebody")
            session.add(owner)
        try:
            recordings = Recordings(made.recordings_location, folder / "incoming")
            yield Installation(made, engine, queue, recordings, owner.id)
        finally:
            queue.close()
            engine.dispose()
