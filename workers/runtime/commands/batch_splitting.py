"""Cutting a batch into what one transaction may hold."""

from collections.abc import Iterator, Sequence

from workers.runtime.admission.incoming import DeadLetter, IncomingCommand


def runs(batch: Sequence[IncomingCommand | DeadLetter]) -> Iterator[list[IncomingCommand | DeadLetter]]:
    """Cut a batch around every command that reads what was written before it.

    And behind every command that changes permissions, so that the next command is judged by them.
    """
    run: list[IncomingCommand | DeadLetter] = []
    for one in batch:
        command = one.command if isinstance(one, IncomingCommand) and not one.refusal else None
        if command and command.runs_alone and run:
            yield run
            run = []
        run.append(one)
        if command and (command.runs_alone or command.changes_permissions):
            yield run
            run = []
    if run:
        yield run
