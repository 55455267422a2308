"""Placing and releasing holds."""

from contracts.ids import uuid7
from contracts.retention import HoldProject, ProjectHeld, ProjectReleased, ReleaseProject
from workers.retention import domain
from workers.retention.worker import RetentionUnit, worker


@worker.handles(HoldProject)
async def hold_project(command: HoldProject, unit: RetentionUnit) -> ProjectHeld:
    """Place a hold; placing the same one again is the same hold, and beside another one there is no room."""
    project_id = command.project_id
    unit.rows.need(project_id)
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
    """Release the hold that is in force, whoever placed it."""
    unit.rows.need(command.project_id)
    hold = domain.require_hold(unit.rows.hold_of(command.project_id))
    unit.rows.keep(domain.released(hold, command.reason, unit.principal, unit.now))
    return ProjectReleased(project_id=command.project_id, hold_id=hold["hold_id"])
