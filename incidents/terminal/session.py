"""One run of a command: its common options, its output, and its end."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

import typer
from pydantic import BaseModel
from rich.console import RenderableType
from rich.text import Text

from contracts.administration_queries import GetProperties
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.message import Command
from incidents.client import Client, connect
from incidents.errors import CredentialsError, PendingError, Refused, UnreachableError
from incidents.locate import find
from incidents.terminal import printing
from incidents.terminal.interrupt import NoAnswerError, run_until_interrupted
from incidents.terminal.next_commands import next_command
from incidents.terminal.printing import Screen, screen
from incidents.terminal.running_system import remedy_and_hint
from incidents.terminal.tables.refusals import accepted_panel, refusal_panel
from incidents.terminal.tables.sheet import Sheet, zone_remark
from incidents.terminal.tables.values import Names
from incidents.terminal.text.words import count, say

Answer = TypeVar("Answer")

_RANDOM_BITS: Final = 80
_WITH_A_TIME: Final = 7
"""The version of UUIDs with their creation time, in milliseconds above the random bits."""


class Status(IntEnum):
    """The exit status of a command."""

    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    PENDING = 4
    INTERRUPTED = 130
    UNREAD = 141


class UsageError(Exception):
    """The typed command is not understood."""


@dataclass
class Session:
    """One run of a command, as `principal`; without `--as` it would be run as `usual`."""

    principal: str
    json: bool = False
    csv: bool = False
    language: str = "en"
    data: Path | None = None
    command_id: UUID = field(default_factory=uuid7)
    has_given_id: bool = False
    wait_seconds: float = 30.0
    labels: dict[str, str] = field(default_factory=dict)
    """The organisation's names of categories and data fields, once they were read."""

    options: frozenset[str] | None = frozenset()
    """The options of the command, by which a refusal names the fields that they fill; None if people type fields."""

    usual: str = "admin"
    project: str = ""
    """The project that was typed, for the command to type after a refusal."""

    at_interrupt: Callable[[], Coroutine[Any, Any, None]] | None = field(default=None, init=False)
    """What Ctrl-C begins once the command has ended; it connects anew, and a second Ctrl-C ends it, too."""

    out: Screen = field(default_factory=screen)
    err: Screen = field(default_factory=lambda: screen(stderr=True))
    _sent: bool = field(default=False, init=False)
    _headed: bool = field(default=False, init=False)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """Connect to the system that the options name."""
        place = find(self.data, self.principal)
        try:
            async with connect(
                place.url, place.credentials, place.site, self.language, seconds=self.wait_seconds
            ) as client:
                yield client
        except CredentialsError as error:
            raise type(error)(error.where, error.reason, place.renewal, place.naming) from error
        except UnreachableError as error:
            known = remedy_and_hint(error, place, self.principal, self._data, self.language)
            raise type(error)(error.where, error.reason, *known) from error

    @property
    def now(self) -> datetime:
        """When this command was first typed: `--id` repeats the same command with the same times."""
        id_ = self.command_id
        at = (id_.int >> _RANDOM_BITS) / 1000 if id_.version == _WITH_A_TIME else None
        return datetime.fromtimestamp(at, UTC) if at is not None else datetime.now(UTC)

    async def send(self, client: Client, command: Command[Answer], step: str = "") -> Answer:
        """Send a command with the id of this run; further commands of the run have a step."""
        self._sent = True
        try:
            answer = await client.send(command, command_id=self.id_of(step))
        except Refused as refused:
            if refused.code is Code.CONFLICT:
                await self._read_labels(client)
            raise
        self._sent = False
        return answer

    async def _read_labels(self, client: Client) -> None:
        """Read the organisation's names of the fields that somebody else has changed."""
        if not (self.labels or self.json):
            with suppress(Refused):
                self.labels.update(Names(await client.ask(GetProperties())).by_field)

    def id_of(self, step: str = "") -> UUID:
        """Return an id that stays the same when the command is repeated with `--id`."""
        return uuid5(self.command_id, step) if step else self.command_id

    def say(self, words: str, **values: object) -> str:
        """Return a sentence in the session's language."""
        return say(self.language, words, **values)

    def count(self, number: int, singular: str, plural: str, none: str = "", **values: object) -> str:
        """Return a sentence with a count in the session's language; `none` is the sentence for 0."""
        return count(self.language, number, singular, plural, none, **values)

    def show(
        self, document: BaseModel | Mapping[str, Any], *readable: RenderableType, sheet: Sheet | None = None
    ) -> None:
        """Print an answer: one line of JSON for programs, rows for spreadsheets, or `readable` for people.

        A spreadsheet gets `sheet`, or the table for people; remarks next to that table go to stderr.
        """
        if self.json:
            self.write(document)
        elif self.csv:
            self.rows(sheet or next(part for part in readable if isinstance(part, Sheet)))
            self.remark(*(part for part in readable if isinstance(part, Text | str)) if sheet is None else ())
        else:
            self.out.print(*self.with_zone(*readable), sep="\n")

    def with_zone(self, *readable: RenderableType) -> tuple[RenderableType, ...]:
        """Return what a terminal shows: with a last line that names the zone of the times in its tables."""
        remark = zone_remark(readable, self.language) if self.out.is_terminal else None
        return (*readable, remark) if remark else readable

    def remark(self, *remarks: Text | str) -> None:
        """Print remarks on stderr, if the table alone is the answer."""
        for remark in remarks:
            self.err.print(remark, style="dim", soft_wrap=True)

    def rows(self, sheet: Sheet) -> None:
        """Print rows for a spreadsheet, with the headings above the first ones."""
        lines = sheet.lines() if self._headed else (sheet.heading_line(), *sheet.lines())
        self._headed = True
        printing.write_rows(lines)

    def write(self, document: BaseModel | Mapping[str, Any]) -> None:
        """Print one line of JSON."""
        printing.write(document)

    def tell_line(self, line: str) -> None:
        """Print a sentence that is in the session's language already, as `tell` does."""
        if not self.json:
            self.err.print(Text(line, style="dim"), soft_wrap=True)

    def tell(self, words: str, **values: object) -> None:
        """Print a message for people on stderr; its lines are not broken, so that commands in it can be copied."""
        self.tell_line(self.say(words, **values))

    def confirm(self, question: str) -> bool:
        """Ask for confirmation before something is lost; `--yes` skips this."""
        return self.ask(lambda: printing.confirm(question, self.language), "--yes")

    def ask(self, prompt: Callable[[], Answer], option: str) -> Answer:
        """Ask the person at the terminal.

        Raises:
            UsageError: Nobody can answer; `option` skips the question.
            NoAnswerError: Ctrl-C was typed instead of an answer.
        """
        # asyncio's own handler only cancels the task, which waits for the answer and would not notice.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return prompt()
        except typer.Abort as error:
            if sys.stdin.isatty():
                raise NoAnswerError from error
            self.err.print()
            raise UsageError(self.say("nobody can answer here; {option} skips the question", option=option)) from error
        finally:
            signal.signal(signal.SIGINT, before)

    def run(self, work: Coroutine[Any, Any, None]) -> int:
        """Run the work and return the exit status.

        Raises:
            OutputClosedError: The answer cannot be printed.
        """
        try:
            run_until_interrupted(work)
        except PendingError as pending:
            return self._pend(pending)
        except Refused as refused:
            return self._refuse(self._refusal(refused), Status.REFUSED)
        except UsageError as error:
            return self.misunderstood(str(error))
        except UnreachableError as error:
            return self._refuse_unreachable(error)
        except (KeyboardInterrupt, NoAnswerError, asyncio.CancelledError):
            return self._interrupted()
        return 0

    def _interrupted(self) -> int:
        at_interrupt, self.at_interrupt = self.at_interrupt, None
        if at_interrupt is not None:
            self.run(at_interrupt())
        elif self._sent:
            self.tell("to see its outcome: incidents outcome {id}", id=f"{self.command_id}{self.place}")
        return Status.INTERRUPTED

    def _pend(self, pending: PendingError) -> int:
        """Print that a command is accepted but not carried out yet, and how to see its outcome or send it again."""
        if self.json:
            self.write({"command_id": str(pending.command_id), "status": "accepted", "message": pending.message})
        else:
            self.out.print(accepted_panel(pending.message, pending.command_id, self.place, self.language))
        return Status.PENDING

    @property
    def place(self) -> str:
        """The options for the same system and principal."""
        return self._data if self.principal == self.usual else f"{self._data} --as {self.principal}"

    @property
    def _data(self) -> str:
        return f" --data {self.data}" if self.data else ""

    @staticmethod
    def _refusal(refused: Refused) -> dict[str, Any]:
        """Return a refusal as a document; if the command may not have been stored, with the id to send it again."""
        error = refused.error.model_dump(mode="json")
        if refused.details.get("accepted") is False:
            error["details"] = {**error["details"], "send_again": f"--id {refused.command_id}"}
        return error

    def _refuse_unreachable(self, error: UnreachableError) -> int:
        """Print why no system is reached: a mistake in the surroundings if the credentials or the address are wrong."""
        code = "credentials" if isinstance(error, CredentialsError) else "unreachable"
        sentences = " ".join(f"{self.say(words)}." for words in (error.reason, error.hint) if words)
        message = self.say("{label}: {value}", label=error.where, value=sentences)
        document = {
            "code": code,
            "message": message,
            "details": {"type": self.say(error.remedy)} if error.remedy else {},
        }
        return self._refuse(document, Status.USAGE if error.is_mistake else Status.UNREACHABLE)

    def misunderstood(self, why: str) -> int:
        """Print that the typed command is not understood, and return the exit status."""
        return self._refuse({"code": "usage", "message": why}, Status.USAGE)

    def _refuse(self, error: dict[str, Any], status: Status) -> int:
        if self.json:
            whole = {"code": "", "message": "", "retryable": False, "details": {}, **error}
            self.write({"error": whole})
        else:
            self.err.print(refusal_panel(self._with_next_command(error), self.language, self.labels, self.options))
        return status

    def _with_next_command(self, error: dict[str, Any]) -> dict[str, Any]:
        """Return a refusal for people, with the command to type after it."""
        details = error.get("details") or {}
        if "type" in details or not (line := next_command(error, self.project, self.language, self.labels)):
            return error
        lines = "\n".join(f"{each}{self.place}" for each in line.splitlines())
        return {**error, "details": {**details, "type": lines}}
