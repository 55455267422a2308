"""Ids that sort by their creation time (UUIDv7, RFC 9562, with the fraction of a millisecond as method 3).

Ids that are derived from another have version 3.
"""

import os
import time
from collections.abc import Iterable
from hashlib import md5
from typing import Final
from uuid import UUID

_VERSION = 7 << 76
_VARIANT = 2 << 62
_RANDOM = (1 << 62) - 1
_MILLISECOND = 1_000_000
_FRACTION = 4096
_VARIANT_DIGITS: Final = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))

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


def derived_ids(origin: UUID, names: Iterable[UUID | str]) -> list[str]:
    """Return the id of each name within an origin, always the same one: what `uuid3` returns, at half its cost.

    A name is an id, or its text if the caller has that already.
    """
    prefix, ids = md5(origin.bytes, usedforsecurity=False), []
    for name in names:
        digest = prefix.copy()
        digest.update(str(name).encode())
        digits = digest.hexdigest()
        variant = _VARIANT_DIGITS[digits[16]]
        ids.append(f"{digits[:8]}-{digits[8:12]}-3{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}")
    return ids
