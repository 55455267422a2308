"""Taking over projects of another system."""

from sqlalchemy import text

from contracts.projects.imports import ImportedProject, ImportProjects, ProjectsImported
from workers.projects import creation, domain, import_rules
from workers.projects.domain import FieldChange
from workers.projects.import_rules import Surroundings
from workers.projects.row_types import ProjectRow, TombstoneRow
from workers.projects.rows import TAKEN_NUMBERS
from workers.projects.worker import ProjectUnit, worker

_RAISE = text("SELECT setval('projects.number', :number) WHERE :number > (SELECT last_value FROM projects.number)")
_NUMBERS = text("SELECT nextval('projects.number') FROM generate_series(1, :count)")


@worker.handles(ImportProjects)
async def import_projects(command: ImportProjects, unit: ProjectUnit) -> ProjectsImported:
    """Take over every project that fits, with its own number, date and author; what is there already stays."""
    known = {project.project_id: row for project in command.projects if (row := _known(project, unit))}
    here = Surroundings(known, await _taken(command.projects, unit), unit.rows.references, unit.now)
    judged = import_rules.judge(command.projects, here)
    new = await _numbered([command.projects[index] for index in judged.new], unit)
    for number, project in new:
        unit.rows.projects.put(imported(project, number, unit))
        past = [FieldChange(domain.OPENING, None, None, {"imported": True})]
        unit.rows.history.add(project.project_id, 1, unit, past)
    if not new:
        unit.leave_unchanged()
    existing = [command.projects[index] for index in judged.there]
    return ProjectsImported(
        project_ids=[project.project_id for _, project in new],
        numbers=[number for number, _ in new],
        already_there=[project.number or known[project.project_id]["number"] for project in existing],
        refused=judged.refused,
    )


def _known(project: ImportedProject, unit: ProjectUnit) -> ProjectRow | TombstoneRow | None:
    return unit.rows.projects.get(project.project_id) or unit.rows.tombstones.get(project.project_id)


async def _taken(projects: list[ImportedProject], unit: ProjectUnit) -> frozenset[int]:
    numbers = [project.number for project in projects if project.number]
    taken = await unit.connection.execute(TAKEN_NUMBERS, {"numbers": numbers}) if numbers else None
    return frozenset(taken.scalars() if taken else ()) | {row["number"] for row in unit.rows.projects.all()}


async def _numbered(new: list[ImportedProject], unit: ProjectUnit) -> list[tuple[int, ImportedProject]]:
    """Give numbers to those that have none; they are higher than all that come with theirs."""
    own = [project.number for project in new if project.number]
    if own:
        await unit.connection.execute(_RAISE, {"number": max(own)})
    missing = len(new) - len(own)
    drawn = await unit.connection.execute(_NUMBERS, {"count": missing}) if missing else None
    numbers = iter(drawn.scalars().all() if drawn else ())
    return [(project.number or next(numbers), project) for project in new]


def imported(project: ImportedProject, number: int, unit: ProjectUnit) -> ProjectRow:
    """Make the row of a project that was taken over."""
    return {
        "id": project.project_id,
        "number": number,
        "revision": 1,
        "type_id": project.type_id,
        "reference": project.reference,
        "description": project.description,
        "start_time": project.start_time,
        "end_time": project.end_time,
        **creation.EMPTY,
        "status_id": project.status_id,
        "created_by": project.created_by,
        "created_at": project.created_at,
        "updated_by": unit.principal,
        "updated_at": unit.now,
        "imported": True,
        "retention_exempt": project.retention_exempt,
    }
