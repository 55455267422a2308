"""The failing parts of a worker process, as /ready shows them."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import structlog

log = structlog.get_logger()


class Part(StrEnum):
    """A part that a process needs in order to serve."""

    START = "start"
    BUS = "bus"
    BUS_STORAGE = "bus-storage"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a part fails, and since when."""

    reason: str
    since: datetime
    started: float


class Condition:
    """The parts of a process that fail now."""

    def __init__(self) -> None:
        """Start without failures."""
        self._failures: dict[Part, Failure] = {}
        self.clock_doubted = False
        self.unprobed = False
        """Whether the stream of commands accepts no probes, because an older version created it."""

    def works(self, part: Part) -> None:
        """Record that a part works, and log a recovery."""
        before = self._failures.pop(part, None)
        if before:
            log.info("part_recovered", part=part, seconds=round(time.monotonic() - before.started))

    def fails(self, part: Part, reason: str) -> float:
        """Record that a part fails, and return for how many seconds it has failed."""
        now = time.monotonic()
        before = self._failures.get(part)
        if before is None or before.reason != reason:
            log.warning("part_fails", part=part, reason=reason)
        since, started = (before.since, before.started) if before else (datetime.now(UTC), now)
        self._failures[part] = Failure(reason, since, started)
        return now - started

    @property
    def failing(self) -> bool:
        """Return whether any part fails."""
        return bool(self._failures)

    def as_json(self) -> list[dict[str, Any]]:
        """Return the failing parts as JSON: part, reason, since when and for how long."""
        now = time.monotonic()
        return [
            {
                "part": part.value,
                "reason": failure.reason,
                "since": failure.since.isoformat(),
                "seconds": round(now - failure.started, 1),
            }
            for part, failure in sorted(self._failures.items())
        ]
