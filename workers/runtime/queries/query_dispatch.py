"""The read side: queries are core NATS requests, answered only into the caller's own inbox."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.audit import AttemptRefused
from contracts.errors import Code, Refusal
from contracts.ids import uuid7
from contracts.licence import Licence
from contracts.message import Event, Query
from contracts.permissions import Grants
from contracts.subjects import lane_of
from workers.common.logs import describe
from workers.runtime.admission import authorisation
from workers.runtime.admission.batch_preload import read_batch_context
from workers.runtime.admission.incoming_messages import invalid
from workers.runtime.admission.json_body import parse_body
from workers.runtime.admission.licence_check import Licensing
from workers.runtime.bus import outbox
from workers.runtime.bus.lane_progress import count_lanes
from workers.runtime.commands.dead_letter_reading import DeadLetterStream
from workers.runtime.commands.envelopes import MESSAGE_BYTES_MAX, LaneOutbox, Origin, refusal_reply
from workers.runtime.commands.unit_of_work import EmittedEvent
from workers.runtime.feeds.feed import FeedAnswer, Follower, Renewal
from workers.runtime.feeds.feed_lifecycle import Feeds
from workers.runtime.queries.fair_queue import WaitingQuery
from workers.runtime.queries.outcome_waits import AwaitedOutcome, OutcomeWaits
from workers.runtime.queries.page_audit import RecentPages, viewed_page
from workers.runtime.queries.refusal_log_limit import RefusalLogLimit

LIMIT_STATEMENT_TIME = text("SET LOCAL statement_timeout = '5s'")
"""A query that the database does not answer in this time is refused, so that it does not delay others."""

log = structlog.get_logger()


@dataclass(slots=True)
class QueryContext:
    """The caller of a query and the connection to read from; only events about the reading are written."""

    principal: str
    grants: Grants
    connection: AsyncConnection
    now: datetime
    language: str
    emitted: list[tuple[Event, str]] = field(default_factory=list)
    licensing: Licensing = field(default_factory=Licensing)
    licence: Licence | None = None
    """The licence that applies now."""
    letters: DeadLetterStream | None = None
    has_written: bool = False
    """Whether other rows than events were written, which are committed with them."""

    def emit(self, event: Event, key: str) -> None:
        """Emit an event about the reading; it is committed before the answer is sent."""
        self.emitted.append((event, key))


@dataclass(frozen=True, slots=True)
class Answer:
    """An encoded answer with headers."""

    body: bytes
    headers: dict[str, str] | None = None


QueryHandler = Callable[[Any, QueryContext], Awaitable[Any]]


@dataclass(slots=True)
class QueryCounters:
    """Counters of the read side since the start of the process."""

    answered: int = 0
    refused: int = 0
    foreign_inbox: int = 0
    turned_away: int = 0
    dropped: int = 0
    late: int = 0
    unlogged_attempts: int = 0


@dataclass(frozen=True, slots=True)
class QueryEffects:
    """The parts of the process that queries use: the relay, licensing and dead letters."""

    wake: Callable[[], None]
    licensing: Licensing = field(default_factory=Licensing)
    letters: DeadLetterStream | None = None
    events_lane: int | None = None
    """The lane in which a worker without commands posts its events."""


class QueryDispatcher:
    """Answers the queries of one worker."""

    def __init__(
        self,
        site: str,
        worker: str,
        engine: AsyncEngine,
        answers: dict[type, QueryHandler],
        effects: "QueryEffects",
        feeds: Feeds,
    ) -> None:
        """Set the handlers, and the feeds for continuous answers."""
        self._site = site
        self._worker = worker
        self._engine = engine
        self._answers = answers
        self._effects = effects
        self._feeds = feeds
        self._attempts = RefusalLogLimit()
        self._pages = RecentPages()
        self.waits = OutcomeWaits(site, engine)
        self.counters = QueryCounters()

    async def answer(self, query: WaitingQuery, nats: Client) -> None:
        """Answer one query into its reply inbox."""
        try:
            answer = await self._read(query)
            self.counters.answered += 1
            if isinstance(answer, FeedAnswer):
                await self._feeds.begin(answer, Follower(query.principal, query.reply, query.language))
                return
            if isinstance(answer, AwaitedOutcome):
                self.waits.begin(answer, query, nats)
                return
            if isinstance(answer, Renewal):
                answer = await self._feeds.renew(answer, query.principal)
            body, headers = require_sendable(encode(answer))
        except Refusal as refusal:
            body, headers = refusal_reply(refusal, query.language)
            self.counters.refused += 1
        except Exception as error:
            # The caller always gets an answer; silence would look like a lost connection.
            log.exception("query_failed", worker=self._worker, verb=query.verb, **describe(error))
            body, headers = refusal_reply(Refusal(Code.UNAVAILABLE), query.language)
        with suppress(NatsError):
            await nats.publish(query.reply, body, headers=headers)

    async def _read(self, request: WaitingQuery) -> Any:
        principal, verb = request.principal, request.verb
        query = parse(f"{self._worker}.{verb}", request.body)
        async with self._engine.connect() as connection:
            await connection.execute(LIMIT_STATEMENT_TIME)
            batch = await read_batch_context(connection, [], [principal])
            context = QueryContext(principal, batch.grants[principal], connection, batch.now, request.language)
            context.licensing, context.letters = self._effects.licensing, self._effects.letters
            context.licence = batch.licence or context.licensing.included
            try:
                authorisation.authorise(query, principal, context.grants)
                answer = await self._answers[type(query)](query, context)
            except Refusal as refusal:
                if refusal.code is Code.NOT_AVAILABLE and self._attempts.logs(principal):
                    context.emit(_attempt_event(self._worker, verb, query, refusal), "-")
                    await self._record(context)
                self.counters.unlogged_attempts = self._attempts.unlogged
                raise
            page = viewed_page(query, answer, principal)
            if page and (is_new := not self._pages.has(page)):
                context.emit(page.event, principal)
            await self._record(context)
            if page and is_new:
                self._pages.add(page)
        return answer

    async def _record(self, context: QueryContext) -> None:
        if not context.emitted:
            if context.has_written:
                await context.connection.commit()
            return
        origin = Origin(context.principal, context.now.isoformat())
        outbox_of = await self._outboxes(context.connection)
        rows = [outbox_of(key).event(EmittedEvent(event, uuid7(), key, None), origin) for event, key in context.emitted]
        await outbox.post(context.connection, rows)
        await context.connection.commit()
        self._effects.wake()

    async def _outboxes(self, connection: AsyncConnection) -> Callable[[str], LaneOutbox]:
        """Return what gives the outbox of a key's lane, so that no event overtakes an earlier one of its project."""
        own = self._effects.events_lane
        if own is not None:
            return lambda _: LaneOutbox(self._site, self._worker, own)
        lanes = await count_lanes(connection, self._worker, until_commit=True)
        return lambda key: LaneOutbox(self._site, self._worker, lane_of(key, lanes))


