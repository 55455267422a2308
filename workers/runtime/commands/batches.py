"""Cutting a batch into what one transaction may hold."""

from collections.abc import Iterator, Sequence

from workers.runtime.admission.incoming import Accepted, Dead


def runs(batch: Sequence[Accepted | Dead]) -> Iterator[list[Accepted | Dead]]:
    """Cut a batch around every command that reads what was written before it.

    And behind every command that changes permissions, so that the next command is judged by them.
    """
    run: list[Accepted | Dead] = []
    for one in batch:
        command = one.command if isinstance(one, Accepted) and not one.refusal else None
        if command and command.alone and run:
            yield run
            run = []
        run.append(one)
        if command and (command.alone or command.changes_permissions):
            yield run
            run = []
    if run:
        yield run
