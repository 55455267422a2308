"""Waiting for the next turn of work that one process does at intervals."""

import asyncio
from typing import Final

from workers.runtime.process.running_components import RunningComponents

_CHECK_SECONDS: Final = 1.0


class Interval:
    """So many seconds between two turns, in the process that owns the first lane."""

    def __init__(self, running: RunningComponents, seconds: float, first_seconds: float | None = None) -> None:
        """Begin with a turn after `first_seconds`, if that is sooner than `seconds`."""
        self._lanes = running.lanes
        self._seconds = seconds
        self._now = asyncio.get_running_loop().time
        self.restart(first_seconds)

    def restart(self, at_most: float | None = None) -> None:
        """Count from now on, for no more seconds than these. Work that is not restarted is due at the next look."""
        self._due = self._now() + (self._seconds if at_most is None else min(self._seconds, at_most))

    async def turn(self) -> None:
        """Wait until the work is due, and this process owns the first lane."""
        while True:
            await asyncio.sleep(min(_CHECK_SECONDS, self._seconds))
            if self._now() >= self._due and self._lanes.owns_first:
                return
