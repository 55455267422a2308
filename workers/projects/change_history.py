"""The history of projects: the changes of a batch, and the entries that it reads to explain a refusal."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypedDict
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.projects import domain, tables
from workers.projects.domain import FieldChange, Removal, Revision
from workers.projects.row_types import ChangeSetRow
from workers.projects.row_types.history_rows import HistoryEntryColumns, HistoryEntryRow
from workers.projects.rules import camera_recording_rules
from workers.runtime.commands.unit_of_work import Unit
from workers.runtime.storage.bulk_writes import insert_rows
from workers.runtime.storage.identity_map import rows_of

_IDS = bindparam("ids", type_=ARRAY(Uuid))
_PARTS = bindparam("parts", type_=ARRAY(Uuid))
_DETAILS = ["type_id", "status_id", "reference", "description", "start_time", "end_time"]
"""The columns of a project that its creation shows."""


# The changes after a revision: the last hundred revisions of each project, the oldest first.
REVISIONS = text(
    """
    SELECT h.* FROM unnest(:ids, :revisions) AS asked(project_id, since)
    CROSS JOIN LATERAL (
        SELECT s.project_id, revision, by, at, fields
        FROM projects.change_set s WHERE s.project_id = asked.project_id AND s.revision > asked.since
        ORDER BY revision DESC LIMIT 100
    ) h ORDER BY h.project_id, h.revision
    """
).bindparams(_IDS, bindparam("revisions", type_=ARRAY(Integer)))
REMOVALS = text(
    """
    SELECT DISTINCT ON (project_id, part_id) project_id, part_id, by, at
    FROM projects.history
    WHERE project_id = ANY(:ids) AND fields && ARRAY['comment', 'call', 'sequence']
        AND part_id = ANY(:parts) AND new IS NULL
    ORDER BY project_id, part_id, revision DESC
    """
).bindparams(_IDS, _PARTS)

# The changes that show a creation: those of the first revision, and the first later change of each field.
CREATIONS = text(
    """
    SELECT * FROM (
        SELECT project_id, revision, place, field, part_id, old, new FROM projects.history
        WHERE project_id = ANY(:ids) AND revision = 1
        UNION ALL
        (SELECT DISTINCT ON (project_id, field) project_id, revision, place, field, part_id, old, new
         FROM projects.history
         WHERE project_id = ANY(:ids) AND revision > 1 AND fields && :opened AND field = ANY(:opened)
         ORDER BY project_id, field, revision)
    ) entry ORDER BY project_id, revision, place
    """
).bindparams(_IDS, bindparam("opened", type_=ARRAY(Text)))

# The creation is reconstructed from the project's row: the first change of a main detail has its original value. Both
# parts are sorted, so that a page reads no further than its last entry.
# Labels and names are those at the time of the change.
ENTRIES = text(
    r"""
    SELECT entry.*,
        CASE WHEN field LIKE 'category\_%' THEN published.name_at('category', field, at)
            WHEN field ~ '^(integer|decimal|text|checkbox|datetime)_' THEN published.name_at('data-field', field, at)
        END AS label,
        CASE WHEN field IN ('project', 'type_id', 'status_id') OR field LIKE 'category\_%'
            THEN published.names_at(field, old, new, at) ELSE '{}' END AS names
    FROM (
        (SELECT revision, place, at, by, field, part_id, old, new FROM projects.history
         WHERE project_id = :project_id AND revision <= :revision AND (revision, place) > (1, 0)
            AND (CAST(:field AS text) IS NULL OR CAST(:field AS text) = ANY(fields))
         ORDER BY revision DESC, place DESC)
        UNION ALL
        (SELECT 1 AS revision, CAST(0 AS smallint) AS place, coalesce(h.at, p.created_at), coalesce(h.by, p.created_by),
            'project', NULL, NULL,
            jsonb_build_object('type_id', p.type_id, 'status_id', p.status_id, 'reference', p.reference,
                               'description', p.description, 'start_time', p.start_time, 'end_time', p.end_time)
            || coalesce((
                SELECT jsonb_object_agg(field, coalesce(old, 'null')) FROM (
                    SELECT DISTINCT ON (field) field, old FROM projects.history WHERE project_id = p.id
                    AND fields && :details AND field = ANY(:details)
                    ORDER BY field, revision
                ) first
            ), '{}') || coalesce(h.new, '{}')
         FROM projects.visible_project p
         LEFT JOIN projects.history h ON (h.project_id, h.revision, h.place) = (p.id, 1, 0)
         WHERE p.id = :project_id ORDER BY revision DESC, place DESC)
    ) entry
    WHERE (revision, place) < (:revision, :place) AND NOT field = ANY(:hidden)
        AND (SELECT true FROM projects.visible_project WHERE id = :project_id)
        AND (CAST(:field AS text) IS NULL OR field = :field) AND (CAST(:part_id AS uuid) IS NULL OR part_id = :part_id)
    ORDER BY revision DESC, place DESC LIMIT :limit
    """
).bindparams(bindparam("hidden", type_=ARRAY(Text)), bindparam("details", _DETAILS, ARRAY(Text)))

LABELS = text("SELECT published.project_labels(:project_id)")

FIRST = 1
"""The place of the first change in a revision; 0 is the place of a project's creation."""

NEWEST = (2**31 - 1, 0)
"""A revision and place after every entry."""


class CreationRow(TypedDict):
    """A row of the statement that reads how projects were created."""

    project_id: UUID
    revision: int
    place: int
    field: str
    part_id: UUID | None
    old: Any | None
    new: Any | None


