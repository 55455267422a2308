"""The client of one principal: send commands, ask queries, follow events."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

import nats
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from pydantic import BaseModel, ValidationError

from contracts import subjects
from contracts.downloads import Download
from contracts.errors import Code, Error
from contracts.ids import uuid7
from contracts.message import Command, Outcome, Query
from contracts.projects.queries import GetOutcome
from contracts.projects.watching import WatchedProjects, WatchProjects
from contracts.texts import Phrase, phrase, reason
from incidents import tracing
from incidents.connection import Troubles, flush, open_connection, principal_of
from incidents.errors import Refused, UnreachableError
from incidents.events import CloudEvent
from incidents.feed import Line, Watch
from incidents.submissions import Deliveries, Letter, Submitted
from incidents.survey import Survey, survey

R = TypeVar("R")

LARGEST_BODY: Final = 64 * 1024
_OUTCOME_QUERY_SECONDS: Final = 1.0
_NOBODY_THERE_PAUSE: Final = 0.2


class Caller(NamedTuple):
    """Who calls, where, in which language the answers are, and how long a query waits for one."""

    principal: str
    site: str
    language: str
    query_seconds: float


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
        """Who this client acts as."""
        return self._caller.principal

    @property
    def site(self) -> str:
        """The site that it talks to."""
        return self._caller.site

    @property
    def language(self) -> str:
        """The language in which refusals are said: `en` or `fr`."""
        return self._caller.language

    async def send(self, command: Command[R], *, command_id: UUID | None = None) -> R:
        """Send a command and return what it did; the same `command_id` again repeats the first answer.

        A site that takes no more commands for the moment says when it will: the command is sent again then.

        Raises:
            PendingError: It was accepted and no outcome came in time: it will be carried out. The exception carries
                the id under which its outcome can be asked for, or the same command be sent again.
            Refused: The command was refused, or nobody kept it in time (`unavailable`).
        """
        with self._tracing.using(command.subject):
            return await self._send(command, command_id or uuid7())

    async def _send(self, command: Command[R], given: UUID) -> R:
        deadline = asyncio.get_running_loop().time() + self._seconds
        while True:
            outcome = await (await self.submit(command, command_id=given)).outcome()
            if outcome.error is None:
                answer: R = _read(command.answer(), json.dumps(outcome.result).encode())
                return answer
            refused = Refused(Error.model_validate(outcome.error), command_id=outcome.command_id)
            pause = refused.retry_after_seconds
            if pause is None or asyncio.get_running_loop().time() + pause > deadline:
                raise refused
            await asyncio.sleep(pause)

    async def submit(self, command: Command[Any], *, command_id: UUID | None = None) -> Submitted:
        """Send a command and return as soon as the server keeps it; commands with one key stay in this order.

        Raises:
            Refused: The body is too large, the server denies the subject, or nobody kept it in time.
        """
        letter = Letter(
            subjects.command(self._caller.site, self.principal, command.subject, command.key_for(self.principal)),
            command.model_dump_json(by_alias=True, exclude_unset=True).encode(),
            command_id or uuid7(),
            command.failure_phrase,
            command.part,
        )
        if len(letter.body) > LARGEST_BODY:
            why = reason("body_too_large", self.language)
            error = self._error(Code.INVALID, fields=[{"field": "", "kind": "body_too_large", "reason": why}])
            raise Refused(error, command_id=letter.command_id)
        return await self._deliver(command.subject, letter)

    async def _deliver(self, name: str, letter: Letter) -> Submitted:
        with self._tracing.sending(name, str(letter.command_id)) as traced:
            return await self._deliveries.send(replace(letter, traced=traced))

    async def submit_raw(
        self, subject: str, body: bytes, *, key: str = "-", command_id: UUID | None = None
    ) -> Submitted:
        """Send any bytes to `worker.verb`, unchecked: for trying out how a site answers.

        Raises:
            Refused: The server denies the subject, or nobody kept the message in time.
        """
        destination = subjects.command(self._caller.site, self.principal, subject, key)
        return await self._deliver(subject, Letter(destination, body, command_id or uuid7()))

    async def ask(self, query: Query[R]) -> R:
        """Ask a query.

        Raises:
            Refused: The question was refused, or nobody answered in time (`unavailable`).
        """
        answer: R = _read(query.answer(), await self._ask(query, self._caller.query_seconds))
        return answer

    async def download(self, wanted: Download) -> AsyncGenerator[bytes, None]:
        """Fetch a report or a package, from the offset that is asked for to its end, in parts of the asked length.

        Raises:
            Refused: It is gone, may not be read, or nobody answered in time.
        """
        offset = wanted.offset
        while part := await self.ask(wanted.model_copy(update={"offset": offset})):
            yield part
            offset += len(part)
            if len(part) < wanted.length:
                return

    def feed(self, *, since: str | None = None, matching: WatchedProjects | None = None) -> Watch:
        """Return a feed to open with `async with`: from then on, or from `since` on, nothing is missed."""
        subject = subjects.query(self._caller.site, self.principal, WatchProjects.subject)
        line = Line(
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
        """Follow what happens to projects and reports, as far as one may see it, from now or a cursor on.

        Lost connections and workers are survived: every event comes once, in order.

        Raises:
            Refused: One may not watch, or (`gone`) the cursor is too old: start again from a list.
        """
        async with self.feed(since=since, matching=matching) as feed:
            async for event in feed:
                yield event

    async def overhear(self) -> AsyncGenerator[CloudEvent, None]:
        """Hear everything that happens on the site, from now on; needs credentials of the kind `ops`.

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
                    continue  # a PubAck that somebody steered here is no event
                yield event
        finally:
            if not self._connection.is_closed:
                await subscription.unsubscribe()

    async def survey(self) -> Survey:
        """Ask every worker process and the message bus how they are; needs credentials of the kind `ops`.

        Raises:
            Refused: `not-available` when these credentials do not allow it.
        """
        found = await survey(self._connection, self.site, self.principal)
        if denied := self._troubles.denied("$SRV.STATS"):
            raise Refused(self._error(Code.NOT_AVAILABLE, reason=denied))
        return found

    async def listen(self) -> None:
        """Hear outcomes from now on; `connect` does this before it hands the client over."""
        await self._deliveries.listen(subjects.outcome(self._caller.site, self.principal, "*"))

    async def _ask_outcome(self, command_id: UUID) -> Outcome:
        return Outcome.read(await self._ask(GetOutcome(command_id=command_id), _OUTCOME_QUERY_SECONDS))

    async def _ask(self, query: Query[Any], seconds: float) -> bytes:
        subject = subjects.query(self._caller.site, self.principal, query.subject)
        body = query.model_dump_json(by_alias=True, exclude_unset=True).encode()
        try:
            with self._tracing.asking(query.subject) as traced:
                reply = await self._request(subject, body, seconds, traced)
        except nats.errors.Error as error:
            raise Refused(self._unanswered(subject, str(error))) from error
        if "Nats-Service-Error-Code" in (reply.headers or {}):
            raise Refused(self._read_refusal(reply))
        return reply.data

    async def _request(self, subject: str, body: bytes, seconds: float, traced: tracing.Headers) -> Msg:
        """Ask until somebody is there to answer: a worker that is being restarted is back in a moment."""
        deadline = asyncio.get_running_loop().time() + seconds
        headers = {"Accept-Language": self.language, **traced}
        while True:
            left = deadline - asyncio.get_running_loop().time()
            try:
                return await self._connection.request(subject, body, timeout=left, headers=headers)
            except nats.errors.NoRespondersError:
                if left < _NOBODY_THERE_PAUSE:
                    raise
            await asyncio.sleep(_NOBODY_THERE_PAUSE)

    def _unanswered(self, subject: str, reason: str) -> Error:
        if denied := self._troubles.denied(subject):
            return self._error(Code.NOT_AVAILABLE, reason=denied)
        return self._error(Code.UNAVAILABLE, reason=reason)

    def _read_refusal(self, reply: Msg) -> Error:
        try:
            return Error.model_validate(json.loads(reply.data)["error"])
        except (ValueError, KeyError, TypeError, ValidationError):
            return self._error(Code.UNAVAILABLE, reason=(reply.headers or {}).get("Nats-Service-Error", ""))

    def _error(self, code: Code, **details: Any) -> Error:
        message, retryable = phrase(Phrase(code), self.language), code is Code.UNAVAILABLE
        return Error(code=code, message=message, retryable=retryable, details=details)


def _read(answer: Any, body: bytes) -> Any:
    """Read an answer, without the fields that a newer system adds: an older client still understands it."""
    return answer.model_validate_json(body, extra="ignore") if issubclass(answer, BaseModel) else body


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
    """Connect as the principal whose credentials these are; commands wait `seconds` for their outcome.

    Queries wait `query_seconds` for their answer.

    Raises:
        UnreachableError: Nobody answers there, or the credentials are not accepted.
    """
    path, troubles = Path(credentials), Troubles()
    caller = Caller(principal_of(path), site, language, query_seconds)
    async with tracing.opened() as traces, open_connection(url, path, troubles) as connection:
        client = Client(connection, troubles, caller, seconds, traces)
        try:
            await client.listen()
        except nats.errors.Error as error:
            raise UnreachableError(url, troubles.last or "nobody answers") from error
        yield client
