"""What a run leaves for its judge: all that was sent, heard, answered and followed, and the final state."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import to_json

APPLIED = "applied"


@dataclass(slots=True)
class SentCommand:
    """A command: who sent it in which session, what the wire allows to become of it, and what did."""

    id: str
    principal: str
    session: str
    tail: str
    key: str
    body: dict[str, Any]
    may: frozenset[str] = frozenset({APPLIED})
    attempts: list[float] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    kept_at: float | None = None
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    abandoned: bool = False
    """Whether its client gave it up before it was kept."""

    @property
    def about(self) -> str:
        """Name the project that it is about."""
        return str(self.body.get("project_id", ""))


@dataclass(slots=True)
class AuditedQuery:
    """A query that leaves an event: how often it was asked and answered."""

    principal: str
    about: str
    leaves: str
    answered: bool = False


class FeedEvent(NamedTuple):
    """A message of a feed, as its follower took it."""

    at: float
    feed: str
    number: int
    kind: str
    event_id: str
    cursor: str = ""


@dataclass(slots=True)
class Followed:
    """All events of one follower, and which kinds of event it may see."""

    name: str
    sees: tuple[str, ...]
    received: list[FeedEvent] = field(default_factory=list)
    refused: list[tuple[float, str]] = field(default_factory=list)


@dataclass(slots=True)
class Fault:
    """What was done to the system, when, and how long it took to serve again."""

    kind: str
    what: str
    begun: float
    ended: float = 0.0
    serving_seconds: float | None = None
    last: str = ""


class Stored(NamedTuple):
    """An event as it is in the stream."""

    place: int
    id: str
    happened: str
    cause: str
    actor: str
    about: str
    revision: int | None
    counted: int = 0
    """How many refusals it counts that were too many to be recorded one by one."""


class Entry(NamedTuple):
    """An entry of one of the two stores of the audit."""

    event_id: str
    activity: str
    command_id: str


class InboxRow(NamedTuple):
    """A row of the inbox."""

    id: str
    principal: str
    outcome: dict[str, Any]


@dataclass(slots=True)
class Project:
    """A project as the tables hold it."""

    revision: int
    description: str
    comments: dict[str, str] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)
    sequences: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Final:
    """What is found when all is quiet again."""

    inbox: list[InboxRow] = field(default_factory=list)
    projects: dict[str, Project] = field(default_factory=dict)
    answered: dict[str, int | None] = field(default_factory=dict)
    """Revision of each project that `projects.get` was asked for; None where it is gone."""

    reports: set[str] = field(default_factory=set)
    events: list[Stored] = field(default_factory=list)
    """What the stream of events holds."""

    posted: set[str] = field(default_factory=set)
    """The ids of all events that the outbox has."""

    activity: list[Entry] = field(default_factory=list)
    log_server: list[Entry] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    """What is still where nothing should be: by place."""

    counted: dict[str, int] = field(default_factory=dict)
    """Refusals of each principal that are counted and not in an event yet: their minute is not over."""


@dataclass(slots=True)
class History:
    """Everything that was recorded in one run."""

    seed: int
    commands: dict[str, SentCommand] = field(default_factory=dict)
    reads: list[AuditedQuery] = field(default_factory=list)
    followed: list[Followed] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def save(self, path: Path, final: Final) -> None:
        """Write all of it down, for anyone who looks for the cause of a violation."""
        path.write_bytes(to_json({"history": asdict(self), "final": asdict(final)}, indent=1))
