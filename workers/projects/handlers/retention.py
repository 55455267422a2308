"""Deleting expired projects in steps, so that no other command waits long."""

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from contracts.projects.commands import ExpireProjects, ProjectDeleted, ProjectsExpired
from workers.projects import holds
from workers.projects.holds import ExpiredProjectRow
from workers.projects.worker import ProjectUnit, worker
from workers.runtime.storage.row_set import rows_of

_DELETE_PROJECTS = text("DELETE FROM projects.project WHERE id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)


@worker.handles(ExpireProjects)
async def expire_projects(command: ExpireProjects, unit: ProjectUnit) -> ProjectsExpired:
    """Delete the oldest expired projects that are neither under hold nor locked (RET-03, RET-05)."""
    parameters = {"created_before": command.created_before, "limit": command.limit}
    locked = rows_of(await unit.connection.execute(holds.EXPIRED, parameters), ExpiredProjectRow)
    # A hold may have been placed between the query and the lock. The query of the next step excludes it.
    held = await holds.read_in_force(unit.connection, [project["id"] for project in locked])
    expired = [project for project in locked if project["id"] not in held]
    for project in expired:
        unit.rows.delete(project, by=unit.principal, at=unit.now, expired=True)
        deleted = ProjectDeleted(project_id=project["id"], number=project["number"], expired=True)
        unit.emit(deleted, str(project["id"]))
    await unit.connection.execute(_DELETE_PROJECTS, {"ids": [project["id"] for project in expired]})
    return ProjectsExpired(
        sweep_id=command.sweep_id,
        chain=command.chain,
        deleted=len(expired),
        more=len(locked) == command.limit,
    )
