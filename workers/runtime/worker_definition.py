"""A worker: a slice creates one, and registers its handlers of commands, queries and events with it."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

from contracts import subjects
from contracts.message import Command, Event, Query
from workers.runtime.bus.backlog_metrics import Figures
from workers.runtime.commands.group_commit import Handler
from workers.runtime.commands.reaction_dispatch import Reaction, ReceivedEvent
from workers.runtime.commands.unit_of_work import Rows, Unit
from workers.runtime.feeds.feed import FeedAnswer, Renewal
from workers.runtime.queries.outcome_waits import AwaitedOutcome
from workers.runtime.queries.query_dispatch import Answer, QueryContext, QueryHandler

CommandT_co = TypeVar("CommandT_co", bound=Command[Any], covariant=True)
QueryT_co = TypeVar("QueryT_co", bound=Query[Any], covariant=True)
R = TypeVar("R")
EventR = TypeVar("EventR", bound=Event)

Signs = Callable[[Any], Awaitable[dict[str, Any]]]
"""Takes the running process (`RunningComponents`) and returns fields that its slice adds to the process's status."""

Background = Callable[[Any], Coroutine[Any, Any, None]]
"""Takes the running process (`RunningComponents`) and runs until it is cancelled."""


class Worker:
    """One slice's functions by message; creating it opens no connection."""

    def __init__(
        self,
        name: str,
        rows: type[Rows],
        *,
        remember_events: bool = True,
        shows: Sequence[str] = (),
    ) -> None:
        """Set the name and the rows; `shows` names the workers whose events the feeds show."""
        self.name = name
        self.rows = rows
        self.remember_events = remember_events
        self.shows = shows
        self.handlers: dict[type, Handler] = {}
        self.query_handlers: dict[type, QueryHandler] = {}
        self.reactions: dict[type[Event], Reaction] = {}
        self.preparations: list[Background] = []
        self.backgrounds: list[Background] = []
        self.signs: list[Signs] = []
        self.figures: list[Figures] = []

    def handles(self, command: type[CommandT_co]) -> "Handles[CommandT_co]":
        """Register a handler of a command, which must return the command's event."""
        return Handles(self, command)

    def takes(self, command: type[CommandT_co]) -> "Takes[CommandT_co]":
        """Register a handler of a command that takes long: it writes what is to be done, and returns None.

        It may return the event of a command that has been carried out before.
        """
        return Takes(self, command)

    def answers(self, query: type[QueryT_co]) -> "Answers[QueryT_co]":
        """Register a handler of a query, which must return the query's answer."""
        return Answers(self, query)

    def hears(self, event: type[EventR]) -> "Hears[EventR]":
        """Register a reaction to an event, or to every event with `Event` itself."""
        return Hears(self, event)

    def prepares(self, function: Background) -> Background:
        """Register what a process does before it answers and handles anything; it ends, and is not repeated."""
        self.preparations.append(function)
        return function

    def background(self, function: Background) -> Background:
        """Register background work, which runs for as long as the process lives."""
        self.backgrounds.append(function)
        return function

    def reports_status(self, function: Signs) -> Signs:
        """Register a function that adds fields of the slice to the status of the process."""
        self.signs.append(function)
        return function

    def shows_figures(self, function: Figures) -> Figures:
        """Register a function that reads figures of this worker for monitoring."""
        self.figures.append(function)
        return function

    def heard_subjects(self, site: str) -> list[str]:
        """Return the subjects that the worker's consumer of events must deliver."""
        if Event in self.reactions:
            return [subjects.every_event(site)]
        return sorted(subjects.event(site, kind.subject, "*") for kind in self.reactions)


class Handles(Generic[CommandT_co]):
    """Ties a handler to its command, and its return type to the command's answer."""

    def __init__(self, worker: Worker, command: type[CommandT_co]) -> None:
        """Set the worker and the command."""
        self._worker = worker
        self._command = command

    def __call__(
        self: "Handles[Command[EventR]]", handler: Callable[[CommandT_co, Unit[Any]], Awaitable[EventR]]
    ) -> Callable[[CommandT_co, Unit[Any]], Awaitable[EventR]]:
        """Register the handler and return it unchanged."""
        self._worker.handlers[self._command] = handler
        return handler


class Takes(Generic[CommandT_co]):
    """Ties a handler to its command, whose outcome is given later (`deferred_commands`)."""

    def __init__(self, worker: Worker, command: type[CommandT_co]) -> None:
        """Set the worker and the command."""
        self._worker = worker
        self._command = command

    def __call__(
        self: "Takes[Command[EventR]]", handler: Callable[[CommandT_co, Unit[Any]], Awaitable[EventR | None]]
    ) -> Callable[[CommandT_co, Unit[Any]], Awaitable[EventR | None]]:
        """Register the handler and return it unchanged."""
        self._worker.handlers[self._command] = handler
        return handler


class Answers(Generic[QueryT_co]):
    """Ties a handler to its query, and its return type to the query's answer."""

    def __init__(self, worker: Worker, query: type[QueryT_co]) -> None:
        """Set the worker and the query."""
        self._worker = worker
        self._query = query

    def __call__(
        self: "Answers[Query[R]]",
        answering: Callable[[QueryT_co, QueryContext], Awaitable[R | Answer | AwaitedOutcome | FeedAnswer | Renewal]],
    ) -> Callable[[QueryT_co, QueryContext], Awaitable[R | Answer | AwaitedOutcome | FeedAnswer | Renewal]]:
        """Register the function and return it unchanged."""
        self._worker.query_handlers[self._query] = answering
        return answering


class Hears(Generic[EventR]):
    """Ties a reaction to its event."""

    def __init__(self, worker: Worker, event: type[EventR]) -> None:
        """Set the worker and the event."""
        self._worker = worker
        self._event = event

    def __call__(
        self, reaction: Callable[[ReceivedEvent[EventR], Unit[Any]], Awaitable[None]]
    ) -> Callable[[ReceivedEvent[EventR], Unit[Any]], Awaitable[None]]:
        """Register the reaction and return it unchanged."""
        self._worker.reactions[self._event] = reaction
        return reaction
