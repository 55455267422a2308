"""The draft list of sequences: show, add, remove, clear, attach."""

from typing import Annotated, Any, Final
from uuid import UUID

import typer

from client.cli.projects import Project
from client.terminal import show
from client.terminal.options import command, group
from client.terminal.reading import fitting, read_project, read_time
from client.terminal.session import Session
from contracts.drafts import ClearDraft, DraftSequences, GetDraft, UndraftSequences
from contracts.projects import AddSequences

app = group("Your draft list of sequences: show, add, remove, clear, attach.")

_TIME: Final = "RFC 3339, a date, or how long ago: 7d, 12h."


@command(app, "show", "incidents projects draft show", "incidents projects draft show --json")
async def show_draft(session: Session) -> None:
    """Show what is on your draft list."""
    async with session.client() as client:
        draft = await client.ask(GetDraft())
    session.show(draft, show.draft(draft.sequences, session.language))


@command(
    app,
    "add",
    "incidents projects draft add --camera cam-4 --start 2025-01-31T14:30+01:00 --end 2025-01-31T14:40+01:00",
    "incidents projects draft add --camera 'cam-4=Gate 4' --camera cam-5 --site harbour --start 2h --end 1h",
)
async def add(
    session: Session,
    *,
    camera: Annotated[list[str], typer.Option(metavar="ID[=NAME]", help="A camera; repeatable.")],
    start: Annotated[str, typer.Option(metavar="TIME", help=f"Where the recording begins: {_TIME}")],
    end: Annotated[str, typer.Option(metavar="TIME", help=f"Where it ends: {_TIME}")],
    site: Annotated[str | None, typer.Option(metavar="SITE", help="The child site that has the cameras.")] = None,
    kept_until: Annotated[str | None, typer.Option(metavar="TIME", help="Until when the recording is kept.")] = None,
) -> None:
    """Put one span of time of one or many cameras on your draft list."""
    beside: dict[str, Any] = {"site": site, "media_expires_at": read_time(session, kept_until)}
    cameras = [{**_camera(text), **{name: value for name, value in beside.items() if value}} for text in camera]
    wanted = {"cameras": cameras, "start": read_time(session, start), "end": read_time(session, end)}
    drafting = fitting(session, DraftSequences, wanted)
    async with session.client() as client:
        event = await client.send(drafting)
    words = "{number} sequences put on the draft list"
    session.show(event, session.say(words, number=len(event.sequence_ids)))


@command(app, "remove", "incidents projects draft remove 0190…")
async def remove(
    session: Session, sequences: Annotated[list[UUID], typer.Argument(metavar="ID...", help="As `show` tells them.")]
) -> None:
    """Take sequences from your draft list."""
    async with session.client() as client:
        event = await client.send(fitting(session, UndraftSequences, {"sequence_ids": sequences}))
    words = "{number} sequences taken from the draft list"
    session.show(event, session.say(words, number=len(event.sequence_ids)))


@command(app, "clear", "incidents projects draft clear --yes")
async def clear(session: Session, yes: Annotated[bool, typer.Option("--yes", help="Do not ask back.")] = False) -> None:
    """Take everything from your draft list."""
    if not yes and not session.confirm(session.say("Take everything from the draft list?")):
        session.tell("Nothing was taken from it.")
        raise typer.Exit
    async with session.client() as client:
        event = await client.send(ClearDraft())
    words = "{number} sequences taken from the draft list"
    session.show(event, session.say(words, number=len(event.sequence_ids)))


@command(app, "attach", "incidents projects draft attach 12")
async def attach(
    session: Session,
    project: Project,
    expected_revision: Annotated[int | None, typer.Option(metavar="N", help="Refuse if somebody was faster.")] = None,
) -> None:
    """Give a project all that is on your draft list; `projects create --from-draft` opens one with it."""
    given = {} if expected_revision is None else {"expected_revision": expected_revision}
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        adding = fitting(session, AddSequences, {**given, "project_id": project_id, "from_draft": True})
        event = await client.send(adding)
    words = "{number} sequences added to project {project}"
    session.show(event, session.say(words, number=len(event.sequence_ids), project=project))


def _camera(text: str) -> dict[str, str]:
    """Read a camera's id and, behind `=`, its name; without one it is called by its id."""
    camera_id, _, name = text.partition("=")
    return {"camera_id": camera_id.strip(), "camera_name": name.strip() or camera_id.strip()}
