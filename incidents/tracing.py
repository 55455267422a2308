"""Traces that begin with a caller; without OTEL_EXPORTER_OTLP_ENDPOINT there are none, and nothing is imported."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from importlib import import_module
from typing import Final, Protocol

Headers = dict[str, str]
"""The headers of a message that continue the trace."""

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Tracing(Protocol):
    """What a client traces."""

    def using(self, name: str) -> AbstractContextManager[None]:
        """Make a span of the block."""

    def sending(self, name: str, message_id: str) -> AbstractContextManager[Headers]:
        """Make a span of sending a command."""

    def asking(self, name: str) -> AbstractContextManager[Headers]:
        """Make a span of a query, up to its answer."""

    def close(self) -> None:
        """Export the remaining spans, within seconds."""


class NoTracing:
    """Tracing that is switched off."""

    def using(self, name: str) -> AbstractContextManager[None]:  # noqa: ARG002 - nothing is named
        """Make no span."""
        return nullcontext()

    def sending(self, name: str, message_id: str) -> AbstractContextManager[Headers]:  # noqa: ARG002 - nothing is named
        """Make no span, and no headers."""
        return nullcontext({})

    def asking(self, name: str) -> AbstractContextManager[Headers]:  # noqa: ARG002 - nothing is named
        """Make no span, and no headers."""
        return nullcontext({})

    def close(self) -> None:
        """Export nothing."""


@asynccontextmanager
async def open_tracing() -> AsyncIterator[Tracing]:
    """Make spans during the block, and export them at its end."""
    spans = make_tracing()
    try:
        yield spans
    finally:
        await asyncio.to_thread(spans.close)


def make_tracing() -> Tracing:
    """Return the tracing of a caller; it is off if the extra `otel` is not installed."""
    if not any(os.environ.get(name) for name in _ENDPOINTS) or os.environ.get("OTEL_SDK_DISABLED", "") == "true":
        return NoTracing()
    try:
        spans = import_module("incidents.spans")
    except ModuleNotFoundError:
        return NoTracing()
    tracing_: Tracing = spans.Spans()
    return tracing_
