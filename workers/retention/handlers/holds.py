"""Placing and releasing holds."""

from contracts.ids import uuid7
from contracts.retention import HoldProject, ProjectHeld, ProjectReleased, ReleaseProject
from workers.retention import domain
from workers.retention.worker import RetentionUnit, worker


@worker.handles(HoldProject)
async def hold_project(command: HoldProject, unit: RetentionUnit) -> ProjectHeld:
    """Place a hold; accept the same hold again, and refuse a second one."""
    project_id = command.project_id
    unit.rows.require_project(project_id)
    hold = unit.rows.hold_of(project_id)
    if hold is not None:
        domain.require_same_hold(hold, command.reason, unit.principal)
        unit.leave_unchanged()
        return ProjectHeld(project_id=project_id, hold_id=hold["hold_id"])
    hold = domain.new_hold(uuid7(), command, unit.principal, unit.now)
    unit.rows.placed.put(hold)
    return ProjectHeld(project_id=project_id, hold_id=hold["hold_id"])


@worker.handles(ReleaseProject)
async def release_project(command: ReleaseProject, unit: RetentionUnit) -> ProjectReleased:
    """Release the hold in force, also if another principal placed it."""
    unit.rows.require_project(command.project_id)
    hold = domain.require_hold(unit.rows.hold_of(command.project_id))
    unit.rows.update(domain.released_hold(hold, command.reason, unit.principal, unit.now))
    return ProjectReleased(project_id=command.project_id, hold_id=hold["hold_id"])
