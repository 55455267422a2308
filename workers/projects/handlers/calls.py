"""Recording calls made and received."""

from typing import Any

from contracts.projects.parts import AddCall, CallAdded, CallDeleted, CallEdited, DeleteCall, EditCall
from contracts.texts import Part
from workers.projects import domain
from workers.projects.domain import FieldChange
from workers.projects.history import FIRST
from workers.projects.worker import ProjectUnit, worker

TOLD = ("direction", "at", "party", "number", "duration_seconds", "reference", "notes")
"""What is known of a call."""


def told(command: AddCall | EditCall) -> dict[str, Any]:
    """Return what a command says of a call, as columns."""
    return {name: getattr(command, name) for name in TOLD}


@worker.handles(AddCall)
async def add_call(command: AddCall, unit: ProjectUnit) -> CallAdded:
    """Record a call; recording it again is the same call."""
    project = unit.rows.existing(command, unit.grants)
    added = CallAdded(
        project_id=command.project_id, call_id=command.call_id, direction=command.direction, at=command.at
    )
    there = unit.rows.calls.get(command.project_id, command.call_id)
    if there is not None:
        domain.require_same_creation(there, {"created_by": unit.principal, **told(command)}, "call_id")
        unit.leave_unchanged(project["revision"])
        return added
    unit.rows.calls.put(
        {
            "project_id": command.project_id,
            "call_id": command.call_id,
            **told(command),
            "created_by": unit.principal,
            "created_at": unit.now,
            "edited_by": None,
            "edited_at": None,
            "revision": project["revision"] + 1,
            "place": FIRST,
        }
    )
    unit.rows.touch(project, unit, past=[FieldChange("call", command.call_id, None, told(command))])
    return added


@worker.handles(EditCall)
async def edit_call(command: EditCall, unit: ProjectUnit) -> CallEdited:
    """Replace what is known of a call that is still there; what is known already edits nothing."""
    project = unit.rows.existing(command, unit.grants)
    call = unit.rows.part(unit.rows.calls, Part.CALL, command.project_id, command.call_id)
    past = domain.past_of_part("call", command.call_id, call, told(command))
    if past:
        unit.rows.calls.put({**call, **told(command), "edited_by": unit.principal, "edited_at": unit.now})
        unit.rows.touch(project, unit, past=past)
    else:
        unit.leave_unchanged(project["revision"])
    return CallEdited(
        project_id=command.project_id, call_id=command.call_id, direction=command.direction, at=command.at
    )


@worker.handles(DeleteCall)
async def delete_call(command: DeleteCall, unit: ProjectUnit) -> CallDeleted:
    """Delete the record of a call that is still there."""
    project = unit.rows.existing(command, unit.grants)
    call = unit.rows.part(unit.rows.calls, Part.CALL, command.project_id, command.call_id)
    unit.rows.calls.remove(command.project_id, command.call_id)
    old = {name: call[name] for name in TOLD}
    unit.rows.touch(project, unit, past=[FieldChange("call", command.call_id, old, None)])
    return CallDeleted(project_id=command.project_id, call_id=command.call_id)
