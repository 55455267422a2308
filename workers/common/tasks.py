"""Ending tasks for certain."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

_RETRY_SECONDS = 0.5


async def end(tasks: Iterable["asyncio.Task[None]"]) -> None:
    """Cancel tasks until they are done.

    Once is not always enough: `asyncio.wait_for`, which libraries use, loses a cancellation that comes at the moment
    when what it waited for arrives (until Python 3.12).
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_RETRY_SECONDS)


async def run_cancellable(work: Coroutine[Any, Any, None]) -> None:
    """Do work so that one cancellation ends it, whatever it awaits, and so that it has ended then.

    Groups of tasks cancel each of theirs once.

    Raises:
        BaseException: What the work raised.
    """
    task = asyncio.create_task(work)
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
