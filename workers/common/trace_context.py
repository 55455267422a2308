"""Traces: the trace of each message, and spans if an endpoint is set.

The id of a trace travels in the header `traceparent` (W3C Trace Context) from the caller to the audit row. Without
OTEL_EXPORTER_OTLP_ENDPOINT there are no spans, and OpenTelemetry is not imported.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Protocol

from nats.aio.msg import Msg

HEADER: Final = "traceparent"
_PARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_TRACE_ID: Final = slice(3, 35)
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class TracedQuery(Protocol):
    """The fields of a query for its span."""

    @property
    def verb(self) -> str:
        """Its verb."""

    @property
    def trace(self) -> str | None:
        """Its trace context."""


class Tracing:
    """Tracing without spans, for a process without an endpoint."""

    def delivery_spans(self, messages: Sequence[Msg], lane: int) -> AbstractContextManager[None]:  # noqa: ARG002 - see above
        """Make a span of each message of a batch, the parent of what follows from it."""
        return nullcontext()

    def publish_spans(self, rows: Sequence[Mapping[str, Any]]) -> AbstractContextManager[None]:  # noqa: ARG002 - see above
        """Make a span of each message that leaves the outbox, the parent of its receiver's."""
        return nullcontext()

    def query_span(self, query: TracedQuery) -> AbstractContextManager[str | None]:
        """Make a span of a query, and yield its trace context."""
        return nullcontext(query.trace)

    def close(self) -> None:
        """Export the remaining spans within seconds."""


def trace_of(header: str) -> str | None:
    """Return a valid W3C trace context; None for any other text, which must not reach events."""
    return header if _PARENT.fullmatch(header) else None


def trace_id(parent: str) -> str:
    """Return the id of the trace in a trace context."""
    return parent[_TRACE_ID]


def trace_fields(parent: str | None) -> dict[str, str]:
    """Return the log fields of a trace context, if there is one."""
    return {"trace_id": trace_id(parent)} if parent else {}


def delivery_fields(messages: Sequence[Msg]) -> dict[str, Any]:
    """Return the log fields of a delivery: the id of a single message, and the traces of all.

    If the caller began no trace, the command's id is the trace, also of its events.
    """
    traces = dict.fromkeys(_traces(messages))
    if len(messages) > 1:
        return {"trace_ids": " ".join(traces)}  # one string, because writing a list of hundreds takes twice as long
    fields = {"message_id": _id(messages[0]), "trace_id": next(iter(traces), None)}
    return {name: value for name, value in fields.items() if value}


def _traces(messages: Sequence[Msg]) -> Iterator[str]:
    for raw in messages:
        headers = raw.headers or {}
        if parent := trace_of(headers.get(HEADER, "")):
            yield trace_id(parent)
        elif message_id := headers.get("ce-causationid") or _id(raw):
            yield message_id.replace("-", "")


def _id(raw: Msg) -> str | None:
    header = (raw.headers or {}).get("Nats-Msg-Id", "")
    return header if _UUID.fullmatch(header) else None
