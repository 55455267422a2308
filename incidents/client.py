"""The client of one principal: send commands, ask queries, follow events."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import nats
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts import subjects
from contracts.downloads import Download
from contracts.errors import Code, Error
from contracts.ids import uuid7
from contracts.message import Command, Outcome, Query
from contracts.projects.queries import GetOutcome
from contracts.projects.watching import WatchedProjects, WatchProjects
from contracts.texts import Phrase, phrase, reason
from incidents import tracing
from incidents.connection import Caller, Troubles, flush, open_connection, principal_of, why_unreachable
from incidents.errors import Refused, UnreachableError, require_command, require_query
from incidents.events import CloudEvent
from incidents.feed import FeedContext, Watch
from incidents.submissions import Deliveries, OutgoingCommand, Submitted, known_outcome
from incidents.survey import NOT_OF_OPERATIONS, Survey, survey

R = TypeVar("R")

_OUTCOME_SECONDS: Final = 1.0
_NO_RESPONDERS_PAUSE_SECONDS: Final = 0.2


class Client:
    """Commands, queries and events of one principal on one site; made by `connect`."""

    def __init__(
        self, connection: Nats, troubles: Troubles, caller: Caller, seconds: float, traces: tracing.Tracing
    ) -> None:
        self._tracing = traces
        self._connection = connection
        self._troubles = troubles
        self._caller = caller
        self._seconds = seconds
        self._deliveries = Deliveries(
            connection, troubles, self._ask_outcome, language=caller.language, seconds=seconds
        )

    @property
    def principal(self) -> str:
        """The principal that this client acts as."""
        return self._caller.principal

    @property
    def site(self) -> str:
        """The site that this client is connected to."""
        return self._caller.site

    @property
    def language(self) -> str:
        """The language of refusals: `en` or `fr`."""
        return self._caller.language

    async def send(self, command: Command[R], *, command_id: UUID | None = None) -> R:
        """Send a command and return its event; a repeated `command_id` repeats the first answer.

        If a site limits the rate, it names a delay, after which the command is sent again.

        Raises:
            PendingError: The command was accepted and will be carried out, but no outcome came in time. The exception
                has the id with which to ask for the outcome, or to send the same command again.
            Refused: The command was refused, or not stored in time (`unavailable`).
            TypeError: This is no command.
        """
        require_command(command, command_id)
        with self._tracing.using(command.subject):
            return await self._send(command, command_id or uuid7())

    async def _send(self, command: Command[R], command_id: UUID) -> R:
        deadline = asyncio.get_running_loop().time() + self._seconds
        while True:
            outcome = await (await self.submit(command, command_id=command_id)).outcome()
            if outcome.error is None:
                return command.read_answer(json.dumps(outcome.result).encode())
            refused = Refused(Error.model_validate(outcome.error), command_id=outcome.command_id)
            pause = refused.retry_after_seconds
            if pause is None or asyncio.get_running_loop().time() + pause > deadline:
                raise refused
            await asyncio.sleep(pause)

    async def submit(self, command: Command[Any], *, command_id: UUID | None = None) -> Submitted:
        """Send a command and return as soon as the server has stored it; commands with the same key keep their order.

        Raises:
            Refused: The body is too large, the server denies the subject, or the command was not stored in time.
            TypeError: This is no command.
        """
        require_command(command, command_id)
        outgoing = OutgoingCommand(
            subjects.command(self._caller.site, self.principal, command.subject, command.key_for(self.principal)),
            command.model_dump_json(by_alias=True, exclude_unset=True).encode(),
            command_id or uuid7(),
            command.failure_phrase,
            command.part,
        )
        if len(outgoing.body) > command.body_bytes_max:
            why = reason("body_too_large", self.language)
            error = self._error(Code.INVALID, fields=[{"field": "", "kind": "body_too_large", "reason": why}])
            raise Refused(error, command_id=outgoing.command_id)
        return await self._deliver(command.subject, outgoing)

    async def _deliver(self, name: str, outgoing: OutgoingCommand) -> Submitted:
        with self._tracing.sending(name, str(outgoing.command_id)) as traced:
            return await self._deliveries.send(replace(outgoing, traced=traced))

    async def submit_raw(
        self, subject: str, body: bytes, *, key: str = "-", command_id: UUID | None = None
    ) -> Submitted:
        """Send any bytes to `worker.verb`, unchecked, to test how a site answers.

        Raises:
            Refused: The server denies the subject, or the message was not stored in time.
        """
        destination = subjects.command(self._caller.site, self.principal, subject, key)
        return await self._deliver(subject, OutgoingCommand(destination, body, command_id or uuid7()))

    async def ask(self, query: Query[R]) -> R:
        """Send a query and return its answer.

        Raises:
            Refused: The query was refused, or not answered in time (`unavailable`).
            TypeError: This is no query.
        """
        require_query(query)
        return query.read_answer(await self._ask(query, self._caller.query_seconds))

    async def outcome(self, command_id: UUID, *, wait_seconds: float = 0.0) -> Outcome:
        """Return the outcome of one of the principal's commands, pending if its work goes on after this time.

        Raises:
            Refused: `gone`: no outcome is known. The command still waits, or was never accepted.
        """
        return await known_outcome(self._ask_outcome, command_id, wait_seconds, self._caller.query_seconds)

    async def download(self, download: Download) -> AsyncGenerator[bytes, None]:
        """Download a report or a package from the requested offset to its end, in parts of the requested length.

        Raises:
            Refused: The file is gone, may not be read, or the query was not answered in time.
        """
        offset = download.offset
        while part := await self.ask(download.model_copy(update={"offset": offset})):
            yield part
            offset += len(part)
            if len(part) < download.length:
                return

    def feed(self, *, since: str | None = None, matching: WatchedProjects | None = None) -> Watch:
        """Return a feed to open with `async with`, which misses no event from then on, or from `since` on."""
        subject = subjects.query(self._caller.site, self.principal, WatchProjects.subject)
        line = FeedContext(
            connection=self._connection,
            subject=subject,
            inbox=subjects.inbox(self.principal),
            language=self.language,
            ask=self._ask,
            refusal=self._read_refusal,
            unavailable=lambda reason: self._unanswered(subject, reason),
        )
        return Watch(line, matching or WatchedProjects(), since)

    async def watch(
        self, *, since: str | None = None, matching: WatchedProjects | None = None
    ) -> AsyncGenerator[CloudEvent, None]:
        """Follow the visible events of projects and reports, from now or from a cursor on.

        The feed survives lost connections and workers: every event comes once, in order.

        Raises:
            Refused: The caller may not watch, or the cursor is too old (`gone`): start again from a list.
        """
        async with self.feed(since=since, matching=matching) as feed:
            async for event in feed:
                yield event

    async def overhear(self) -> AsyncGenerator[CloudEvent, None]:
        """Follow all events of the site, from now on; needs credentials of the scope `ops`.

        Raises:
            Refused: `not-available` when these credentials do not allow it.
        """
        everything = subjects.event(self._caller.site, "*.*", "*")
        subscription = await self._connection.subscribe(everything)
        try:
            await flush(self._connection)
            if denied := self._troubles.denied(everything):
                raise Refused(self._error(Code.NOT_AVAILABLE, reason=denied))
            async for message in subscription.messages:
                try:
                    event = CloudEvent.read(message)
                except ValueError:
                    continue  # a PubAck that somebody redirected here is not an event
                yield event
        finally:
            if not self._connection.is_closed:
                await subscription.unsubscribe()

    async def survey(self) -> Survey:
        """Return the state of all worker processes and the message bus; needs credentials of the scope `ops`.

        Raises:
            Refused: `not-available` when these credentials do not allow it.
        """
        try:
            return await survey(self._connection, self.site, self.principal, self._troubles.denied)
        except PermissionError as error:
            raise Refused(self._error(Code.NOT_AVAILABLE, reason=NOT_OF_OPERATIONS)) from error

    async def listen(self) -> None:
        """Subscribe to outcomes; `connect` does this before it returns the client."""
        await self._deliveries.listen(subjects.outcome(self._caller.site, self.principal, "*"))

    async def _ask_outcome(self, command_id: UUID, wait: float = 0.0, seconds: float = _OUTCOME_SECONDS) -> Outcome:
        query = GetOutcome(command_id=command_id, **({"wait_seconds": wait} if wait else {}))
        return Outcome.read(await self._ask(query, wait + seconds))

    async def _ask(self, query: Query[Any], seconds: float) -> bytes:
        subject = subjects.query(self._caller.site, self.principal, query.subject)
        body = query.model_dump_json(by_alias=True, exclude_unset=True).encode()
        try:
            with self._tracing.asking(query.subject) as traced:
                reply = await self._request(subject, body, seconds, traced)
        except nats.errors.Error as error:
            is_silent = isinstance(error, TimeoutError) and self._connection.is_connected
            reason = "no worker answers" if is_silent else why_unreachable(error)
            raise Refused(self._unanswered(subject, reason)) from error
        if "Nats-Service-Error-Code" in (reply.headers or {}):
            raise Refused(self._read_refusal(reply))
        return reply.data

    async def _request(self, subject: str, body: bytes, seconds: float, traced: tracing.Headers) -> Msg:
        """Send a request until a worker responds: a restarting worker is back in a moment."""
        deadline = asyncio.get_running_loop().time() + seconds
        headers = {"Accept-Language": self.language, **traced}
        while True:
            left = deadline - asyncio.get_running_loop().time()
            try:
                return await self._connection.request(subject, body, timeout=left, headers=headers)
            except nats.errors.NoRespondersError:
                if left < _NO_RESPONDERS_PAUSE_SECONDS:
                    raise
            await asyncio.sleep(_NO_RESPONDERS_PAUSE_SECONDS)

    def _unanswered(self, subject: str, reason: str) -> Error:
        denied = self._troubles.denied(subject)
        return self._error(Code.NOT_AVAILABLE if denied else Code.UNAVAILABLE, reason=denied or reason)

    def _read_refusal(self, reply: Msg) -> Error:
        try:
            return Error.model_validate(json.loads(reply.data)["error"])
        except (ValueError, KeyError, TypeError, ValidationError):
            return self._error(Code.UNAVAILABLE, reason=(reply.headers or {}).get("Nats-Service-Error", ""))

    def _error(self, code: Code, **details: Any) -> Error:
        message, retryable = phrase(Phrase(code), self.language), code is Code.UNAVAILABLE
        return Error(code=code, message=message, retryable=retryable, details=details)


@asynccontextmanager
async def connect(
    url: str,
    credentials: Path | str,
    site: str = "main",
    language: str = "en",
    *,
    seconds: float = 30.0,
    query_seconds: float = 5.0,
) -> AsyncIterator[Client]:
    """Connect as the principal of the credentials; commands wait `seconds` for their outcome.

    Queries wait `query_seconds` for their answer.

    Raises:
        UnreachableError: The server does not answer, or does not accept the credentials.
    """
    path, troubles = Path(credentials), Troubles()
    caller = Caller(principal_of(path), site, language, query_seconds)
    async with tracing.open_tracing() as traces, open_connection(url, path, troubles) as connection:
        client = Client(connection, troubles, caller, seconds, traces)
        try:
            await client.listen()
        except nats.errors.Error as error:
            raise UnreachableError(url, troubles.last or why_unreachable(error)) from error
        yield client
