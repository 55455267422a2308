"""A file that the system makes on request, and that is saved here: waiting for it, fetching it, and leaving it."""

import shlex
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from contracts.downloads import Download
from contracts.errors import Code
from contracts.message import Command
from contracts.report_batches import BatchGenerated
from contracts.report_summaries import SummaryGenerated
from incidents.client import Client
from incidents.errors import PendingError, Refused, UnreachableError
from incidents.terminal.saving import save
from incidents.terminal.session import Session, UsageError

AnswerT = TypeVar("AnswerT")


class DeferredFile:
    """A file that the system makes, and that is saved here; Ctrl-C cancels it while it is made."""

    generating: ClassVar[type[Command[Any]]]
    deleting: ClassVar[type[Command[Any]]]
    downloading: ClassVar[type[Download]]
    cancelled: ClassVar[str]
    resuming: ClassVar[str]
    """What is said after Ctrl-C, and how to go on."""

    def __init__(self, session: Session, path: Path) -> None:
        """Keep the path at which the file is saved."""
        self._session = session
        self._path = path

    async def _wait(self, report_id: UUID, outcome: Awaitable[AnswerT]) -> AnswerT:
        """Return the result once the file is made; until then Ctrl-C cancels it."""

        async def cancel() -> None:
            try:
                await self._cancel(report_id)
            except (Refused, UnreachableError):
                self._tell_resuming(report_id)
                raise

        self._session.at_interrupt = cancel
        try:
            return await outcome
        except PendingError:
            self._tell_resuming(report_id)
            raise

    async def _fetch(self, client: Client, generated: BatchGenerated | SummaryGenerated) -> None:
        """Save a file that is made; whoever leaves is told how to fetch it later."""

        async def leave() -> None:
            self._tell_resuming(generated.report_id)

        self._session.at_interrupt = leave
        try:
            download = self.downloading.model_validate({"report_id": generated.report_id})
            await save(self._session, client, self.generating, download, generated, self._path)
        except (Refused, UsageError):
            await leave()
            raise
        self._session.at_interrupt = None

    async def _cancel(self, report_id: UUID) -> None:
        async with self._session.client() as client:
            try:
                await client.send(self.deleting.model_validate({"report_id": report_id}))
            except Refused as refused:
                if refused.code is not Code.GONE:
                    raise
        self._session.tell(self.cancelled)

    def _tell_resuming(self, report_id: UUID) -> None:
        path, options = shlex.quote(str(self._path)), self._session.place
        self._session.tell(self.resuming, id=report_id, path=path, options=options)
