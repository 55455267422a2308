"""The metrics of a worker process for Prometheus: counted batch by batch, collected on request."""

import platform
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Final

from prometheus_client import CollectorRegistry, Metric, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from workers.common.health_state import Part
from workers.common.message_counters import LATENCY_SECONDS, Latency
from workers.runtime.bus.backlog_metrics import Figure
from workers.runtime.bus.lane_ownership import EVENTS_LANE
from workers.runtime.process.running_components import RunningComponents

VERSION: Final = version("incident-manager")


def registry(running: RunningComponents, backlog: Sequence[Figure]) -> CollectorRegistry:
    """Return the metrics of a process; `backlog` has the latest figures of its servers."""
    figures = CollectorRegistry(auto_describe=False)
    figures.register(_Figures(running, backlog))
    ProcessCollector(registry=figures)
    return figures


class _Figures(Collector):
    """Collects the counters and gauges of a worker process."""

    def __init__(self, running: RunningComponents, backlog: Sequence[Figure]) -> None:
        self._running = running
        self._backlog = backlog

    def collect(self) -> Iterable[Metric]:
        """Return every metric of the process."""
        running = self._running
        for name, value in _counters(running).items():
            yield CounterMetricFamily(f"incidents_{name}", f"{name.replace('_', ' ')} since the start", value)
        yield _latency(running.delivery.counters.latency)
        yield GaugeMetricFamily("incidents_lanes", "lanes owned by this process", len(running.lanes.owned))
        yield GaugeMetricFamily("incidents_lane_count", "lanes of the worker, for all its processes", _count(running))
        yield GaugeMetricFamily("incidents_ready", "1 when the process serves and nothing fails", int(running.ready))
        doubted = int(running.condition.clock_doubted)
        yield GaugeMetricFamily("incidents_clock_doubted", "1 while nothing is deleted because of its age", doubted)
        yield _failing_seconds(running)
        yield from _lanes(running)
        yield _build()
        yield from _backlog(self._backlog)


def _backlog(figures: Sequence[Figure]) -> Iterable[Metric]:
    """Return the figures of the servers, those of one name together."""
    families: dict[str, GaugeMetricFamily] = {}
    for figure in figures:
        family = GaugeMetricFamily(f"incidents_{figure.name}", figure.meaning, labels=list(figure.labels))
        families.setdefault(figure.name, family).add_metric(list(figure.labels.values()), figure.value)
    return families.values()


def _counters(running: RunningComponents) -> Mapping[str, int]:
    counters, queries = running.delivery.counters, running.query_dispatcher.counters
    return {
        "applied": counters.applied,
        "rejected": counters.rejected,
        "repeated": counters.repeated,
        "retried": counters.retried,
        "dead": counters.dead,
        "turned_away": counters.turned_away,
        "heard": running.event_delivery.handled,
        "unreadable_events": running.event_delivery.dropped,
        "queries_answered": queries.answered,
        "queries_refused": queries.refused,
        "queries_from_foreign_inboxes": queries.foreign_inbox,
        "queries_turned_away": queries.turned_away,
        "queries_dropped": queries.dropped,
        "unlogged_attempts": queries.unlogged_attempts,
        "queries_too_late": queries.late,
        "published": running.relay.published,
        "child_deaths": running.children.deaths,
        "forged_letters": running.forged_letters,
    }


def _latency(latency: Latency) -> Metric:
    bounds = [*map(floatToGoString, LATENCY_SECONDS), "+Inf"]
    buckets = list(zip(bounds, [*latency.at_most, latency.count], strict=True))
    meaning = "from the server's storing of a command to the commit of its effects"
    return HistogramMetricFamily("incidents_command_duration_seconds", meaning, buckets, latency.total_seconds)


def _failing_seconds(running: RunningComponents) -> Metric:
    """Return for how long each part has failed; working parts are included, so that dashboards know them in advance."""
    failing = GaugeMetricFamily("incidents_failing_seconds", "for how long a part has failed", labels=["part"])
    seconds = {failure["part"]: failure["seconds"] for failure in running.condition.as_json()}
    for part in Part:
        failing.add_metric([part.value], seconds.get(part.value, 0.0))
    return failing


def _count(running: RunningComponents) -> int:
    """Return how many lanes the processes of this worker share; its reactions have one more."""
    return (running.lanes.count if running.worker.handlers else 0) + bool(running.worker.reactions)


def _lanes(running: RunningComponents) -> Iterator[Metric]:
    """Return the backlog of each lane that this process owns, and its age."""
    lag = GaugeMetricFamily("incidents_lag_messages", "messages that wait in a lane", labels=["lane"])
    oldest = GaugeMetricFamily(
        "incidents_oldest_pending_seconds", "for how long the oldest message of a lane waits", labels=["lane"]
    )
    now = time.time()
    for number, lane in sorted(running.lanes.held.items()):
        labels = ["events" if number == EVENTS_LANE else str(number)]
        lag.add_metric(labels, lane.behind)
        stored = lane.oldest
        oldest.add_metric(labels, max(now - stored, 0.0) if stored else 0.0)
    yield lag
    yield oldest


def _build() -> Metric:
    build = GaugeMetricFamily("incidents_build_info", "the version that runs", labels=["version", "python"])
    build.add_metric([VERSION, platform.python_version()], 1)
    return build
