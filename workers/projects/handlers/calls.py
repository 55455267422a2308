"""Recording calls made and received."""

from contracts.projects.parts import AddCall, CallAdded, CallDeleted, CallEdited, DeleteCall, EditCall
from contracts.texts import Part
from workers.projects import domain
from workers.projects.domain import FieldChange
from workers.projects.history import FIRST
from workers.projects.row_types import CallColumns
from workers.projects.worker import ProjectUnit, worker


def columns_of(command: AddCall | EditCall) -> CallColumns:
    """Return what a command says of a call, as columns."""
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
    """Record a call; recording it again is the same call."""
    project = unit.rows.existing(command, unit.grants)
    added = CallAdded(
        project_id=command.project_id, call_id=command.call_id, direction=command.direction, at=command.at
    )
    existing = unit.rows.calls.get(command.project_id, command.call_id)
    if existing is not None:
        domain.require_same_creation(existing, {"created_by": unit.principal, **columns_of(command)}, "call_id")
        unit.leave_unchanged(project["revision"])
        return added
    unit.rows.calls.put(
        {
            "project_id": command.project_id,
            "call_id": command.call_id,
            **columns_of(command),
            "created_by": unit.principal,
            "created_at": unit.now,
            "edited_by": None,
            "edited_at": None,
            "revision": project["revision"] + 1,
            "place": FIRST,
        }
    )
    unit.rows.touch(project, unit, past=[FieldChange("call", command.call_id, None, columns_of(command))])
    return added


@worker.handles(EditCall)
async def edit_call(command: EditCall, unit: ProjectUnit) -> CallEdited:
    """Replace what is known of a call that is still there; what is known already edits nothing."""
    project = unit.rows.existing(command, unit.grants)
    call = unit.rows.part(unit.rows.calls, Part.CALL, command.project_id, command.call_id)
    past = domain.past_of_part("call", command.call_id, call, columns_of(command))
    if past:
        unit.rows.calls.put({**call, **columns_of(command), "edited_by": unit.principal, "edited_at": unit.now})
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
