"""The fair queue of queries: principals take turns, and queries beyond a principal's share wait or are turned away.

Every operation takes about a microsecond and never waits, because the queue protects the others from a flood.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum, auto
from math import ceil
from typing import Final, NamedTuple

WAIT_SECONDS_MAX: Final = 5.0
"""How long a query waits for its turn; by then its caller has given up, as docs/wire.md says."""

REFUSALS_PER_SECOND_MAX: Final = 50
"""For one principal: publishing a refusal costs more than dropping a query."""

WAITING_QUERIES_MAX: Final = 1_000
"""In one process, of all principals; beyond it each principal may have one query."""

_RETRY_SECONDS_MAX: Final = 5
_LATEST_WEIGHT: Final = 0.2


class WaitingQuery(NamedTuple):
    """A received query, of which only the subject and the language are parsed."""

    principal: str
    verb: str
    reply: str
    language: str
    body: bytes
    arrived: float
    trace: str | None = None


class Verdict(Enum):
    """What happens to a query on arrival."""

    WAITS = auto()
    TURNED_AWAY = auto()
    DROPPED = auto()


class Share(NamedTuple):
    """The numbers of running and waiting queries that one principal may have in one process."""

    running: int = 2
    waiting: int = 32


@dataclass(slots=True)
class PrincipalQueue:
    """The queries of one principal."""

    name: tuple[str, bool]
    waiting: deque[WaitingQuery] = field(default_factory=deque)
    running: int = 0
    is_due: bool = False
    seconds: float = 0.0
    """The duration of its queries, a moving average."""

    refusals: float = REFUSALS_PER_SECOND_MAX
    refilled_at: float = 0.0


class FairQueue:
    """The queues of one process, by principal, served round-robin."""

    def __init__(self, share: Share, lasting: Collection[str] = ()) -> None:
        """Set the limits; `lasting` are the verbs that open and renew feeds, which have a separate queue.

        A feed ends without its renewal, so a renewal must not wait behind its principal's other queries.
        """
        self._share = share
        self._lasting = frozenset(lasting)
        self._lines: dict[tuple[str, bool], PrincipalQueue] = {}
        self._due: deque[PrincipalQueue] = deque()
        self.waiting = 0
        self.late = 0

    def offer(self, query: WaitingQuery) -> Verdict:
        """Enqueue a query if its principal has room."""
        name = (query.principal, query.verb in self._lasting)
        line = self._lines.get(name)
        if line is None:
            line = self._lines[name] = PrincipalQueue(name, refilled_at=query.arrived)
        if not self._has_room(line):
            self._forget_late(line, query.arrived)
            if not self._has_room(line):
                return _turn_away(line, query.arrived)
        line.waiting.append(query)
        self.waiting += 1
        self._make_due(line)
        return Verdict.WAITS

    def next(self, now: float) -> tuple[PrincipalQueue, WaitingQuery] | None:
        """Return the next query; call `done` after answering it."""
        while self._due:
            line = self._due.popleft()
            line.is_due = False
            self._forget_late(line, now)
            if not line.waiting:
                self._forget(line)
                continue
            self.waiting -= 1
            line.running += 1
            query = line.waiting.popleft()
            self._make_due(line)
            return line, query
        return None

    def done(self, line: PrincipalQueue, seconds: float) -> None:
        """Free the place of an answered query, and count its duration."""
        line.running -= 1
        line.seconds += (seconds - line.seconds) * _LATEST_WEIGHT
        self._make_due(line)
        self._forget(line)

    def retry_after_seconds(self, query: WaitingQuery) -> int:
        """Estimate when a principal that was turned away will have room again."""
        line = self._lines.get((query.principal, query.verb in self._lasting))
        seconds = line.seconds * self._share.waiting / self._share.running if line else 0
        return min(max(ceil(seconds), 1), _RETRY_SECONDS_MAX)

    def _has_room(self, line: PrincipalQueue) -> bool:
        if self.waiting >= WAITING_QUERIES_MAX and (line.waiting or line.running):
            return False
        return len(line.waiting) < self._share.waiting

    def _make_due(self, line: PrincipalQueue) -> None:
        if line.waiting and not line.is_due and line.running < self._share.running:
            line.is_due = True
            self._due.append(line)

    def _forget_late(self, line: PrincipalQueue, now: float) -> None:
        while line.waiting and line.waiting[0].arrived + WAIT_SECONDS_MAX < now:
            line.waiting.popleft()
            self.waiting -= 1
            self.late += 1

    def _forget(self, line: PrincipalQueue) -> None:
        if not line.waiting and not line.running and not line.is_due:
            self._lines.pop(line.name, None)


def _turn_away(line: PrincipalQueue, now: float) -> Verdict:
    line.refusals = min(line.refusals + (now - line.refilled_at) * REFUSALS_PER_SECOND_MAX, REFUSALS_PER_SECOND_MAX)
    line.refilled_at = now
    if line.refusals < 1:
        return Verdict.DROPPED
    line.refusals -= 1
    return Verdict.TURNED_AWAY
