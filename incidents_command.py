"""The program `incidents`: from its first moment Ctrl-C ends it without a traceback, while it still imports, too."""

import os
import signal
from typing import NoReturn

_INTERRUPTED = 130


def main() -> None:
    """Import the command line and run what was typed."""
    signal.signal(signal.SIGINT, _end)
    from incidents.cli import main as run  # noqa: PLC0415 - what Ctrl-C may interrupt

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


def _end(*_: object) -> NoReturn:
    os._exit(_INTERRUPTED)  # nothing was begun, and nothing was written
