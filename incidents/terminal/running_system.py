"""What to do when a system on this machine runs, but does not answer."""

from pathlib import Path
from typing import Final

from incidents.errors import UnreachableError
from incidents.locate import Place
from incidents.terminal.text.words import say

_OPERATIONS: Final = "ops"
"""The principal of `status`, which answers no better than what was typed."""


def remedy_and_hint(error: UnreachableError, place: Place, principal: str, data: str, language: str) -> tuple[str, str]:
    """Return the command to type and the hint of an error; nobody is to start a system that runs."""
    if error.remedy or place.directory is None or not _is_running(place.directory):
        return error.remedy or place.remedy, error.hint
    words = (
        "The system runs, and restarts by itself what does not answer: try again in a few seconds. "
        "If this goes on, look at the files in {logs}"
    )
    status = "" if principal == _OPERATIONS else f"incidents status{data}"
    return status, say(language, words, logs=place.directory / "logs")


def _is_running(directory: Path) -> bool:
    """Tell whether `incidents up` holds the lock of a data directory."""
    try:
        import fcntl  # noqa: PLC0415 - Windows has none, and no system runs there

        with (directory / "up.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (ImportError, OSError):
        return False
    return False
