"""Adding, rewriting and deleting comments."""

from contracts.projects.parts import (
    AddComment,
    CommentAdded,
    CommentDeleted,
    CommentEdited,
    DeleteComment,
    EditComment,
)
from contracts.texts import Part
from workers.projects import domain
from workers.projects.domain import FieldChange
from workers.projects.history import FIRST
from workers.projects.worker import ProjectUnit, worker


@worker.handles(AddComment)
async def add_comment(command: AddComment, unit: ProjectUnit) -> CommentAdded:
    """Add what the operator wrote; adding it again is the same comment."""
    project = unit.rows.existing(command, unit.grants)
    added = CommentAdded(project_id=command.project_id, comment_id=command.comment_id)
    existing = unit.rows.comments.get(command.project_id, command.comment_id)
    if existing is not None:
        domain.require_same_creation(existing, {"created_by": unit.principal, "text": command.text}, "comment_id")
        unit.leave_unchanged(project["revision"])
        return added
    unit.rows.comments.put(
        {
            "project_id": command.project_id,
            "comment_id": command.comment_id,
            "text": command.text,
            "created_by": unit.principal,
            "created_at": unit.now,
            "edited_by": None,
            "edited_at": None,
            "revision": project["revision"] + 1,
            "place": FIRST,
        }
    )
    unit.rows.touch(project, unit, past=[FieldChange("comment", command.comment_id, None, command.text)])
    return added


@worker.handles(EditComment)
async def edit_comment(command: EditComment, unit: ProjectUnit) -> CommentEdited:
    """Replace the text of a comment that is still there; the same text edits nothing."""
    project = unit.rows.existing(command, unit.grants)
    comment = unit.rows.part(unit.rows.comments, Part.COMMENT, command.project_id, command.comment_id)
    if comment["text"] == command.text:
        unit.leave_unchanged(project["revision"])
    else:
        unit.rows.comments.put({**comment, "text": command.text, "edited_by": unit.principal, "edited_at": unit.now})
        past = [FieldChange("comment", command.comment_id, comment["text"], command.text)]
        unit.rows.touch(project, unit, past=past)
    return CommentEdited(project_id=command.project_id, comment_id=command.comment_id)


@worker.handles(DeleteComment)
async def delete_comment(command: DeleteComment, unit: ProjectUnit) -> CommentDeleted:
    """Delete a comment that is still there."""
    project = unit.rows.existing(command, unit.grants)
    comment = unit.rows.part(unit.rows.comments, Part.COMMENT, command.project_id, command.comment_id)
    unit.rows.comments.remove(command.project_id, command.comment_id)
    unit.rows.touch(project, unit, past=[FieldChange("comment", command.comment_id, comment["text"], None)])
    return CommentDeleted(project_id=command.project_id, comment_id=command.comment_id)
