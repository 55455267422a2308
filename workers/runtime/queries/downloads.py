"""Downloads: whoever gets any part of something is recorded, once for all the parts that it fetches."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Interval, Text, TextClause, bindparam, text
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.queries.query_service import QueryContext

WINDOW: Final = timedelta(hours=1)
"""How long one download takes, at most: what is fetched later is another one."""


class DownloadColumns:
    """Who fetches something, since when, and whether its first bytes were among what was fetched."""

    principal: Mapped[str] = mapped_column(Text, primary_key=True)
    began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    has_first: Mapped[bool] = mapped_column(Boolean)


def beginning(table: str, key: str) -> TextClause:
    """Make the statement that returns a row where a part begins a download, and none where it belongs to one.

    The first bytes begin a new one, unless a later part overtook them. Two processes agree by the row's lock.
    """
    statement = f"""
        INSERT INTO {table} AS kept ({key}, principal, began_at, has_first)
        VALUES (:id, :principal, now(), :is_first)
        ON CONFLICT ({key}, principal) DO UPDATE SET
            has_first = excluded.has_first,
            began_at = CASE WHEN (excluded.has_first AND kept.has_first) OR kept.began_at <= now() - :lasts
                THEN now() ELSE kept.began_at END
        WHERE excluded.has_first OR kept.began_at <= now() - :lasts
        RETURNING began_at = now() AS begins
    """  # noqa: S608 - the names are those of mapped classes
    return text(statement).bindparams(bindparam("lasts", WINDOW, type_=Interval))


async def begins(context: QueryContext, statement: TextClause, thing: UUID, part: bytes, offset: int) -> bool:
    """Tell whether to record that somebody was given a part; beyond the end nothing is given."""
    if not part:
        return False
    given = {"id": thing, "principal": context.principal, "is_first": offset == 0}
    found = await context.connection.execute(statement, given)
    context.has_written = True
    return bool(found.scalar_one_or_none())
