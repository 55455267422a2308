"""Ending tasks reliably."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

_RETRY_SECONDS = 0.5


async def end(tasks: Iterable["asyncio.Task[None]"]) -> None:
    """Cancel tasks until they are done.

    One cancellation can be lost: until Python 3.12 `asyncio.wait_for`, which libraries use, ignores one that comes at
    the moment when its awaitable completes.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_RETRY_SECONDS)


async def run_cancellable(work: "Coroutine[Any, Any, None] | asyncio.Task[None]") -> None:
    """Run work so that a single cancellation ends it, whatever it awaits, because task groups cancel only once.

    Work that goes on after errors of a server needs it: a statement that is cancelled may end with such an error.

    Raises:
        BaseException: The exception of the work.
    """
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task}, timeout=_RETRY_SECONDS if cancelled else None)
        except asyncio.CancelledError:
            cancelled = True
        if cancelled:
            task.cancel()
    task.result()
    if cancelled:
        raise asyncio.CancelledError
