"""Recording, editing and deleting calls."""

from contracts.projects.parts import AddCall, CallAdded, CallDeleted, CallEdited, DeleteCall, EditCall
from contracts.texts import Part
from workers.projects import domain
from workers.projects.domain import FieldChange
from workers.projects.handlers import comments_and_calls
from workers.projects.row_types import CallColumns, CallRow
from workers.projects.worker import ProjectUnit, worker


def columns_of(command: AddCall | EditCall) -> CallColumns:
    """Return the columns of a call that a command gives."""
    return {
        "direction": command.direction,
        "at": command.at,
        "party": command.party,
        "number": command.number,
        "duration_seconds": command.duration_seconds,
        "reference": command.reference,
        "notes": command.notes,
    }


@worker.handles(AddCall)
async def add_call(command: AddCall, unit: ProjectUnit) -> CallAdded:
    """Record a call; accept the same call again."""
    project = unit.rows.require_project(command, unit.grants)
    added = CallAdded(
        project_id=command.project_id, call_id=command.call_id, direction=command.direction, at=command.at
    )
    columns = columns_of(command)
    row: CallRow = {
        "project_id": command.project_id,
        "call_id": command.call_id,
        **columns,
        **comments_and_calls.stamps(project, unit),
    }
    comments_and_calls.add(unit.rows.calls, row, FieldChange("call", command.call_id, None, columns), project, unit)
    return added


@worker.handles(EditCall)
async def edit_call(command: EditCall, unit: ProjectUnit) -> CallEdited:
    """Replace the columns of an existing call; equal columns change nothing."""
    project = unit.rows.require_project(command, unit.grants)
    call = unit.rows.require_part(unit.rows.calls, Part.CALL, command.project_id, command.call_id)
    past = domain.part_changes("call", command.call_id, call, columns_of(command))
    edited: CallRow = {**call, **columns_of(command), "edited_by": unit.principal, "edited_at": unit.now}
    comments_and_calls.edit(unit.rows.calls, edited, past, project, unit)
    return CallEdited(
        project_id=command.project_id, call_id=command.call_id, direction=command.direction, at=command.at
    )


@worker.handles(DeleteCall)
async def delete_call(command: DeleteCall, unit: ProjectUnit) -> CallDeleted:
    """Delete an existing call."""
    project = unit.rows.require_project(command, unit.grants)
    call = unit.rows.require_part(unit.rows.calls, Part.CALL, command.project_id, command.call_id)
    unit.rows.calls.remove(command.project_id, command.call_id)
    old: CallColumns = {
        "direction": call["direction"],
        "at": call["at"],
        "party": call["party"],
        "number": call["number"],
        "duration_seconds": call["duration_seconds"],
        "reference": call["reference"],
        "notes": call["notes"],
    }
    unit.rows.touch(project, unit, past=[FieldChange("call", command.call_id, old, None)])
    return CallDeleted(project_id=command.project_id, call_id=command.call_id)
