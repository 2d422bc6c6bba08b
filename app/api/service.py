"""The service about itself: limits, health, readiness, metrics."""

from fastapi import APIRouter, Response

from app import media_types, rates, readiness
from app.api import declared, schemas
from app.api.deps import CallerDep, HouseDep
from app.api.problems import DatabaseUnavailable
from app.api.routes import Route
from app.metrics import CONTENT_TYPE, render

router = APIRouter(tags=["service"], route_class=Route)


@router.get("/v1/limits")
def get_limits(_caller: CallerDep, house: HouseDep) -> schemas.LimitsOut:
    """Show the limits. What this service takes, how often it may be asked, how long it keeps things."""
    settings = house.settings
    return schemas.LimitsOut(
        max_recording_bytes=settings.max_recording_bytes,
        max_recording_s=settings.max_decoded_s,
        max_json_bytes=settings.max_json_bytes,
        max_transcript_bytes=settings.max_transcript_bytes,
        min_upload_bytes_per_s=settings.min_upload_bytes_per_s,
        upload_expires_s=settings.upload_expires_s,
        media_types=sorted({kind.media_type for kind in media_types.KINDS.values()}),
        rates=[
            schemas.RateOut(policy=kind, quota=quota, window_s=rates.WINDOW_S)
            for kind, quota in rates.quotas(settings).items()
        ],
        streams_per_key=settings.streams_per_key,
        keep_recordings_days=settings.keep_recordings_days,
        keep_transcripts_days=settings.keep_transcripts_days,
    )


@router.get("/healthz", responses={200: {"description": "It is alive."}})
async def get_health() -> schemas.HealthOut:
    """Say that the service is alive. Nothing else is looked at, so it answers at once, whatever the disk does."""
    return schemas.HealthOut(status="ok")


@router.get(
    "/readyz",
    responses={
        503: {"description": "Something that is needed is missing.", "model": schemas.ReadyOut},
        200: {"description": "Ready."},
    },
)
def get_readiness(house: HouseDep, response: Response) -> schemas.ReadyOut:
    """Say whether work can be done.

    Whether the database is there and current, recordings can be kept, and how many workers live.
    """
    found = readiness.look(house.engine, house.recordings, house.settings)
    response.status_code = 200 if found.is_ready else 503
    return schemas.ReadyOut(
        status="ready" if found.is_ready else "not-ready",
        database=found.database,
        storage=found.storage,
        workers=found.workers,
    )


@router.get(
    "/metrics",
    response_class=Response,
    responses=declared.failures(DatabaseUnavailable)
    | {
        200: {
            "description": "Metrics in Prometheus' text format.",
            "content": {CONTENT_TYPE: {"schema": {"type": "string"}, "example": "candid_jobs 3\n"}},
        }
    },
)
def get_metrics(house: HouseDep) -> Response:
    """Show metrics for Prometheus. Requests by route, jobs by status, live workers. No words, names or keys."""
    return Response(render(house.engine, house.settings), media_type=CONTENT_TYPE)
