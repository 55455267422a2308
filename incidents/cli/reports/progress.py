"""Waiting for a batch of reports, and showing how far it is."""

import asyncio
from typing import Final, Self
from uuid import UUID

from pydantic_core import to_json
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from contracts.errors import Code, Error
from contracts.message import Outcome
from contracts.report_batches import BatchGenerated, GenerateBatch
from contracts.texts import Phrase, phrase
from incidents.client import Client
from incidents.errors import PendingError, Refused
from incidents.terminal.session import Session

_LOOK_SECONDS: Final = 1.0
"""How long a question for the outcome waits for it."""

_LINE_SECONDS: Final = 10.0
"""Between two lines where no bar can be drawn."""


async def send_batch(session: Session, client: Client, command: GenerateBatch) -> BatchGenerated:
    """Send a batch and wait until it is made; a command that came too soon after others is sent again.

    Raises:
        PendingError: The system has not answered for as long as `--wait` says; the batch is made all the same.
        Refused: The batch was refused, cancelled, or cannot be made.
    """
    while True:
        submitted = await client.submit(command, command_id=session.id_of())
        try:
            return _made(await await_batch(session, client, submitted.command_id, submitted.awaited))
        except Refused as refused:
            pause = refused.retry_after_seconds
            if pause is None or pause > session.wait_seconds:
                raise
        await asyncio.sleep(pause)


async def resume_batch(session: Session, client: Client, command_id: UUID) -> BatchGenerated:
    """Wait until a batch is made that was sent before.

    Raises:
        PendingError: The system has not answered for as long as `--wait` says.
        Refused: The batch was cancelled, or cannot be made.
    """
    return _made(await await_batch(session, client, command_id))


def _made(outcome: Outcome) -> BatchGenerated:
    if outcome.error is not None:
        raise Refused(Error.model_validate(outcome.error), command_id=outcome.command_id)
    return BatchGenerated.model_validate_json(to_json(outcome.result), extra="ignore")


async def await_batch(
    session: Session, client: Client, command_id: UUID, published: asyncio.Future[Outcome] | None = None
) -> Outcome:
    """Return the outcome of a batch, and show how far it is meanwhile.

    Raises:
        PendingError: The system has not answered for as long as `--wait` says.
    """
    loop = asyncio.get_running_loop()
    answered = loop.time()
    with _Display(session) as display:
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
    return published.result()


def _pending(session: Session, command_id: UUID) -> PendingError:
    message = phrase(Phrase.ACCEPTED, session.language)
    error = Error(code=Code.UNAVAILABLE, message=message, retryable=True, details={"accepted": True})
    return PendingError(error, command_id=command_id)


class _Display:
    """A bar on a terminal, now and then a line elsewhere, and nothing next to JSON."""

    def __init__(self, session: Session) -> None:
        self._session = session
        is_drawn = session.err.is_terminal and not session.json
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(*columns, TimeRemainingColumn(), console=session.err, transient=True) if is_drawn else None
        self._task = self._bar.add_task(session.say("waiting"), total=None) if self._bar else None
        self._told: tuple[float, int] | None = None

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar:
            self._bar.stop()

    def update(self, done: int, total: int) -> None:
        """Show how many projects are done; when all are, the file is being made. The total may not be known yet."""
        words = "making reports" if done < total else "making the file" if total else "selecting the projects"
        if self._bar and self._task is not None:
            self._bar.update(self._task, description=self._session.say(words), completed=done, total=total or None)
            return
        if not total:
            return
        now = asyncio.get_running_loop().time()
        if self._told is None or (done != self._told[1] and now - self._told[0] >= _LINE_SECONDS):
            self._told = now, done
            self._session.tell("projects done: {done} of {total}", done=done, total=total)