def parse(subject: str, body: bytes) -> Query[Any]:
    """Parse a query, or refuse it."""
    query_type = Query.registry.get(subject)
    if query_type is None:
        unknown = [{"field": "", "kind": "unknown_query"}]
        raise Refusal(Code.INVALID, unknown_query=subject, known=sorted(Query.registry), fields=unknown)
    return parse_body(query_type, body or b"{}")


def encode(answer: Any) -> tuple[bytes, dict[str, str] | None]:
    """Return the answer of a handler as bytes and headers."""
    if isinstance(answer, Answer):
        return answer.body, answer.headers
    if isinstance(answer, BaseModel):
        return answer.model_dump_json(by_alias=True).encode(), None
    msg = f"a query was answered with {type(answer).__name__}"
    raise TypeError(msg)


def require_sendable(answer: tuple[bytes, dict[str, str] | None]) -> tuple[bytes, dict[str, str] | None]:
    """Return an answer; refuse one that is too large for a message, since the server would not accept it."""
    if len(answer[0]) > MESSAGE_BYTES_MAX:
        raise invalid(("", "answer_too_large"))
    return answer


def _attempt_event(worker: str, verb: str, query: Query[Any], refusal: Refusal) -> AttemptRefused:
    project_id: UUID | None = getattr(query, "project_id", None)
    return AttemptRefused(attempted=f"{worker}.{verb}", code=refusal.code, project_id=project_id)
