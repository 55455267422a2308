"""How the whole system does, over HTTP: are all workers alive, ready, and what do they count."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from workers.local.supervisor import Supervisor, Worker

_PATIENCE: Final = 2.0
_OK: Final = 200
_NOT_FOUND: Final = 404
_UNAVAILABLE: Final = 503
_JSON: Final = "application/json"
_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


class Health:
    """The pages about a supervisor and its workers."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    async def ready(self) -> Mapping[str, bool]:
        """Tell of each worker whether it is ready."""
        workers = self._supervisor.workers
        answers = await asyncio.gather(*(fetch(worker, "/ready") for worker in workers))
        return {worker.name: code == _OK for worker, (code, _) in zip(workers, answers, strict=True)}

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
        return _OK, _JSON, b"{}"

    async def _ready(self) -> tuple[int, str, bytes]:
        waiting = [name for name, ready in (await self.ready()).items() if not ready]
        return _UNAVAILABLE if waiting else _OK, _JSON, json.dumps({"not_ready": waiting}).encode()

    async def _status(self) -> tuple[int, str, bytes]:
        ready = await self.ready()
        status = {
            worker.name: {"pid": worker.pid, "restarts": worker.restarts, "ready": ready[worker.name]}
            for worker in self._supervisor.workers
        }
        return _OK, _JSON, json.dumps(status).encode()

    async def _metrics(self) -> tuple[int, str, bytes]:
        workers = self._supervisor.workers
        answers = await asyncio.gather(*(fetch(worker, "/metrics") for worker in workers))
        pages = {worker.name: body for worker, (code, body) in zip(workers, answers, strict=True) if code == _OK}
        return _OK, _TEXT, join_metrics(pages)


class _Pages(Collector):
    """The workers' metrics as if they were our own."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        self._pages = pages

    def collect(self) -> Iterable[Metric]:
        """Gather each metric from all pages, since a page may describe it only once."""
        metrics: dict[str, Metric] = {}
        for worker, page in self._pages.items():
            for family in text_string_to_metric_families(page):
                metric = metrics.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                metric.samples += [
                    sample._replace(labels={"worker": worker, **sample.labels}) for sample in family.samples
                ]
        return metrics.values()


def join_metrics(pages: Mapping[str, str]) -> bytes:
    """Join pages of metrics into one, where each sample names the worker that it is from."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Pages(pages))
    return generate_latest(registry)


async def fetch(worker: Worker, path: str) -> tuple[int, str]:
    """Get a page of a worker; one that does not answer in time is unavailable."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await _get(worker.port, path)
    except (OSError, TimeoutError, ValueError):
        return _UNAVAILABLE, ""


async def _get(port: int, path: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
        answer = (await reader.read()).decode()
    finally:
        writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head[9:12]), body
