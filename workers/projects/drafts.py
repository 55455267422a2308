"""The draft list of a principal: read, written and taken over at once, under row locks.

It is not kept with the batch, because commands of other lanes take it over meanwhile.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.projects import recordings, tables
from workers.projects.row_types import IdentifiedRecording, NewDraftRow
from workers.runtime.storage.database import insert_rows
from workers.runtime.storage.row_set import rows_of

_COLUMNS = 'sequence_id, camera_id, camera_name, site, "start", "end", media_expires_at'
LISTED = text(
    f"""
    SELECT {_COLUMNS}, drafted_at FROM projects.draft WHERE principal = :principal ORDER BY "start", number
    """  # noqa: S608 - the names stand above
)

# A row lock holds only what is there already: whoever is told of a list must not meet half of another's change.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('incidents.draft.' || :principal, 0))")

# In the order of their ids, as everybody locks them: of two who want one list, the second one finds it empty.
_LOCK = text(
    f"""
    SELECT {_COLUMNS}, number FROM projects.draft
    WHERE principal = :principal AND (:everything OR sequence_id = ANY(:ids)) ORDER BY sequence_id FOR UPDATE
    """  # noqa: S608 - the names stand above
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_DELETE = text("DELETE FROM projects.draft WHERE principal = :principal AND sequence_id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)


class ListedDraftRow(IdentifiedRecording):
    """A row of the statement that lists a draft list."""

    drafted_at: datetime


class LockedDraftRow(IdentifiedRecording):
    """A row of the statement that locks a draft list."""

    number: int


async def listed(connection: AsyncConnection, principal: str) -> list[ListedDraftRow]:
    """Return a draft list in the order of the recordings, those of one start as they came."""
    return rows_of(await connection.execute(LISTED, {"principal": principal}), ListedDraftRow)


async def lock_list(connection: AsyncConnection, principal: str) -> None:
    """Wait until nobody else is changing a draft list, and let nobody do so until the transaction ends."""
    await connection.execute(_ALONE, {"principal": principal})


async def locked(
    connection: AsyncConnection, principal: str, ids: Sequence[UUID] | None = None
) -> list[LockedDraftRow]:
    """Lock all of a draft list, or the sequences with these ids, and return what is there."""
    parameters = {"principal": principal, "everything": ids is None, "ids": list(ids or ())}
    return rows_of(await connection.execute(_LOCK, parameters), LockedDraftRow)


async def put(connection: AsyncConnection, rows: Sequence[NewDraftRow]) -> None:
    """Put sequences on draft lists; one that is there stays as it is."""
    await insert_rows(connection, tables.Draft, rows, conflict="ON CONFLICT DO NOTHING")


async def remove(connection: AsyncConnection, principal: str, ids: Sequence[UUID]) -> None:
    """Take sequences from a draft list."""
    if ids:
        await connection.execute(_DELETE, {"principal": principal, "ids": list(ids)})


async def taken_over(connection: AsyncConnection, principal: str) -> list[IdentifiedRecording]:
    """Empty a draft list and return what it held, in the order of the recordings."""
    await lock_list(connection, principal)
    rows = await locked(connection, principal)
    await remove(connection, principal, [row["sequence_id"] for row in rows])
    in_order = sorted(rows, key=lambda row: (row["start"], row["number"]))
    return [recordings.identified(row) for row in in_order]
