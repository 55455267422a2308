"""A worker: what it handles, answers and hears. A slice makes one and decorates its functions with it."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

from contracts import subjects
from contracts.message import Command, Event, Query
from workers.runtime.bus.backlog import Figures
from workers.runtime.commands.delivery import Handler
from workers.runtime.commands.reactions import Heard, Reaction
from workers.runtime.commands.unit_of_work import Rows, Unit
from workers.runtime.feeds.feed import Live, Renewal
from workers.runtime.queries.query_service import Answer, QueryContext, QueryHandler

CommandT_co = TypeVar("CommandT_co", bound=Command[Any], covariant=True)
QueryT_co = TypeVar("QueryT_co", bound=Query[Any], covariant=True)
R = TypeVar("R")
EventR = TypeVar("EventR", bound=Event)

Signs = Callable[[Any], Awaitable[dict[str, Any]]]
"""Takes the running process (process.Running) and tells what only its slice knows of how it is."""

Background = Callable[[Any], Coroutine[Any, Any, None]]
"""Takes the running process (process.Running) and runs until it is cancelled."""


class Worker:
    """One slice's functions by message; nothing is opened by making it."""

    def __init__(
        self,
        name: str,
        rows: type[Rows],
        *,
        remember_heard: bool = True,
        fetch: int | None = None,
        shows: Sequence[str] = (),
    ) -> None:
        """Name the worker and its rows; `fetch` bounds a batch where one message costs much.

        `shows` names the workers whose events its feeds show.
        """
        self.name = name
        self.rows = rows
        self.remember_heard = remember_heard
        self.fetch = fetch
        self.shows = shows
        self.handlers: dict[type, Handler] = {}
        self.questions: dict[type, QueryHandler] = {}
        self.reactions: dict[type[Event], Reaction] = {}
        self.backgrounds: list[Background] = []
        self.signs: list[Signs] = []
        self.figures: list[Figures] = []

    def handles(self, command: type[CommandT_co]) -> "Handles[CommandT_co]":
        """Let a function carry out a command: it must return the command's own answer."""
        return Handles(self, command)

    def answers(self, query: type[QueryT_co]) -> "Answers[QueryT_co]":
        """Let a function answer a query: it must return the query's own answer."""
        return Answers(self, query)

    def hears(self, event: type[EventR]) -> "Hears[EventR]":
        """Let a function react to an event, or to every event with `Event` itself."""
        return Hears(self, event)

    def background(self, function: Background) -> Background:
        """Let a function run beside the deliveries for as long as the process lives."""
        self.backgrounds.append(function)
        return function

    def tells(self, function: Signs) -> Signs:
        """Let a function tell, whenever operations ask how the process is, what only its slice knows."""
        self.signs.append(function)
        return function

    def shows_figures(self, function: Figures) -> Figures:
        """Let a function read figures of this worker for whoever watches it."""
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
        """Remember where to register."""
        self._worker = worker
        self._command = command

    def __call__(
        self: "Handles[Command[EventR]]", handler: Callable[[CommandT_co, Unit[Any]], Awaitable[EventR]]
    ) -> Callable[[CommandT_co, Unit[Any]], Awaitable[EventR]]:
        """Register the handler and return it unchanged."""
        self._worker.handlers[self._command] = handler
        return handler


class Answers(Generic[QueryT_co]):
    """Ties an answering function to its query."""

    def __init__(self, worker: Worker, query: type[QueryT_co]) -> None:
        """Remember where to register."""
        self._worker = worker
        self._query = query

    def __call__(
        self: "Answers[Query[R]]",
        answering: Callable[[QueryT_co, QueryContext], Awaitable[R | Answer | Live | Renewal]],
    ) -> Callable[[QueryT_co, QueryContext], Awaitable[R | Answer | Live | Renewal]]:
        """Register the function and return it unchanged."""
        self._worker.questions[self._query] = answering
        return answering


class Hears(Generic[EventR]):
    """Ties a reaction to its event."""

    def __init__(self, worker: Worker, event: type[EventR]) -> None:
        """Remember where to register."""
        self._worker = worker
        self._event = event

    def __call__(
        self, reaction: Callable[[Heard[EventR], Unit[Any]], Awaitable[None]]
    ) -> Callable[[Heard[EventR], Unit[Any]], Awaitable[None]]:
        """Register the reaction and return it unchanged."""
        self._worker.reactions[self._event] = reaction
        return reaction
