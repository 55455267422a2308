"""A file that the system makes on request, and that is saved here: waiting for it, fetching it, and leaving it."""

import shlex
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar
from uuid import UUID

from contracts.downloads import Download
from contracts.errors import Code
from contracts.message import Command
from incidents.client import Client
from incidents.errors import PendingError, Refused, UnreachableError
from incidents.terminal.saving import MadeFile, require_unused, save
from incidents.terminal.session import Session, UsageError

NO_TIME_STAMP: Final = "The authority did not answer: what was made has no time stamp."
AnswerT = TypeVar("AnswerT")


class DeferredFile:
    """A file that the system makes, and that is saved here; Ctrl-C cancels it while it is made."""

    generating: ClassVar[type[Command[Any]]]
    cancelled: ClassVar[str]
    resuming: ClassVar[str]
    """What is said after Ctrl-C, and how to go on."""

    path_option: ClassVar[str] = "-o"
    """The option that names the path."""

    def __init__(self, session: Session, path: Path | None, *, force: bool = False) -> None:
        """Keep the path at which the file is saved; without one, it has the name that is given to `_fetch`."""
        self._session = session
        self._path = path
        self._force = force

    async def _wait(self, file_id: UUID, cancelling: Command[Any], outcome: Awaitable[AnswerT]) -> AnswerT:
        """Return the result once the file is made; until then Ctrl-C sends the command that cancels it."""

        async def cancel() -> None:
            try:
                await self._cancel(cancelling)
            except (Refused, UnreachableError):
                self._tell_resuming(file_id)
                raise

        self._session.at_interrupt = cancel
        try:
            return await outcome
        except PendingError:
            self._tell_resuming(file_id)
            raise

    async def _fetch(
        self, client: Client, file_id: UUID, download: Download, generated: MadeFile, name: str | None = None
    ) -> Path:
        """Save a file that is made, and return its path; whoever leaves is told how to fetch it later."""

        async def leave() -> None:
            self._tell_resuming(file_id)

        self._session.at_interrupt = leave
        try:
            path = self._path or require_unused(self._session, Path(name or ""), force=self._force)
            await save(self._session, client, self.generating, download, generated, path)
        except (Refused, UsageError):
            await leave()
            raise
        self._session.at_interrupt = None
        return path

    async def _cancel(self, cancelling: Command[Any]) -> None:
        async with self._session.client() as client:
            try:
                await client.send(cancelling)
            except Refused as refused:
                if refused.code is not Code.GONE:
                    raise
        self._session.tell(self.cancelled)

    def _tell_resuming(self, file_id: UUID) -> None:
        path = f" {self.path_option} {shlex.quote(str(self._path))}" if self._path else ""
        self._session.tell(self.resuming, id=file_id, path=path, options=self._session.place)
