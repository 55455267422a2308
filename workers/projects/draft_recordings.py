"""The draft list of a principal, read and written at once under row locks.

It is not part of the batch's rows, because commands of other lanes take it over at the same time.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.projects import tables
from workers.projects.row_types import IdentifiedRecording, NewDraftRow
from workers.projects.rules import camera_recording_rules
from workers.runtime.storage.bulk_writes import insert_rows
from workers.runtime.storage.identity_map import rows_of

_COLUMNS = 'sequence_id, camera_id, camera_name, site, "start", "end", media_expires_at'
READ_LIST = text(
    f"""
    SELECT {_COLUMNS}, drafted_at FROM projects.draft WHERE principal = :principal ORDER BY "start", number
    """  # noqa: S608 - the names are constants
)

# Row locks do not cover inserts. This lock also keeps readers of a list from seeing half of another command's change.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('incidents.draft.' || :principal, 0))")

# Every command locks in the order of ids. Of two commands that take over one list, the second finds it empty.
_LOCK = text(
    f"""
    SELECT {_COLUMNS}, number FROM projects.draft
    WHERE principal = :principal AND (:everything OR sequence_id = ANY(:ids)) ORDER BY sequence_id FOR UPDATE
    """  # noqa: S608 - the names are constants
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


async def read_list(connection: AsyncConnection, principal: str) -> list[ListedDraftRow]:
    """Return a draft list ordered by the start of the recordings, then by arrival."""
    return rows_of(await connection.execute(READ_LIST, {"principal": principal}), ListedDraftRow)


async def lock_list(connection: AsyncConnection, principal: str) -> None:
    """Lock a draft list until the transaction ends."""
    await connection.execute(_ALONE, {"principal": principal})


async def lock_rows(
    connection: AsyncConnection, principal: str, ids: Sequence[UUID] | None = None
) -> list[LockedDraftRow]:
    """Lock all of a draft list, or the sequences with these ids, and return the rows that exist."""
    parameters = {"principal": principal, "everything": ids is None, "ids": list(ids or ())}
    return rows_of(await connection.execute(_LOCK, parameters), LockedDraftRow)


async def add(connection: AsyncConnection, rows: Sequence[NewDraftRow]) -> None:
    """Add sequences to draft lists; a sequence that is already listed stays unchanged."""
    await insert_rows(connection, tables.Draft, rows, conflict="ON CONFLICT DO NOTHING")


async def remove(connection: AsyncConnection, principal: str, ids: Sequence[UUID]) -> None:
    """Remove sequences from a draft list."""
    if ids:
        await connection.execute(_DELETE, {"principal": principal, "ids": list(ids)})


async def take_over(connection: AsyncConnection, principal: str) -> list[IdentifiedRecording]:
    """Empty a draft list and return its recordings in their order."""
    await lock_list(connection, principal)
    rows = await lock_rows(connection, principal)
    await remove(connection, principal, [row["sequence_id"] for row in rows])
    in_order = sorted(rows, key=lambda row: (row["start"], row["number"]))
    return [camera_recording_rules.identified_recording(row) for row in in_order]
