"""Pages: how much of one fits into a message, and the place after which the next one begins."""

import base64
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, takewhile
from typing import Any, Final, Generic, NamedTuple, TypedDict, TypeVar, cast

from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json
from sqlalchemy import ColumnElement, Executable, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.admission.incoming import invalid
from workers.runtime.commands.envelopes import LARGEST_MESSAGE
from workers.runtime.storage.row_set import RowT

PAGE_BYTES_MAX: Final = LARGEST_MESSAGE - 10_000
"""Bytes for the items of a page; the rest is for its cursor and what is told beside them."""

ROWS_AT_ONCE: Final = 20
"""Rows that are read at once where one may be large: what no message holds is not read further."""

ItemT = TypeVar("ItemT", bound=BaseModel)
PlaceT = TypeVar("PlaceT")


class BoundedRow(TypedDict):
    """What a bounded statement adds to its rows."""

    bytes_of_row: int


class Page(NamedTuple, Generic[ItemT, RowT]):
    """Some items, and the row of the last one if there are more behind it."""

    items: list[ItemT]
    last: RowT | None


async def read(
    connection: AsyncConnection,
    statement: Executable,
    parameters: Mapping[str, Any] | None,
    form: Callable[[RowT], ItemT],
    limit: int,
) -> Page[ItemT, RowT]:
    """Read the first items, `limit` at most, that one message holds, and no more rows than it takes to know that.

    A page ends sooner rather than not to come at all. The statement must go on behind the limit.
    """
    items: list[ItemT] = []
    last: RowT | None = None
    room = PAGE_BYTES_MAX
    streaming = connection.stream(statement, parameters, execution_options={"yield_per": ROWS_AT_ONCE})
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
    """Return the first items, `limit` at most, that one message holds; the next page goes on behind the last."""
    sizes = accumulate(_size(item) for item in items[:limit])
    return list(items[: sum(1 for _ in takewhile(lambda size: size <= PAGE_BYTES_MAX, sizes))])


def bounded(statement: Select[*tuple[Any, ...]], size: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    """Return the first rows of a statement, as many as a message may hold and one more; `size` is of its columns."""
    page = statement.subquery("page")
    before = func.sum(size).over(rows=(None, -1)).label("bytes_before")
    counted = select(page, before, size.label("bytes_of_row")).subquery("counted")
    return select(counted).where(func.coalesce(counted.c.bytes_before, 0) <= PAGE_BYTES_MAX)


def is_full(rows: Sequence[BoundedRow]) -> bool:
    """Tell whether bounded rows are more than a message holds: there is no need to look for others."""
    return bool(sum(row["bytes_of_row"] for row in rows) > PAGE_BYTES_MAX)


def _size(item: BaseModel) -> int:
    return len(item.__pydantic_serializer__.to_json(item)) + 1


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
