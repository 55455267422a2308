"""Spans of a caller for OpenTelemetry; imported only where somebody has set an endpoint.

A program that has set up OpenTelemetry keeps its own way of handing spans over, and its current span is the parent.
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

from incidents.tracing import Headers, Tracing

_CLOSE_SECONDS: Final = 2.0
_FORMAT: Final = TraceContextTextMapPropagator()


class Spans(Tracing):
    """The spans of one client."""

    def __init__(self) -> None:
        given = trace.get_tracer_provider()
        self._processor: BatchSpanProcessor | None = None
        if isinstance(given, ProxyTracerProvider):  # nobody has set one up
            given = TracerProvider(resource=Resource.create(_named()), shutdown_on_exit=False)
            self._processor = BatchSpanProcessor(OTLPSpanExporter())
            given.add_span_processor(self._processor)
        self._tracer = given.get_tracer("incidents", version("incident-manager"))

    @contextmanager
    def using(self, name: str) -> Iterator[None]:
        """Make a span of all that is done inside the block."""
        with self._span(name, SpanKind.INTERNAL, {}):
            yield

    @contextmanager
    def sending(self, name: str, message_id: str) -> Iterator[Headers]:
        """Make a span of a command that is sent, up to the server's word that it keeps it."""
        about = {
            "messaging.system": "nats",
            "messaging.operation.name": "send",
            "messaging.operation.type": "send",
            "messaging.message.id": message_id,
        }
        with self._span(f"send {name}", SpanKind.PRODUCER, about) as headers:
            yield headers

    @contextmanager
    def asking(self, name: str) -> Iterator[Headers]:
        """Make a span of a query, up to its answer."""
        with self._span(name, SpanKind.CLIENT, {"messaging.system": "nats"}) as headers:
            yield headers

    def close(self) -> None:
        """Hand over what was not handed over yet, and give it up after two seconds."""
        if self._processor:
            closing = Thread(target=self._processor.shutdown, daemon=True)
            closing.start()
            closing.join(_CLOSE_SECONDS)

    @contextmanager
    def _span(self, name: str, kind: SpanKind, about: Mapping[str, str]) -> Iterator[Headers]:
        span = self._tracer.start_span(name, kind=kind, attributes=about)
        headers: Headers = {}
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
    about = {"service.version": version("incident-manager")}
    return about if "OTEL_SERVICE_NAME" in os.environ else about | {"service.name": "incidents-client"}
