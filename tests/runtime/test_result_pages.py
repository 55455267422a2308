"""Pages are read only as far as a message holds them."""

from typing import TypedDict

from pydantic import BaseModel
from sqlalchemy import Integer, literal_column, select, text

from tests.support import Site
from workers.runtime.queries import result_pages
from workers.runtime.queries.result_pages import PAGE_BYTES_MAX, BoundedRow
from workers.runtime.storage.identity_map import rows_of

ROWS = text("SELECT nextval('runtime.looked_at') AS number, repeat('x', :size) AS said FROM generate_series(1, :count)")


class ItemRow(TypedDict):
    """What the statements here select."""

    number: int
    said: str


class BoundedItemRow(ItemRow, BoundedRow):
    """What a bounded statement selects here."""


class Item(BaseModel):
    """What a page is made of here."""

    number: int
    said: str


def item(row: ItemRow) -> Item:
    """Make an item of a row."""
    return Item(number=row["number"], said=row["said"])


async def page_of(site: Site, size: int, limit: int) -> tuple[result_pages.Page[Item, ItemRow], int]:
    """Read a page of such rows, and return it with the number of rows that were read for it."""
    await site.sql("CREATE SEQUENCE runtime.looked_at")
    parameters = {"size": size, "count": limit + 1}
    async with site.engine.connect() as connection:
        page = await result_pages.read(connection, ROWS, parameters, item, limit)
    return page, int((await site.sql("SELECT last_value FROM runtime.looked_at"))[0][0])


async def test_what_no_message_holds_is_not_read(site: Site) -> None:
    """Of five hundred large rows no more are read than fill a message, and the page says that there are others."""
    page, looked_at = await page_of(site, 20_000, 500)
    count = PAGE_BYTES_MAX // 20_030
    assert len(page.items) == count
    assert (page.last and page.last["number"]) == count
    assert looked_at <= 80


async def test_a_page_ends_at_its_limit(site: Site) -> None:
    """Small rows fill a page to its limit, and the cursor names its last row because there is one more."""
    page, _ = await page_of(site, 10, 45)
    assert len(page.items) == 45
    assert (page.last and page.last["number"]) == 45


async def test_the_last_page_has_nothing_behind_it(site: Site) -> None:
    """A page with all that there is says so."""
    async with site.engine.connect() as connection:
        statement = text("SELECT 1 AS number, 'x' AS said")
        page = await result_pages.read(connection, statement, None, item, 1)
    assert len(page.items) == 1
    assert page.last is None


async def test_long_texts_beyond_a_message_stay_in_the_database(site: Site) -> None:
    """A bounded statement returns one row more than a message holds, and small rows as they are."""
    for size, count in ((20_000, PAGE_BYTES_MAX // 20_000 + 1), (10, 500)):
        rows = text(f"SELECT n AS number, repeat('x', {size}) AS said FROM generate_series(1, 500) n").columns(  # noqa: S608 - a number
            literal_column("number", Integer), literal_column("said")
        )
        bounded = result_pages.limit_bytes(select(rows.subquery()), literal_column("octet_length(said)", Integer))
        async with site.engine.connect() as connection:
            values = rows_of(await connection.execute(bounded), BoundedItemRow)
        assert [row["number"] for row in values] == list(range(1, count + 1))
        assert result_pages.is_full(values) == (size == 20_000)
