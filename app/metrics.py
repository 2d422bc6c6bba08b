"""Numbers for Prometheus: of this process's requests, and of jobs and workers everywhere. No words, names, ids or keys.

What workers have to tell stands in the database, with their heartbeats: every API process shows the numbers of all, and
a worker needs no port of its own.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import models
from app.db import now, reading
from app.settings import Settings

log = structlog.get_logger()

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)

registry = CollectorRegistry()
requests = Counter("candid_http_requests_total", "Requests answered.", ("method", "route", "status"), registry=registry)
seconds = Histogram(
    "candid_http_request_seconds", "Time to answer.", ("method", "route"), buckets=SECONDS, registry=registry
)
received = Counter("candid_http_request_bytes_total", "Bytes of bodies read.", ("method", "route"), registry=registry)
streams = Gauge("candid_streams", "Streams of job events that are open.", registry=registry)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Measured:
    """ASGI middleware that counts and times every request under its route's template, never under its path."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, size = time.perf_counter(), 500, 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            return message

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, counted, watched)
        finally:
            # A made-up method or path must not make a new time series.
            method = scope["method"] if scope["method"] in METHODS else "other"
            route = getattr(scope.get("route"), "path", "none")
            requests.labels(method, route, status).inc()
            seconds.labels(method, route).observe(time.perf_counter() - began)
            received.labels(method, route).inc(size)


def render(engine: Engine, settings: Settings) -> bytes:
    """The numbers of this process, and of the database as it is now, in Prometheus's text format."""
    stored = CollectorRegistry()
    stored.register(Found(look(engine, settings, at=now())))
    return generate_latest(registry) + generate_latest(stored)


class Found(Collector):
    """Numbers that were looked up for one answer: nothing of it is shared with another."""

    def __init__(self, numbers: list[Metric]) -> None:
        self.numbers = numbers

    def collect(self) -> Iterable[Metric]:
        return self.numbers


def look(engine: Engine, settings: Settings, *, at: datetime) -> list[Metric]:
    """What every room of `LOOKS` has to show. A database that is away is a number too."""
    try:
        with reading(engine) as session:
            return [_gauge("candid_database_up", "Whether the database answers.", 1.0)] + [
                number for one in LOOKS for number in one(session, settings, at)
            ]
    except SQLAlchemyError:
        log.warning("database away", exc_info=True)
        return [_gauge("candid_database_up", "Whether the database answers.", 0.0)]


def _jobs(session: Session, _settings: Settings, at: datetime) -> Iterator[Metric]:
    by_status = GaugeMetricFamily("candid_jobs", "Jobs by status.", labels=["status"])
    for status, count in session.exec(select(models.Job.status, func.count()).group_by(models.Job.status)):
        by_status.add_metric([status], count)
    yield by_status
    since = func.coalesce(col(models.Job.queued_at), col(models.Job.created_at))
    oldest = session.exec(select(func.min(since)).where(models.Job.status == "queued")).one()
    waited = max(0.0, (at - oldest).total_seconds()) if oldest else 0.0
    yield _gauge("candid_oldest_queued_seconds", "How long the job waits that waits longest.", waited)


def _workers(session: Session, settings: Settings, at: datetime) -> Iterator[Metric]:
    known = session.exec(select(models.Worker)).all()
    since = at - timedelta(seconds=settings.dead_after_s)
    live = [worker for worker in known if worker.beat_at >= since]
    yield _gauge("candid_workers", "Workers with a fresh heartbeat.", len(live))
    yield _gauge("candid_worker_jobs", "Jobs that live workers are at.", sum(worker.jobs for worker in live))
    if known:
        age = max(0.0, (at - min(worker.beat_at for worker in known)).total_seconds())
        yield _gauge("candid_worker_heartbeat_age_seconds", "Age of the heartbeat that is the oldest.", age)
    hearing = GaugeMetricFamily(
        "candid_hearing_rtf", "Seconds of work for a second of speech, the mean of live workers.", labels=["engine"]
    )
    for engine in sorted({worker.engine for worker in live}):
        rtfs = [worker.rtf for worker in live if worker.engine == engine and worker.rtf is not None]
        if rtfs:
            hearing.add_metric([engine], sum(rtfs) / len(rtfs))
    yield hearing


def _erasing(session: Session, _settings: Settings, at: datetime) -> Iterator[Metric]:
    pending = select(func.count()).select_from(models.Erasure).where(col(models.Erasure.completed_at).is_(None))
    yield _gauge("candid_erasures_pending", "Erasures that are not complete yet.", session.exec(pending).one())
    ended = session.exec(select(func.max(models.RetentionRun.ended_at))).one()
    if ended:
        age = max(0.0, (at - ended).total_seconds())
        yield _gauge("candid_retention_age_seconds", "Since a worker last erased what was kept long enough.", age)


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


# A room that has something waiting in the database adds its look here.
Look = Callable[[Session, Settings, datetime], Iterable[Metric]]
LOOKS: tuple[Look, ...] = (_jobs, _workers, _erasing)
