"""The admission of a batch: its context is read, and senders are refused before anything is done for them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.rows import DictRow
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Command, Message
from workers.runtime.admission import licence_check, rate_limits
from workers.runtime.admission.authorisation import RecentGrants
from workers.runtime.admission.batch_preload import BatchContext, read_batch_context, read_batch_context_and
from workers.runtime.admission.incoming_messages import IncomingCommand
from workers.runtime.admission.licence_check import Licensing, authorise_command
from workers.runtime.admission.password_redaction import Fingerprints
from workers.runtime.storage.statement_execution import Question

SEPARATE_COMMANDS_MIN = 2
"""Commands of a batch that may need their own transaction: from this number on, judging their senders first pays."""


@dataclass(frozen=True, slots=True)
class Preloaded:
    """What was read for some commands together with the context of their batch."""

    commands: Sequence[Command[Any]]
    answers: Mapping[str, Sequence[DictRow]]

    def covers(self, commands: Sequence[Command[Any]]) -> bool:
        """Return whether everything that these commands need was asked for."""
        return {*map(id, commands)} <= {*map(id, self.commands)}


class BatchAdmission:
    """Admits the batches of one worker, or refuses their senders."""

    def __init__(
        self, worker: str, licensing: Licensing, questions: Callable[[Sequence[Message]], dict[str, Question]]
    ) -> None:
        """Set the worker, the licensing, and the statements that read what commands need."""
        self._worker = worker
        self._licensing = licensing
        self._questions = questions
        self._fingerprints = Fingerprints()
        self._recent_grants = RecentGrants()

    async def refuse_early(self, connection: AsyncConnection, incoming: Sequence[IncomingCommand]) -> None:
        """Authorise senders before the batch is split: a refused command needs no transaction of its own."""
        separate = sum(message.kind.runs_alone or message.kind.changes_permissions for message in incoming)
        if separate < SEPARATE_COMMANDS_MIN:
            return
        context = await read_batch_context(connection, [], [message.work.principal for message in incoming])
        unlicensed = licence_check.find_obstacle(context.licence or self._licensing.included, context.now)
        for message in incoming:
            authorise_command(message, context.grants[message.work.principal], unlicensed)
            if message.kind.changes_permissions and not message.refusal:
                return

    async def admit(
        self,
        connection: AsyncConnection,
        lane: int,
        incoming: Sequence[IncomingCommand],
        redelivered: Sequence[IncomingCommand],
    ) -> tuple[BatchContext, Preloaded]:
        """Read the context, refuse unauthorised senders, and only then compute costly fingerprints.

        What a sender needs whose last command of this kind was allowed is read with the context, for one round trip.
        """
        asked = [message.command for message in incoming if message.command and self._was_allowed(message)]
        questions = self._questions(asked)
        incoming = [*incoming, *redelivered]
        ids, principals = [message.id for message in incoming], [message.work.principal for message in incoming]
        lane_key = (self._worker, lane)
        context, answers = await read_batch_context_and(questions, connection, ids, principals, lane_key)
        self._recent_grants.note(context.grants)
        unlicensed = licence_check.find_obstacle(context.licence or self._licensing.included, context.now)
        for message in incoming:
            is_late = context.turned_away and context.turned_away.covers(message) and not message.redelivered
            if is_late and not message.turned_away:
                message.turned_away, message.command = rate_limits.WAIT_SECONDS_MIN, None
            authorise_command(message, context.grants[message.work.principal], unlicensed)
        await self._fingerprints.fingerprint_all(incoming, context.known)
        return context, Preloaded(asked, answers)

    def _was_allowed(self, message: IncomingCommand) -> bool:
        return bool(
            message.command
            and not message.refusal
            and not message.turned_away
            and self._recent_grants.allow(message.command, message.work.principal)
        )
