"""Waiting for a file that the system makes of many projects or over some time, and showing how far it is."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, NamedTuple, Self, TypeVar
from uuid import UUID

from pydantic_core import to_json
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from contracts.errors import Code, Error
from contracts.figures import size
from contracts.message import Command, Event, Outcome
from contracts.texts import Phrase, phrase
from incidents.client import Client
from incidents.errors import PendingError, Refused, UnreachableError
from incidents.terminal.session import Session

_LOOK_SECONDS: Final = 1.0
"""How long a question for the outcome waits for it."""

_ANNOUNCEMENT_SECONDS: Final = 1.0
"""How long a command may take that is refused, or done, without a line about what is being done."""

_LINE_SECONDS: Final = 10.0
"""Between two lines where no bar can be drawn."""

MAKING_REPORTS: Final = "making reports"

Generated = TypeVar("Generated", bound=Event)

ReadBytes = Callable[[UUID], Awaitable[tuple[int, int]]]
"""Returns how many bytes were read for a command, and how many there are to read so far."""


class ProgressView(NamedTuple):
    """What is shown of the progress: whether projects are counted, what is done with them, and how much was read.

    `announcing` says what is made, once the command is not refused at once.
    """

    counts_projects: bool = False
    making: str = MAKING_REPORTS
    read_bytes: ReadBytes | None = None
    announcing: str = ""


_OF_REPORTS: Final = ProgressView()


async def send_deferred(
    session: Session,
    client: Client,
    command: Command[Generated],
    shown: ProgressView = _OF_REPORTS,
) -> Generated:
    """Send a command that takes long, and wait until its file is made; one that came too soon is sent again.

    Raises:
        PendingError: The system has not answered for as long as `--wait` says; the file is made all the same.
        Refused: The command was refused or cancelled, or the file cannot be made.
    """
    display = _Display(session, shown)
    while True:
        submitted = await client.submit(command, command_id=session.id_of())
        try:
            outcome = await _await_outcome(session, client, submitted.command_id, display, submitted.awaited)
            return _made(outcome, type(command))
        except Refused as refused:
            pause = refused.retry_after_seconds
            if pause is None or pause > session.wait_seconds:
                raise
        await asyncio.sleep(pause)


async def resume_deferred(
    session: Session,
    client: Client,
    kind: type[Command[Generated]],
    command_id: UUID,
    shown: ProgressView = _OF_REPORTS,
) -> Generated:
    """Wait until the file is made of a command that was sent before.

    Raises:
        PendingError: The system has not answered for as long as `--wait` says.
        Refused: The command was cancelled, or the file cannot be made.
    """
    display = _Display(session, shown)
    return _made(await _await_outcome(session, client, command_id, display), kind)


def _made(outcome: Outcome, kind: type[Command[Generated]]) -> Generated:
    if outcome.error is not None:
        raise Refused(Error.model_validate(outcome.error), command_id=outcome.command_id)
    event: type[Generated] = kind.answer()
    return event.model_validate_json(to_json(outcome.result), extra="ignore")


async def _await_outcome(
    session: Session,
    client: Client,
    command_id: UUID,
    shown: "_Display",
    published: asyncio.Future[Outcome] | None = None,
) -> Outcome:
    """Return the outcome of a command, and show how far it is meanwhile.

    Raises:
        PendingError: The system has not answered for as long as `--wait` says.
    """
    loop = asyncio.get_running_loop()
    answered = loop.time()
    with shown as display:
        while not (published and published.done()):
            try:
                outcome = await client.outcome(command_id, wait_seconds=_LOOK_SECONDS)
            except Refused as refused:
                if not (refused.retryable or refused.code is Code.GONE):
                    raise
                if loop.time() - answered >= session.wait_seconds:
                    raise _pending(session, command_id) from refused
                continue
            if not outcome.is_pending:
                return outcome
            answered = loop.time()
            display.update(outcome.done or 0, outcome.total or 0)
            await display.update_bytes(command_id)
    return published.result()


def _pending(session: Session, command_id: UUID) -> PendingError:
    message = phrase(Phrase.ACCEPTED, session.language)
    error = Error(code=Code.UNAVAILABLE, message=message, retryable=True, details={"accepted": True})
    return PendingError(error, command_id=command_id)


class Announcement:
    """A line that says what is being done: told once this lasts, and not if it is refused, or done, at once."""

    def __init__(self, session: Session, line: str) -> None:
        """Take a line in the language of the session; an empty one is not told."""
        self._session = session
        self._line = line

    def __enter__(self) -> Self:
        """Tell the line after a moment."""
        self._timer = asyncio.get_running_loop().call_later(_ANNOUNCEMENT_SECONDS, self.tell)
        return self

    def __exit__(self, *error: object) -> None:
        """Do not tell it any more."""
        self._timer.cancel()

    def tell(self) -> None:
        """Tell the line, unless it was told."""
        line, self._line = self._line, ""
        if line:
            self._session.tell_line(line)


class _Display:
    """A bar on a terminal, now and then a line elsewhere, and nothing next to JSON."""

    def __init__(self, session: Session, shown: ProgressView) -> None:
        self._session = session
        self._counts_projects, self._making, self._read_bytes, announcing = shown
        self._announcement = Announcement(session, announcing)
        is_drawn = session.err.is_terminal and not session.json
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(*columns, TimeRemainingColumn(), console=session.err, transient=True) if is_drawn else None
        self._task = self._bar.add_task(session.say("waiting"), total=None) if self._bar else None
        self._told: tuple[float, int] | None = None

    def __enter__(self) -> Self:
        self._announcement.__enter__()
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._announcement.__exit__(*error)
        if self._bar:
            self._bar.stop()

    def update(self, done: int, total: int) -> None:
        """Show how many projects are done; when all are, the file is being made. The total may not be known yet."""
        self._announcement.tell()
        if not self._counts_projects or (total and done >= total):
            words = "making the file"
        else:
            words = self._making if total else "selecting the projects"
        if self._bar and self._task is not None:
            self._bar.update(self._task, description=self._session.say(words), completed=done, total=total or None)
            return
        if not total or not self._counts_projects:
            return
        if self._is_due(done):
            self._session.tell("projects done: {done} of {total}", done=done, total=total)

    async def update_bytes(self, command_id: UUID) -> None:
        """Show how many bytes were read, if there are many to read."""
        if self._read_bytes is None or self._session.json:
            return
        read, whole = 0, 0
        with suppress(Refused, UnreachableError):  # what it waits for is the outcome
            read, whole = await self._read_bytes(command_id)
        if read >= whole:
            return
        shown = {name: size(number, self._session.language) for name, number in (("done", read), ("total", whole))}
        words = "reading recordings: {done} of {total}"
        if self._bar and self._task is not None:
            self._bar.update(self._task, description=self._session.say(words, **shown))
        elif self._is_due(read):
            self._session.tell(words, **shown)

    def _is_due(self, done: int) -> bool:
        """Tell whether it is time for another line, because something was done since."""
        now = asyncio.get_running_loop().time()
        if self._told is not None and (done == self._told[1] or now - self._told[0] < _LINE_SECONDS):
            return False
        self._told = now, done
        return True
