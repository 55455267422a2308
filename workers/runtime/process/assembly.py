"""A worker process: FastStream's application with the lanes, the queries and background work."""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from uuid import uuid4

import structlog
from faststream import FastStream
from faststream.asgi import AsgiFastStream
from faststream.nats import NatsBroker
from faststream.nats.security import NatsCredentials
from nats.aio.client import Client
from nats.errors import ConnectionClosedError
from nats.errors import Error as NatsError
from structlog.contextvars import bound_contextvars

from contracts import subjects
from contracts.message import Event
from contracts.subjects import PARTITIONS
from workers.common import signing_key
from workers.common.asyncio_cancellation import end, run_cancellable
from workers.common.http_server import HttpServer
from workers.common.pdf_signing import authority, identity
from workers.common.pdf_signing.authority import Authority
from workers.common.process_settings import Settings, pdf_files_of, signing_key_of
from workers.common.recordings import folder as recordings
from workers.common.recordings.folder import RecordingFolder
from workers.common.sandboxed_jobs import Limits as ChildLimits
from workers.common.sandboxed_jobs import ProcessPool
from workers.runtime.admission.licence_check import Licensing
from workers.runtime.bus import streams
from workers.runtime.bus.backlog_metrics import Backlog, SiteWorker
from workers.runtime.bus.hardened_parser import BusClient, flush, log_error
from workers.runtime.bus.lane_ownership import EVENTS_LANE, Lanes, session_name
from workers.runtime.bus.lane_subscriber import LaneSource, commands_of, subscribe_lanes
from workers.runtime.bus.relay import Relay
from workers.runtime.commands.batch_execution import BatchExecutor, BatchLimits
from workers.runtime.commands.dead_letter_reading import DeadLetterStream
from workers.runtime.commands.group_commit import GroupCommit
from workers.runtime.commands.missed_event_recovery import MissedEventRecovery
from workers.runtime.commands.reaction_dispatch import ReactionDispatcher
from workers.runtime.feeds.feed_lifecycle import Feeds
from workers.runtime.process import health_pages, startup_steps
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.queries.query_admission import RUNNING_QUERIES_MAX, QueryAdmission
from workers.runtime.queries.query_dispatch import QueryDispatcher, QueryEffects
from workers.runtime.storage.database import SessionTimeouts, open_engine
from workers.runtime.worker_definition import Worker

EVENTS_PER_BATCH_MAX = 1_000
_RECONNECT_SECONDS = 1
"""Between two attempts to reconnect; the library's default is 2 s, which prolongs every fault of the bus."""

log = structlog.get_logger()


def assemble(worker: Worker, settings: Settings) -> RunningComponents:
    """Create the parts of a worker without opening connections."""
    site, name, instance = settings.site, worker.name, f"{os.getpid()}-{uuid4().hex[:6]}"
    waits = SessionTimeouts(session_name(name, instance), lock_seconds=settings.lock_seconds)
    engine = open_engine(settings.database_url, connections=PARTITIONS + RUNNING_QUERIES_MAX + 4, waits=waits)
    lanes, broker = Lanes(engine, name, instance, settings.lease_seconds), open_broker(name, settings)
    nats = partial(connection_of, broker)
    traces = startup_steps.open_tracing(name, instance)
    relay = Relay(
        engine, nats, name, lambda: lanes.publishing, traces, event_delay_seconds=settings.event_delay_seconds
    )
    feeds = Feeds(site, name, worker.shows, engine, nats)
    licensing = Licensing.from_credentials(settings.nats_creds)
    letters = DeadLetterStream(site, nats)
    effects = QueryEffects(relay.wake, licensing, letters, events_lane=None if worker.handlers else EVENTS_LANE)
    query_dispatcher = QueryDispatcher(site, name, engine, worker.query_handlers, effects, feeds)
    running = RunningComponents(
        worker=worker,
        settings=settings,
        engine=engine,
        broker=broker,
        lanes=lanes,
        delivery=GroupCommit(site, name, worker.rows, worker.handlers, licensing, settings.commands_per_second),
        event_delivery=_event_delivery(worker, site, nats),
        query_dispatcher=query_dispatcher,
        query_admission=QueryAdmission(name, settings, query_dispatcher, traces),
        feeds=feeds,
        relay=relay,
        instance=instance,
        children=ProcessPool(ChildLimits(settings.children, settings.child_memory_bytes, settings.child_seconds)),
        backlog=Backlog(SiteWorker(site, name), engine, nats, worker.figures),
        tracing=traces,
    )
    running.delivery.letters, running.delivery.on_commit = letters, relay.add
    _attach_lanes(running)
    return running


def _event_delivery(worker: Worker, site: str, nats: Callable[[], Client]) -> ReactionDispatcher:
    """Count the numbers of events where a worker hears all of them."""
    numbers = MissedEventRecovery(worker.name, nats) if Event in worker.reactions else None
    return ReactionDispatcher(
        site, worker.name, worker.rows, worker.reactions, remember=worker.remember_events, numbers=numbers
    )


