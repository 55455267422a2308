"""The read side: queries by core request, answered into the caller's own inbox and nowhere else."""

from collections.abc import Awaitable, Callable, Sequence
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
from workers.runtime.admission.batch_context import read_batch_context
from workers.runtime.admission.incoming import invalid
from workers.runtime.admission.json_body import parse_body
from workers.runtime.admission.licence import Licensing
from workers.runtime.commands import outbox
from workers.runtime.commands.dead_letters import Letters
from workers.runtime.commands.envelopes import LARGEST_MESSAGE, Origin, Post, refused
from workers.runtime.commands.unit_of_work import Happened
from workers.runtime.feeds.feed import Follower, Live, Renewal
from workers.runtime.feeds.followers import Feeds
from workers.runtime.queries.fair_queue import Asked
from workers.runtime.queries.refused_attempts import Attempts

PATIENCE = text("SET LOCAL statement_timeout = '5s'")
"""A query that the database does not answer in this time is refused, so that it cannot slow down the others."""

log = structlog.get_logger()


@dataclass(slots=True)
class QueryContext:
    """Who asks, and where the answer is read; nothing is written but the events that the reading leaves."""

    principal: str
    grants: Grants
    connection: AsyncConnection
    now: datetime
    language: str
    happened: list[tuple[Event, str]] = field(default_factory=list)
    licensing: Licensing = field(default_factory=Licensing)
    licence: Licence | None = None
    """The licence by which commands are judged now."""
    letters: Letters | None = None
    has_written: bool = False
    """Whether something else than events was written, which is to be committed with them."""

    def emit(self, event: Event, key: str) -> None:
        """Record that something was read; it is committed before the answer leaves."""
        self.happened.append((event, key))


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes that are an answer already, with headers beside them."""

    body: bytes
    headers: dict[str, str] | None = None


QueryHandler = Callable[[Any, QueryContext], Awaitable[Any]]


@dataclass(slots=True)
class QueryCounters:
    """What the read side did since the process started."""

    answered: int = 0
    refused: int = 0
    foreign_inbox: int = 0
    turned_away: int = 0
    dropped: int = 0
    late: int = 0
    unlogged_attempts: int = 0


@dataclass(frozen=True, slots=True)
class QueryEffects:
    """What the read side needs of its process: lanes for its events, how to wake them, and whose licences count."""

    lanes: Sequence[int]
    wake: Callable[[], None]
    licensing: Licensing = field(default_factory=Licensing)
    letters: Letters | None = None


class QueryService:
    """Answers the queries of one worker."""

    def __init__(
        self,
        site: str,
        worker: str,
        engine: AsyncEngine,
        answers: dict[type, QueryHandler],
        side: "QueryEffects",
        feeds: Feeds,
    ) -> None:
        """Remember whose functions answer, and who serves what is answered for longer."""
        self._site = site
        self._worker = worker
        self._engine = engine
        self._answers = answers
        self._side = side
        self._feeds = feeds
        self._attempts = Attempts()
        self.counters = QueryCounters()

    async def answer(self, asked: Asked, nats: Client) -> None:
        """Answer one query into the inbox that it came with."""
        try:
            answer = await self._read(asked)
            self.counters.answered += 1
            if isinstance(answer, Live):
                await self._feeds.begin(answer, Follower(asked.principal, asked.reply, asked.language))
                return
            if isinstance(answer, Renewal):
                answer = await self._feeds.renew(answer, asked.principal)
            body, headers = require_sendable(encoded(answer))
        except Refusal as refusal:
            body, headers = refused(refusal, asked.language)
            self.counters.refused += 1
        except Exception as error:
            # Whatever went wrong, the caller gets an answer; silence would look like a lost connection.
            log.exception("query_failed", worker=self._worker, verb=asked.verb, **describe(error))
            body, headers = refused(Refusal(Code.UNAVAILABLE), asked.language)
        with suppress(NatsError):
            await nats.publish(asked.reply, body, headers=headers)

    async def _read(self, asked: Asked) -> Any:
        principal, verb = asked.principal, asked.verb
        query = parse(f"{self._worker}.{verb}", asked.body)
        async with self._engine.connect() as connection:
            await connection.execute(PATIENCE)
            found = await read_batch_context(connection, [], [principal])
            context = QueryContext(principal, found.grants[principal], connection, found.now, asked.language)
            context.licensing, context.letters = self._side.licensing, self._side.letters
            context.licence = found.licence or context.licensing.included
            try:
                authorisation.authorise(query, principal, context.grants)
                answer = await self._answers[type(query)](query, context)
            except Refusal as refusal:
                if refusal.code is Code.NOT_AVAILABLE and self._attempts.logs(principal):
                    context.emit(_attempt(self._worker, verb, query, refusal), "-")
                    await self._record(context)
                self.counters.unlogged_attempts = self._attempts.unlogged
                raise
            await self._record(context)
        return answer

    async def _record(self, context: QueryContext) -> None:
        if not context.happened:
            if context.has_written:
                await context.connection.commit()
            return
        origin = Origin(context.principal, context.now.isoformat())
        rows = [self._post(key).event(Happened(event, uuid7(), key, None), origin) for event, key in context.happened]
        await outbox.post(context.connection, rows)
        await context.connection.commit()
        self._side.wake()

    def _post(self, key: str) -> Post:
        """Choose the lane of the key's commands, so that no event overtakes an earlier one of its project."""
        return Post(self._site, self._worker, self._side.lanes[lane_of(key) % len(self._side.lanes)])


def parse(subject: str, body: bytes) -> Query[Any]:
    """Read a query, or refuse it."""
    known = Query.registry.get(subject)
    if known is None:
        unknown = [{"field": "", "kind": "unknown_query"}]
        raise Refusal(Code.INVALID, unknown_query=subject, known=sorted(Query.registry), fields=unknown)
    return parse_body(known, body or b"{}")


def encoded(answer: Any) -> tuple[bytes, dict[str, str] | None]:
    """Turn what a function answered into bytes and headers."""
    if isinstance(answer, Answer):
        return answer.body, answer.headers
    if isinstance(answer, BaseModel):
        return answer.model_dump_json(by_alias=True).encode(), None
    msg = f"a query was answered with {type(answer).__name__}"
    raise TypeError(msg)


def require_sendable(answer: tuple[bytes, dict[str, str] | None]) -> tuple[bytes, dict[str, str] | None]:
    """Return an answer, or refuse one that no message holds: the server would not take it, and nothing would come."""
    if len(answer[0]) > LARGEST_MESSAGE:
        raise invalid(("", "answer_too_large"))
    return answer


def _attempt(worker: str, verb: str, query: Query[Any], refusal: Refusal) -> AttemptRefused:
    project_id: UUID | None = getattr(query, "project_id", None)
    return AttemptRefused(attempted=f"{worker}.{verb}", code=refusal.code, project_id=project_id)
