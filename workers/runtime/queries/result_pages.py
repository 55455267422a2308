"""Pages of answers: the items that fit into a message, and the cursor of the next page."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate, takewhile
from typing import Any, Final, Generic, NamedTuple, TypedDict, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json
from sqlalchemy import ColumnElement, Executable, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.values import LATEST, Time
from workers.runtime.admission.incoming_messages import invalid
from workers.runtime.commands.envelopes import MESSAGE_BYTES_MAX
from workers.runtime.storage.identity_map import RowT

PAGE_BYTES_MAX: Final = MESSAGE_BYTES_MAX - 10_000
"""Bytes for the items of a page; the rest of a message is for its other fields."""

ROWS_PER_FETCH: Final = 20
"""Rows that are read at once; a full page is not read further, because rows may be large."""

_TIME_AND_ID: Final = TypeAdapter(tuple[Time, UUID])

ItemT = TypeVar("ItemT", bound=BaseModel)
PlaceT = TypeVar("PlaceT")


class BoundedRow(TypedDict):
    """The column that `limit_bytes` adds."""

    bytes_of_row: int


class Page(NamedTuple, Generic[ItemT, RowT]):
    """Items, and the row of the last one if more follow."""

    items: list[ItemT]
    last: RowT | None


async def read(
    connection: AsyncConnection,
    statement: Executable,
    parameters: Mapping[str, Any] | None,
    form: Callable[[RowT], ItemT],
    limit: int,
) -> Page[ItemT, RowT]:
    """Read the first items that fit into one message, at most `limit`, and no more rows than necessary.

    A large page ends before the limit. The statement itself must have a higher limit.
    """
    items: list[ItemT] = []
    last: RowT | None = None
    room = PAGE_BYTES_MAX
    streaming = connection.stream(statement, parameters, execution_options={"yield_per": ROWS_PER_FETCH})
    async with streaming as rows:
        async for mapping in rows.mappings():
            row = cast("RowT", mapping)
            item = form(row)
            room -= _size(item)
            if len(items) == limit or room < 0:
                return Page(items, last)
            items.append(item)
            last = row
    return Page(items, None)


def cut_to_message(items: Sequence[ItemT], limit: int) -> list[ItemT]:
    """Return the first items that fit into one message, at most `limit`; the next page starts after the last."""
    sizes = accumulate(_size(item) for item in items[:limit])
    return list(items[: sum(1 for _ in takewhile(lambda size: size <= PAGE_BYTES_MAX, sizes))])


def limit_bytes(statement: Select[*tuple[Any, ...]], size: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    """Limit a statement to as many rows as fit into a message, and one more; `size` is made of its columns."""
    page = statement.subquery("page")
    before = func.sum(size).over(rows=(None, -1)).label("bytes_before")
    counted = select(page, before, size.label("bytes_of_row")).subquery("counted")
    return select(counted).where(func.coalesce(counted.c.bytes_before, 0) <= PAGE_BYTES_MAX)


def is_full(rows: Sequence[BoundedRow]) -> bool:
    """Return whether rows of a `limit_bytes` statement exceed a message, so that no others are needed."""
    return bool(sum(row["bytes_of_row"] for row in rows) > PAGE_BYTES_MAX)


def _size(item: BaseModel) -> int:
    return len(item.__pydantic_serializer__.to_json(item)) + 1


def cursor(*place: Any) -> str:
    """Encode the place after which the next page begins."""
    return base64.urlsafe_b64encode(to_json(place)).decode()


def read_cursor(form: TypeAdapter[PlaceT], written: str) -> PlaceT:
    """Decode the place after which a page begins.

    Raises:
        Refusal: The cursor is not one of this kind of page.
    """
    try:
        return form.validate_json(base64.urlsafe_b64decode(written.encode()))
    except ValueError:
        raise invalid(("after", "cursor")) from None


def read_newest_first(text: str | None) -> tuple[datetime, UUID]:
    """Read a cursor with a time and an id; without one, return the place before the newest."""
    return read_cursor(_TIME_AND_ID, text) if text else (LATEST, UUID(int=0))
