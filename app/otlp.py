"""The way of spans to a collector: the SDK's batches, over HTTP, and of each span only what is allowed to leave.

The only file that knows the SDK. A collector that is away, slow or refuses costs spans, and nobody waits for it: they
are sent from a thread of its own, and the queue before it ends at 2,048.
"""

from collections.abc import Collection, Sequence

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_NAMESPACE, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, Status

log = structlog.get_logger()


def provider_to(endpoint: str, *, service: str, kept: Collection[str]) -> TracerProvider:
    """A provider whose spans go to `endpoint`, a base URL, with no attributes but those in `kept`.

    Headers, certificates, sampling and batches are as the SDK's own OTEL_ variables say.
    """
    resource = Resource.create({SERVICE_NAMESPACE: "candid", SERVICE_NAME: service})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(Cleaning(exporter, kept)))
    return provider


class Cleaning(SpanExporter):
    """Exports spans without what they must not say, and notes when the collector stops taking them."""

    def __init__(self, inner: SpanExporter, kept: Collection[str]) -> None:
        self._inner, self._kept = inner, kept
        self._is_taken = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._inner.export([cleaned(span, self._kept) for span in spans])
        is_taken = result is SpanExportResult.SUCCESS
        if not is_taken and self._is_taken:
            log.warning("spans not sent", count=len(spans))
        if is_taken and not self._is_taken:
            log.info("spans sent again")
        self._is_taken = is_taken
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()


def cleaned(span: ReadableSpan, kept: Collection[str]) -> ReadableSpan:
    """The span with the attributes in `kept`: no events, messages, links, nor what callers say in `tracestate`."""
    # A copy: nothing can be taken off a span that has ended, and at its start the framework has put the path on it.
    return ReadableSpan(
        name=span.name,
        context=_bare(span.context),
        parent=_bare(span.parent),
        resource=span.resource,
        attributes={name: value for name, value in (span.attributes or {}).items() if name in kept},
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _bare(context: SpanContext | None) -> SpanContext | None:
    return context and SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)
