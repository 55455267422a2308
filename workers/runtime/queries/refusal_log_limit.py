"""A rate limit on logging refused attempts, so that nobody can fill the log."""

import asyncio
from typing import Final

LOGGED_PER_MINUTE_MAX: Final = 60
"""For one principal in one process; further attempts are only counted."""

_MINUTE_SECONDS = 60.0
_PRINCIPALS_MAX = 10_000


class RefusalLogLimit:
    """Counts the attempts of each principal by the minute."""

    def __init__(self) -> None:
        """Start without counts."""
        self.unlogged = 0
        self._minutes: dict[str, tuple[float, int]] = {}

    def logs(self, principal: str) -> bool:
        """Count an attempt, and return whether to log it."""
        now = asyncio.get_running_loop().time()
        began, count = self._minutes.get(principal, (now, 0))
        if now >= began + _MINUTE_SECONDS:
            began, count = now, 0
        if len(self._minutes) >= _PRINCIPALS_MAX:
            self._minutes.clear()
        self._minutes[principal] = (began, count + 1)
        if count < LOGGED_PER_MINUTE_MAX:
            return True
        self.unlogged += 1
        return False
