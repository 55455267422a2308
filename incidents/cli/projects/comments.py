"""The commands of a project's comments."""

from typing import Annotated

import typer

from contracts.projects.parts import AddComment, DeleteComment, EditComment
from incidents.cli.arguments import ExpectedRevision, Project, Yes, revision
from incidents.terminal.input import parts
from incidents.terminal.input.reading import make_message, read_project
from incidents.terminal.options import command
from incidents.terminal.session import Session

Number = Annotated[str, typer.Argument(metavar="COMMENT", help=parts.HELP)]


def register(app: typer.Typer) -> None:
    """Add `comment`, `edit-comment` and `delete-comment`."""
    command(app, "comment", "incidents projects comment 12 'The ladder was broken.'", sends=True)(comment)
    command(app, "edit-comment", "incidents projects edit-comment 12 2 'The ladder was not broken.'", sends=True)(
        edit_comment
    )
    command(app, "delete-comment", "incidents projects delete-comment 12 last --yes", sends=True)(delete_comment)


async def comment(
    session: Session, project: Project, text: Annotated[str, typer.Argument(metavar="TEXT", help="Its text.")]
) -> None:
    """Add a comment to a project."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        adding = {"project_id": project_id, "comment_id": session.id_of(), "text": text}
        event = await session.send(client, make_message(session, AddComment, adding))
    session.show(event, session.say("Comment added: {comment_id}", comment_id=event.comment_id))


async def edit_comment(
    session: Session,
    project: Project,
    number: Number,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Its new text.")],
    expected_revision: ExpectedRevision = None,
) -> None:
    """Replace the text of a comment; `projects history` keeps the old one."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        comment_ = await parts.part_of(session, client, project_id, "comments", number)
        editing = {"project_id": project_id, "comment_id": comment_.comment_id, "text": text}
        edit = make_message(session, EditComment, {**editing, **revision(expected_revision)})
        event = await session.send(client, edit)
    changed = session.say("Comment changed; its text was: {text}", text=comment_.text)
    unchanged = session.say("Nothing was changed: the comment had this text already.")
    session.show(event, unchanged if edit.text == comment_.text else changed)


async def delete_comment(
    session: Session, project: Project, number: Number, yes: Yes = False, expected_revision: ExpectedRevision = None
) -> None:
    """Delete a comment; `projects history` keeps its text."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        comment_ = await parts.part_of(session, client, project_id, "comments", number)
        if not yes and not session.confirm(session.say("Delete the comment '{text}'?", text=comment_.text)):
            session.tell("Nothing was deleted.")
            raise typer.Exit
        deleting = {"project_id": project_id, "comment_id": comment_.comment_id, **revision(expected_revision)}
        event = await session.send(client, make_message(session, DeleteComment, deleting))
    session.show(event, session.say("Comment deleted; its text was: {text}", text=comment_.text))
