"""Those who follow a job: what is new for each of them, looked up for all at once."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from app import interviews, jobs, keys, models
from app.db import now
from app.errors import CandidError, KeyRefused, NotFound
from app.keys import Caller

# Ids in one statement: SQLite takes 32,766 values, and a shorter one is parsed sooner.
BATCH = 500


@dataclass(frozen=True)
class Following:
    """Somebody with a key, the job they follow, and the version of it that they have seen (0: none)."""

    key_id: str
    job_id: str
    seen: int = 0


@dataclass(frozen=True)
class News:
    """The job as it is now, or why nothing more of it may be told."""

    job: models.Job | None = None
    refusal: CandidError | None = None

    @property
    def is_last(self) -> bool:
        return self.refusal is not None or (self.job is not None and self.job.status in jobs.ENDED)


@dataclass(frozen=True)
class Sight:
    """What one look at the database has found: jobs with their interviews, by the job's id, and keys that are good."""

    found: Mapping[str, tuple[models.Job, models.Interview]]
    live_keys: Collection[str]


def begin(session: Session, caller: Caller, job_id: str, *, last_seen: int) -> tuple[Following, News | None]:
    """A following, and what is new at its beginning. Raises NotFound, ConsentWithdrawn.

    A number that the job has not reached is none that it gave, as after a backup was brought back: it counts as 0.
    """
    job = jobs.find(session, caller.owner_id, job_id)
    interviews.readable(session, caller.owner_id, job.interview_id)
    seen = last_seen if last_seen <= job.version else 0
    return Following(caller.key_id, job_id, seen), News(job) if job.version > seen else None


def look(session: Session, followings: Collection[Following]) -> Sight:
    """Two statements for each 500 jobs and keys that are followed, however many follow them."""
    return Sight(
        found={
            job.id: (job, interview)
            for job, interview in _jobs(session, {following.job_id for following in followings})
        },
        live_keys={key.id for key in _keys(session, {following.key_id for following in followings})},
    )


def _jobs(session: Session, job_ids: Collection[str]) -> Iterator[tuple[models.Job, models.Interview]]:
    for some in _batches(job_ids):
        query = select(models.Job, models.Interview).join(models.Interview)
        yield from session.exec(query.where(col(models.Job.id).in_(some)))


def _keys(session: Session, key_ids: Collection[str]) -> Iterator[models.ApiKey]:
    at = now()
    for some in _batches(key_ids):
        found = session.exec(select(models.ApiKey).where(col(models.ApiKey.id).in_(some)))
        yield from (key for key in found if keys.is_live(key, at=at))


def news_for(following: Following, sight: Sight) -> News | None:
    """What there is to tell; None: nothing new. Whoever may not know any more is told so before anything else."""
    if following.key_id not in sight.live_keys:
        return News(refusal=KeyRefused("This key was revoked or has expired."))
    job, interview = sight.found.get(following.job_id, (None, None))
    if job is None or interview is None or interview.deleted_at is not None:
        return News(refusal=NotFound("There is no job with this id."))
    if interview.status == "withdrawn":
        return News(refusal=interviews.withdrawn())
    return News(job) if job.version > following.seen else None


def _batches(ids: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]
