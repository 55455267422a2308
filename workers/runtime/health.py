"""The pages of a worker process: /live, /ready and /metrics."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from faststream.asgi import AsgiResponse, get
from prometheus_client import CollectorRegistry, Metric, make_asgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from pydantic_core import to_json

from workers.runtime.condition import Part
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
            "turned_away": running.delivery.counters.turned_away,
            "heard": running.hearing.heard,
            "unreadable_events": running.hearing.dropped,
            "queries_answered": running.questions.counters.answered,
            "queries_refused": running.questions.counters.refused,
            "queries_from_foreign_inboxes": running.questions.counters.foreign_inbox,
            "queries_turned_away": running.questions.counters.turned_away,
            "queries_dropped": running.questions.counters.dropped,
            "unlogged_attempts": running.questions.counters.unlogged_attempts,
            "queries_too_late": running.questions.counters.late,
            "published": running.relay.published,
            "child_deaths": running.children.deaths,
            "forged_letters": running.forged_letters,
        }
        for name, value in counted.items():
            yield CounterMetricFamily(f"incidents_{name}", f"{name.replace('_', ' ')} since the start", value)
        yield GaugeMetricFamily("incidents_lanes", "lanes owned by this process", len(running.lanes.owned))
        yield GaugeMetricFamily("incidents_ready", "1 when the process serves and nothing fails", int(running.ready))
        doubted = int(running.condition.clock_doubted)
        yield GaugeMetricFamily("incidents_clock_doubted", "1 while nothing is deleted because of its age", doubted)
        failing = GaugeMetricFamily("incidents_failing_seconds", "for how long a part has failed", labels=["part"])
        for each in running.condition.as_json():
            failing.add_metric([each["part"]], each["seconds"])
        yield failing


def routes(running: Running) -> list[tuple[str, Any]]:
    """Return the pages about a process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Vitals(running))
    return [
        ("/live", _page(lambda: (_OK, {}))),
        ("/ready", _page(partial(_readiness, running))),
        ("/metrics", make_asgi_app(registry)),
    ]


def _readiness(running: Running) -> tuple[int, dict[str, Any]]:
    """Tell what fails; before anything was tried, that is the start."""
    failing = running.condition.as_json()
    if not running.serving and not failing:
        since = running.started_at
        seconds = round((datetime.now(UTC) - since).total_seconds(), 1)
        failing = [{"part": Part.START.value, "reason": "starting", "since": since.isoformat(), "seconds": seconds}]
    told = {"failing": failing, "clock_doubted": running.condition.clock_doubted}
    return _OK if running.ready else _NOT_READY, told


def _page(look: Callable[[], tuple[int, dict[str, Any]]]) -> Any:
    @get(include_in_schema=False)
    async def page(_: Any) -> AsgiResponse:
        status, told = look()
        return AsgiResponse(to_json(told), status, {"Content-Type": "application/json"})

    return page
