"""Joining entries of both stores with the values that are still known."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.audit import Entry
from contracts.evidence.entry_values import HASHES, VALUES_HASH, join
from workers.audit.entry_values import tables
from workers.audit.row_types import ReadValuesRow
from workers.runtime.storage.identity_map import rows_of


async def with_values(connection: AsyncConnection, entries: Sequence[Entry]) -> list[Entry]:
    """Return entries with their values; where these are gone, an entry names the fields alone."""
    ids = [entry.event_id for entry in entries if VALUES_HASH in entry.details]
    rows = rows_of(await connection.execute(tables.READ, {"ids": ids}), ReadValuesRow) if ids else []
    values = {row["event_id"]: row["content"] for row in rows}
    return [
        entry.model_copy(update={"details": join(entry.details, values.get(entry.event_id))})
        if HASHES & entry.details.keys()
        else entry
        for entry in entries
    ]