class _Broker(NatsBroker):
    """A broker whose connection takes `tls://` at its word."""

    async def _connect(self) -> Client:
        connection = BusClient()
        await connection.connect(**self._connection_kwargs)
        self.config.connect(connection)
        return connection


def open_broker(name: str, settings: Settings) -> NatsBroker:
    """Prepare the connection to NATS without connecting; later it reconnects for as long as the process lives."""
    return _Broker(
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
        error_cb=log_error,
    )


def connection_of(broker: NatsBroker) -> Client:
    """Return the connection of a broker.

    Raises:
        ConnectionClosedError: The broker is not connected.
    """
    if not broker.config.connection_state:
        raise ConnectionClosedError
    connection: Client = broker.config.connection_state.connection
    return connection


def _attach_lanes(running: RunningComponents) -> None:
    worker, settings = running.worker, running.settings
    limits = BatchLimits(settings.transactions, settings.lock_seconds)
    executor = BatchExecutor(
        settings.site,
        running.delivery,
        running.event_delivery,
        running.relay,
        running.engine,
        partial(connection_of, running.broker),
        running.tracing,
        limits,
    )
    subscribe = partial(subscribe_lanes, running.broker, running.lanes)
    if worker.handlers:
        subscribe(range(PARTITIONS), commands_of(settings.site, worker.name, settings.fetch), executor.commands)
    if worker.reactions:
        heard = worker.heard_subjects(settings.site)
        source = LaneSource(
            streams.EVENTS, lambda _: heard, EVENTS_PER_BATCH_MAX, gather_seconds=settings.event_delay_seconds
        )
        [events] = subscribe([EVENTS_LANE], source, executor.events)
        events.on_idle = executor.idle_events


def _use_files(settings: Settings) -> None:
    """Name the files of the keys that sign what the worker makes, who stamps the time, and where recordings are."""
    signing_key.use(signing_key_of(settings))
    identity.use(pdf_files_of(settings))
    path = settings.recordings
    recordings.use(RecordingFolder(path, settings.recordings_bytes) if path else None)
    url = settings.timestamp_url
    authority.use(Authority(url, settings.timestamp_seconds) if url else None)


@asynccontextmanager
async def run_here(worker: Worker, settings: Settings) -> AsyncIterator[RunningComponents]:
    """Run a worker in the caller's event loop for as long as the block lasts."""
    running = assemble(worker, settings)
    async with serve(running):
        yield running


@asynccontextmanager
async def serve(running: RunningComponents) -> AsyncIterator[FastStream]:
    """Run an assembled worker: wait for the servers, start background work, then the deliveries."""
    app = FastStream(running.broker, logger=None)
    worker = running.worker
    fields = {"worker": worker.name, "instance": running.instance}
    await startup_steps.wait_for_servers(running)
    _use_files(running.settings)
    await startup_steps.wait_for_erasures(running)
    async with running.children.open(), asyncio.TaskGroup() as tasks:
        work = [running.lanes.keep_lease(), running.relay.run(), *startup_steps.background_work(running)]
        spawned = [
            tasks.create_task(run_cancellable(each))
            for each in work + [background(running) for background in worker.backgrounds]
        ]
        following = tasks.create_task(run_cancellable(running.feeds.run()))
        await app.start()
        await flush(running.nats)  # afterwards the server has the subscriptions
        await running.query_admission.open()
        running.serving = running.has_served = True
        log.info("worker_ready", **fields)
        try:
            yield app
        finally:
            running.serving = False
            await running.query_admission.close()
            await running.feeds.close()
            await end([following])
            await _disconnect(app, running.nats)
            await end(spawned)
            await running.engine.dispose()
            await asyncio.to_thread(running.tracing.close)
            log.info("worker_stopped", **fields)


async def _disconnect(app: FastStream, nats: Client) -> None:
    """End the deliveries and the connection, even a broken one.

    What waits to be sent over a broken one stays in the outbox, and is published by the next process.
    """
    try:
        await app.stop()
    except NatsError:
        with suppress(OSError, RuntimeError):  # the client writes to the closed transport
            await nats.close()


async def run(worker: Worker, settings: Settings) -> None:
    """Run a worker in this process until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    running = assemble(worker, settings)
    pages = AsgiFastStream(asgi_routes=health_pages.routes(running), logger=None)
    server = HttpServer(pages, settings.health_host, settings.health_port)
    server.open()
    _collect_less()
    serving = asyncio.create_task(_run_until(stop, running))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    if not running.has_served:
        await end([serving])  # one cancellation may be lost while it connects
    with suppress(asyncio.CancelledError):
        await serving
    await server.close()


def _collect_less() -> None:
    """Exclude long-lived objects from garbage collection, and collect less often.

    A batch makes tens of thousands of objects and hardly any cycle: with Python's default thresholds a sixth of a
    command's processor time was spent on collection.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()  # it is off while a worker imports


async def _run_until(stop: asyncio.Event, running: RunningComponents) -> None:
    with bound_contextvars(worker=running.worker.name, instance=running.instance):
        async with serve(running):
            await stop.wait()
