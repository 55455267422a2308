"""The connection of queries, apart from the others, so that a flood of queries delays neither lanes nor feeds.

A query is admitted or turned away on arrival, before its headers are parsed, its body is parsed or a database
connection is taken. Memory does not grow with the flood.
"""

import asyncio
from contextlib import suppress
from functools import lru_cache
from typing import Final

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from structlog.contextvars import bound_contextvars

from contracts import subjects
from contracts.errors import Code, Refusal
from contracts.message import BODY_BYTES_MAX, Query
from contracts.subjects import inbox
from contracts.texts import preferred_language
from workers.common.asyncio_cancellation import end
from workers.common.logs import describe
from workers.common.process_settings import Settings
from workers.common.trace_context import Tracing, trace_fields, trace_of
from workers.runtime.bus.hardened_parser import BusClient, Frame, decode, flush, log_error, read_safely
from workers.runtime.commands.envelopes import refusal_reply
from workers.runtime.queries.fair_queue import FairQueue, PrincipalQueue, Share, Verdict, WaitingQuery
from workers.runtime.queries.query_dispatch import QueryDispatcher

RUNNING_QUERIES_MAX: Final = 16
"""In one process."""

_CLOSE_SECONDS_MAX = 8.0
_LOG_SECONDS = 60.0
_HEADER_BYTES_MAX, _VALUE_BYTES_MAX = 4_096, 256
"""The part of the block in which a header is searched, and the part of its value that is read."""

_LANGUAGE, _TRACE = b"\naccept-language:", b"\ntraceparent:"

_PENDING_BYTES_MAX = 4 * 1024 * 1024
log = structlog.get_logger()


class QueryAdmission:
    """Admits the queries of one worker, in turns by principal."""

    def __init__(self, worker: str, settings: Settings, service: QueryDispatcher, tracing: Tracing) -> None:
        """Set the service and the share of a principal, without connecting."""
        self.nats = BusClient()
        self._worker = worker
        self._settings = settings
        self._service = service
        self._tracing = tracing
        self._subject = subjects.query(settings.site, "*", f"{worker}.*")
        self._turns = FairQueue(Share(settings.queries_running, settings.queries_waiting), feed_verbs(worker))
        self._running: set[asyncio.Task[None]] = set()
        self._refusing: set[asyncio.Task[None]] = set()
        self._logged_at = -_LOG_SECONDS

    async def open(self) -> None:
        """Connect and subscribe; return when the server has the subscription."""
        settings = self._settings
        await self.nats.connect(
            settings.nats_url,
            user_credentials=str(settings.nats_creds) if settings.nats_creds else None,
            inbox_prefix=inbox(self._worker).encode(),
            max_reconnect_attempts=-1,
            ping_interval=10,
            pending_size=_PENDING_BYTES_MAX,
            error_cb=log_error,
        )
        parser = read_safely(self.nats)
        self._subscription = await self.nats.subscribe(self._subject, queue=subjects.service(self._worker), cb=_pass_by)
        parser.sinks[self._subscription._id] = self._admit
        await flush(self.nats)

    async def close(self) -> None:
        """Stop admitting queries, answer the admitted ones, and cancel those that take too long."""
        if self.nats.is_closed:
            return
        with suppress(NatsError, TimeoutError):
            await self._subscription.unsubscribe()
            await self.nats.flush(timeout=1)
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS_MAX):
                while self._running:
                    await asyncio.wait(self._running)
        await end(list(self._running))
        await self._service.waits.close()
        with suppress(NatsError, OSError, TimeoutError):
            await self.nats.flush(timeout=1)
        await self.nats.close()

    def _admit(self, frame: Frame) -> None:
        """Enqueue, refuse or drop one query; no content of it makes this fail."""
        counters = self._service.counters
        tokens, address = decode(frame.subject).split("."), decode(frame.reply)
        principal = tokens[3]
        if not address.startswith(f"{inbox(principal)}."):
            counters.foreign_inbox += 1
            return
        now, body = asyncio.get_running_loop().time(), frame.data[: BODY_BYTES_MAX + 1]
        trace = trace_of(header_in(frame.headers, _TRACE))
        query = WaitingQuery(principal, tokens[5], address, language_in(frame.headers), body, now, trace)
        verdict = self._turns.offer(query)
        if verdict is Verdict.WAITS:
            self._start_next()
        elif verdict is Verdict.TURNED_AWAY:
            counters.turned_away += 1
            self._refusing.add(task := asyncio.create_task(self._refuse(query)))
            task.add_done_callback(self._refusing.discard)
        else:
            counters.dropped += 1

    def _start_next(self) -> None:
        now = asyncio.get_running_loop().time()
        while len(self._running) < RUNNING_QUERIES_MAX and (turn := self._turns.next(now)):
            task = asyncio.create_task(self._serve(*turn))
            self._running.add(task)
            task.add_done_callback(self._on_end)
        self._service.counters.late = self._turns.late

    async def _serve(self, line: PrincipalQueue, query: WaitingQuery) -> None:
        began = asyncio.get_running_loop().time()
        try:
            with self._tracing.query_span(query) as trace, bound_contextvars(**trace_fields(trace)):
                await self._service.answer(query, self.nats)
        finally:
            self._turns.done(line, asyncio.get_running_loop().time() - began)

    def _on_end(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("query_failed", worker=self._worker, **describe(error))
        self._start_next()

    async def _refuse(self, query: WaitingQuery) -> None:
        body, headers = _too_many(self._turns.retry_after_seconds(query), query.language)
        with suppress(NatsError):
            await self.nats.publish(query.reply, body, headers=headers)
        if query.arrived >= self._logged_at + _LOG_SECONDS:
            self._logged_at = query.arrived
            counters = self._service.counters
            fields = {"principal": query.principal, "turned_away": counters.turned_away, "dropped": counters.dropped}
            log.warning("queries_turned_away", worker=self._worker, **fields)


def feed_verbs(worker: str) -> frozenset[str]:
    """Return the verbs of a worker that open and renew feeds."""
    return frozenset(
        subject.rpartition(".")[2]
        for subject, query in Query.registry.items()
        if subject.startswith(f"{worker}.") and "feed" in query.model_fields
    )


def language_in(headers: bytes | None) -> str:
    """Return the preferred language in a block of headers; English by default, whatever its bytes are."""
    return _preferred_language(header_in(headers, _LANGUAGE))


def header_in(headers: bytes | None, start: bytes) -> str:
    """Return a header's value, or an empty text; `start` is a line break, the name in lower case and a colon."""
    if headers and (at := headers.lower().find(start, 0, _HEADER_BYTES_MAX)) >= 0:
        value = headers[at : at + _VALUE_BYTES_MAX].partition(b":")[2].partition(b"\n")[0]
        return value.decode("ascii", errors="replace").strip()
    return ""


@lru_cache(maxsize=256)
def _preferred_language(header: str) -> str:
    return preferred_language(header)


@lru_cache(maxsize=32)
def _too_many(seconds: int, language: str) -> tuple[bytes, dict[str, str]]:
    too_many = [{"field": "", "kind": "too_many_queries"}]
    return refusal_reply(Refusal(Code.UNAVAILABLE, fields=too_many, retry_after_seconds=seconds), language)


async def _pass_by(_: Msg) -> None:
    """Do nothing: the parser's sink takes queries before the library would deliver them."""
