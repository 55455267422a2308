"""The commands of the draft list of sequences."""

from typing import Annotated, Any

import typer

from contracts.projects.commands import AddSequences
from contracts.projects.drafts import ClearDraft, DraftSequences, GetDraft, UndraftSequences
from incidents.cli.arguments import TIME, TO_ITS_END, ExpectedRevision, KeptUntil, Project, Yes, revision
from incidents.terminal.input import parts
from incidents.terminal.input.reading import make_message, read_project
from incidents.terminal.input.recordings import read_camera, read_expiry, recorded_span
from incidents.terminal.options import command, group
from incidents.terminal.session import Session
from incidents.terminal.tables import show

app = group("Your draft list of sequences: show, add, remove, clear, attach.")


@command(app, "show", "incidents projects draft show", "incidents projects draft show --json", table=True)
async def show_draft(session: Session) -> None:
    """Show your draft list."""
    async with session.client() as client:
        draft = await client.ask(GetDraft())
    session.show(draft, show.draft(draft.sequences, session.language))


@command(
    app,
    "add",
    "incidents projects draft add --camera cam-4 --start 2025-01-31T14:30+01:00 --end 2025-01-31T14:40+01:00",
    "incidents projects draft add --camera 'cam-4=Gate 4' --camera cam-5 --site harbour --start 2h --end 1h",
    sends=True,
)
async def add(
    session: Session,
    *,
    camera: Annotated[list[str], typer.Option(metavar="ID[=NAME]", help="A camera; repeatable.")],
    start: Annotated[str, typer.Option(metavar="TIME", help=f"Start of the recording: {TIME}")],
    end: Annotated[str, typer.Option(metavar="TIME", help=f"End of the recording: {TO_ITS_END}")],
    site: Annotated[str | None, typer.Option(metavar="SITE", help="The child site that has the cameras.")] = None,
    kept_until: KeptUntil = None,
) -> None:
    """Add one span of time of one or more cameras to your draft list."""
    expiry = read_expiry(session, kept_until)
    optional: dict[str, Any] = {"site": site, "media_expires_at": expiry}
    cameras = [{**read_camera(text), **{name: value for name, value in optional.items() if value}} for text in camera]
    values = {"cameras": cameras, **recorded_span(session, start, end)}
    drafting = make_message(session, DraftSequences, values)
    async with session.client() as client:
        event = await session.send(client, drafting)
    singular, plural = "{count} sequence added to the draft list", "{count} sequences added to the draft list"
    session.show(event, session.count(len(event.sequence_ids), singular, plural))


@command(app, "remove", "incidents projects draft remove 1 3", sends=True)
async def remove(
    session: Session,
    sequences: Annotated[
        list[str], typer.Argument(metavar="SEQUENCE...", help="Numbers as `show` prints them, or ids.")
    ],
) -> None:
    """Remove sequences from your draft list."""
    async with session.client() as client:
        known = (await client.ask(GetDraft())).sequences
        empty = "the draft list is empty"
        ids = [parts.pick(session, known, "sequence_id", text, none=empty).sequence_id for text in sequences]
        event = await session.send(client, make_message(session, UndraftSequences, {"sequence_ids": ids}))
    session.show(event, _removed(session, len(event.sequence_ids)))


def _removed(session: Session, number: int) -> str:
    singular, plural = "{count} sequence removed from the draft list", "{count} sequences removed from the draft list"
    return session.count(number, singular, plural, "the draft list was empty")


@command(app, "clear", "incidents projects draft clear --yes", sends=True)
async def clear(session: Session, yes: Yes = False) -> None:
    """Clear your draft list."""
    if not yes and not session.confirm(session.say("Clear the draft list?")):
        session.tell("Nothing was removed.")
        raise typer.Exit
    async with session.client() as client:
        event = await session.send(client, ClearDraft())
    session.show(event, _removed(session, len(event.sequence_ids)))


@command(app, "attach", "incidents projects draft attach 12", sends=True)
async def attach(session: Session, project: Project, expected_revision: ExpectedRevision = None) -> None:
    """Add your whole draft list to a project; `projects create --from-draft` creates one with it."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        adding = {"project_id": project_id, "from_draft": True, **revision(expected_revision)}
        event = await session.send(client, make_message(session, AddSequences, adding))
    singular, plural = "{count} sequence added to project {project}", "{count} sequences added to project {project}"
    session.show(event, session.count(len(event.sequence_ids), singular, plural, project=project))
