"""Jobs over HTTP: how far the work is, as an answer or as a stream; stop it, try it again."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from app import db, errors, jobs, models
from app.api import bodies, declared, deps, schemas, views
from app.api.deps import House, HouseDep, ReaderDep, ReadSessionDep, WriterDep, WriteSessionDep
from app.api.routes import Route
from app.keys import Caller

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=Route)

# How often a stream looks for news, in seconds. People watch a bar; the database is asked once a second for each.
LOOK_EVERY_S = 1.0
STREAM: declared.Responses = {
    200: {
        "description": "Events until the job has ended; the data of each is the job as JSON.",
        "content": {
            "text/event-stream": {
                # OpenAPI 3.1 cannot say what one event of a stream is, and tools disagree on whether a schema here
                # means the whole or one event: so it says it in words.
                "schema": {"description": "Each event's `data` is a JobOut as JSON."},
                "example": f"id: 7\nevent: progress\ndata: {json.dumps(schemas.JOB_EXAMPLE)}\n\n",
            }
        },
    }
}


@router.get("/{job_id}", responses=declared.failures(errors.NotFound))
def get_job(job_id: deps.JobId, caller: ReaderDep, session: ReadSessionDep) -> schemas.JobOut:
    """Show a job. Its status, stage and progress, and why it failed if it did."""
    return views.job(jobs.find(session, caller.owner_id, job_id))


@router.post("/{job_id}/cancel", responses=declared.failures(errors.NotFound, errors.JobFinished))
def cancel_job(job_id: deps.JobId, caller: WriterDep, session: WriteSessionDep) -> schemas.JobOut:
    """Cancel a job. A queued one is canceled at once, a running one within seconds. Canceling twice is fine."""
    return views.job(jobs.cancel(session, caller.owner_id, job_id))


@router.post(
    "/{job_id}/retry",
    status_code=202,
    responses=declared.ACCEPTED
    | declared.failures(errors.NotFound, errors.JobNotRetryable, errors.StateConflict, errors.ConsentWithdrawn),
)
def retry_job(
    job_id: deps.JobId, response: Response, house: HouseDep, caller: WriterDep, session: WriteSessionDep
) -> schemas.JobOut:
    """Try a job again. A failed or canceled one; what it heard already is not heard a second time."""
    job = jobs.retry(session, house.queue, caller.owner_id, job_id)
    bodies.point_to_job(response, job)
    return views.job(job)


def _followed(job_id: deps.JobId, caller: ReaderDep, house: HouseDep) -> tuple[Caller, str]:
    """Whose job it is, checked before the stream begins: a stream cannot turn into a problem any more."""
    with db.reading(house.engine) as session:
        jobs.find(session, caller.owner_id, job_id)
    return caller, job_id


@router.get(
    "/{job_id}/events", response_class=EventSourceResponse, responses=STREAM | declared.failures(errors.NotFound)
)
async def stream_job_events(
    house: HouseDep, followed: Annotated[tuple[Caller, str], Depends(_followed)]
) -> AsyncIterator[ServerSentEvent]:
    """Follow a job. Server-sent events: `progress` whenever it changes, `done` at the end."""
    caller, job_id = followed
    seen = 0
    while True:
        job = await run_in_threadpool(_look, house, caller, job_id)
        if job.version > seen:
            seen = job.version
            is_over = job.status in jobs.ENDED
            yield ServerSentEvent(data=views.job(job), event="done" if is_over else "progress", id=str(seen))
            if is_over:
                return
        await asyncio.sleep(LOOK_EVERY_S)


def _look(house: House, caller: Caller, job_id: str) -> models.Job:
    with db.reading(house.engine) as session:
        return jobs.find(session, caller.owner_id, job_id)
