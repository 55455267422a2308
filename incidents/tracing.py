"""Traces that begin with a caller: without OTEL_EXPORTER_OTLP_ENDPOINT there are none, and nothing is imported."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from importlib import import_module
from typing import Final

Headers = dict[str, str]
"""What has to be sent along with a message, so that what is done with it belongs to the trace."""

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Tracing:
    """Begins no traces: this is what a caller has while nobody wants any."""

    def using(self, name: str) -> AbstractContextManager[None]:  # noqa: ARG002 - see above
        """Make a span of all that is done inside the block."""
        return nullcontext()

    def sending(self, name: str, message_id: str) -> AbstractContextManager[Headers]:  # noqa: ARG002 - see above
        """Make a span of a command that is sent."""
        return nullcontext({})

    def asking(self, name: str) -> AbstractContextManager[Headers]:  # noqa: ARG002 - see above
        """Make a span of a query, up to its answer."""
        return nullcontext({})

    def close(self) -> None:
        """Hand over what was not handed over yet; returns within seconds."""


@asynccontextmanager
async def opened() -> AsyncIterator[Tracing]:
    """Make spans for as long as the block lasts, and hand them over with its end."""
    made = tracing()
    try:
        yield made
    finally:
        await asyncio.to_thread(made.close)


def tracing() -> Tracing:
    """Return what makes the spans of a caller; none where the extra `otel` is not installed."""
    if not any(os.environ.get(name) for name in _ENDPOINTS) or os.environ.get("OTEL_SDK_DISABLED", "") == "true":
        return Tracing()
    try:
        spans = import_module("incidents.spans")
    except ModuleNotFoundError:
        return Tracing()
    made: Tracing = spans.Spans()
    return made
