"""Ids that sort by their creation time (UUIDv7, RFC 9562, with the fraction of a millisecond as method 3)."""

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
    """Return a new id, greater than all earlier ones of this process."""
    global _last  # noqa: PLW0603 - the order of ids is a property of the process
    milliseconds, nanoseconds = divmod(time.time_ns(), _MILLISECOND)
    fraction = nanoseconds * _FRACTION // _MILLISECOND
    random = int.from_bytes(os.urandom(8), "big") & _RANDOM
    fresh = (milliseconds << 80) | _VERSION | (fraction << 64) | _VARIANT | random
    _last = fresh if fresh > _last else _last + 1
    return UUID(int=_last)
