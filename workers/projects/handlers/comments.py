"""Adding, editing and deleting comments."""

from contracts.projects.parts import (
    AddComment,
    CommentAdded,
    CommentDeleted,
    CommentEdited,
    DeleteComment,
    EditComment,
)
from contracts.texts import Part
from workers.projects.domain import FieldChange
from workers.projects.handlers import comments_and_calls
from workers.projects.row_types import CommentRow
from workers.projects.worker import ProjectUnit, worker


@worker.handles(AddComment)
async def add_comment(command: AddComment, unit: ProjectUnit) -> CommentAdded:
    """Add a comment; accept the same comment again."""
    project = unit.rows.require_project(command, unit.grants)
    added = CommentAdded(project_id=command.project_id, comment_id=command.comment_id)
    row: CommentRow = {
        "project_id": command.project_id,
        "comment_id": command.comment_id,
        "text": command.text,
        **comments_and_calls.stamps(project, unit),
    }
    change = FieldChange("comment", command.comment_id, None, command.text)
    comments_and_calls.add(unit.rows.comments, row, change, project, unit)
    return added


@worker.handles(EditComment)
async def edit_comment(command: EditComment, unit: ProjectUnit) -> CommentEdited:
    """Replace the text of an existing comment; an equal text changes nothing."""
    project = unit.rows.require_project(command, unit.grants)
    comment = unit.rows.require_part(unit.rows.comments, Part.COMMENT, command.project_id, command.comment_id)
    change = FieldChange("comment", command.comment_id, comment["text"], command.text)
    edited: CommentRow = {**comment, "text": command.text, "edited_by": unit.principal, "edited_at": unit.now}
    comments_and_calls.edit(unit.rows.comments, edited, [change] if change.old != change.new else [], project, unit)
    return CommentEdited(project_id=command.project_id, comment_id=command.comment_id)


@worker.handles(DeleteComment)
async def delete_comment(command: DeleteComment, unit: ProjectUnit) -> CommentDeleted:
    """Delete an existing comment."""
    project = unit.rows.require_project(command, unit.grants)
    comment = unit.rows.require_part(unit.rows.comments, Part.COMMENT, command.project_id, command.comment_id)
    unit.rows.comments.remove(command.project_id, command.comment_id)
    unit.rows.touch(project, unit, past=[FieldChange("comment", command.comment_id, comment["text"], None)])
    return CommentDeleted(project_id=command.project_id, comment_id=command.comment_id)
