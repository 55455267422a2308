"""The HTTP pages of a worker process: /live, /ready and /metrics."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from faststream.asgi import AsgiResponse, get
from prometheus_client import make_asgi_app
from pydantic_core import to_json

from workers.common.health_state import Part
from workers.runtime.process import metrics
from workers.runtime.process.running_components import RunningComponents

_OK = 200
_NOT_READY = 503


def routes(running: RunningComponents) -> list[tuple[str, Any]]:
    """Return the routes of the pages."""
    return [
        ("/live", _page(lambda: (_OK, {}))),
        ("/ready", _page(partial(_readiness, running))),
        ("/metrics", _metrics(running)),
    ]


def _metrics(running: RunningComponents) -> Any:
    async def page_of_metrics(scope: Any, receive: Any, send: Any) -> None:
        backlog = await running.backlog.read()
        await make_asgi_app(metrics.registry(running, backlog))(scope, receive, send)

    return page_of_metrics


def _readiness(running: RunningComponents) -> tuple[int, dict[str, Any]]:
    """Return the status and the failing parts; before the first attempt the start counts as failing."""
    failing = running.condition.as_json()
    if not running.serving and not failing:
        since = running.started_at
        seconds = round((datetime.now(UTC) - since).total_seconds(), 1)
        failing = [{"part": Part.START.value, "reason": "starting", "since": since.isoformat(), "seconds": seconds}]
    content = {"failing": failing, "clock_doubted": running.condition.clock_doubted}
    return _OK if running.ready else _NOT_READY, content


def _page(read: Callable[[], tuple[int, dict[str, Any]]]) -> Any:
    @get(include_in_schema=False)
    async def page(_: Any) -> AsgiResponse:
        status, content = read()
        return AsgiResponse(to_json(content), status, {"Content-Type": "application/json"})

    return page
