"""Restarting a message bus that cannot store or hangs: after a full disk it does not recover without a restart."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from workers.common.health_state import Part
from workers.local.servers import disk_space, system_account
from workers.local.servers.nats import EmbeddedNats
from workers.local.supervision.system_health_pages import Health

_POLL_SECONDS: Final = 0.5
_FAILED_SECONDS_MIN: Final = 2.5
"""After this time a second probe has failed, too, so that a slow bus is not restarted."""

_HUNG_SECONDS_MIN: Final = 6.0
"""A running bus that no worker reaches for this long hangs: after a full disk its API can stop answering."""

_REST_SECONDS_MIN: Final = 5.0
_REST_SECONDS_MAX: Final = 600.0
_HEALED_SECONDS_MIN: Final = 10.0
_HEALED_RESTS: Final = 6
"""A bus that has stored for so many times the last delay has recovered: its next fault restarts it at once.

On a machine without enough processor time it stores and fails in turn, and each restart takes more of that time.
"""

log = structlog.get_logger()


class RestartPolicy:
    """Decides when to restart the bus, with exponential back-off."""

    def __init__(self) -> None:
        """Start without a delay."""
        self._rest = 0.0
        self._restarted = 0.0
        self._failed = 0.0
        self._has_stored = True

    def must_restart(self, failed_seconds: float, free: int, now: float, *, cannot_write: bool = False) -> bool:
        """Return whether to restart the bus now; while the disk is full that does not help.

        A bus that says itself that it `cannot_write` is not waited for, if it has stored since its last restart: that
        restart helped, and so will this one.
        """
        if failed_seconds > 0:
            self._failed = now
        else:
            self._has_stored = True
            if now - self._failed > max(_HEALED_SECONDS_MIN, self._rest * _HEALED_RESTS):
                self._rest = 0.0
        if cannot_write and self._has_stored:
            self._rest = 0.0
        if (
            failed_seconds < _FAILED_SECONDS_MIN
            or free < disk_space.RESTART_BYTES_MIN
            or now - self._restarted < self._rest
        ):
            return False
        self._rest = min(max(self._rest * 2, _REST_SECONDS_MIN), _REST_SECONDS_MAX)
        self._restarted, self._has_stored = now, False
        return True


async def keep_storing(
    nats: EmbeddedNats,
    health: Health,
    restart: Callable[[], Awaitable[None]],
    health_error: Callable[[], Awaitable[str]],
) -> None:
    """Watch the workers' reports about the bus, for as long as the system runs, and ask a failing bus for its error."""
    storing = RestartPolicy()
    while True:
        await asyncio.sleep(_POLL_SECONDS)
        readings = (await health.look()).values()
        pages = [reading.page for reading in readings if reading.ready or reading.page["failing"]]
        failed = max((_seconds(page, Part.BUS_STORAGE) for page in pages), default=0.0)
        free = disk_space.free(nats.directory)
        may_restart = failed >= _FAILED_SECONDS_MIN and free >= disk_space.RESTART_BYTES_MIN
        error = await health_error() if may_restart else ""
        hung = min((_seconds(page, Part.BUS) for page in pages), default=0.0)
        if min(hung, nats.seconds_up) >= _HUNG_SECONDS_MIN:
            failed = max(failed, hung)
        if storing.must_restart(failed, free, time.monotonic(), cannot_write=system_account.cannot_write(error)):
            log.warning("server_not_storing", server="message bus", seconds=round(failed), error=error)
            await restart()


def _seconds(page: Mapping[str, list[Mapping[str, object]]], part: Part) -> float:
    """Return for how long a part has failed, according to a worker's page."""
    return max((float(str(failure["seconds"])) for failure in page["failing"] if failure["part"] == part), default=0.0)
