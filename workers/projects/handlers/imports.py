"""Taking over projects of another system."""

from sqlalchemy import text

from contracts.projects.imports import ImportedProject, ImportProjects, ProjectsImported
from workers.projects import domain, import_rules
from workers.projects.domain import FieldChange
from workers.projects.import_rules import Surroundings
from workers.projects.rows import TAKEN_NUMBERS
from workers.projects.worker import ProjectUnit, worker
from workers.runtime.storage.row_set import Row

_RAISE = text("SELECT setval('projects.number', :number) WHERE :number > (SELECT last_value FROM projects.number)")
_NUMBERS = text("SELECT nextval('projects.number') FROM generate_series(1, :wanted)")


@worker.handles(ImportProjects)
async def import_projects(command: ImportProjects, unit: ProjectUnit) -> ProjectsImported:
    """Take over every project that fits, with its own number, date and author; what is there already stays."""
    known = {one.project_id: row for one in command.projects if (row := _known(one, unit))}
    here = Surroundings(known, await _taken(command.projects, unit), unit.rows.references, unit.now)
    judged = import_rules.judge(command.projects, here)
    new = await _numbered([command.projects[index] for index in judged.new], unit)
    for one in new:
        unit.rows.projects.put(imported(one, unit))
        unit.rows.history.add(one.project_id, 1, unit, [FieldChange(domain.OPENING, None, None, {"imported": True})])
    if not new:
        unit.leave_unchanged()
    there = [command.projects[index] for index in judged.there]
    return ProjectsImported(
        project_ids=[one.project_id for one in new],
        numbers=[one.number for one in new if one.number],
        already_there=[one.number or known[one.project_id]["number"] for one in there],
        refused=judged.refused,
    )


def _known(one: ImportedProject, unit: ProjectUnit) -> Row | None:
    return unit.rows.projects.get(one.project_id) or unit.rows.tombstones.get(one.project_id)


async def _taken(projects: list[ImportedProject], unit: ProjectUnit) -> frozenset[int]:
    numbers = [one.number for one in projects if one.number]
    found = await unit.connection.execute(TAKEN_NUMBERS, {"numbers": numbers}) if numbers else None
    return frozenset(found.scalars() if found else ()) | {row["number"] for row in unit.rows.projects.all()}


async def _numbered(new: list[ImportedProject], unit: ProjectUnit) -> list[ImportedProject]:
    """Give numbers to those that have none; they are higher than all that come with theirs."""
    own = [one.number for one in new if one.number]
    if own:
        await unit.connection.execute(_RAISE, {"number": max(own)})
    wanted = len(new) - len(own)
    found = await unit.connection.execute(_NUMBERS, {"wanted": wanted}) if wanted else None
    given = iter(found.scalars().all() if found else ())
    return [one if one.number else one.model_copy(update={"number": next(given)}) for one in new]


def imported(one: ImportedProject, unit: ProjectUnit) -> Row:
    """Make the row of a project that was taken over."""
    return {
        "id": one.project_id,
        "number": one.number,
        "revision": 1,
        "type_id": one.type_id,
        "reference": one.reference,
        "description": one.description,
        "start_time": one.start_time,
        "end_time": one.end_time,
        **domain.EMPTY,
        "status_id": one.status_id,
        "created_by": one.created_by,
        "created_at": one.created_at,
        "updated_by": unit.principal,
        "updated_at": unit.now,
        "imported": True,
        "retention_exempt": one.retention_exempt,
    }
