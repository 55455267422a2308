"""The sequences of a project: attached by camera and time, detached by their numbers."""

from typing import Annotated

import typer

from contracts.projects.commands import AddSequences, RemoveAllSequences, RemoveSequences
from incidents.cli.arguments import TIME, ExpectedRevision, Project, Yes, revision
from incidents.terminal.input import parts
from incidents.terminal.input.reading import fitting, read_project
from incidents.terminal.input.recordings import spans
from incidents.terminal.options import command
from incidents.terminal.session import Session


def register(app: typer.Typer) -> None:
    """Add `sequence` and `delete-sequence`."""
    command(
        app,
        "sequence",
        "incidents projects sequence 12 --camera 'cam-4=Gate 4' --camera cam-5 --start 2h --end 1h",
        sends=True,
    )(sequence)
    command(
        app,
        "delete-sequence",
        "incidents projects delete-sequence 12 1 3",
        "incidents projects delete-sequence 12 --all --yes",
        sends=True,
    )(delete_sequence)


async def sequence(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    project: Project,
    *,
    camera: Annotated[list[str], typer.Option(metavar="ID[=NAME]", help="A camera; repeatable.")],
    start: Annotated[str, typer.Option(metavar="TIME", help=f"Where the recording begins: {TIME}")],
    end: Annotated[str, typer.Option(metavar="TIME", help=f"Where it ends: {TIME}")],
    site: Annotated[str | None, typer.Option(metavar="SITE", help="The child site that has the cameras.")] = None,
    kept_until: Annotated[str | None, typer.Option(metavar="TIME", help="Until when the recording is kept.")] = None,
    expected_revision: ExpectedRevision = None,
) -> None:
    """Attach one span of time of one or many cameras to a project."""
    attached = spans(session, camera, start, end, site=site, kept_until=kept_until)
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        adding = {"project_id": project_id, "sequences": attached, **revision(expected_revision)}
        event = await session.send(client, fitting(session, AddSequences, adding))
    one, many = "{count} sequence added to project {project}", "{count} sequences added to project {project}"
    session.show(event, session.count(len(event.sequence_ids), one, many, project=project))


async def delete_sequence(
    session: Session,
    project: Project,
    sequences: Annotated[list[str] | None, typer.Argument(metavar="SEQUENCE...", help=parts.HELP)] = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    yes: Yes = False,
    expected_revision: ExpectedRevision = None,
) -> None:
    """Detach sequences from a project; the recordings stay where they are."""
    given = revision(expected_revision)
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        about = {"project_id": project_id, **given}
        if all_:
            question = session.say("Detach all sequences from project {project}?", project=project)
            if not yes and not session.confirm(question):
                session.tell("Nothing was deleted.")
                raise typer.Exit
            event = await session.send(client, fitting(session, RemoveAllSequences, about))
        else:
            known = await parts.parts_of(session, client, project_id, "sequences")
            ids = [parts.pick(session, known, "sequence_id", one).sequence_id for one in sequences or ()]
            event = await session.send(client, fitting(session, RemoveSequences, {**about, "sequence_ids": ids}))
    one, many = "{count} sequence detached from project {project}", "{count} sequences detached from project {project}"
    session.show(event, session.count(len(event.sequence_ids), one, many, project=project))
