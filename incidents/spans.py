"""Spans of a caller for OpenTelemetry; imported only if an endpoint is set.

A program with its own OpenTelemetry set-up keeps its exporter, and its current span is the parent.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from threading import Thread
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import ProxyTracerProvider, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_CLOSE_SECONDS: Final = 2.0
_FORMAT: Final = TraceContextTextMapPropagator()


class Spans:
    """The spans of one client: what `incidents.tracing.Tracing` describes."""

    def __init__(self) -> None:
        provider = trace.get_tracer_provider()
        self._processor: BatchSpanProcessor | None = None
        if isinstance(provider, ProxyTracerProvider):  # nobody has set one up
            provider = TracerProvider(resource=Resource.create(_named()), shutdown_on_exit=False)
            self._processor = BatchSpanProcessor(OTLPSpanExporter())
            provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("incidents", version("incident-manager"))

    @contextmanager
    def using(self, name: str) -> Iterator[None]:
        """Make a span of the block."""
        with self._span(name, SpanKind.INTERNAL, {}):
            yield

    @contextmanager
    def sending(self, name: str, message_id: str) -> Iterator[dict[str, str]]:
        """Make a span of sending a command, up to the server's acknowledgement."""
        attributes = {
            "messaging.system": "nats",
            "messaging.operation.name": "send",
            "messaging.operation.type": "send",
            "messaging.message.id": message_id,
        }
        with self._span(f"send {name}", SpanKind.PRODUCER, attributes) as headers:
            yield headers

    @contextmanager
    def asking(self, name: str) -> Iterator[dict[str, str]]:
        """Make a span of a query, up to its answer."""
        with self._span(name, SpanKind.CLIENT, {"messaging.system": "nats"}) as headers:
            yield headers

    def close(self) -> None:
        """Export the remaining spans, and give up after two seconds."""
        if self._processor:
            closing = Thread(target=self._processor.shutdown, daemon=True)
            closing.start()
            closing.join(_CLOSE_SECONDS)

    @contextmanager
    def _span(self, name: str, kind: SpanKind, attributes: Mapping[str, str]) -> Iterator[dict[str, str]]:
        span = self._tracer.start_span(name, kind=kind, attributes=attributes)
        headers = dict[str, str]()
        _FORMAT.inject(headers, trace.set_span_in_context(span))
        try:
            # An exception is named by its type alone: its message may quote what a person wrote.
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                yield headers
        finally:
            if failed := sys.exc_info()[0]:
                span.set_status(StatusCode.ERROR, failed.__qualname__)
            span.end()


def _named() -> dict[str, str]:
    attributes = {"service.version": version("incident-manager")}
    return attributes if "OTEL_SERVICE_NAME" in os.environ else attributes | {"service.name": "incidents-client"}
