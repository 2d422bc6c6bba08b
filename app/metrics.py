"""Numbers for Prometheus: requests by route template, jobs by status, live workers. No words, names, ids or keys."""

import time

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import Engine, func
from sqlmodel import select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import models, readiness
from app.db import reading
from app.settings import Settings

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)

registry = CollectorRegistry()
requests = Counter("candid_http_requests_total", "Requests answered.", ("method", "route", "status"), registry=registry)
seconds = Histogram(
    "candid_http_request_seconds", "Time to answer.", ("method", "route"), buckets=SECONDS, registry=registry
)
jobs = Gauge("candid_jobs", "Jobs by status.", ("status",), registry=registry)
workers = Gauge("candid_workers", "Workers with a fresh heartbeat.", registry=registry)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Measured:
    """ASGI middleware that counts and times every request under its route's template, never under its path."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            # A made-up method or path must not make a new time series.
            method = scope["method"] if scope["method"] in METHODS else "other"
            route = getattr(scope.get("route"), "path", "none")
            requests.labels(method, route, status).inc()
            seconds.labels(method, route).observe(time.perf_counter() - began)


def render(engine: Engine, settings: Settings) -> bytes:
    """The numbers of this process, and of the database as it is now, in Prometheus's text format."""
    jobs.clear()
    with reading(engine) as session:
        for status, count in session.exec(select(models.Job.status, func.count()).group_by(models.Job.status)):
            jobs.labels(status).set(count)
    workers.set(readiness.live_workers(engine, settings))
    return generate_latest(registry)
