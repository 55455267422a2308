"""Comments: added, rewritten, deleted (PRJ-17, B3)."""

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import DeleteProject
from contracts.projects.parts import AddComment, DeleteComment, EditComment
from tests.projects.helpers import Operator


async def test_a_comment_is_added_rewritten_and_deleted(operator: Operator) -> None:
    """A comment keeps who wrote it and when, then who rewrote it, and is gone when it is deleted (PRJ-17)."""
    comment_id, project_id = uuid7(), operator.project_id
    await operator.send(AddComment(project_id=project_id, comment_id=comment_id, text="Bag seen."))
    await operator.send(EditComment(project_id=project_id, comment_id=comment_id, text="Bag removed."))
    (comment,) = (await operator.project()).comments or []
    assert comment.text == "Bag removed."
    assert comment.created_by == "admin"
    assert comment.edited_by == "admin"
    await operator.send(DeleteComment(project_id=project_id, comment_id=comment_id))
    assert (await operator.project()).comments == []


async def test_a_deleted_comment_cannot_be_saved(operator: Operator) -> None:
    """Rewriting or deleting a comment that somebody deleted is refused in the words of MSG-07."""
    for command in (
        EditComment(project_id=operator.project_id, comment_id=uuid7(), text="Late."),
        DeleteComment(project_id=operator.project_id, comment_id=uuid7()),
    ):
        refused = await operator.refusal(command)
        assert refused.error.code is Code.GONE
        assert refused.error.message == "Unable to save the comment. Try again later."


async def test_a_comment_on_a_deleted_project_is_refused(operator: Operator) -> None:
    """Adding to a deleted project is refused with when and by whom it was deleted (MSG-07, PRJ-23)."""
    await operator.send(DeleteProject(project_id=operator.project_id))
    refused = await operator.refusal(AddComment(project_id=operator.project_id, comment_id=uuid7(), text="Late."))
    assert refused.error.code == Code.GONE
    assert refused.error.details["deleted_by"] == "admin"


async def test_the_same_comment_again_is_the_same_comment(operator: Operator) -> None:
    """Adding a comment again under its own id changes nothing; another text under that id is refused."""
    first = AddComment(project_id=operator.project_id, comment_id=uuid7(), text="Bag seen.")
    await operator.send(first)
    await operator.send(first)
    refused = await operator.refusal(first.model_copy(update={"text": "Bag kept."}))
    project = await operator.project()
    assert refused.error.code == Code.CONFLICT
    assert project.revision == 2
    assert len(project.comments or []) == 1
