"""Attempts at something forbidden: each is logged, but nobody can fill the log with them."""

import asyncio
from typing import Final

MOST: Final = 60
"""Attempts of one principal that a process logs in a minute; more are counted."""

_SECONDS = 60.0
_MANY = 10_000


class Attempts:
    """Counts the attempts of each principal by the minute."""

    def __init__(self) -> None:
        """Start with nobody."""
        self.unlogged = 0
        self._minutes: dict[str, tuple[float, int]] = {}

    def logs(self, principal: str) -> bool:
        """Count an attempt, and tell whether it is to be logged."""
        now = asyncio.get_running_loop().time()
        began, count = self._minutes.get(principal, (now, 0))
        if now >= began + _SECONDS:
            began, count = now, 0
        if len(self._minutes) >= _MANY:
            self._minutes.clear()
        self._minutes[principal] = (began, count + 1)
        if count < MOST:
            return True
        self.unlogged += 1
        return False
