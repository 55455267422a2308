"""Spans of a worker for OpenTelemetry, with the names that its conventions have for messages.

Imported only where somebody has set an endpoint: it needs the packages of the extra `otel`.
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
from workers.common.tracing import HEADER, Traced, Tracing, trace_of
from workers.runtime.admission.incoming import COMMAND_ID
from workers.runtime.bus.reader import stored_at

_CLOSE_SECONDS: Final = 2.0
_NANOSECONDS: Final = 1_000_000_000
_UNKNOWN: Final = "unknown"
"""A span has no name that a client could choose: whoever keeps spans keeps a list of their names."""

_FORMAT: Final = TraceContextTextMapPropagator()


class Spans(Tracing):
    """The spans of one process, handed over by a thread of their own."""

    def __init__(self, worker: str, instance: str) -> None:
        """Name the process; endpoint, sampler and all else are OpenTelemetry's own variables."""
        about = {"service.version": version("incident-manager"), "service.instance.id": instance}
        if "OTEL_SERVICE_NAME" not in os.environ:
            about["service.name"] = f"incidents-{worker}"
        self._worker = worker
        self._processor = BatchSpanProcessor(OTLPSpanExporter())
        provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("incidents", version("incident-manager"))

    @contextmanager
    def delivering(self, messages: Sequence[Msg], lane: int) -> Iterator[None]:
        """Make a span of each message of a batch, from here to after the commit."""
        spans = []
        for raw in messages:
            headers = raw.headers or {}
            if COMMAND_ID not in headers:
                continue
            about: dict[str, AttributeValue] = {
                **_about("process", headers[COMMAND_ID]),
                "messaging.destination.partition.id": str(lane),
                "messaging.batch.message_count": len(messages),
                "incidents.waited_seconds": max(time.time() - stored_at(raw), 0.0),
            }
            name = f"process {_name(raw.subject, headers)}"
            span = self._begin(name, SpanKind.CONSUMER, headers.get(HEADER, ""), about)
            raw.headers = {**headers, HEADER: _written(span)}
            spans.append(span)
        with _ended(spans):
            yield

    @contextmanager
    def leaving(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[None]:
        """Make a span of each message, from the moment when it happened to the server's acknowledgement."""
        spans = []
        for row in rows:
            headers = row["headers"]
            if HEADER in headers:
                name, about = f"send {_name(row['subject'], headers)}", _about("send", headers[COMMAND_ID])
                span = self._begin(name, SpanKind.PRODUCER, headers[HEADER], about, _happened(headers))
                headers[HEADER] = _written(span)
                spans.append(span)
        with _ended(spans):
            yield

    @contextmanager
    def answering(self, asked: Traced) -> Iterator[str | None]:
        """Make a span of a query, from its turn to its answer."""
        subject = f"{self._worker}.{asked.verb}"
        name = subject if subject in Query.registry else f"{self._worker}.{_UNKNOWN}"
        span = self._begin(name, SpanKind.SERVER, asked.trace or "", {"messaging.system": "nats"})
        with _ended([span]):
            yield _written(span)

    def close(self) -> None:
        """Hand over what was not handed over yet, and give it up after two seconds."""
        closing = Thread(target=self._processor.shutdown, daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)

    def _begin(
        self, name: str, kind: SpanKind, parent: str, about: Mapping[str, AttributeValue], at: int | None = None
    ) -> Span:
        carried = {HEADER: parent} if trace_of(parent) else {}
        context = _FORMAT.extract(carried, Context())
        return self._tracer.start_span(name, context, kind, about, start_time=at)


@contextmanager
def _ended(spans: Sequence[Span]) -> Iterator[None]:
    """End spans with the block; what failed is named by its type, since its message may quote what a person wrote."""
    try:
        yield
    finally:
        failed = sys.exc_info()[0]
        for span in spans:
            if failed:
                span.set_status(StatusCode.ERROR, failed.__qualname__)
            span.end()


def _written(span: Span) -> str:
    carrier: dict[str, str] = {}
    _FORMAT.inject(carrier, set_span_in_context(span))
    return carrier[HEADER]


def _about(operation: str, message_id: str) -> dict[str, AttributeValue]:
    return {
        "messaging.system": "nats",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.message.id": message_id,
    }


def _name(subject: str, headers: Mapping[str, str]) -> str:
    """Name a command or an event as its class does."""
    if "ce-type" in headers:
        kind = read_event_type(headers["ce-type"])
        return kind if kind in Event.registry else _UNKNOWN
    parts = subject.split(".")
    named = f"{parts[3]}.{parts[-1]}" if parts[2] == "work" else f"{parts[4]}.{parts[-1]}"
    return named if named in Command.registry else _UNKNOWN


def _happened(headers: Mapping[str, str]) -> int | None:
    at = headers.get("ce-time")
    return int(datetime.fromisoformat(at).timestamp() * _NANOSECONDS) if at else None
