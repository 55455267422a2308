"""Taking over projects of another system."""

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from contracts.project_imports import ImportedProject, ImportProjects, ProjectsImported, RefusedProject
from workers.projects import domain
from workers.projects.domain import Past
from workers.projects.worker import ProjectUnit, worker
from workers.runtime.kept import Row

_TAKEN = text("SELECT number FROM projects.project WHERE number = ANY(:numbers)").bindparams(
    bindparam("numbers", type_=ARRAY(BigInteger))
)
_RAISE = text("SELECT setval('projects.number', :number) WHERE :number > (SELECT last_value FROM projects.number)")


@worker.handles(ImportProjects)
async def import_projects(command: ImportProjects, unit: ProjectUnit) -> ProjectsImported:
    """Take over every project that fits, with its own number, dates and author; what is there already stays."""
    known = {one.project_id for one in command.projects if _is_known(one, unit)}
    taken = await _taken_numbers([one.number for one in command.projects if one.project_id not in known], unit)
    new: list[ImportedProject] = []
    refused: list[RefusedProject] = []
    ids = set(known)
    for index, one in enumerate(command.projects):
        if one.project_id in known:
            continue
        if obstacle := domain.import_obstacle(one, ids, taken, unit.rows.references, unit.now):
            refused.append(RefusedProject(index=index, code=obstacle[0], field=obstacle[1]))
            continue
        ids.add(one.project_id)
        taken.add(one.number)
        new.append(one)
        unit.rows.projects.put(imported(one, unit))
        unit.rows.history.add(one.project_id, 1, unit, [Past(domain.OPENING, None, None, {"imported": True})])
    if new:
        highest = {"number": max(one.number for one in new)}
        await unit.connection.execute(_RAISE, highest)
    else:
        unit.already_so()
    return ProjectsImported(
        project_ids=[one.project_id for one in new],
        numbers=[one.number for one in new],
        already_there=[one.number for one in command.projects if one.project_id in known],
        refused=refused,
    )


def _is_known(one: ImportedProject, unit: ProjectUnit) -> bool:
    there = unit.rows.projects.get(one.project_id)
    return there is not None or unit.rows.tombstones.get(one.project_id) is not None


async def _taken_numbers(numbers: list[int], unit: ProjectUnit) -> set[int]:
    found = await unit.connection.execute(_TAKEN, {"numbers": numbers})
    return set(found.scalars()) | {row["number"] for row in unit.rows.projects.all()}


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
