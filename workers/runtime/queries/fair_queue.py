"""Whose query is answered next: principals take turns, and one that asks more than its share waits or is turned away.

Everything here costs about a microsecond and waits for nothing: it is what stands between a flood and the others.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum, auto
from math import ceil
from typing import Final, NamedTuple

PATIENCE_SECONDS: Final = 5.0
"""How long a query waits for its turn: who asked has given up by then, as docs/wire.md says."""

REFUSALS: Final = 50
"""Refusals that a principal gets in a second, at most: to publish one costs more than to drop a query."""

EVERYBODY: Final = 1_000
"""Queries that wait in one process, of all principals; beyond it a principal may have one."""

_MOST_SECONDS: Final = 5
_WEIGHT: Final = 0.2


class Asked(NamedTuple):
    """A query as it arrived: nothing of it is read yet but its subject and its language."""

    principal: str
    verb: str
    reply: str
    language: str
    body: bytes
    arrived: float
    trace: str | None = None


class Verdict(Enum):
    """What becomes of a query when it arrives."""

    WAITS = auto()
    TURNED_AWAY = auto()
    DROPPED = auto()


class Share(NamedTuple):
    """What one principal may have in one process."""

    running: int = 2
    waiting: int = 32


@dataclass(slots=True)
class Line:
    """The queries of one principal."""

    name: tuple[str, bool]
    waiting: deque[Asked] = field(default_factory=deque)
    running: int = 0
    is_due: bool = False
    seconds: float = 0.0
    """What its queries take, the latest counting most."""

    refusals: float = REFUSALS
    refilled_at: float = 0.0


class Turns:
    """The lines of one process. Those who have something to be answered get one turn each, round and round."""

    def __init__(self, share: Share, lasting: Collection[str] = ()) -> None:
        """Remember the limits; `lasting` are the verbs that open and keep feeds, which have a line of their own.

        A feed ends when its renewal is lost, so no renewal may stand behind its principal's other queries.
        """
        self._share = share
        self._lasting = frozenset(lasting)
        self._lines: dict[tuple[str, bool], Line] = {}
        self._due: deque[Line] = deque()
        self.waiting = 0
        self.late = 0

    def offer(self, asked: Asked) -> Verdict:
        """Let a query wait for its turn, if its principal has room."""
        name = (asked.principal, asked.verb in self._lasting)
        line = self._lines.get(name)
        if line is None:
            line = self._lines[name] = Line(name, refilled_at=asked.arrived)
        if not self._has_room(line):
            self._forget_late(line, asked.arrived)
            if not self._has_room(line):
                return _turned_away(line, asked.arrived)
        line.waiting.append(asked)
        self.waiting += 1
        self._make_due(line)
        return Verdict.WAITS

    def next(self, now: float) -> tuple[Line, Asked] | None:
        """Return the query whose turn it is; `done` must be told when it is answered."""
        while self._due:
            line = self._due.popleft()
            line.is_due = False
            self._forget_late(line, now)
            if not line.waiting:
                self._forget(line)
                continue
            self.waiting -= 1
            line.running += 1
            asked = line.waiting.popleft()
            self._make_due(line)
            return line, asked
        return None

    def done(self, line: Line, seconds: float) -> None:
        """Give back the place of a query that took so long."""
        line.running -= 1
        line.seconds += (seconds - line.seconds) * _WEIGHT
        self._make_due(line)
        self._forget(line)

    def retry_after_seconds(self, asked: Asked) -> int:
        """Estimate when a principal that was turned away will have room again."""
        line = self._lines.get((asked.principal, asked.verb in self._lasting))
        seconds = line.seconds * self._share.waiting / self._share.running if line else 0
        return min(max(ceil(seconds), 1), _MOST_SECONDS)

    def _has_room(self, line: Line) -> bool:
        if self.waiting >= EVERYBODY and (line.waiting or line.running):
            return False
        return len(line.waiting) < self._share.waiting

    def _make_due(self, line: Line) -> None:
        if line.waiting and not line.is_due and line.running < self._share.running:
            line.is_due = True
            self._due.append(line)

    def _forget_late(self, line: Line, now: float) -> None:
        while line.waiting and line.waiting[0].arrived + PATIENCE_SECONDS < now:
            line.waiting.popleft()
            self.waiting -= 1
            self.late += 1

    def _forget(self, line: Line) -> None:
        if not line.waiting and not line.running and not line.is_due:
            self._lines.pop(line.name, None)


def _turned_away(line: Line, now: float) -> Verdict:
    line.refusals = min(line.refusals + (now - line.refilled_at) * REFUSALS, REFUSALS)
    line.refilled_at = now
    if line.refusals < 1:
        return Verdict.DROPPED
    line.refusals -= 1
    return Verdict.TURNED_AWAY
