"""Placing, changing and releasing holds."""

from contracts.ids import uuid7
from contracts.retention import (
    ChangeHold,
    HoldChanged,
    HoldProject,
    ProjectHeld,
    ProjectReleased,
    ReleaseProject,
)
from workers.retention import hold_rules
from workers.retention.worker import RetentionUnit, worker


@worker.handles(HoldProject)
async def hold_project(command: HoldProject, unit: RetentionUnit) -> ProjectHeld:
    """Place a hold; accept the same hold again, and refuse a second one."""
    project_id = command.project_id
    unit.rows.require_project(project_id)
    hold = unit.rows.hold_of(project_id)
    if hold is not None:
        hold_rules.require_same_hold(hold, command, unit.principal)
        unit.leave_unchanged()
        return ProjectHeld(project_id=project_id, hold_id=hold["hold_id"], until=hold["until"])
    hold = hold_rules.new_hold(uuid7(), command, unit.principal, unit.now)
    unit.rows.placed.put(hold)
    return ProjectHeld(project_id=project_id, hold_id=hold["hold_id"], until=hold["until"])


@worker.handles(ChangeHold)
async def change_hold(command: ChangeHold, unit: RetentionUnit) -> HoldChanged:
    """Change the end or the reference of the hold in force; an earlier end needs the right to release it."""
    unit.rows.require_project(command.project_id)
    hold = hold_rules.require_hold(unit.rows.hold_of(command.project_id))
    changed = hold_rules.changed_hold(hold, command, unit.now)
    if hold_rules.ends_earlier(hold, changed):
        hold_rules.require_right_to_end(hold, unit.principal, unit.grants)
        hold_rules.require_one_person(two_persons=unit.rows.two_person_release)
    changes = hold_rules.changes(hold, changed)
    if changes:
        unit.rows.update(changed)
    else:
        unit.leave_unchanged()
    return HoldChanged(project_id=command.project_id, hold_id=hold["hold_id"], changed=changes)


@worker.handles(ReleaseProject)
async def release_project(command: ReleaseProject, unit: RetentionUnit) -> ProjectReleased:
    """Release the hold in force: one's own, or with the permission somebody else's; perhaps as the second person."""
    unit.rows.require_project(command.project_id)
    hold = hold_rules.require_hold(unit.rows.hold_of(command.project_id))
    hold_rules.require_right_to_end(hold, unit.principal, unit.grants)
    if unit.rows.two_person_release:
        hold_rules.require_second_person(hold, unit.principal)
    unit.rows.update(hold_rules.released_hold(hold, command.reason, unit.principal, unit.now))
    return ProjectReleased(project_id=command.project_id, hold_id=hold["hold_id"])
