"""Jobs over HTTP: how far the work is, as an answer or as a stream; stop it, try it again."""

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app import db, errors, followings, jobs
from app.api import bodies, declared, deps, schemas, streams, views
from app.api.deps import HouseDep, ReaderDep, ReadSessionDep, WriterDep, WriteSessionDep
from app.api.routes import Route
from app.api.streams import NothingMore
from app.followings import Following, News

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=Route)

STREAM: declared.Responses = {
    200: {
        "description": "Events until the job has ended, each with the job as it is then.",
        "content": {
            "text/event-stream": {
                # OpenAPI 3.1 has no word for one event of a stream, so it is the content of a text; no `type`, because
                # tools disagree on whether a schema here means the whole or one event.
                "schema": {
                    "description": "Each event is a JobEvent: the lines `id`, `event`, `data` (as JSON) and `retry`.",
                    "contentMediaType": "text/event-stream",
                    "contentSchema": {"$ref": f"{declared.SCHEMAS}/JobEvent"},
                },
                "example": f"event: progress\ndata: {json.dumps(schemas.JOB_EXAMPLE)}\nid: 7\nretry: 3000\n\n",
            }
        },
    },
    204: {"description": "The job has ended, and `Last-Event-ID` says that you have seen it: do not come again."},
}
STREAM |= declared.failures(errors.NotFound, errors.ConsentWithdrawn, errors.StreamsExhausted)
LastEventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", pattern="^[0-9]{1,15}$", description="The `id` of the last event that you have."),
]


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
    | declared.failures(
        errors.NotFound,
        errors.JobNotRetryable,
        errors.StateConflict,
        errors.ConsentWithdrawn,
        errors.RecordingErased,
        errors.TranscriptErased,
    ),
)
def retry_job(
    job_id: deps.JobId, response: Response, house: HouseDep, caller: WriterDep, session: WriteSessionDep
) -> schemas.JobOut:
    """Try a job again. A failed or canceled one; what it heard already is not heard a second time."""
    job = jobs.retry(session, house.queue, caller.owner_id, job_id)
    bodies.point_to_job(response, job)
    return views.job(job)


def _begun(
    job_id: deps.JobId, caller: ReaderDep, house: HouseDep, last_event_id: LastEventId = None
) -> tuple[Following, News | None]:
    # All that can be refused is, before the stream begins: a stream cannot turn into a problem any more.
    house.streams.check_room(caller.key_id)
    with db.reading(house.engine) as session:
        following, news = followings.begin(session, caller, job_id, last_seen=int(last_event_id or 0))
        if news is None and jobs.find(session, caller.owner_id, job_id).status in jobs.ENDED:
            raise NothingMore
    return following, news


@router.get("/{job_id}/events", response_class=EventSourceResponse, responses=STREAM)
async def stream_job_events(
    request: Request, house: HouseDep, begun: Annotated[tuple[Following, News | None], Depends(_begun)]
) -> AsyncIterator[ServerSentEvent]:
    """Follow a job. Server-sent events: `progress` with every change, `done` or `refused` as the last.

    The events' ids are the job's versions and only grow, whichever process answers: send the last one as
    `Last-Event-ID` (an EventSource does) and nothing that you have seen comes again. An event is the whole job, so
    of changes that follow each other within a second the last is sent. `refused` brings a problem: the key was
    revoked, or consent withdrawn. A comment comes every 15 seconds; a stream that ends without `done` or `refused` was
    cut off, or the service was stopped: come again.
    """
    async for news in house.streams.follow(*begun):
        yield streams.event(request, news)
