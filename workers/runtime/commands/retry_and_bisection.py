"""Failures of a batch: transient ones are retried, others bisect it until the bad message becomes a dead letter."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

import structlog
from psycopg.errors import UniqueViolation
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from workers.common.logs import describe
from workers.common.trace_context import delivery_fields

FAILURES_MAX = 3
"""How often a message may fail alone, without a transient fault, before it becomes a dead letter."""

_DELAY_SECONDS_MAX = 4.0
"""A longer delay would only postpone the recovery after a fault, and an attempt is cheap."""

_LIMIT_EXCEEDED_CLASS = "54"
"""The class of SQLSTATE for statements that exceed a limit of PostgreSQL; retrying does not help."""

log = structlog.get_logger()


TRANSIENT = (DBAPIError, OSError, TimeoutError)


def is_transient(error: BaseException) -> bool:
    """Return whether an error is a fault of the infrastructure, which goes away, and not one of the message."""
    if isinstance(error, DBAPIError):
        kind = (getattr(error.orig, "sqlstate", None) or "")[:2]
        transient = isinstance(error, OperationalError | InterfaceError) and kind != _LIMIT_EXCEEDED_CLASS
        return error.connection_invalidated or transient or _is_collision(error.orig)
    return isinstance(error, TRANSIENT)


def _is_collision(cause: BaseException | None) -> bool:
    """Return whether another lane has decided an id of the batch meanwhile; a retry finds the decision."""
    if not isinstance(cause, UniqueViolation):
        return False
    where = cause.diag
    return where.schema_name == "runtime" and (where.table_name or "").startswith("inbox")


OneT_contra = TypeVar("OneT_contra", contravariant=True)
OneT = TypeVar("OneT")
DoneT = TypeVar("DoneT")
T = TypeVar("T")


class Transact(Protocol[OneT_contra, DoneT]):
    """Handles messages in one transaction; `given_up` names the fault of a single message that failed too often."""

    async def __call__(self, batch: Sequence[OneT_contra], given_up: str | None = None) -> list[DoneT]:
        """Return the results to publish after the commit."""
        ...


async def bisect(batch: Sequence[OneT], transact: Transact[OneT, DoneT]) -> list[DoneT]:
    """Handle a batch in order, and bisect it on failure, so that a bad message affects no other."""
    attempts = FAILURES_MAX if len(batch) == 1 else 1
    fault = ""
    for _ in range(attempts):
        try:
            return await transact(batch)
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:
            # A panic of native code is not an Exception: unhandled, it would end the lane again with each redelivery.
            if is_transient(error):
                raise
            fault = describe(error)["error"]
            log.warning("batch_failed", size=len(batch), **_lone_message_fields(batch), exc_info=error)
    if len(batch) == 1:
        return await transact(batch, given_up=fault)
    middle = len(batch) // 2
    first = await bisect(batch[:middle], transact)
    return first + await bisect(batch[middle:], transact)


def _lone_message_fields(batch: Sequence[object]) -> dict[str, object]:
    """Return the log fields of a message that fails alone."""
    return delivery_fields([raw]) if len(batch) == 1 and (raw := getattr(batch[0], "raw", None)) else {}


async def retry_transient(attempt: Callable[[], Awaitable[T]], on_delay: Callable[[], None]) -> T:
    """Retry after transient faults with exponential back-off, for as long as the connection lives."""
    delay = 0.05
    while True:
        try:
            return await attempt()
        except TRANSIENT as error:
            if not is_transient(error) or getattr(error, "connection_invalidated", False):
                raise
            on_delay()
            log.warning("batch_delayed", seconds=delay, **describe(error))
            await asyncio.sleep(delay)
            delay = min(delay * 2, _DELAY_SECONDS_MAX)
