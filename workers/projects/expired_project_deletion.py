"""Deleting expired projects with their parts, with one statement for all of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.storage.identity_map import read_rows

_LOCK = text(
    """
    SELECT id FROM projects.project p
    WHERE created_at < :created_before AND NOT retention_exempt
        AND NOT EXISTS (SELECT FROM published.holds h WHERE h.project_id = p.id)
    ORDER BY created_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
# A hold may have been placed between the first statement and its locks. This one sees it: a hold is placed under a lock
# on its project.
_DELETE = text(
    """
    WITH gone AS (
        DELETE FROM projects.project p
        WHERE id = ANY(:ids) AND NOT EXISTS (SELECT FROM published.holds h WHERE h.project_id = p.id)
        RETURNING id, number
    )
    INSERT INTO projects.tombstone (project_id, number, deleted_by, deleted_at, expired)
    SELECT id, number, :by, :at, true FROM gone ORDER BY number
    RETURNING project_id, number
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


class _LockedRow(TypedDict):
    """A row of the statement that locks expired projects."""

    id: UUID


class _DeletedRow(TypedDict):
    """A row of the statement that deletes expired projects."""

    project_id: UUID
    number: int


async def lock_expired(connection: AsyncConnection, created_before: datetime, limit: int) -> list[UUID]:
    """Lock the oldest expired projects that are neither under hold nor locked, and return their ids."""
    parameters = {"created_before": created_before, "limit": limit}
    return [row["id"] for row in await read_rows(connection, _LOCK, parameters, _LockedRow)]


async def delete_locked(connection: AsyncConnection, ids: Sequence[UUID], by: str, at: datetime) -> dict[UUID, int]:
    """Delete locked projects without a hold, leave their tombstones, and return their numbers by id."""
    if not ids:
        return {}
    rows = await read_rows(connection, _DELETE, {"ids": ids, "by": by, "at": at}, _DeletedRow)
    return {row["project_id"]: row["number"] for row in rows}
