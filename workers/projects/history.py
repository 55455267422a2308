"""What a batch adds to the history of its projects, and what it reads of it to explain a refusal."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.projects import domain, tables
from workers.projects.domain import Past, Removal, Step
from workers.runtime.database import insert_rows
from workers.runtime.unit import Unit

_IDS = bindparam("ids", type_=ARRAY(Uuid))
_PARTS = bindparam("parts", type_=ARRAY(Uuid))

# Who changed what after a revision: the last hundred steps of each project, the oldest first.
STEPS = text(
    """
    SELECT h.* FROM unnest(:ids, :revisions) AS asked(project_id, since)
    CROSS JOIN LATERAL (
        SELECT h.project_id, revision, min(by) AS by, min(at) AS at, array_agg(DISTINCT field ORDER BY field) AS fields
        FROM projects.history h WHERE h.project_id = asked.project_id AND h.revision > asked.since
        GROUP BY h.project_id, revision ORDER BY revision DESC LIMIT 100
    ) h ORDER BY h.project_id, h.revision
    """
).bindparams(_IDS, bindparam("revisions", type_=ARRAY(Integer)))
REMOVALS = text(
    """
    SELECT DISTINCT ON (project_id, part_id) project_id, part_id, by, at
    FROM projects.history WHERE project_id = ANY(:ids) AND part_id = ANY(:parts) AND new IS NULL
    ORDER BY project_id, part_id, revision DESC
    """
).bindparams(_IDS, _PARTS)

# A project's opening is told from its row: what a main detail was at first is what its first change replaced.
ENTRIES = text(
    """
    SELECT * FROM (
        SELECT revision, place, at, by, field, part_id, old, new FROM projects.history
        WHERE project_id = :project_id AND (revision, place) > (1, 0)
        UNION ALL
        SELECT 1, 0, coalesce(h.at, p.created_at), coalesce(h.by, p.created_by), 'project', NULL, NULL,
            jsonb_build_object('type_id', p.type_id, 'status_id', p.status_id, 'description', p.description,
                               'start_time', p.start_time, 'end_time', p.end_time)
            || coalesce((
                SELECT jsonb_object_agg(field, coalesce(old, 'null')) FROM (
                    SELECT DISTINCT ON (field) field, old FROM projects.history WHERE project_id = p.id
                    AND field IN ('type_id', 'status_id', 'description', 'start_time', 'end_time')
                    ORDER BY field, revision
                ) first
            ), '{}') || coalesce(h.new, '{}')
        FROM projects.project p LEFT JOIN projects.history h ON (h.project_id, h.revision, h.place) = (p.id, 1, 0)
        WHERE p.id = :project_id
    ) entry
    WHERE (revision, place) < (:revision, :place) AND NOT field = ANY(:hidden)
        AND (CAST(:field AS text) IS NULL OR field = :field) AND (CAST(:part_id AS uuid) IS NULL OR part_id = :part_id)
    ORDER BY revision DESC, place DESC LIMIT :limit
    """
).bindparams(bindparam("hidden", type_=ARRAY(Text)))


class Since(NamedTuple):
    """A project whose changes after a revision are asked for."""

    project_id: UUID
    revision: int


class History:
    """Written with the batch, one statement for all of it; read only where a command is going to be refused."""

    def __init__(self) -> None:
        """Start empty."""
        self._new: list[dict[str, Any]] = []
        self._steps: dict[UUID, list[Step]] = {}
        self._removals: dict[tuple[UUID, UUID], Removal] = {}

    async def load_steps(self, connection: AsyncConnection, asked: Iterable[Since]) -> None:
        """Read who changed these projects after these revisions."""
        listed = list(asked)
        if not listed:
            return
        given = {"ids": [one.project_id for one in listed], "revisions": [one.revision for one in listed]}
        for row in (await connection.execute(STEPS, given)).mappings():
            step = Step(row["revision"], row["by"], row["at"], tuple(row["fields"]))
            self._steps.setdefault(row["project_id"], []).append(step)

    async def load_removals(self, connection: AsyncConnection, missing: Iterable[tuple[UUID, UUID]]) -> None:
        """Read who removed these parts."""
        listed = list(missing)
        if not listed:
            return
        given = {"ids": [project_id for project_id, _ in listed], "parts": [part_id for _, part_id in listed]}
        for row in (await connection.execute(REMOVALS, given)).mappings():
            self._removals[row["project_id"], row["part_id"]] = Removal(row["by"], row["at"])

    def add(self, project_id: UUID, revision: int, unit: Unit[Any], past: Iterable[Past]) -> None:
        """Keep what one command changes."""
        told = list(past)
        if not told:
            return
        step = Step(revision, unit.principal, unit.now, tuple(sorted({one.field for one in told})))
        self._steps.setdefault(project_id, []).append(step)
        for place, one in enumerate(told, start=0 if told[0].field == domain.OPENING else 1):
            self._new.append(
                {
                    "project_id": project_id,
                    "revision": revision,
                    "place": place,
                    "at": unit.now,
                    "by": unit.principal,
                    **one._asdict(),
                }
            )
            if one.part_id and one.new is None:
                self._removals[project_id, one.part_id] = Removal(unit.principal, unit.now)

    def since(self, project_id: UUID, revision: int) -> list[Step]:
        """Return what changed a project after a revision, this batch included, the oldest first."""
        return [one for one in self._steps.get(project_id, []) if one.revision > revision]

    def removal(self, project_id: UUID, part_id: UUID) -> Removal | None:
        """Return who removed a part, and when."""
        return self._removals.get((project_id, part_id))

    def forget(self, project_id: UUID) -> None:
        """Drop what was to be written of a project that is deleted: the cascade takes the rest."""
        self._new = [one for one in self._new if one["project_id"] != project_id]
        self._steps.pop(project_id, None)

    async def save(self, connection: AsyncConnection) -> None:
        """Write all of it with one statement, and none when nothing changed."""
        await insert_rows(connection, tables.History, self._new)
