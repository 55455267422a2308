"""Faults of one message: whatever a handler raises, its batch goes on without it."""

import asyncio
from collections.abc import Sequence

import pytest

from workers.runtime.commands.retry_and_bisection import FAILURES_MAX, bisect


class Panic(BaseException):
    """What native code raises: no Exception, so that nobody catches it in passing."""


class NumberHandler:
    """Handles numbers, except one that it cannot stand."""

    def __init__(self, bad: int, error: BaseException) -> None:
        self.bad = bad
        self.error = error
        self.tried = 0
        self.given_up: list[str] = []

    async def __call__(self, batch: Sequence[int], given_up: str | None = None) -> list[int]:
        if given_up:
            self.given_up.append(given_up)
            return []
        if self.bad in batch:
            self.tried += 1
            raise self.error
        return list(batch)


@pytest.mark.parametrize("error", [Panic("text"), RecursionError(), MemoryError(), AssertionError()], ids=repr)
async def test_whatever_is_raised_costs_one_message(error: BaseException) -> None:
    """The message that raises is given up after its attempts, by the name of what it raised; all others are handled."""
    handler = NumberHandler(5, error)
    assert await bisect(range(8), handler) == [0, 1, 2, 3, 4, 6, 7]
    assert handler.given_up == [type(error).__name__]
    assert handler.tried >= FAILURES_MAX


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt(), SystemExit(), OSError()], ids=repr)
async def test_what_is_no_fault_of_a_message_is_passed_on(error: BaseException) -> None:
    """Who ends the process, or the task, ends it; what passes is left to the caller; no message is given up."""
    handler = NumberHandler(5, error)
    with pytest.raises(type(error)):
        await bisect(range(8), handler)
    assert handler.tried == 1
    assert handler.given_up == []