class RevisionRow(TypedDict):
    """A row of the statement that reads the changes after a revision."""

    project_id: UUID
    revision: int
    by: str
    at: datetime
    fields: list[str]


class RemovalRow(TypedDict):
    """A row of the statement that reads who removed parts."""

    project_id: UUID
    part_id: UUID
    by: str
    at: datetime


class Since(NamedTuple):
    """A project and the revision after which its changes are read."""

    project_id: UUID
    revision: int


class _CommandChanges(NamedTuple):
    """The changes of one command of the batch."""

    project_id: UUID
    revision: int
    by: str
    at: datetime
    past: list[FieldChange]

    def fields(self) -> list[str]:
        """Return the names of the changed fields, in the order of the alphabet."""
        return sorted({change.field for change in self.past})

    def row(self) -> ChangeSetRow:
        """Return the row of the changes."""
        status = next((change for change in self.past if change.field == "status_id"), None)
        return {
            "project_id": self.project_id,
            "revision": self.revision,
            "first_place": 0 if self.past[0].field == domain.CREATION else FIRST,
            "at": self.at,
            "by": self.by,
            "fields": self.fields(),
            "changes": [
                {name: value for name, value in change._asdict().items() if value is not None} for change in self.past
            ],
            "old_status_id": status.old if status else None,
            "new_status_id": status.new if status else None,
        }


class History:
    """The history during a batch: written with one statement, read only to explain refusals."""

    def __init__(self) -> None:
        """Start empty."""
        self._new: list[_CommandChanges] = []
        self._revisions: dict[UUID, list[Revision]] = {}
        self._removals: dict[tuple[UUID, UUID], Removal] = {}
        self._creations: dict[UUID, list[FieldChange]] = {}

    async def load_revisions(self, connection: AsyncConnection, bases: Sequence[Since]) -> None:
        """Read the revisions of these projects after the given ones."""
        if not bases:
            return
        parameters = {"ids": [base.project_id for base in bases], "revisions": [base.revision for base in bases]}
        for row in rows_of(await connection.execute(REVISIONS, parameters), RevisionRow):
            revision = Revision(row["revision"], row["by"], row["at"], tuple(row["fields"]))
            self._revisions.setdefault(row["project_id"], []).append(revision)

    async def load_removals(self, connection: AsyncConnection, missing: Iterable[tuple[UUID, UUID]]) -> None:
        """Read who removed these parts."""
        listed = list(missing)
        if not listed:
            return
        parameters = {"ids": [project_id for project_id, _ in listed], "parts": [part_id for _, part_id in listed]}
        for row in rows_of(await connection.execute(REMOVALS, parameters), RemovalRow):
            self._removals[row["project_id"], row["part_id"]] = Removal(row["by"], row["at"])

    async def load_creations(self, connection: AsyncConnection, ids: Sequence[UUID]) -> None:
        """Read the changes that show how these projects were created."""
        if not ids:
            return
        parameters = {"ids": ids, "opened": list(domain.CREATION_FIELDS)}
        for row in rows_of(await connection.execute(CREATIONS, parameters), CreationRow):
            self._creations.setdefault(row["project_id"], []).append(_read_change(row))

    def add(self, project_id: UUID, revision: int, unit: Unit[Any], past: list[FieldChange]) -> None:
        """Keep the changes of one command until the batch is written."""
        if past:
            self._new.append(_CommandChanges(project_id, revision, unit.principal, unit.now, past))

    def since(self, project_id: UUID, revision: int) -> list[Revision]:
        """Return the revisions of a project after a given one, including this batch, the oldest first."""
        new = [
            Revision(change.revision, change.by, change.at, tuple(change.fields()))
            for change in self._new
            if change.project_id == project_id
        ]
        known = (*self._revisions.get(project_id, []), *new)
        return [later for later in known if later.revision > revision]

    def removal(self, project_id: UUID, part_id: UUID) -> Removal | None:
        """Return who removed a part, and when."""
        for change in reversed(self._new):
            if change.project_id == project_id and any(past.part_id == part_id for past in change.past):
                return Removal(change.by, change.at)
        return self._removals.get((project_id, part_id))

    def creation_of(self, project_id: UUID) -> list[FieldChange]:
        """Return the changes that show how a project was created, including this batch."""
        changes = [
            (change.revision, past) for change in self._new if change.project_id == project_id for past in change.past
        ]
        new = [past for revision, past in changes if revision == 1 or past.field in domain.CREATION_FIELDS]
        return [*self._creations.get(project_id, []), *new]

    def forget(self, project_id: UUID) -> None:
        """Drop the unwritten changes of a deleted project: the cascade deletes the rest."""
        self._new = [change for change in self._new if change.project_id != project_id]
        self._revisions.pop(project_id, None)

    async def save(self, connection: AsyncConnection) -> None:
        """Write all changes with one statement, or none without changes."""
        await insert_rows(connection, tables.ChangeSet, [change.row() for change in self._new])


def entry_of(row: HistoryEntryRow) -> HistoryEntryColumns:
    """Return the columns of a history entry that callers see."""
    return {
        "revision": row["revision"],
        "at": row["at"],
        "by": row["by"],
        "field": row["field"],
        "part_id": row["part_id"],
        "old": row["old"],
        "new": row["new"],
        "label": row["label"],
        "names": row["names"],
    }


def _read_change(row: CreationRow) -> FieldChange:
    old, new = row["old"], row["new"]
    if row["field"] == "sequence" and new is not None:
        new = camera_recording_rules.from_json(new)
    elif row["field"].endswith("_time") and old is not None:
        old = datetime.fromisoformat(old)
    return FieldChange(row["field"], row["part_id"], old, new)
