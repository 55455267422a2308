"""The commands of a project's sequences."""

from typing import Annotated, Any, Final

import typer

from contracts.message import Command
from contracts.projects.commands import AddSequences, RemoveAllSequences, RemoveSequences
from contracts.projects.queries import AttachedSequence
from incidents.cli.arguments import TIME, TO_ITS_END, ExpectedRevision, KeptUntil, Project, Yes, revision
from incidents.terminal.input import parts
from incidents.terminal.input.reading import make_message, read_project
from incidents.terminal.input.recordings import recorded_span, spans
from incidents.terminal.options import command
from incidents.terminal.session import Session, UsageError
from incidents.terminal.text.words import list_names

_HELP: Final = "Their numbers as `projects show` prints them, `last`, or their ids."


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
    start: Annotated[str, typer.Option(metavar="TIME", help=f"Start of the recording: {TIME}")],
    end: Annotated[str, typer.Option(metavar="TIME", help=f"End of the recording: {TO_ITS_END}")],
    site: Annotated[str | None, typer.Option(metavar="SITE", help="The child site that has the cameras.")] = None,
    kept_until: KeptUntil = None,
    expected_revision: ExpectedRevision = None,
) -> None:
    """Attach one span of time of one or more cameras to a project."""
    attached = spans(session, camera, recorded_span(session, start, end), site=site, kept_until=kept_until)
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        adding = {"project_id": project_id, "sequences": attached, **revision(expected_revision)}
        event = await session.send(client, make_message(session, AddSequences, adding))
    singular, plural = "{count} sequence added to project {project}", "{count} sequences added to project {project}"
    session.show(event, session.count(len(event.sequence_ids), singular, plural, project=project))


async def delete_sequence(
    session: Session,
    project: Project,
    sequences: Annotated[list[str] | None, typer.Argument(metavar="SEQUENCE...", help=_HELP)] = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="All sequences of the project.")] = False,
    yes: Yes = False,
    expected_revision: ExpectedRevision = None,
) -> None:
    """Detach sequences from a project; the recordings stay where they are."""
    expected = revision(expected_revision)
    if sequences and all_:
        raise UsageError(session.say("name single ones, or all of them with --all, but not both"))
    if not (sequences or all_):
        example = f"incidents projects delete-sequence {project} 1"
        raise UsageError(session.say("say which ones, as in: {example}; or all of them: --all", example=example))
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        common = {"project_id": project_id, **expected}
        question = session.say("Detach all sequences from project {project}?", project=project)
        removal: Command[Any] = make_message(session, RemoveAllSequences, common)
        if not all_:
            known: list[AttachedSequence] = await parts.parts_of(session, client, project_id, "sequences")
            picked = [parts.pick(session, known, "sequence_id", text) for text in sequences or ()]
            cameras = list_names(session.language, dict.fromkeys(each.camera_name or each.camera_id for each in picked))
            question = session.say(
                "Detach the recordings of {cameras} from project {project}?", cameras=cameras, project=project
            )
            ids = [each.sequence_id for each in picked]
            removal = make_message(session, RemoveSequences, {**common, "sequence_ids": ids})
        if not yes and not session.confirm(question):
            session.tell("Nothing was deleted.")
            raise typer.Exit
        event = await session.send(client, removal)
    singular, plural = (
        "{count} sequence detached from project {project}",
        "{count} sequences detached from project {project}",
    )
    none = "project {project} has no sequences"
    session.show(event, session.count(len(event.sequence_ids), singular, plural, none, project=project))
