"""Counters of the lanes of a process, updated batch by batch: messages by result, and their latency."""

import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

_NANOSECONDS: Final = 1_000_000_000

LATENCY_SECONDS: Final = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper bounds: a single command takes some milliseconds, a person notices a second, our client gives up after 30
seconds, an alert is raised after 60, and commands of an outage take more than five minutes."""

_BOUNDS: Final = tuple(int(bound * _NANOSECONDS) for bound in LATENCY_SECONDS)


@dataclass(slots=True)
class Latency:
    """The latency of commands, from their storing by the server to the commit of their effects."""

    at_most: list[int] = field(default_factory=lambda: [0] * len(LATENCY_SECONDS))
    """For each bound, the number of commands within it."""

    count: int = 0
    total_ns: int = 0

    def observe(self, stored_ns: Sequence[int], now_ns: int) -> None:
        """Count the commands of one commit; the cost is per bound, not per command and bound."""
        waited = sorted([max(now_ns - stored, 0) for stored in stored_ns])
        for index, bound in enumerate(_BOUNDS):
            self.at_most[index] += bisect_right(waited, bound)
        self.count += len(waited)
        self.total_ns += sum(waited)

    @property
    def total_seconds(self) -> float:
        """The sum of all latencies."""
        return self.total_ns / _NANOSECONDS


class DecisionCounts(Protocol):
    """The numbers of decisions of one transaction."""

    repeated: int
    applied: int
    dead: int
    turned_away: int
    taken: int
    inbox: list[dict[str, Any]]


@dataclass(slots=True)
class Counters:
    """Counters of a worker process since its start."""

    applied: int = 0
    rejected: int = 0
    repeated: int = 0
    retried: int = 0
    dead: int = 0
    turned_away: int = 0
    sent: int = 0
    """Commands that handlers sent; they form chains, in which each waits for the one before."""

    latency: Latency = field(default_factory=Latency)

    @property
    def decided(self) -> int:
        """The commands that were answered at once, with whatever result."""
        return self.applied + self.rejected + self.repeated + self.turned_away

    def retry(self) -> None:
        """Count a retried batch."""
        self.retried += 1

    def count(self, decision: DecisionCounts, stored_ns: Sequence[int]) -> None:
        """Count the decisions of a commit, of commands that the server stored at these times."""
        self.applied += decision.applied
        self.rejected += len(decision.inbox) - decision.applied - decision.taken
        self.repeated += decision.repeated
        self.dead += decision.dead
        self.turned_away += decision.turned_away
        self.latency.observe(stored_ns, time.time_ns())

    def count_concluded(self, applied: int, rejected: int) -> None:
        """Count commands that were taken earlier and have their outcomes now."""
        self.applied += applied
        self.rejected += rejected
