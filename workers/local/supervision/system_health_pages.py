"""The health pages of the whole system: liveness, readiness, status and metrics of all workers."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final, NamedTuple

import structlog
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from workers.local.supervision import http_fetch
from workers.local.supervision.supervisor import Supervisor

_NOT_FOUND: Final = 404
_JSON: Final = "application/json"
_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"

log = structlog.get_logger()


class Readiness(NamedTuple):
    """Whether a worker is ready, and its page, which has the failing parts and the state of the clock."""

    ready: bool
    page: Mapping[str, Any]


def _read(code: int, body: str) -> Readiness:
    page = {"failing": [], "clock_doubted": False}
    try:
        page |= json.loads(body or "{}")
    except ValueError:
        log.warning("page_unreadable", code=code)
    return Readiness(code == http_fetch.OK, page)


class Health:
    """The pages about a supervisor and its workers."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    async def ready(self) -> Mapping[str, bool]:
        """Return for each worker whether it is ready."""
        return {name: readiness.ready for name, readiness in (await self.look()).items()}

    async def look(self) -> Mapping[str, Readiness]:
        """Return for each worker its readiness page."""
        workers = self._supervisor.workers
        answers = await asyncio.gather(*(http_fetch.fetch(worker.port, "/ready") for worker in workers))
        return {worker.name: _read(code, body) for worker, (code, body) in zip(workers, answers, strict=True)}

    async def __call__(
        self, scope: MutableMapping[str, Any], _receive: Callable[..., Any], send: Callable[..., Any]
    ) -> None:
        """Answer one HTTP request (the ASGI interface)."""
        pages = {
            "/live": self._live,
            "/ready": self._ready,
            "/status": self._status,
            "/metrics": self._metrics,
        }
        page = pages.get(scope["path"])
        code, kind, body = await page() if page else (_NOT_FOUND, _JSON, b"{}")
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": code, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _live(self) -> tuple[int, str, bytes]:
        return http_fetch.OK, _JSON, b"{}"

    async def _ready(self) -> tuple[int, str, bytes]:
        waiting = {
            name: readiness.page["failing"] for name, readiness in (await self.look()).items() if not readiness.ready
        }
        content = {"not_ready": list(waiting), "failing": waiting}
        return http_fetch.UNAVAILABLE if waiting else http_fetch.OK, _JSON, json.dumps(content).encode()

    async def _status(self) -> tuple[int, str, bytes]:
        readings = await self.look()
        status = {
            worker.name: {
                "pid": worker.pid,
                "restarts": worker.restarts,
                "ready": readings[worker.name].ready,
                **readings[worker.name].page,
            }
            for worker in self._supervisor.workers
        }
        return http_fetch.OK, _JSON, json.dumps(status).encode()

    async def _metrics(self) -> tuple[int, str, bytes]:
        workers = self._supervisor.workers
        answers = await asyncio.gather(*(http_fetch.fetch(worker.port, "/metrics") for worker in workers))
        pages = {
            worker.name: body for worker, (code, body) in zip(workers, answers, strict=True) if code == http_fetch.OK
        }
        return http_fetch.OK, _TEXT, join_metrics(pages)


class _Pages(Collector):
    """Collects the workers' metrics."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        self._pages = pages

    def collect(self) -> Iterable[Metric]:
        """Merge each metric of all pages, because a page may describe it only once."""
        metrics: dict[str, Metric] = {}
        for worker, page in self._pages.items():
            for family in text_string_to_metric_families(page):
                metric = metrics.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                metric.samples += [
                    sample._replace(labels={"worker": worker, **sample.labels}) for sample in family.samples
                ]
        return metrics.values()


def join_metrics(pages: Mapping[str, str]) -> bytes:
    """Join pages of metrics into one, with the worker as a label of each sample."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Pages(pages))
    return generate_latest(registry)
