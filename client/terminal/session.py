"""One run of a command: what its common options say, how it answers, and how it ends."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, TypeVar

import typer
from pydantic import BaseModel
from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from client.client import Client, connect
from client.errors import Refused, UnreachableError
from client.place import find
from client.terminal import printing
from client.terminal.ending import until_interrupted
from client.terminal.printing import Screen, screen
from client.terminal.show import local
from client.terminal.words import say

_FOR_PROGRAMS: Final = frozenset({"known", "status"})
"""Details that tell people nothing that the sentences beside them do not."""

Answer = TypeVar("Answer")


class Status(IntEnum):
    """How a command ends."""

    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    INTERRUPTED = 130


class UsageError(Exception):
    """What was typed cannot be understood."""


@dataclass
class Session:
    """One run of a command, as `principal`."""

    principal: str
    json: bool = False
    language: str = "en"
    data: Path | None = None
    out: Screen = field(default_factory=screen)
    err: Screen = field(default_factory=lambda: screen(stderr=True))

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """Connect to the system that the options name."""
        place = find(self.data, self.principal)
        try:
            async with connect(place.url, place.credentials, place.site, self.language) as client:
                yield client
        except UnreachableError as error:
            raise UnreachableError(error.where, error.reason, error.remedy or place.remedy) from error

    def say(self, words: str, **values: object) -> str:
        """Say something in the session's language."""
        return say(self.language, words, **values)

    def show(self, document: BaseModel | Mapping[str, Any], *readable: RenderableType) -> None:
        """Print an answer: one line of JSON for machines, what is readable for people."""
        if self.json:
            self.write(document)
        else:
            self.out.print(*readable, sep="\n")

    def write(self, document: BaseModel | Mapping[str, Any]) -> None:
        """Print one line of JSON."""
        printing.write(document)

    def tell(self, words: str, **values: object) -> None:
        """Tell people what goes on, beside the answer."""
        if not self.json:
            self.err.print(Text(self.say(words, **values), style="dim"))

    def confirm(self, question: str) -> bool:
        """Ask back before something is lost; `--yes` asks nothing."""
        return self.ask(lambda: printing.confirmed(question), "--yes")

    def ask(self, prompt: Callable[[], Answer], option: str) -> Answer:
        """Ask somebody at the terminal.

        Raises:
            UsageError: There is nobody; `option` does without.
            KeyboardInterrupt: Ctrl-C was typed instead of an answer.
        """
        # asyncio's own handler only cancels the task, which waits for the answer and would not notice.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return prompt()
        except typer.Abort as error:
            if sys.stdin.isatty():
                raise KeyboardInterrupt from error
            self.err.print()
            raise UsageError(self.say("nobody answered; {option} does without", option=option)) from error
        finally:
            signal.signal(signal.SIGINT, before)

    def run(self, work: Coroutine[Any, Any, None]) -> int:
        """Do the work and return the exit status."""
        try:
            asyncio.run(until_interrupted(work))
        except Refused as refused:
            return self._refuse(refused.error.model_dump(mode="json"), Status.REFUSED)
        except UsageError as error:
            return self.misunderstood(str(error))
        except UnreachableError as error:
            return self._refuse(self._unreachable(error), Status.UNREACHABLE)
        except (KeyboardInterrupt, asyncio.CancelledError):
            return Status.INTERRUPTED
        return 0

    def _unreachable(self, error: UnreachableError) -> dict[str, Any]:
        message = f"{error.where}: {self.say(error.reason)}."
        details = {"type": error.remedy} if error.remedy else {}
        return {"code": "unreachable", "message": message, "details": details}

    def misunderstood(self, why: str) -> int:
        """Say that what was typed cannot be understood, and return the exit status."""
        return self._refuse({"code": "usage", "message": why}, Status.USAGE)

    def _refuse(self, error: dict[str, Any], status: Status) -> int:
        if self.json:
            whole = {"code": "", "message": "", "retryable": False, "details": {}, **error}
            self.write({"error": whole})
        else:
            self.err.print(refusal_panel(error, self.language))
        return status


def refusal_panel(error: Mapping[str, Any], language: str = "en") -> Panel:
    """Lay a refusal out: its code, its sentence, and every detail that people need, by the clock of here."""
    body = Table.grid()
    body.add_row(Text(str(error["message"]), style="bold"))
    details = Table.grid(padding=(0, 2))
    for name, value in _flat(error.get("details") or {}, language):
        if name not in _FOR_PROGRAMS:
            shown = say(language, name) if name == "type" else name
            details.add_row(Text(shown, style="dim"), Text(value))
    if details.row_count:
        body.add_row("")
        body.add_row(details)
    return Panel(body, title=Text(str(error["code"])), title_align="left", border_style="red", expand=False)


def _clock(name: str, value: str, language: str) -> str:
    if name != "at" and not name.endswith("_at"):
        return value
    try:
        return local(datetime.fromisoformat(value), language)
    except ValueError:
        return value


def _flat(value: Any, language: str, name: str = "") -> Iterator[tuple[str, str]]:
    """Name every leaf of the details; a refused field is one line, and so is a change that was missed."""
    match value:
        case {"field": str(refused), "reason": str(reason), **more}:
            about = refused if more.get("value") is None else f"{refused} {more['value']}"
            yield about or "-", f"{reason}: {more['allowed']}" if "allowed" in more else reason
        case {"revision": int(revision), "by": str(by), "at": str(at), "fields": list(fields)}:
            yield name, f"{revision}  {_clock('at', at, language)}  {by}  {', '.join(map(str, fields))}"
        case dict():
            for key, inner in value.items():
                yield from _flat(inner, language, f"{name}.{key}".removeprefix("."))
        case list() if value and all(isinstance(one, dict) for one in value):
            for one in value:
                yield from _flat(one, language, name)
        case list():
            yield name, ", ".join(map(str, value))
        case _:
            yield name, _clock(name, str(value), language)
