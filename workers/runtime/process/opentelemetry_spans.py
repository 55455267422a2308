"""Spans of a worker for OpenTelemetry, named by its conventions for messaging.

Imported only if an endpoint is set, because it needs the packages of the extra `otel`.
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from threading import Thread
from typing import Any, Final

from nats.aio.msg import Msg
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from contracts.message import Command, Event, Query
from contracts.subjects import read_event_type
from workers.common.trace_context import HEADER, TracedQuery, Tracing, trace_of
from workers.runtime.admission.incoming_messages import COMMAND_ID
from workers.runtime.bus.ordered_stream_reader import stored_at

_CLOSE_SECONDS: Final = 2.0
_NANOSECONDS: Final = 1_000_000_000
_UNKNOWN: Final = "unknown"
"""Clients cannot choose names of spans, because trace stores index them."""

_FORMAT: Final = TraceContextTextMapPropagator()


class Spans(Tracing):
    """The spans of one process, exported by a separate thread."""

    def __init__(self, worker: str, instance: str) -> None:
        """Name the process; OpenTelemetry's own variables set the endpoint, the sampler and the rest."""
        attributes = {"service.version": version("incident-manager"), "service.instance.id": instance}
        if "OTEL_SERVICE_NAME" not in os.environ:
            attributes["service.name"] = f"incidents-{worker}"
        self._worker = worker
        self._processor = BatchSpanProcessor(OTLPSpanExporter())
        provider = TracerProvider(resource=Resource.create(attributes), shutdown_on_exit=False)
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("incidents", version("incident-manager"))

    @contextmanager
    def delivery_spans(self, messages: Sequence[Msg], lane: int) -> Iterator[None]:
        """Make a span of each message of a batch, which ends after the commit."""
        spans = []
        for raw in messages:
            headers = raw.headers or {}
            if COMMAND_ID not in headers:
                continue
            attributes: dict[str, AttributeValue] = {
                **_message_attributes("process", headers[COMMAND_ID]),
                "messaging.destination.partition.id": str(lane),
                "messaging.batch.message_count": len(messages),
                "incidents.waited_seconds": max(time.time() - stored_at(raw), 0.0),
            }
            name = f"process {_span_name(raw.subject, headers)}"
            span = self._begin(name, SpanKind.CONSUMER, headers.get(HEADER, ""), attributes)
            raw.headers = {**headers, HEADER: _context_of(span)}
            spans.append(span)
        with _end_spans(spans):
            yield

    @contextmanager
    def publish_spans(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[None]:
        """Make a span of each message, from its event's time to the server's acknowledgement."""
        spans = []
        for row in rows:
            headers = row["headers"]
            if HEADER in headers:
                name, attributes = (
                    f"send {_span_name(row['subject'], headers)}",
                    _message_attributes("send", headers[COMMAND_ID]),
                )
                span = self._begin(name, SpanKind.PRODUCER, headers[HEADER], attributes, _event_time(headers))
                headers[HEADER] = _context_of(span)
                spans.append(span)
        with _end_spans(spans):
            yield

    @contextmanager
    def query_span(self, query: TracedQuery) -> Iterator[str | None]:
        """Make a span of a query, which ends with its answer."""
        subject = f"{self._worker}.{query.verb}"
        name = subject if subject in Query.registry else f"{self._worker}.{_UNKNOWN}"
        span = self._begin(name, SpanKind.SERVER, query.trace or "", {"messaging.system": "nats"})
        with _end_spans([span]):
            yield _context_of(span)

    def close(self) -> None:
        """Export the remaining spans, for at most two seconds."""
        closing = Thread(target=self._processor.shutdown, daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)

    def _begin(
        self, name: str, kind: SpanKind, parent: str, attributes: Mapping[str, AttributeValue], at: int | None = None
    ) -> Span:
        carried = {HEADER: parent} if trace_of(parent) else {}
        context = _FORMAT.extract(carried, Context())
        return self._tracer.start_span(name, context, kind, attributes, start_time=at)


@contextmanager
def _end_spans(spans: Sequence[Span]) -> Iterator[None]:
    """End spans with the block; name an error by its type, because its message may quote what a person wrote."""
    try:
        yield
    finally:
        failed = sys.exc_info()[0]
        for span in spans:
            if failed:
                span.set_status(StatusCode.ERROR, failed.__qualname__)
            span.end()


def _context_of(span: Span) -> str:
    carrier: dict[str, str] = {}
    _FORMAT.inject(carrier, set_span_in_context(span))
    return carrier[HEADER]


def _message_attributes(operation: str, message_id: str) -> dict[str, AttributeValue]:
    return {
        "messaging.system": "nats",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.message.id": message_id,
    }


def _span_name(subject: str, headers: Mapping[str, str]) -> str:
    """Return the subject of a command's or an event's class."""
    if "ce-type" in headers:
        kind = read_event_type(headers["ce-type"])
        return kind if kind in Event.registry else _UNKNOWN
    parts = subject.split(".")
    subject_name = f"{parts[3]}.{parts[-1]}" if parts[2] == "work" else f"{parts[4]}.{parts[-1]}"
    return subject_name if subject_name in Command.registry else _UNKNOWN


def _event_time(headers: Mapping[str, str]) -> int | None:
    at = headers.get("ce-time")
    return int(datetime.fromisoformat(at).timestamp() * _NANOSECONDS) if at else None
