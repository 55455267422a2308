"""Ending tasks for certain."""

import asyncio
from collections.abc import Iterable


async def end(tasks: Iterable["asyncio.Task[None]"]) -> None:
    """Cancel tasks until they are done.

    Once is not always enough: `asyncio.wait_for`, which libraries use, loses a cancellation that comes at the moment
    when what it waited for arrives (until Python 3.12).
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=0.5)
