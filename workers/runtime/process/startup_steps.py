"""The start of a process: tracing, waiting for servers, and background work."""

import asyncio
import os
from collections.abc import Coroutine
from importlib import import_module
from typing import Any, Final

import structlog
from nats.errors import Error as NatsError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from workers.common.erasure_journal.journal import ErasureJournal, JournalError
from workers.common.logs import describe
from workers.common.trace_context import Tracing
from workers.runtime.bus import jetstream_strict_mode_check, streams
from workers.runtime.bus.hardened_parser import read_safely
from workers.runtime.commands.dead_letter_reading import watch_letters
from workers.runtime.process import preconditions, stream_trimming
from workers.runtime.process.discovery_responder import discovery
from workers.runtime.process.heartbeat import heartbeats
from workers.runtime.process.periodic_maintenance import housekeeping, report_excess
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.process.write_probe_watchdog import watchdog
from workers.runtime.storage import erasure_place

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
log = structlog.get_logger()


def open_tracing(worker: str, instance: str) -> Tracing:
    """Return the tracing of a process; without an endpoint it makes no spans."""
    if not any(os.environ.get(name) for name in _ENDPOINTS) or os.environ.get("OTEL_SDK_DISABLED", "") == "true":
        return Tracing()
    try:
        spans = import_module("workers.runtime.process.opentelemetry_spans")
    except ModuleNotFoundError as error:
        log.warning("tracing_not_installed", missing=error.name)
        return Tracing()
    tracing: Tracing = spans.Spans(worker, instance)
    return tracing


async def wait_for_servers(running: RunningComponents) -> None:
    """Wait until both servers answer and the schema exists; log each cause once."""
    logged: list[dict[str, str]] = []
    while True:
        try:
            await preconditions.require(running.settings.database_url, "INCIDENTS_DATABASE_URL")
            await running.broker.connect()
            read_safely(running.nats)
            async with running.engine.connect() as connection:
                await connection.execute(text("SELECT 1 FROM runtime.inbox LIMIT 1"))
            for stream in (streams.COMMANDS, streams.EVENTS, streams.DEAD):
                await streams.stream_state(running.nats, stream)
            if await jetstream_strict_mode_check.is_strict(running.nats):
                break
            missing = {"missing": "strict: true"}
        except streams.UnknownStateError as error:
            missing = {"missing": f"stream {error}"}
        except preconditions.UnfitError as error:
            missing = {"missing": str(error)}
        except (NatsError, DBAPIError, OSError) as error:
            missing = describe(error)
        if missing not in logged:
            log.info("waiting_for_servers", worker=running.worker.name, **missing)
            logged.append(missing)
        await asyncio.sleep(0.1)


async def wait_for_erasures(running: RunningComponents) -> None:
    """Let nothing be answered before everything is erased that the erasure journal names.

    Only the worker that prepares for it can erase; the others wait until the database knows the whole journal.
    """
    for prepare in running.worker.preparations:
        await prepare(running)
    folder = running.settings.erasures
    if folder is None or running.worker.preparations:
        return
    logged: list[dict[str, str]] = []
    while True:
        try:
            head = await asyncio.to_thread(ErasureJournal(folder).head)
            async with running.engine.connect() as connection:
                place = await erasure_place.read(connection)
            if head.is_at(place) if head else place is None:
                return
            missing = {"missing": "erasures that the journal names"}
        except (JournalError, DBAPIError, OSError) as error:
            missing = describe(error)
        if missing not in logged:
            log.info("waiting_for_erasures", worker=running.worker.name, **missing)
            logged.append(missing)
        await asyncio.sleep(0.1)


def background_work(running: RunningComponents) -> list[Coroutine[Any, Any, None]]:
    """Return the background work of every worker."""
    return [
        heartbeats(running),
        watchdog(running),
        stream_trimming.commands(running),
        stream_trimming.events(running),
        discovery(running),
        housekeeping(running),
        report_excess(running),
        _watch_letters(running),
    ]


async def _watch_letters(running: RunningComponents) -> None:
    def count() -> None:
        running.forged_letters += 1

    await watch_letters(running.nats, running.settings.site, count)
