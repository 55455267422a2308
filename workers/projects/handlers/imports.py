"""Taking over projects of another system."""

from contracts.errors import Code, Refusal
from contracts.projects import ImportedProject, ImportProjects, ProjectsImported
from workers.projects import domain, tables
from workers.projects.domain import Past
from workers.projects.worker import ProjectUnit, worker
from workers.runtime.kept import Row


@worker.handles(ImportProjects)
async def import_projects(command: ImportProjects, unit: ProjectUnit) -> ProjectsImported:
    """Take over projects with their own numbers, dates and authors; those that are there already stay."""
    known = [one for one in command.projects if _is_known(one, unit)]
    new = [one for one in command.projects if one not in known]
    for one in new:
        references = {"type_id": one.type_id, "status_id": one.status_id}
        domain.defined(references, unit.rows.references, unit.rows.enabled)
    await _refuse_taken_numbers([one.number for one in new], unit)
    for one in new:
        unit.rows.projects.put(imported(one, unit))
        unit.rows.history.add(one.project_id, 1, unit, [Past(domain.OPENING, None, None, {"imported": True})])
    if new:
        highest = {"number": max(one.number for one in new)}
        await unit.connection.execute(tables.RAISE_NUMBER, highest)
    return ProjectsImported(numbers=[one.number for one in new], already_there=[one.number for one in known])


def _is_known(one: ImportedProject, unit: ProjectUnit) -> bool:
    there = unit.rows.projects.get(one.project_id)
    return there is not None or unit.rows.tombstones.get(one.project_id) is not None


async def _refuse_taken_numbers(numbers: list[int], unit: ProjectUnit) -> None:
    found = await unit.connection.execute(tables.TAKEN_NUMBERS, {"numbers": numbers})
    taken = set(found.scalars()) | {row["number"] for row in unit.rows.projects.all()} & set(numbers)
    taken |= {number for number in numbers if numbers.count(number) > 1}
    if taken:
        raise Refusal(Code.CONFLICT, reason="these numbers are taken by other projects", numbers=sorted(taken))


def imported(one: ImportedProject, unit: ProjectUnit) -> Row:
    """Make the row of a project that was taken over."""
    return {
        "id": one.project_id,
        "number": one.number,
        "revision": 1,
        "type_id": one.type_id,
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
