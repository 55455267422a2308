"""Splitting a batch into transactions."""

from collections.abc import Iterator, Sequence

from workers.runtime.admission.incoming_messages import DeadLetter, IncomingCommand


def runs(batch: Sequence[IncomingCommand | DeadLetter]) -> Iterator[list[IncomingCommand | DeadLetter]]:
    """Split a batch around every command that reads earlier writes, and after every change of permissions.

    After a change of permissions the next commands are authorised by the new ones.
    """
    run: list[IncomingCommand | DeadLetter] = []
    for message in batch:
        command = message.command if isinstance(message, IncomingCommand) and not message.refusal else None
        if command and command.runs_alone and run:
            yield run
            run = []
        run.append(message)
        if command and (command.runs_alone or command.changes_permissions):
            yield run
            run = []
    if run:
        yield run
