"""Errors of a start as sentences with a remedy."""

import errno
import os
from pathlib import Path
from typing import Final

from nats.errors import Error as NatsError

from workers.common.http_server import PortForbiddenError, PortInUseError
from workers.local.access.signing_keys import InvalidNameError, TrustError
from workers.local.data_directory import UnfinishedRestoreError
from workers.local.servers.disk_space import NoRoomError
from workers.local.servers.process_control import StartError
from workers.runtime.bus.streams import NotProvisionedError
from workers.runtime.process.preconditions import UnfitError

KINDS: Final = (
    *(NoRoomError, PortForbiddenError, PortInUseError, StartError, TrustError, InvalidNameError),
    *(NotProvisionedError, UnfitError, UnfinishedRestoreError),
    *(OSError, NatsError),
)
_ROOM: Final = "Make room, or choose another directory with --data."
_REMEDIES: Final = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EMFILE: "Allow this user more open files, as with `ulimit -n 4096`.",
    errno.ENFILE: "Allow this machine more open files, with the setting fs.file-max.",
}
_ELSEWHERE: Final = "Choose a directory of your own with --data."


def reason_of(error: BaseException) -> str:
    """Return the system's message about an unreachable server or file, without error numbers or sockets."""
    if isinstance(error, OSError) and error.errno:
        reason = os.strerror(error.errno)
        return f"{error.filename}: {reason}" if error.filename else reason
    return str(error) or type(error).__name__


def explain(error: Exception, data: Path) -> str:
    """Return why the system in a directory could not start, with a remedy."""
    if isinstance(error, OSError) and error.strerror:
        remedy = _REMEDIES.get(error.errno or 0, _ELSEWHERE)
        return f"{error.filename or data}: {error.strerror}. {remedy}"
    if isinstance(error, OSError | NatsError):
        reason = type(error).__name__
        return f"A server in {data} does not answer ({reason}): start again, and look into {data / 'logs'}."
    return str(error)
