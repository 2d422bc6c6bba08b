"""The HTTP service, put together from its rooms: `create_app(settings)`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

from app import backups, keys, migrations, rates, resumables, tracing
from app import search as index
from app.api import (
    comparison,
    consents,
    contacts,
    contract,
    conversation,
    docs,
    insights,
    interviews,
    jobs,
    problems,
    questions,
    recordings,
    search,
    service,
    transcripts,
    tus,
    uploads,
    webhooks,
)
from app.api import keys as api_keys
from app.api.deps import House
from app.api.guards import WATCHERS, Guarded, Hosted
from app.api.heads import Headed, headed
from app.api.streams import Streams
from app.db import now, open_engine, writing
from app.jobs import Queue
from app.keys import Token
from app.metrics import Measured
from app.rates import Rates
from app.recordings import UPLOAD_MAY_TAKE, Recordings
from app.settings import Settings
from app.tracing import Tracing

ROUTERS = (
    *(interviews, recordings, uploads, transcripts, insights, conversation, search, comparison, questions, contacts),
    *(jobs, webhooks, consents, api_keys, service),
)
# What a web page of a named origin may send and read, beside what every page may.
SENT = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "Last-Event-ID",
    "Range",
    "X-Request-Id",
    *("Content-Digest", "Repr-Digest", "X-HTTP-Method-Override", "X-Requested-With"),
    *("Tus-Resumable", "Upload-Checksum", "Upload-Length", "Upload-Metadata", "Upload-Offset"),
    # Not spoken here: a page that sends them can only then be told so.
    *tus.UNSPOKEN,
)
READ = (
    *("ETag", "Location", "Link", "Retry-After", "WWW-Authenticate", "X-Request-Id", "Idempotency-Replayed"),
    *("Accept-Ranges", "Content-Disposition", "Content-Digest", "Content-Range", "Repr-Digest", "Want-Repr-Digest"),
    *("Tus-Checksum-Algorithm", "Tus-Extension", "Tus-Max-Size", "Tus-Resumable", "Tus-Version"),
    *("Upload-Expires", "Upload-Length", "Upload-Metadata", "Upload-Offset", "Candid-Interview"),
    *("RateLimit", "RateLimit-Policy"),
)
TAGS = {
    "interviews": "One conversation with somebody about their work.",
    "recordings": "The audio as it came.",
    "uploads": "Recordings sent in pieces, gone on with after every cut: tus 1.0.0.",
    "transcripts": "The words, in numbered versions.",
    "insights": "Claims worth keeping, each with its proof.",
    "conversation": "How well somebody listened, and who spoke when.",
    "search": "By words, in everything that was said and found.",
    "comparison": "What several interviews say of the same.",
    "questions": "Your own list for an interview, and what became of it.",
    "contacts": "Whom to talk to next: proposed by referrals, kept by you.",
    "jobs": "Background work: how far it is, and why it failed.",
    "webhooks": "Being told of what happens, by requests to a server of yours.",
    "consents": "Who allowed what; withdrawing erases.",
    "api-keys": "Who may call, and for what.",
    "service": "The service about itself.",
}
DESCRIPTION = (
    "Recorded informational interviews in; transcripts and insights with proof out. Send `Authorization: Bearer` "
    "with an API key. Every failure is `application/problem+json`; `/problems` explains each code."
)

SWEEP_EVERY_S = 3600.0

log = structlog.get_logger()


def prepare(settings: Settings) -> Token | None:
    """Makes or upgrades the database, ours and the queue's, and the first key; returns the key if it is new."""
    backups.check_not_half(settings)
    migrations.upgrade(settings)
    queue = Queue(settings.sqlalchemy_url)
    queue.prepare()
    queue.close()
    engine = open_engine(settings.sqlalchemy_url)
    try:
        index.catch_up(engine)
        with writing(engine) as session:
            return keys.ensure_first(session, settings)
    finally:
        engine.dispose()


def open_house(settings: Settings) -> House:
    """What lives as long as the process. Close it with `close_house`."""
    engine = open_engine(settings.sqlalchemy_url)
    return House(
        settings=settings,
        engine=engine,
        recordings=Recordings(settings.recordings_location, settings.data_dir / "incoming"),
        queue=Queue(settings.sqlalchemy_url),
        streams=Streams(engine, per_key=settings.streams_per_key),
        rates=Rates(rates.quotas(settings)),
    )


def close_house(house: House) -> None:
    house.queue.close()
    house.engine.dispose()


def _sweep(house: House) -> None:
    try:
        house.recordings.sweep_staging(before=now() - UPLOAD_MAY_TAKE)
        resumables.sweep(house.engine, house.recordings, at=now())
    except (OSError, SQLAlchemyError):
        # The disk or the database is away: requests are told so, and it is tried again.
        log.warning("sweep waits")


async def _sweep_now_and_then(house: House) -> None:
    # On a machine without a worker nobody else does: what one sees of uploads is only its own.
    while True:
        await asyncio.sleep(SWEEP_EVERY_S)
        await run_in_threadpool(_sweep, house)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    house = app.state.house = open_house(app.state.settings)
    _sweep(house)
    sweeping = asyncio.create_task(_sweep_now_and_then(house))
    yield
    sweeping.cancel()
    close_house(house)
    app.state.tracing.close()


def leave(app: FastAPI) -> None:
    """Ends what has no end of its own. The server waits for open answers before it stops, and a stream is one."""
    house: House | None = getattr(app.state, "house", None)
    if house is not None:
        house.streams.leave()


def create_app(settings: Settings) -> FastAPI:
    """The ASGI application. The database must have been prepared (`prepare`)."""
    traced = tracing.open_tracing(settings, service="candid-api")
    app = FastAPI(
        title="Candid",
        version="1",
        summary="Informational interviews, transcribed and understood.",
        description=DESCRIPTION,
        license_info={"name": "MIT", "identifier": "MIT"},
        openapi_tags=[{"name": name, "description": about} for name, about in TAGS.items()],
        servers=[{"url": "/", "description": "This service"}],
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
        # A path with a slash too many is answered with 404: a redirect would have an upload sent twice.
        redirect_slashes=False,
        telemetry=_telemetry(traced),
    )
    app.state.tracing = traced
    app.state.settings = settings
    app.state.headed = headed(route for room in (*ROUTERS, docs) for route in room.router.routes)
    for room in ROUTERS:
        app.include_router(room.router)
    docs.install(app)
    problems.install(app)
    _guard(app, settings)
    app.openapi = lambda: contract.of(app)  # type: ignore[method-assign]
    return app


def _telemetry(traced: Tracing) -> TelemetryConfig:
    # Every switch is said: on its own the framework sends queries and messages to whom the environment names.
    return {
        "tracer_provider": traced.provider,
        "tracing": traced.is_on,
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        "auto_configure": False,
        "exclude": lambda scope: scope["path"] in WATCHERS,
    }


def _guard(app: FastAPI, settings: Settings) -> None:
    # The last one added is the outermost.
    app.add_middleware(Headed)
    app.add_middleware(Hosted, hosts=settings.allowed_hosts)
    app.add_middleware(Measured)
    app.add_middleware(Guarded)
    app.add_middleware(tus.Spoken)
    if settings.cors_origins:
        # Outside of what answers a defect: a page could not read a 500 that does not name its origin.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=SENT,
            expose_headers=READ,
        )


def _operation_id(route: APIRoute) -> str:
    return route.name
