"""The commands that show, create, update and delete projects."""

from typing import Annotated, Any, Final
from uuid import UUID

import typer

from contracts.projects.commands import CreateProject, DeleteProject, UpdateProject
from contracts.projects.queries import GetProject
from incidents.cli.arguments import (
    TIME,
    TO_ITS_END,
    AccessReason,
    Cameras,
    CategoryValues,
    Cleared,
    ExpectedRevision,
    Project,
    Reference,
    StatusName,
    TypeName,
    Words,
    Yes,
    access,
    require_change,
    revision,
)
from incidents.cli.listing import names
from incidents.cli.projects.changes import changes_of, require_filled, tell_expiry
from incidents.terminal.input.naming import Naming
from incidents.terminal.input.reading import make_message, read_project
from incidents.terminal.input.recordings import recorded_span, spans
from incidents.terminal.options import command, group
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of

HELP: Final = "Incident projects with all their content: list, show, create, update, delete."
app = group(HELP)


Fields = Annotated[
    Words, typer.Option(metavar="FIELD=VALUE", help="A data field, by its name or as integer_1=3; repeatable.")
]


@command(
    app,
    "show",
    "incidents projects show 12",
    "incidents projects show 0190… --json",
    "incidents projects show 12 --access-reason 'The court asks for it.'",
    table=True,
)
async def show_project(session: Session, project: Project, *, access_reason: AccessReason = None) -> None:
    """Show a project with all its content; the reading is recorded."""
    async with session.client() as client:
        project_id = await read_project(session, client, project, gone_too=bool(access_reason))
        fields = {"project_id": project_id, **access(access_reason)}
        details = await client.ask(make_message(session, GetProject, fields))
        known = await names(client)
    sheet = show.whole_project(details, known, session.language) if session.csv else None
    session.show(details, *show.project(details, known, session.language), sheet=sheet)


@command(
    app,
    "create",
    "incidents projects create --type Theft --description 'A bag was taken at gate 4' --start 2h",
    "incidents projects create --description Fire --camera cam-4 --camera 'cam-5=Gate 5' --start 2h --end 1h",
    "incidents projects create --description 'Fell from the ladder' --from-draft",
    sends=True,
)
async def create(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    *,
    type_: TypeName = None,
    reference: Reference = None,
    description: Annotated[str, typer.Option(metavar="TEXT", help="What happened.")] = "",
    start: Annotated[str | None, typer.Option(metavar="TIME", help=f"When it began: {TIME}")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help=f"When it ended: {TO_ITS_END}")] = None,
    camera: Cameras = None,
    from_draft: Annotated[bool, typer.Option("--from-draft", help="Add your whole draft list.")] = False,
) -> None:
    """Create a project, with the cameras' recordings from start to end; set its status later with `update`."""
    values: dict[str, Any] = {"project_id": session.id_of(), "description": description}
    values |= {"reference": reference} if reference is not None else {}
    span = recorded_span(session, start, end, correcting=session.say("incidents projects update NUMBER"))
    values |= {f"{edge}_time": time for edge, time in span.items() if time is not None}
    values |= {"from_draft": True} if from_draft else {}
    values |= {"sequences": spans(session, camera, span)} if camera else {}
    make_message(session, CreateProject, values)
    async with session.client() as client:
        values |= {"type_id": await Naming(session, client).type(type_)} if type_ is not None else {}
        event = await session.send(client, make_message(session, CreateProject, values))
    words = "Project {number} created: {project_id}"
    session.show(event, session.say(words, number=event.number, project_id=event.project_id))
    if from_draft:
        singular, plural = "{count} sequence added to project {project}", "{count} sequences added to project {project}"
        none = (
            "The draft list was empty: no sequence was added. "
            "To add some later: incidents projects sequence {project} --camera ID --start TIME --end TIME"
        )
        session.tell_line(session.count(len(event.sequence_ids), singular, plural, none, project=event.number))


@command(
    app,
    "update",
    "incidents projects update 12 --status Closed --category Reason=Other --field 'Number of injured people=2'",
    "incidents projects update 12 --clear end_time --clear Reason --expected-revision 5",
    sends=True,
)
async def update(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    project: Project,
    *,
    type_: TypeName = None,
    status: StatusName = None,
    reference: Reference = None,
    description: Annotated[str | None, typer.Option(metavar="TEXT", help="What happened.")] = None,
    start: Annotated[str | None, typer.Option(metavar="TIME", help=f"When it began: {TIME}")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help=f"When it ended: {TO_ITS_END}")] = None,
    category: CategoryValues = None,
    field: Fields = None,
    clear: Cleared = None,
    expected_revision: ExpectedRevision = None,
) -> None:
    """Change main details, categories and data fields; other fields stay unchanged."""
    example = f"incidents projects update {project} --status {name_of(session.language, 'example', 'Closed')}"
    require_change(session, example, type_, status, reference, description, start, end, category, field, clear)
    for name, text in {"type": type_, "status": status, "start": start, "end": end}.items():
        require_filled(session, f"--{name}", text, name)
    span = recorded_span(session, start, end, correcting=f"incidents projects update {project}")
    times = {f"{edge}_time": time for edge, time in span.items()}
    main = {"reference": reference, "description": description, **times}
    changes: dict[str, Any] = {name: value for name, value in main.items() if value is not None}
    changes |= revision(expected_revision)
    async with session.client() as client:
        known = await names(client)
        session.labels.update(known.by_field)
        naming = Naming(session, client)
        changes |= {"type_id": await naming.type(type_)} if type_ is not None else {}
        changes |= {"status_id": await naming.status(status)} if status is not None else {}
        changes |= await changes_of(session, naming, changes, category, field, clear)
        project_id = await read_project(session, client, project)
        event = await session.send(client, make_message(session, UpdateProject, {**changes, "project_id": project_id}))
        await tell_expiry(session, client, event)
    labels = ", ".join(show.field_label(name, known, session.language) for name in event.changed)
    unchanged = session.say("Nothing was changed: the project had these values already.")
    session.show(event, session.say("Project updated: {fields}", fields=labels) if labels else unchanged)


@command(
    app,
    "delete",
    "incidents projects delete 12 --yes",
    "incidents projects delete 12 --reason 'Created twice.' --yes",
    sends=True,
)
async def delete(
    session: Session,
    project: Project,
    *,
    reason: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Why. It stays in the activity when the project is gone: name nobody."),
    ] = None,
    yes: Yes = False,
    expected_revision: ExpectedRevision = None,
) -> None:
    """Delete a project with all its content. A site may require the reason."""
    expected: dict[str, Any] = revision(expected_revision) | ({} if reason is None else {"reason": reason})
    make_message(session, DeleteProject, {**expected, "project_id": UUID(int=0)})
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        question = session.say("Delete project {project} with all its content?", project=project)
        if not yes and not session.confirm(question):
            session.tell("Nothing was deleted.")
            raise typer.Exit
        event = await session.send(client, make_message(session, DeleteProject, {**expected, "project_id": project_id}))
    until = event.restorable_until
    restorable = "Project {number} deleted. Until {time}, `incidents retention restore {number}` brings it back."
    done = session.say(restorable, number=event.number, time=show.local(until, session.language)) if until else ""
    session.show(event, done or session.say("Project {number} deleted", number=event.number))
