"""Spans, for whoever has an OpenTelemetry collector: what was done, for which ids, when and how it ended. No words.

Without `CANDID_OTLP_ENDPOINT` nothing here does anything, and nothing of the SDK is loaded. No provider is ever made
the global one: what a library would tell of us (queries, paths, messages) finds nobody that listens.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NoOpTracerProvider, SpanKind, StatusCode, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.errors import CandidError, WorkCanceled
from app.settings import Settings

# What of a log line's fields a span may have. Add what says how the service works, never what was said.
FACTS = frozenset(
    (
        *("request", "key_id", "interview", "job", "attempt", "starts", "outcome", "code"),
        *("webhook", "delivery", "status", "fault"),
    )
)
# The field has names of its own for some.
NAMES = {"status": "http.response.status_code", "fault": "error.type"}
# What leaves this process, whoever has set it: `app.otlp` drops the rest. Routes are templates, never paths.
KEPT = frozenset(
    (
        *("http.request.method", "http.response.status_code", "http.route", "error.type"),
        *("url.scheme", "network.protocol.version"),
        *(f"candid.{fact}" for fact in FACTS - NAMES.keys()),
    )
)
# A collector that does not answer may keep a process that ends for so long; what it has not taken by then is lost.
GRACE_S = 2.0

W3C = TraceContextTextMapPropagator()


@dataclass(frozen=True)
class Tracing:
    """One per process. As it is by default it traces nothing; `open_tracing` gives one that does."""

    provider: TracerProvider = field(default_factory=NoOpTracerProvider)
    shut_down: Callable[[], None] | None = None

    @property
    def is_on(self) -> bool:
        return self.shut_down is not None

    @contextmanager
    def job(self, kind: str, traceparent: str, **facts: object) -> Iterator[None]:
        """A span of one attempt; it continues the trace of the request that queued the job, where that is known."""
        with self._span(kind, SpanKind.CONSUMER, facts, W3C.extract({"traceparent": traceparent})):
            yield

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        with self._span(name, SpanKind.INTERNAL, {}):
            yield

    @contextmanager
    def call(self, name: str, **facts: object) -> Iterator[None]:
        """A request from here to elsewhere. Where to is not told: addresses may hold secrets."""
        with self._span(name, SpanKind.CLIENT, facts):
            yield

    @contextmanager
    def _span(
        self, name: str, kind: SpanKind, facts: Mapping[str, object], context: Context | None = None
    ) -> Iterator[None]:
        known = _named({**structlog.contextvars.get_contextvars(), **facts})
        # The SDK would keep the error's message and its traceback.
        with self.provider.get_tracer("candid").start_as_current_span(
            name, context, kind, known, record_exception=False, set_status_on_exception=False
        ):
            try:
                yield
            except WorkCanceled:
                tell(outcome="canceled")
                raise
            except Exception as error:
                fail(error.code if isinstance(error, CandidError) else type(error).__name__)
                raise

    def close(self) -> None:
        """Sends what is left, in GRACE_S at most. On its own the SDK would wait for half a minute."""
        if self.shut_down is not None:
            last = threading.Thread(target=self.shut_down, name="last spans", daemon=True)
            last.start()
            last.join(GRACE_S)


def open_tracing(settings: Settings, *, service: str) -> Tracing:
    """Of this process, under the name of `service`, when the settings say where to."""
    if not settings.otlp_endpoint:
        return Tracing()
    # Imported here: who has no collector needs no SDK, and does not wait for it at the start.
    from app import otlp  # noqa: PLC0415  see above

    provider = otlp.provider_to(settings.otlp_endpoint, service=service, kept=KEPT)
    return Tracing(provider, provider.shutdown)


def tell(**facts: object) -> None:
    """Adds to the span that is under way, if there is one."""
    trace.get_current_span().set_attributes(_named(facts))


def fail(fault: str) -> None:
    """The span that is under way ends in an error: the name of its type, or a code of ours."""
    tell(fault=fault)
    trace.get_current_span().set_status(StatusCode.ERROR)


def carried() -> dict[str, str]:
    """What a job takes along so that its spans continue the trace that is under way: `traceparent`, or nothing."""
    carrier: dict[str, str] = {}
    W3C.inject(carrier)
    # Beside it would stand what callers say in `tracestate`, and that may be anything.
    return {name: value for name, value in carrier.items() if name == "traceparent"}


def _named(facts: Mapping[str, object]) -> dict[str, str | int]:
    return {
        NAMES.get(fact, f"candid.{fact}"): value
        for fact, value in facts.items()
        if fact in FACTS and isinstance(value, str | int)
    }
