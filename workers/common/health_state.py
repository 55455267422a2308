"""What fails in a worker process, and since when: what /ready says."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import structlog

log = structlog.get_logger()


class Part(StrEnum):
    """What a process needs to serve."""

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
        """Nothing fails yet."""
        self._failures: dict[Part, Failure] = {}
        self.clock_doubted = False
        self.unprobed = False
        """Whether the stream of commands takes no probes, because it was made before there were any."""

    def works(self, part: Part) -> None:
        """Note that a part works, and say so when it did not before."""
        before = self._failures.pop(part, None)
        if before:
            log.info("works_again", part=part, seconds=round(time.monotonic() - before.started))

    def fails(self, part: Part, reason: str) -> float:
        """Note that a part fails, and return for how many seconds it has."""
        now = time.monotonic()
        before = self._failures.get(part)
        if before is None or before.reason != reason:
            log.warning("part_fails", part=part, reason=reason)
        since, started = (before.since, before.started) if before else (datetime.now(UTC), now)
        self._failures[part] = Failure(reason, since, started)
        return now - started

    @property
    def failing(self) -> bool:
        """Tell whether anything fails."""
        return bool(self._failures)

    def as_json(self) -> list[dict[str, Any]]:
        """Return what fails as it is shown: part, reason, since when and for how long."""
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
