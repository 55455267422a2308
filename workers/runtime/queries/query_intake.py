"""Where queries come in: a connection of its own, so that a flood of them holds up neither lanes nor feeds.

A query is admitted or turned away as its bytes arrive: before its headers are read, its body is parsed or a
connection to the database is taken. Nothing here grows with what is sent.
"""

import asyncio
from contextlib import suppress
from functools import lru_cache
from typing import Final

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from structlog.contextvars import bound_contextvars

from contracts import subjects
from contracts.errors import Code, Refusal
from contracts.message import Query
from contracts.subjects import inbox
from contracts.texts import preferred_language
from workers.common.logs import describe
from workers.common.settings import Settings
from workers.common.tasks import end
from workers.common.tracing import Tracing, trace_of, traced
from workers.runtime.admission.incoming import LARGEST_BODY
from workers.runtime.bus.connection import Frame, decoded, flush, read_safely
from workers.runtime.commands.envelopes import refused
from workers.runtime.queries.fair_queue import Asked, Line, Share, Turns, Verdict
from workers.runtime.queries.query_service import QueryService

AT_ONCE: Final = 16
"""Queries that one process answers at the same time."""

_GRACE_SECONDS = 8.0
_TELL_SECONDS = 60.0
_HEADER_BYTES, _VALUE_BYTES = 4_096, 256
"""Where a header is looked for, and how much of it is read."""

_LANGUAGE, _TRACE = b"\naccept-language:", b"\ntraceparent:"

_PENDING_BYTES = 4 * 1024 * 1024
log = structlog.get_logger()


class Door:
    """Lets the queries of one worker in, a turn for each principal."""

    def __init__(self, worker: str, settings: Settings, questions: QueryService, tracing: Tracing) -> None:
        """Remember who answers and what one principal may have; opens nothing yet."""
        self.nats = Client()
        self._worker = worker
        self._settings = settings
        self._questions = questions
        self._tracing = tracing
        self._subject = subjects.query(settings.site, "*", f"{worker}.*")
        self._turns = Turns(Share(settings.queries_running, settings.queries_waiting), lasting(worker))
        self._running: set[asyncio.Task[None]] = set()
        self._refusing: set[asyncio.Task[None]] = set()
        self._told_at = -_TELL_SECONDS

    async def open(self) -> None:
        """Connect, and let queries in once the server knows of it."""
        settings = self._settings
        await self.nats.connect(
            settings.nats_url,
            user_credentials=str(settings.nats_creds) if settings.nats_creds else None,
            inbox_prefix=inbox(self._worker).encode(),
            max_reconnect_attempts=-1,
            ping_interval=10,
            pending_size=_PENDING_BYTES,
            error_cb=_report,
        )
        parser = read_safely(self.nats)
        self._subscription = await self.nats.subscribe(self._subject, queue=subjects.service(self._worker), cb=_pass_by)
        parser.sinks[self._subscription._id] = self._admit
        await flush(self.nats)

    async def close(self) -> None:
        """Let nobody in any more, answer what was let in, and give up what takes too long."""
        if self.nats.is_closed:
            return
        with suppress(NatsError, TimeoutError):
            await self._subscription.unsubscribe()
            await self.nats.flush(timeout=1)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                while self._running:
                    await asyncio.wait(self._running)
        await end(list(self._running))
        with suppress(NatsError, OSError, TimeoutError):
            await self.nats.flush(timeout=1)
        await self.nats.close()

    def _admit(self, frame: Frame) -> None:
        """Let one query wait for its turn, refuse it, or drop it; nothing that it holds makes this fail."""
        counters = self._questions.counters
        tokens, address = decoded(frame.subject).split("."), decoded(frame.reply)
        principal = tokens[3]
        if not address.startswith(f"{inbox(principal)}."):
            counters.foreign_inbox += 1
            return
        now, body = asyncio.get_running_loop().time(), frame.data[: LARGEST_BODY + 1]
        trace = trace_of(header_in(frame.headers, _TRACE))
        asked = Asked(principal, tokens[5], address, language_in(frame.headers), body, now, trace)
        verdict = self._turns.offer(asked)
        if verdict is Verdict.WAITS:
            self._advance()
        elif verdict is Verdict.TURNED_AWAY:
            counters.turned_away += 1
            self._refusing.add(task := asyncio.create_task(self._refuse(asked)))
            task.add_done_callback(self._refusing.discard)
        else:
            counters.dropped += 1

    def _advance(self) -> None:
        now = asyncio.get_running_loop().time()
        while len(self._running) < AT_ONCE and (found := self._turns.next(now)):
            task = asyncio.create_task(self._serve(*found))
            self._running.add(task)
            task.add_done_callback(self._ended)
        self._questions.counters.late = self._turns.late

    async def _serve(self, line: Line, asked: Asked) -> None:
        began = asyncio.get_running_loop().time()
        try:
            with self._tracing.answering(asked) as trace, bound_contextvars(**traced(trace)):
                await self._questions.answer(asked, self.nats)
        finally:
            self._turns.done(line, asyncio.get_running_loop().time() - began)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("query_failed", worker=self._worker, **describe(error))
        self._advance()

    async def _refuse(self, asked: Asked) -> None:
        body, headers = _too_many(self._turns.retry_after_seconds(asked), asked.language)
        with suppress(NatsError):
            await self.nats.publish(asked.reply, body, headers=headers)
        if asked.arrived >= self._told_at + _TELL_SECONDS:
            self._told_at = asked.arrived
            counters = self._questions.counters
            told = {"principal": asked.principal, "turned_away": counters.turned_away, "dropped": counters.dropped}
            log.warning("queries_turned_away", worker=self._worker, **told)


def lasting(worker: str) -> frozenset[str]:
    """Return the verbs of a worker that open feeds and keep them."""
    return frozenset(
        subject.rpartition(".")[2]
        for subject, query in Query.registry.items()
        if subject.startswith(f"{worker}.") and "feed" in query.model_fields
    )


def language_in(headers: bytes | None) -> str:
    """Return the language that a block of headers asks for; whatever its bytes are, English otherwise."""
    return _preferred(header_in(headers, _LANGUAGE))


def header_in(headers: bytes | None, start: bytes) -> str:
    """Return the value of a header that begins with a line break, its name in lower case and a colon; empty without."""
    if headers and (at := headers.lower().find(start, 0, _HEADER_BYTES)) >= 0:
        value = headers[at : at + _VALUE_BYTES].partition(b":")[2].partition(b"\n")[0]
        return value.decode("ascii", errors="replace").strip()
    return ""


@lru_cache(maxsize=256)
def _preferred(incoming: str) -> str:
    return preferred_language(incoming)


@lru_cache(maxsize=32)
def _too_many(seconds: int, language: str) -> tuple[bytes, dict[str, str]]:
    too_many = [{"field": "", "kind": "too_many_queries"}]
    return refused(Refusal(Code.UNAVAILABLE, fields=too_many, retry_after_seconds=seconds), language)


async def _pass_by(_: Msg) -> None:
    """Do nothing: queries are taken before the library would hand them over."""


async def _report(error: Exception) -> None:
    log.warning("nats_error", error=type(error).__name__, told=str(error)[:200])
