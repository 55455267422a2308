"""Creating, changing and deleting projects."""

from datetime import timedelta

from contracts.errors import Code, Refusal, project_gone
from contracts.projects.commands import (
    CreateProject,
    DeleteProject,
    ProjectCreated,
    ProjectDeleted,
    ProjectUpdated,
    UpdateProject,
)
from workers.projects import domain
from workers.projects.domain import FieldChange
from workers.projects.handlers.attached_recordings import attach, requested_recordings
from workers.projects.row_types import ProjectRow
from workers.projects.rules import camera_recording_rules, creation_rules, tombstones
from workers.projects.worker import ProjectUnit, worker


@worker.handles(CreateProject)
async def create_project(command: CreateProject, unit: ProjectUnit) -> ProjectCreated:
    """Create a project without a status; accept the same creation again."""
    rows, project_id = unit.rows, command.project_id
    number, drawn_at = next(rows.numbers)
    project = rows.present(project_id)
    if project is not None:
        return _created_before(command, unit, project)
    if tombstone := rows.tombstones.get(project_id):
        raise project_gone(tombstone, command.part)
    domain.require_defined({"type_id": command.type_id}, rows.references, rows.enabled)
    sequences = await requested_recordings(command, unit) if command.sequences or command.from_draft else []
    unit.now = max(unit.now, drawn_at)
    project = creation_rules.new_project(command, number, unit.principal, unit.now)
    rows.projects.put(project)
    unit.revision = 1
    drafted = [FieldChange(domain.CREATION, None, None, {"from_draft": True})] if command.from_draft else []
    rows.history.add(project_id, 1, unit, [*drafted, *attach(sequences, project, 1, unit)])
    sequence_ids = [sequence["sequence_id"] for sequence in sequences]
    return ProjectCreated(project_id=project_id, number=number, type_id=command.type_id, sequence_ids=sequence_ids)


def _created_before(command: CreateProject, unit: ProjectUnit, project: ProjectRow) -> ProjectCreated:
    first = creation_rules.first_state(project, unit.rows.history.creation_of(command.project_id))
    creation_rules.require_same_request(
        first,
        creation_rules.creation_of(command, unit.principal, camera_recording_rules.recordings_by_id(command.sequences)),
    )
    unit.leave_unchanged(project["revision"])
    return ProjectCreated(
        project_id=command.project_id,
        number=project["number"],
        type_id=first["type_id"],
        sequence_ids=list(first["sequences"]),
    )


@worker.handles(UpdateProject)
async def update_project(command: UpdateProject, unit: ProjectUnit) -> ProjectUpdated:
    """Change the named fields; updates of different fields are both kept, and equal values change nothing."""
    project = unit.rows.require_project(command, unit.grants)
    changes = domain.requested_changes(command)
    domain.require_defined(changes, unit.rows.references, unit.rows.enabled)
    domain.require_order(project, changes)
    changed = domain.changed_fields(project, changes)
    unit.rows.touch(project, unit, changes)
    return ProjectUpdated(project_id=command.project_id, changed=changed)


@worker.handles(DeleteProject)
async def delete_project(command: DeleteProject, unit: ProjectUnit) -> ProjectDeleted:
    """Delete a project with its parts, unless it is under hold; a tombstone keeps when and by whom.

    Where the site has an undo window, the project is set aside until the window ends.
    """
    project = unit.rows.require_project(command, unit.grants)
    domain.require_no_hold(unit.rows.holds.get(command.project_id), unit.grants)
    rules = unit.rows.deletion_rules
    if command.reason is None and rules["deletion_reason_required"]:
        raise Refusal(Code.INVALID, fields=[{"field": "reason", "kind": "reason_required"}])
    until = unit.now + timedelta(days=rules["undo_days"]) if rules["undo_days"] else None
    if until:
        unit.rows.set_aside(
            project, {**tombstones.tombstone_of(project, unit.principal, unit.now), "erase_after": until}
        )
    else:
        unit.rows.delete(project, by=unit.principal, at=unit.now)
    unit.revision = project["revision"] + 1
    return ProjectDeleted(
        project_id=command.project_id, number=project["number"], reason=command.reason, restorable_until=until
    )
