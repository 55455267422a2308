"""What the type checker must say of a slice's functions; it reads this file, nothing runs it."""

from typing import Any

from contracts.administration_queries import GetMe, GetSettings, Me, Settings
from contracts.projects.commands import ProjectEvent
from contracts.projects.parts import AddComment, CommentAdded, CommentEdited
from contracts.reports import DownloadReport
from workers.runtime.commands.reaction_dispatch import ReceivedEvent
from workers.runtime.commands.unit_of_work import Unit
from workers.runtime.queries.query_dispatch import Answer, QueryContext
from workers.runtime.worker_definition import Worker


def a_handler_returns_its_commands_own_event(worker: Worker) -> None:
    """The right event type-checks; another one, and the kind that both are of, do not."""

    @worker.handles(AddComment)
    async def right(command: AddComment, unit: Unit[Any]) -> CommentAdded:
        raise NotImplementedError

    @worker.handles(AddComment)  # type: ignore[arg-type]  # the event of another command
    async def wrong(command: AddComment, unit: Unit[Any]) -> CommentEdited:
        raise NotImplementedError

    @worker.handles(AddComment)  # type: ignore[arg-type]  # less than the event that was promised
    async def vague(command: AddComment, unit: Unit[Any]) -> ProjectEvent:
        raise NotImplementedError

    @worker.handles(AddComment)  # type: ignore[arg-type]  # nothing instead of an event
    async def silent(command: AddComment, unit: Unit[Any]) -> None:
        raise NotImplementedError


def a_handler_takes_its_own_command(worker: Worker) -> None:
    """A function for one command cannot be registered for another."""

    @worker.handles(AddComment)  # type: ignore[arg-type]  # takes a query
    async def wrong(command: GetMe, unit: Unit[Any]) -> CommentAdded:
        raise NotImplementedError


def a_query_is_answered_with_its_own_answer(worker: Worker) -> None:
    """The query's own answer, or bytes that are one already, type-check; another answer does not."""

    @worker.answers(GetMe)
    async def right(query: GetMe, reader: QueryContext) -> Me:
        raise NotImplementedError

    @worker.answers(GetMe)
    async def encoded(query: GetMe, reader: QueryContext) -> Answer:
        raise NotImplementedError

    @worker.answers(DownloadReport)
    async def binary(query: DownloadReport, reader: QueryContext) -> Answer:
        raise NotImplementedError

    @worker.answers(GetSettings)
    async def other(query: GetSettings, reader: QueryContext) -> Settings:
        raise NotImplementedError

    @worker.answers(GetMe)  # type: ignore[arg-type]  # the answer to another query
    async def wrong(query: GetMe, reader: QueryContext) -> Settings:
        raise NotImplementedError


def a_reaction_hears_its_own_event(worker: Worker) -> None:
    """A reaction to one event cannot be registered for another."""

    @worker.hears(CommentAdded)
    async def right(event: ReceivedEvent[CommentAdded], unit: Unit[Any]) -> None:
        raise NotImplementedError

    @worker.hears(CommentAdded)  # type: ignore[arg-type]  # hears another event
    async def wrong(event: ReceivedEvent[CommentEdited], unit: Unit[Any]) -> None:
        raise NotImplementedError
