"""Pages: how much of one fits into a message, and the place after which the next one begins."""

import base64
from collections.abc import Sequence
from itertools import accumulate, takewhile
from typing import Any, Final, TypeVar

from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json

from workers.runtime.accepted import invalid
from workers.runtime.envelope import LARGEST_MESSAGE

ROOM: Final = LARGEST_MESSAGE - 10_000
"""Bytes for the items of a page; the rest is for its cursor and what is told beside them."""

ItemT = TypeVar("ItemT", bound=BaseModel)
PlaceT = TypeVar("PlaceT")


def fitting(items: Sequence[ItemT], limit: int) -> list[ItemT]:
    """Return the first items, `limit` at most, that one message holds; the next page goes on behind the last.

    A page ends sooner rather than not to come at all.
    """
    sizes = accumulate(len(one.__pydantic_serializer__.to_json(one)) + 1 for one in items[:limit])
    return list(items[: sum(1 for _ in takewhile(lambda size: size <= ROOM, sizes))])


def cursor(*place: Any) -> str:
    """Write the place after which the next page begins."""
    return base64.urlsafe_b64encode(to_json(place)).decode()


def read_cursor(form: TypeAdapter[PlaceT], written: str) -> PlaceT:
    """Read the place after which a page begins.

    Raises:
        Refusal: No page of this form gave it.
    """
    try:
        return form.validate_json(base64.urlsafe_b64decode(written.encode()))
    except ValueError:
        raise invalid(("after", "cursor")) from None
