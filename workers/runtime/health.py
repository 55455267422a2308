"""The pages of a worker process: /live, /ready and /metrics."""

from collections.abc import Callable, Iterable
from typing import Any

from faststream.asgi import AsgiResponse, get
from prometheus_client import CollectorRegistry, Metric, make_asgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from workers.runtime.running import Running

_OK = 200
_NOT_READY = 503


class _Vitals(Collector):
    """What a worker process counts, read when somebody asks; per batch nothing is measured twice."""

    def __init__(self, running: Running) -> None:
        self._running = running

    def collect(self) -> Iterable[Metric]:
        """Return every counter of the process."""
        running = self._running
        counted = {
            "applied": running.delivery.counters.applied,
            "rejected": running.delivery.counters.rejected,
            "repeated": running.delivery.counters.repeated,
            "retried": running.delivery.counters.retried,
            "dead": running.delivery.counters.dead,
            "heard": running.hearing.heard,
            "unreadable_events": running.hearing.dropped,
            "queries_answered": running.questions.counters.answered,
            "queries_refused": running.questions.counters.refused,
            "queries_from_foreign_inboxes": running.questions.counters.foreign_inbox,
            "published": running.relay.published,
        }
        for name, value in counted.items():
            yield CounterMetricFamily(f"incidents_{name}", f"{name.replace('_', ' ')} since the start", value)
        yield GaugeMetricFamily("incidents_lanes", "lanes owned by this process", len(running.lanes.owned))
        yield GaugeMetricFamily("incidents_ready", "1 when the process takes messages", int(running.ready))


def routes(running: Running) -> list[tuple[str, Any]]:
    """Return the pages about a process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Vitals(running))
    return [
        ("/live", _page(lambda: _OK)),
        ("/ready", _page(lambda: _OK if running.ready else _NOT_READY)),
        ("/metrics", make_asgi_app(registry)),
    ]


def _page(status: Callable[[], int]) -> Any:
    @get(include_in_schema=False)
    async def page(_: Any) -> AsgiResponse:
        return AsgiResponse(b"{}", status(), {"Content-Type": "application/json"})

    return page
