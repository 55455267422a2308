"""Downloads: fetching any part of a file is recorded, once for all parts of the same download."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Interval, Text, TextClause, bindparam, text
from sqlalchemy.orm import Mapped, mapped_column

from workers.runtime.queries.query_dispatch import QueryContext

WINDOW: Final = timedelta(hours=1)
"""The longest duration of one download; later parts begin another one."""


class DownloadColumns:
    """Who fetches a file, since when, and whether the first bytes were fetched."""

    principal: Mapped[str] = mapped_column(Text, primary_key=True)
    began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    has_first: Mapped[bool] = mapped_column(Boolean)


def download_statement(table: str, key: str) -> TextClause:
    """Return the statement that returns a row if a part begins a download, and none if it continues one.

    The first bytes begin a new one, unless a later part overtook them. The row's lock serialises two processes.
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


async def begins_download(context: QueryContext, statement: TextClause, thing: UUID, part: bytes, offset: int) -> bool:
    """Return whether a part begins a download; an empty part, beyond the end, does not."""
    if not part:
        return False
    parameters = {"id": thing, "principal": context.principal, "is_first": offset == 0}
    result = await context.connection.execute(statement, parameters)
    context.has_written = True
    return bool(result.scalar_one_or_none())
