"""Ids that sort by the time they were made (UUIDv7, RFC 9562, with the fraction of a millisecond as method 3)."""

import os
import time
from uuid import UUID

_VERSION = 7 << 76
_VARIANT = 2 << 62
_RANDOM = (1 << 62) - 1
_MILLISECOND = 1_000_000
_FRACTION = 4096

_last = 0


def uuid7() -> UUID:
    """Make an id that is greater than every one made before by this process."""
    global _last  # noqa: PLW0603 - the order of ids is a property of the process
    milliseconds, nanoseconds = divmod(time.time_ns(), _MILLISECOND)
    fraction = nanoseconds * _FRACTION // _MILLISECOND
    random = int.from_bytes(os.urandom(8), "big") & _RANDOM
    made = (milliseconds << 80) | _VERSION | (fraction << 64) | _VARIANT | random
    _last = made if made > _last else _last + 1
    return UUID(int=_last)
