"""The dry run of an import."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from contracts.projects.imports import CheckImport, ImportChecked
from workers.projects.row_types import TombstoneRow
from workers.projects.rows import TAKEN_NUMBERS
from workers.projects.rules import import_rules
from workers.projects.rules.import_rules import Surroundings
from workers.projects.tables import TOMBSTONES
from workers.projects.worker import worker
from workers.runtime.admission import licence_check
from workers.runtime.queries.query_dispatch import QueryContext
from workers.runtime.storage.identity_map import rows_of

_EXISTING = text("SELECT id, created_at, created_by FROM projects.visible_project WHERE id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)
_REFERENCES = text("SELECT id, kind, slot FROM published.properties WHERE id = ANY(:references)").bindparams(
    bindparam("references", type_=ARRAY(Integer))
)


class ExistingProjectRow(TypedDict):
    """A row of the statement that finds existing projects of an import."""

    id: UUID
    created_at: datetime
    created_by: str


class PropertyReferenceRow(TypedDict):
    """A row of the published view of properties."""

    id: int
    kind: str
    slot: int | None


@worker.answers(CheckImport)
async def check_import(query: CheckImport, context: QueryContext) -> ImportChecked:
    """Judge projects as their import would: by the same rules, rows and licence."""
    if reason := licence_check.find_obstacle(context.licence, context.now):
        raise licence_check.refusal(reason)
    execute, ids = context.connection.execute, [project.project_id for project in query.projects]
    tombstones = rows_of(await execute(TOMBSTONES, {"ids": ids}), TombstoneRow)
    projects = rows_of(await execute(_EXISTING, {"ids": ids}), ExistingProjectRow)
    known: dict[UUID, TombstoneRow | ExistingProjectRow] = {row["project_id"]: row for row in tombstones}
    known |= {row["id"]: row for row in projects}
    numbers = [project.number for project in query.projects if project.number]
    taken_numbers = await execute(TAKEN_NUMBERS, {"numbers": numbers})
    named = {value for project in query.projects for value in (project.type_id, project.status_id) if value}
    properties = rows_of(await execute(_REFERENCES, {"references": sorted(named)}), PropertyReferenceRow)
    references = {row["id"]: (row["kind"], row["slot"]) for row in properties}
    surroundings = Surroundings(known, frozenset(taken_numbers.scalars()), references, context.now)
    judgement = import_rules.judge(query.projects, surroundings)
    return ImportChecked(fitting=judgement.new, already_there=judgement.existing, refused=judgement.refused)
