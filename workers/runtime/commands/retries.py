"""What to do when a batch fails: wait out what passes, halve what does not, put one bad message aside."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

import structlog
from psycopg.errors import UniqueViolation
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from workers.common.logs import describe
from workers.common.tracing import named

FAILURES = 3
"""Times a message may fail alone for a reason of its own before it is put aside."""

_LONGEST_DELAY = 4.0
"""Seconds: whoever waits for longer serves late after the end of a fault, and an attempt costs next to nothing."""

_TOO_LARGE = "54"
"""The class of SQLSTATE for what exceeds a limit of PostgreSQL, now and for ever."""

log = structlog.get_logger()


TRANSIENT = (DBAPIError, OSError, TimeoutError)


def is_transient(error: BaseException) -> bool:
    """Tell a fault of the infrastructure, which goes away, from a fault of the message, which does not."""
    if isinstance(error, DBAPIError):
        kind = (getattr(error.orig, "sqlstate", None) or "")[:2]
        passing = isinstance(error, OperationalError | InterfaceError) and kind != _TOO_LARGE
        return error.connection_invalidated or passing or _is_collision(error.orig)
    return isinstance(error, TRANSIENT)


def _is_collision(cause: BaseException | None) -> bool:
    """Tell that another lane decided one of the batch's ids meanwhile: tried again, the batch finds it decided."""
    if not isinstance(cause, UniqueViolation):
        return False
    where = cause.diag
    return where.schema_name == "runtime" and (where.table_name or "").startswith("inbox")


OneT_contra = TypeVar("OneT_contra", contravariant=True)
OneT = TypeVar("OneT")
DoneT = TypeVar("DoneT")
T = TypeVar("T")


class Transact(Protocol[OneT_contra, DoneT]):
    """Handles some messages in one transaction; `given_up` names the fault of a lone one that failed too often."""

    async def __call__(self, batch: Sequence[OneT_contra], given_up: str | None = None) -> list[DoneT]:
        """Return what is to be told after the commit."""
        ...


async def bisect(batch: Sequence[OneT], transact: Transact[OneT, DoneT]) -> list[DoneT]:
    """Handle a batch in order; one bad message costs a few transactions and only itself."""
    attempts = FAILURES if len(batch) == 1 else 1
    fault = ""
    for _ in range(attempts):
        try:
            return await transact(batch)
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:
            # A panic of native code is no Exception: unhandled, it would end the lane and come again with the message.
            if is_transient(error):
                raise
            fault = describe(error)["error"]
            log.warning("batch_failed", size=len(batch), **_alone(batch), exc_info=error)
    if len(batch) == 1:
        return await transact(batch, given_up=fault)
    middle = len(batch) // 2
    first = await bisect(batch[:middle], transact)
    return first + await bisect(batch[middle:], transact)


def _alone(batch: Sequence[object]) -> dict[str, object]:
    """Name a message that fails alone, of all those that its delivery is named by."""
    return named([raw]) if len(batch) == 1 and (raw := getattr(batch[0], "raw", None)) else {}


async def retry_transient(attempt: Callable[[], Awaitable[T]], delayed: Callable[[], None]) -> T:
    """Try again after passing faults, with a growing delay, for as long as the connection lives."""
    delay = 0.05
    while True:
        try:
            return await attempt()
        except TRANSIENT as error:
            if not is_transient(error) or getattr(error, "connection_invalidated", False):
                raise
            delayed()
            log.warning("batch_delayed", seconds=delay, **describe(error))
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY)
