"""Deleting expired projects in steps, so that no other command waits long."""

import time

from contracts.projects.commands import ExpireProjects, ProjectsExpired
from workers.projects.expired_project_deletion import delete_locked, lock_expired
from workers.projects.rules.sweep_step_size import step_size
from workers.projects.worker import ProjectUnit, worker


@worker.handles(ExpireProjects)
async def expire_projects(command: ExpireProjects, unit: ProjectUnit) -> ProjectsExpired:
    """Delete the oldest expired projects that are neither under hold nor locked (RET-03, RET-05)."""
    limit, since = min(command.limit, step_size.projects), time.monotonic()
    locked = await lock_expired(unit.connection, command.created_before, limit)
    deleted = await delete_locked(unit.connection, locked, unit.principal, unit.now)
    step_size.note(len(deleted.ids), time.monotonic() - since)
    unit.rows.note_expired(deleted.ids, unit)
    return ProjectsExpired(
        sweep_id=command.sweep_id,
        chain=command.chain,
        deleted=len(deleted.ids),
        more=locked["count"] == limit,
        project_ids=deleted.ids,
        numbers=deleted.numbers,
    )
