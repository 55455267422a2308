"""What every message of an import does when the site does not take it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from contracts.errors import Code
from incidents.errors import Refused

FOR_GOOD: Final = frozenset({Code.PERMISSION_DENIED, Code.NOT_AVAILABLE, Code.NOT_LICENSED, Code.UNAVAILABLE})
"""Refusals that meet every row."""

_Answer = TypeVar("_Answer")


async def retry_transient(asking: Callable[[], Awaitable[_Answer]]) -> _Answer:
    """Ask until the site answers, for as long as it says when it takes more.

    Raises:
        Refused: It was refused for another reason.
    """
    while True:
        try:
            return await asking()
        except Refused as refused:
            if refused.retry_after_seconds is None:
                raise
            await asyncio.sleep(refused.retry_after_seconds)
