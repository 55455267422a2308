"""Waiting for something to become true, instead of sleeping."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(check: Callable[[], Awaitable[T]], *, within: float = 30.0) -> T:
    """Call `check` until it neither raises AssertionError nor returns a false value; return what it returned."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    pause = asyncio.Event()
    while True:
        try:
            result = await check()
            if result or loop.time() > deadline:
                assert result, "it did not become true in time"
                return result
        except AssertionError:
            if loop.time() > deadline:
                raise
        loop.call_later(0.02, pause.set)
        await pause.wait()
        pause.clear()
