"""A worker process: FastStream's application around the lanes, the queries and what runs beside them."""

import asyncio
import gc
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from functools import partial
from uuid import uuid4

import structlog
from faststream import FastStream
from faststream.asgi import AsgiFastStream
from faststream.nats import NatsBroker
from faststream.nats.security import NatsCredentials
from nats.aio.client import Client
from nats.errors import ConnectionClosedError
from structlog.contextvars import bound_contextvars

from contracts import subjects
from contracts.subjects import LANES, lane_filter
from workers.runtime import blocking, health, pulse, streams, tracing
from workers.runtime.accepted import Addressed
from workers.runtime.backlog import Backlog, Place
from workers.runtime.children import Limits, ProcessPool
from workers.runtime.counting import counting
from workers.runtime.database import Waits, open_engine
from workers.runtime.delivery import Delivery
from workers.runtime.door import AT_ONCE, Door
from workers.runtime.faults import patiently
from workers.runtime.followers import Feeds
from workers.runtime.hearing import Hearing
from workers.runtime.http import HttpServer
from workers.runtime.lanes import EVENTS_LANE, Lanes, session_name
from workers.runtime.letters import Letters
from workers.runtime.licence import Licensing
from workers.runtime.outbox import Relay
from workers.runtime.protocol import flush
from workers.runtime.questions import Questions, Side
from workers.runtime.running import Running
from workers.runtime.settings import Settings
from workers.runtime.subscriber import Batch, Source, subscribe_lane
from workers.runtime.tasks import end, surely
from workers.runtime.worker import Worker

EVENTS_AT_ONCE = 1_000
_RECONNECT_SECONDS = 1
"""Between two attempts to connect again: the library's own two seconds come on top of every fault of the bus."""

log = structlog.get_logger()


def assemble(worker: Worker, settings: Settings) -> Running:
    """Put a worker's parts together; opens nothing yet."""
    site, name, instance = settings.site, worker.name, f"{os.getpid()}-{uuid4().hex[:6]}"
    waits = Waits(session_name(name, instance), lock_seconds=settings.lock_seconds)
    engine = open_engine(settings.database_url, connections=LANES + AT_ONCE + 4, waits=waits)
    lanes, broker = Lanes(engine, name, instance, settings.lease_seconds), open_broker(name, settings)
    nats = partial(connection_of, broker)
    traces = tracing.opened(name, instance)
    relay = Relay(engine, nats, name, lambda: lanes.owned, traces)
    feeds = Feeds(site, name, worker.shows, engine, nats)
    licensing = Licensing.from_credentials(settings.nats_creds)
    letters = Letters(site, nats)
    side = Side(lanes_of(worker), relay.wake, licensing, letters)
    questions = Questions(site, name, engine, worker.questions, side, feeds)
    running = Running(
        worker=worker,
        settings=settings,
        engine=engine,
        broker=broker,
        lanes=lanes,
        delivery=Delivery(site, name, worker.rows, worker.handlers, licensing, settings.commands_per_second),
        hearing=Hearing(site, name, worker.rows, worker.reactions, remember=worker.remember_heard),
        questions=questions,
        door=Door(name, settings, questions, traces),
        feeds=feeds,
        relay=relay,
        instance=instance,
        children=ProcessPool(Limits(settings.children, settings.child_memory_bytes, settings.child_seconds)),
        backlog=Backlog(Place(site, name), engine, nats, worker.figures),
        tracing=traces,
    )
    running.delivery.letters = letters
    _attach_lanes(running)
    return running


def open_broker(name: str, settings: Settings) -> NatsBroker:
    """Prepare the connection to NATS; connects later, and for as long as the process lives."""
    return NatsBroker(
        settings.nats_url,
        security=NatsCredentials(str(settings.nats_creds)) if settings.nats_creds else None,
        inbox_prefix=subjects.inbox(name),
        max_reconnect_attempts=-1,
        reconnect_time_wait=_RECONNECT_SECONDS,
        ping_interval=10,
        pending_size=64 * 1024 * 1024,
        apply_types=False,
        logger=None,
        graceful_timeout=8,
        error_cb=_report,
    )


def connection_of(broker: NatsBroker) -> Client:
    """Return the connection of a broker.

    Raises:
        ConnectionClosedError: It is not there yet, or not any more.
    """
    if not broker.config.connection_state:
        raise ConnectionClosedError
    connection: Client = broker.config.connection_state.connection
    return connection


async def _report(error: Exception) -> None:
    log.warning("nats_error", error=type(error).__name__, told=str(error)[:200])


def lanes_of(worker: Worker) -> tuple[int, ...]:
    """Return the lanes whose owner publishes what a worker's queries leave in the outbox."""
    return tuple(range(LANES)) if worker.handlers else (EVENTS_LANE,)


