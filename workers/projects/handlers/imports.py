"""Importing projects of another system."""

from sqlalchemy import text

from contracts.projects.imports import ImportedProject, ImportProjects, ProjectsImported
from workers.projects import domain
from workers.projects.domain import FieldChange
from workers.projects.row_types import ProjectRow, TombstoneRow
from workers.projects.rows import TAKEN_NUMBERS
from workers.projects.rules import creation_rules, import_rules
from workers.projects.rules.import_rules import Surroundings
from workers.projects.worker import ProjectUnit, worker

_RAISE_LAST = text("SELECT setval('projects.number', :number) WHERE :number > (SELECT last_value FROM projects.number)")
_NUMBERS = text("SELECT nextval('projects.number') FROM generate_series(1, :count)")


@worker.handles(ImportProjects)
async def import_projects(command: ImportProjects, unit: ProjectUnit) -> ProjectsImported:
    """Import every valid project with its own number, date and author; existing projects stay unchanged."""
    known = {project.project_id: row for project in command.projects if (row := _find_existing(project, unit))}
    taken_numbers = await _read_taken_numbers(command.projects, unit)
    surroundings = Surroundings(known, taken_numbers, unit.rows.references, unit.now)
    judgement = import_rules.judge(command.projects, surroundings)
    new = await _assign_numbers([command.projects[index] for index in judgement.new], unit)
    for number, project in new:
        unit.rows.projects.put(imported_row(project, number, unit))
        past = [FieldChange(domain.CREATION, None, None, {"imported": True})]
        unit.rows.history.add(project.project_id, 1, unit, past)
    if not new:
        unit.leave_unchanged()
    existing = [command.projects[index] for index in judgement.existing]
    return ProjectsImported(
        project_ids=[project.project_id for _, project in new],
        numbers=[number for number, _ in new],
        already_there=[project.number or known[project.project_id]["number"] for project in existing],
        refused=judgement.refused,
    )


def _find_existing(project: ImportedProject, unit: ProjectUnit) -> ProjectRow | TombstoneRow | None:
    return unit.rows.present(project.project_id) or unit.rows.tombstones.get(project.project_id)


async def _read_taken_numbers(projects: list[ImportedProject], unit: ProjectUnit) -> frozenset[int]:
    numbers = [project.number for project in projects if project.number]
    result = await unit.connection.execute(TAKEN_NUMBERS, {"numbers": numbers}) if numbers else None
    return frozenset(result.scalars() if result else ()) | {row["number"] for row in unit.rows.projects.all()}


async def _assign_numbers(new: list[ImportedProject], unit: ProjectUnit) -> list[tuple[int, ImportedProject]]:
    """Assign numbers to projects without one, higher than every number of the import."""
    own = [project.number for project in new if project.number]
    if own:
        await unit.connection.execute(_RAISE_LAST, {"number": max(own)})
    missing = len(new) - len(own)
    result = await unit.connection.execute(_NUMBERS, {"count": missing}) if missing else None
    numbers = iter(result.scalars().all() if result else ())
    return [(project.number or next(numbers), project) for project in new]


def imported_row(project: ImportedProject, number: int, unit: ProjectUnit) -> ProjectRow:
    """Return the row of an imported project."""
    return {
        "id": project.project_id,
        "number": number,
        "revision": 1,
        "type_id": project.type_id,
        "reference": project.reference,
        "description": project.description,
        "start_time": project.start_time,
        "end_time": project.end_time,
        **creation_rules.EMPTY,
        "status_id": project.status_id,
        "created_by": project.created_by,
        "created_at": project.created_at,
        "updated_by": unit.principal,
        "updated_at": unit.now,
        "imported": True,
        "retention_exempt": project.retention_exempt,
    }
