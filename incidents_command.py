"""The program `incidents`: from its first moment Ctrl-C ends it without a traceback, while it still imports, too."""

import os
import sys
from types import TracebackType
from typing import NoReturn

_INTERRUPTED = 130


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show what nobody caught, but no Ctrl-C: it may come between two who listen for it."""
    if issubclass(kind, KeyboardInterrupt):
        _end()
    sys.__excepthook__(kind, error, trace)


def _end(*_: object) -> NoReturn:
    os._exit(_INTERRUPTED)  # nothing was begun, or it has ended


sys.excepthook = _show
import gc  # noqa: E402 - what Ctrl-C may interrupt
import signal  # noqa: E402 - it is not there yet when Python starts, and Ctrl-C may interrupt its import


def main() -> None:
    """Import the command line and run what was typed."""
    signal.signal(signal.SIGINT, _end)
    gc.disable()  # importing makes hundreds of thousands of objects that stay
    from incidents.cli import main as run  # noqa: PLC0415 - what Ctrl-C may interrupt

    gc.freeze()
    gc.enable()
    try:
        run(begin=_raise_interrupts)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command has its status, and Python only ends


def _raise_interrupts() -> None:
    """Let the command listen for Ctrl-C itself, from now on."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
