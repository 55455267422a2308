"""Reliable handling of Ctrl-C."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

_CANCEL_AGAIN_SECONDS = 0.5


class NoAnswerError(Exception):
    """Ctrl-C was typed instead of an answer. As a KeyboardInterrupt, asyncio would print it with its traceback."""


def run_until_interrupted(work: Coroutine[Any, Any, None]) -> None:
    """Run the work in a new event loop; Ctrl-C waits until the loop is made, because half of one ends with noise.

    Raises:
        KeyboardInterrupt: The work was interrupted.
    """
    if not hasattr(signal, "pthread_sigmask"):  # on Windows nothing can wait; asyncio cancels the work by itself
        asyncio.run(work)
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        asyncio.run(until_interrupted(work))
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


async def until_interrupted(work: Coroutine[Any, Any, None]) -> None:
    """Run the work, and cancel it at Ctrl-C; a second Ctrl-C does not wait for its end.

    Cancelling once is not always enough: `asyncio.wait_for`, which libraries use, loses a cancellation that comes at
    the moment when what it waited for arrives (until Python 3.12).

    Raises:
        KeyboardInterrupt: The work was interrupted.
    """
    loop, interrupted = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, interrupted.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    task, waiting = loop.create_task(work), loop.create_task(interrupted.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        pass  # by asyncio, because Ctrl-C was typed before anybody listened here
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        waiting.cancel()
    if task.done():
        return await task
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_AGAIN_SECONDS)
    if not task.cancelled() and (error := task.exception()):
        raise error
    raise KeyboardInterrupt
