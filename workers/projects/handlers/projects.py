"""Opening, changing and deleting projects."""

from contracts.errors import project_gone
from contracts.projects.commands import (
    CreateProject,
    DeleteProject,
    ProjectCreated,
    ProjectDeleted,
    ProjectUpdated,
    UpdateProject,
)
from workers.projects import creation, domain, recordings
from workers.projects.domain import FieldChange
from workers.projects.handlers.sequences import attach, wanted
from workers.projects.worker import ProjectUnit, worker
from workers.runtime.storage.row_set import Row


@worker.handles(CreateProject)
async def create_project(command: CreateProject, unit: ProjectUnit) -> ProjectCreated:
    """Open a project without a status; opening it again is the same opening."""
    rows, project_id = unit.rows, command.project_id
    number, drawn_at = next(rows.numbers)
    there = rows.projects.get(project_id)
    if there is not None:
        return _opened_before(command, unit, there)
    if tombstone := rows.tombstones.get(project_id):
        raise project_gone(tombstone, command.part)
    domain.require_defined({"type_id": command.type_id}, rows.references, rows.enabled)
    sequences = await wanted(command, unit) if command.sequences or command.from_draft else []
    unit.now = max(unit.now, drawn_at)
    project = creation.new_project(command, number, unit.principal, unit.now)
    rows.projects.put(project)
    unit.revision = 1
    drafted = [FieldChange(domain.OPENING, None, None, {"from_draft": True})] if command.from_draft else []
    rows.history.add(project_id, 1, unit, [*drafted, *attach(sequences, project, 1, unit)])
    sequence_ids = [one["sequence_id"] for one in sequences]
    return ProjectCreated(project_id=project_id, number=number, type_id=command.type_id, sequence_ids=sequence_ids)


def _opened_before(command: CreateProject, unit: ProjectUnit, there: Row) -> ProjectCreated:
    first = creation.first_state(there, unit.rows.history.creation_of(command.project_id))
    creation.require_same_request(
        first, creation.creation_of(command, unit.principal, recordings.named(command.sequences))
    )
    unit.leave_unchanged(there["revision"])
    return ProjectCreated(
        project_id=command.project_id,
        number=there["number"],
        type_id=first["type_id"],
        sequence_ids=list(first["sequences"]),
    )


@worker.handles(UpdateProject)
async def update_project(command: UpdateProject, unit: ProjectUnit) -> ProjectUpdated:
    """Change the fields that are named; two updates of different fields both stand, and what is so already is none."""
    project = unit.rows.existing(command, unit.grants)
    changes = domain.wanted_changes(command)
    domain.require_defined(changes, unit.rows.references, unit.rows.enabled)
    domain.require_order(project, changes)
    changed = domain.changed_fields(project, changes)
    if changed:
        unit.rows.touch(project, unit, changes)
    else:
        unit.leave_unchanged(project["revision"])
    return ProjectUpdated(project_id=command.project_id, changed=changed)


@worker.handles(DeleteProject)
async def delete_project(command: DeleteProject, unit: ProjectUnit) -> ProjectDeleted:
    """Delete a project with all it holds, unless it is under hold; the tombstone says when and by whom."""
    project = unit.rows.existing(command, unit.grants)
    domain.require_no_hold(unit.rows.holds.get(command.project_id), unit.grants)
    unit.rows.delete(project, by=unit.principal, at=unit.now, expired=False)
    unit.revision = project["revision"] + 1
    return ProjectDeleted(project_id=command.project_id, number=project["number"])
