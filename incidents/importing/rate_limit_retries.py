"""Retries of an import's messages when the site limits the rate."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from contracts.errors import Code
from incidents.errors import Refused

PERMANENT_REFUSALS: Final = frozenset({Code.PERMISSION_DENIED, Code.NOT_AVAILABLE, Code.NOT_LICENSED, Code.UNAVAILABLE})
"""Refusals that apply to every row."""

_Answer = TypeVar("_Answer")


async def retry_transient(request: Callable[[], Awaitable[_Answer]]) -> _Answer:
    """Repeat a request as long as the site answers with a delay.

    Raises:
        Refused: The request was refused for another reason.
    """
    while True:
        try:
            return await request()
        except Refused as refused:
            if refused.retry_after_seconds is None:
                raise
            await asyncio.sleep(refused.retry_after_seconds)