def _attach_lanes(running: Running) -> None:
    worker, settings = running.worker, running.settings
    size = worker.fetch or settings.fetch
    turns = asyncio.Semaphore(settings.transactions)
    subscribe = partial(subscribe_lane, running.broker, running.lanes)
    if worker.handlers:
        for lane in range(LANES):
            source = Source(streams.COMMANDS, [lane_filter(settings.site, worker.name, lane)], size)
            subscribe(lane, source, partial(_deliver, running, turns))
    if worker.reactions:
        source = Source(streams.EVENTS, worker.heard_subjects(settings.site), EVENTS_AT_ONCE)
        subscribe(EVENTS_LANE, source, partial(_hear, running))


@contextmanager
def _followed(running: Running, batch: Batch) -> Iterator[None]:
    """Let a delivery be found again: in its traces, by its ids in each line of the log, and by one line of its own."""
    lane, messages, begun = batch.owned.lane, batch.messages, time.monotonic()
    with running.tracing.delivering(messages, lane), bound_contextvars(lane=lane, **tracing.named(messages)):
        yield
        log.info("batch_handled", size=len(messages), seconds=round(time.monotonic() - begun, 4))


async def _deliver(running: Running, turns: asyncio.Semaphore, batch: Batch) -> None:
    counters = running.delivery.counters
    sent = counters.sent
    with _followed(running, batch):
        outcomes = await patiently(partial(_in_turn, running, turns, batch), counters.retry)
        await _tell(running, outcomes)
        running.relay.wake(urgent=counters.sent > sent)


async def _in_turn(running: Running, turns: asyncio.Semaphore, batch: Batch) -> list[tuple[Addressed, bytes]]:
    """Handle a batch once; between two attempts the turn is another lane's."""
    async with turns, _named(running, batch):
        return await running.delivery.handle(batch.owned, batch.messages, deadly=batch.deadly)


def _named(running: Running, batch: Batch) -> AbstractAsyncContextManager[None]:
    connection, seconds = batch.owned.connection, running.settings.lock_seconds / 2
    return blocking.watched(running.engine, connection, seconds, lane=batch.owned.lane)


async def _tell(running: Running, outcomes: Sequence[tuple[Addressed, bytes]]) -> None:
    site, nats = running.settings.site, running.nats
    for one, outcome in outcomes:
        await nats.publish(subjects.outcome(site, one.work.principal, one.told), outcome)


async def _hear(running: Running, batch: Batch) -> None:
    async def handle() -> bool:
        async with _named(running, batch):
            return await running.hearing.handle(batch.owned, batch.messages, deadly=batch.deadly)

    with _followed(running, batch):
        if await patiently(handle, running.delivery.counters.retry):
            running.relay.wake(urgent=True)


@asynccontextmanager
async def started(worker: Worker, settings: Settings) -> AsyncIterator[Running]:
    """Run a worker inside the caller's event loop for as long as the block lasts."""
    running = assemble(worker, settings)
    async with served(running):
        yield running


@asynccontextmanager
async def served(running: Running) -> AsyncIterator[FastStream]:
    """Run an assembled worker: servers first, then what runs beside the deliveries, then the deliveries."""
    app = FastStream(running.broker, logger=None)
    worker = running.worker
    named = {"worker": worker.name, "instance": running.instance}
    await pulse.wait_for_servers(running)
    async with running.children.opened(), asyncio.TaskGroup() as tasks:
        beside = [running.lanes.attend(), running.relay.run(), counting(running), *pulse.beside(running)]
        spawned = [tasks.create_task(surely(one)) for one in beside + [each(running) for each in worker.backgrounds]]
        following = tasks.create_task(surely(running.feeds.run()))
        await app.start()
        await flush(running.nats)  # only then does the server know us
        await running.door.open()
        running.serving = running.has_served = True
        log.info("worker_ready", **named)
        try:
            yield app
        finally:
            running.serving = False
            await running.door.close()
            await running.feeds.close()
            await end([following])
            await app.stop()
            await end(spawned)
            await running.engine.dispose()
            await asyncio.to_thread(running.tracing.close)
            log.info("worker_stopped", **named)


async def run(worker: Worker, settings: Settings) -> None:
    """Run a worker as a process of its own until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    running = assemble(worker, settings)
    pages = AsgiFastStream(asgi_routes=health.routes(running), logger=None)
    server = HttpServer(pages, settings.health_host, settings.health_port)
    server.open()
    _collect_less()
    serving = asyncio.create_task(_until(stop, running))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    if not running.has_served:
        await end([serving])  # once is not enough while it connects
    with suppress(asyncio.CancelledError):
        await serving
    await server.close()


def _collect_less() -> None:
    """Let the collector of cycles pass by what lives as long as the process, and look at the rest less often.

    A batch makes tens of thousands of objects and hardly a cycle: at Python's own thresholds a sixth of the
    processor time of a command went into looking for some.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _until(stop: asyncio.Event, running: Running) -> None:
    with bound_contextvars(worker=running.worker.name, instance=running.instance):
        async with served(running):
            await stop.wait()
