"""Deleting expired projects with their parts, with one statement for all of them.

A thousand ids would cost the process more than the decision: they go from statement to statement as text.
"""

from datetime import datetime
from typing import Final, NamedTuple, TypedDict
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.runtime.storage.identity_map import read_rows

_LOCK = text(
    """
    WITH locked AS MATERIALIZED (
        SELECT id FROM projects.project p
        WHERE created_at < :created_before AND NOT retention_exempt
            AND NOT EXISTS (SELECT FROM published.holds h WHERE h.project_id = p.id)
        ORDER BY created_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    SELECT count(*) AS count, coalesce(CAST(array_agg(id) AS text), '{}') AS ids FROM locked
    """
)
# A hold may have been placed between the first statement and its locks. This one sees it: a hold is placed under a lock
# on its project.
_DELETE = text(
    """
    WITH gone AS (
        DELETE FROM projects.project p
        WHERE id = ANY(CAST(:ids AS uuid[])) AND NOT EXISTS (SELECT FROM published.holds h WHERE h.project_id = p.id)
        RETURNING id, number
    ), buried AS (
        INSERT INTO projects.tombstone (project_id, number, deleted_by, deleted_at, expired)
        SELECT id, number, :by, :at, true FROM gone ORDER BY number
        RETURNING project_id, number
    )
    SELECT coalesce(CAST(json_agg(project_id) AS text), '[]') AS project_ids,
        coalesce(CAST(json_agg(number) AS text), '[]') AS numbers
    FROM buried
    """
)
_IDS: Final = TypeAdapter(list[UUID])
_NUMBERS: Final = TypeAdapter(list[int])


class LockedRow(TypedDict):
    """The row of the statement that locks expired projects: how many they are, and their ids as text."""

    count: int
    ids: str


class _DeletedRow(TypedDict):
    """The row of the statement that deletes expired projects: their ids and numbers as JSON, in the same order."""

    project_ids: str
    numbers: str


class DeletedProjects(NamedTuple):
    """The ids and the numbers of deleted projects, in the same order."""

    ids: list[UUID]
    numbers: list[int]


async def lock_expired(connection: AsyncConnection, created_before: datetime, limit: int) -> LockedRow:
    """Lock the oldest expired projects that are neither under hold nor locked."""
    [locked] = await read_rows(connection, _LOCK, {"created_before": created_before, "limit": limit}, LockedRow)
    return locked


async def delete_locked(connection: AsyncConnection, locked: LockedRow, by: str, at: datetime) -> DeletedProjects:
    """Delete locked projects without a hold, and leave their tombstones."""
    if not locked["count"]:
        return DeletedProjects([], [])
    parameters = {"ids": locked["ids"], "by": by, "at": at}
    [deleted] = await read_rows(connection, _DELETE, parameters, _DeletedRow)
    return DeletedProjects(_IDS.validate_json(deleted["project_ids"]), _NUMBERS.validate_json(deleted["numbers"]))
