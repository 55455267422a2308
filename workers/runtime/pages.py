"""How much of a page fits into one message: a page ends sooner rather than not to come at all."""

from collections.abc import Sequence
from itertools import accumulate, takewhile
from typing import Final, TypeVar

from pydantic import BaseModel

from workers.runtime.envelope import LARGEST_MESSAGE

ROOM: Final = LARGEST_MESSAGE - 10_000
"""Bytes for the items of a page; the rest is for its cursor and what is told beside them."""

ItemT = TypeVar("ItemT", bound=BaseModel)


def fitting(items: Sequence[ItemT], limit: int) -> list[ItemT]:
    """Return the first items, `limit` at most, that one message holds; the next page goes on behind the last."""
    sizes = accumulate(len(one.__pydantic_serializer__.to_json(one)) + 1 for one in items[:limit])
    return list(items[: sum(1 for _ in takewhile(lambda size: size <= ROOM, sizes))])
