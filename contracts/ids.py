"""Ids that sort by the time they were made (UUIDv7, RFC 9562)."""

import os
import time
from uuid import UUID

_VERSION = 7 << 76
_VARIANT = 2 << 62
_RANDOM_A = (1 << 12) - 1
_RANDOM_B = (1 << 62) - 1


def uuid7() -> UUID:
    """Make an id from the clock's milliseconds and 74 random bits."""
    random = int.from_bytes(os.urandom(10), "big")
    milliseconds = time.time_ns() // 1_000_000
    return UUID(
        int=(milliseconds << 80) | _VERSION | ((random >> 62 & _RANDOM_A) << 64) | _VARIANT | random & _RANDOM_B
    )
