"""Projects: list, show, create, update, comment, delete."""

from typing import Annotated, Any, Final

import typer

from client.cli import following
from client.cli.listing import Listing, names, shown
from client.terminal import show
from client.terminal.options import command, group
from client.terminal.reading import fitting, read_pair, read_project, read_time
from client.terminal.session import Session
from contracts.ids import uuid7
from contracts.project_parts import AddComment
from contracts.project_queries import GetProject, ListProjects
from contracts.projects import CreateProject, DeleteProject, IncidentData, UpdateProject

HELP: Final = "Incident projects: list, show, create, update, comment, delete, export, history, draft."
app = group(HELP)

_TIME: Final = "RFC 3339, a date, or how long ago: 7d, 12h."
_SORT: Final = (
    "created_at, number, type_id, status_id, description, start_time, end_time, updated_at, created_by; "
    "`-` before it for descending."
)
_YES: Final = frozenset({"1", "true", "yes", "oui", "on"})
_SHORT: Final = {"type": "type_id", "status": "status_id", "start": "start_time", "end": "end_time"}
_NO: Final = frozenset({"0", "false", "no", "non", "off"})

Project = Annotated[str, typer.Argument(metavar="PROJECT", help="A project's id, or its number.")]
Numbers = list[int] | None
Words = list[str] | None


@command(
    app,
    "list",
    "incidents projects list --since 7d",
    "incidents projects list --type 1 --type 2 --all --json",
    "incidents projects list --search 'ladder broken' --category 1=11 --camera cam-4 --sort=-updated_at --count",
)
async def list_projects(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    *,
    type_: Annotated[Numbers, typer.Option("--type", metavar="N", help="Of this type; repeatable.")] = None,
    status: Annotated[Numbers, typer.Option(metavar="N", help="With this status; repeatable.")] = None,
    category: Annotated[Words, typer.Option(metavar="SLOT=ID", help="With this value; repeatable.")] = None,
    created_by: Annotated[Words, typer.Option(metavar="PRINCIPAL", help="Created by; repeatable.")] = None,
    camera: Annotated[Words, typer.Option(metavar="ID", help="With a sequence of this camera; repeatable.")] = None,
    number: Annotated[Numbers, typer.Option(metavar="N", help="With this number; repeatable.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=f"Created since: {_TIME}")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=f"Created before: {_TIME}")] = None,
    started_since: Annotated[str | None, typer.Option(metavar="TIME", help="Started since.")] = None,
    started_until: Annotated[str | None, typer.Option(metavar="TIME", help="Started before.")] = None,
    updated_since: Annotated[str | None, typer.Option(metavar="TIME", help="Last changed since.")] = None,
    updated_until: Annotated[str | None, typer.Option(metavar="TIME", help="Last changed before.")] = None,
    search: Annotated[
        str | None, typer.Option(metavar="WORDS", help="Words, or parts of words, in descriptions, comments and calls.")
    ] = None,
    held: Annotated[bool | None, typer.Option("--held/--not-held", help="Under hold, or not.")] = None,
    sort: Annotated[str, typer.Option(metavar="COLUMN", help=_SORT)] = "-created_at",
    limit: Annotated[int, typer.Option(min=1, max=500, help="Projects on a page.")] = 50,
    count: Annotated[bool, typer.Option("--count", help="Say how many there are in all.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Every page, not the first alone.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Keep it true, until Ctrl-C.")] = False,
) -> None:
    """List projects, newest first unless another order is asked for."""
    chosen: dict[str, Any] = {"type_ids": type_, "status_ids": status, "created_by": created_by}
    chosen |= {"camera_ids": camera, "numbers": number}
    spans = {
        "created": (since, until),
        "start_time": (started_since, started_until),
        "updated": (updated_since, updated_until),
    }
    filter_ = {name: value for name, value in chosen.items() if value}
    filter_ |= {name: _span(session, *ends) for name, ends in spans.items() if any(ends)}
    filter_ |= _categories(session, category or []) | ({} if held is None else {"has_hold": held})
    asked = {"filter": filter_, "sort": sort, "limit": limit, "search": search, "count": "exact" if count else "none"}
    listing = Listing(fitting(session, ListProjects, asked), every_page=all_)
    await (_follow if follow else _show_list)(session, listing)


async def _follow(session: Session, listing: Listing) -> None:
    async with session.client() as client:
        await following.follow(session, client, listing)


async def _show_list(session: Session, listing: Listing) -> None:
    async with session.client() as client:
        page = await listing.read(client)
        session.show(page, shown(session, page, await names(client)))


def _categories(session: Session, given: list[str]) -> dict[str, Any]:
    chosen: dict[str, list[int | str]] = {}
    for text in given:
        slot, value = read_pair(session, text)
        chosen.setdefault(slot, []).append(int(value) if value.isdecimal() else value)
    return {"categories": chosen} if chosen else {}


def _span(session: Session, since: str | None, until: str | None) -> dict[str, Any]:
    return {"from": read_time(session, since), "to": read_time(session, until)}


@command(app, "show", "incidents projects show 12", "incidents projects show 0190… --json")
async def show_project(session: Session, project: Project) -> None:
    """Show all that a project holds; the reading is recorded."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        details = await client.ask(GetProject(project_id=project_id))
        known = await names(client)
    session.show(details, *show.project(details, known, session.language))


@command(
    app,
    "create",
    "incidents projects create --type 1 --description 'Fell from the ladder' --start 2025-01-31T14:30+01:00",
    "incidents projects create --description 'Fell from the ladder' --from-draft",
)
async def create(
    session: Session,
    type_: Annotated[int | None, typer.Option("--type", metavar="N", help="The type's id.")] = None,
    description: Annotated[str, typer.Option(metavar="TEXT", help="What happened.")] = "",
    start: Annotated[str | None, typer.Option(metavar="TIME", help=f"When it began: {_TIME}")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help=f"When it ended: {_TIME}")] = None,
    from_draft: Annotated[bool, typer.Option("--from-draft", help="With all that is on your draft list.")] = False,
) -> None:
    """Open a project; a status comes later, by `update`."""
    given: dict[str, Any] = {"project_id": uuid7(), "description": description}
    given |= {"type_id": type_} if type_ is not None else {}
    given |= {"start_time": read_time(session, start)} if start else {}
    given |= {"end_time": read_time(session, end)} if end else {}
    given |= {"from_draft": True} if from_draft else {}
    opening = fitting(session, CreateProject, given)
    async with session.client() as client:
        event = await client.send(opening)
    words = "Project {number} created: {project_id}"
    session.show(event, session.say(words, number=event.number, project_id=event.project_id))


@command(
    app,
    "update",
    "incidents projects update 12 --status 23 --category 1=14 --field integer_1=2",
    "incidents projects update 12 --clear end_time --clear category_2 --expected-revision 5",
)
async def update(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    project: Project,
    *,
    type_: Annotated[int | None, typer.Option("--type", metavar="N", help="The type's id.")] = None,
    status: Annotated[int | None, typer.Option(metavar="N", help="The status's id.")] = None,
    description: Annotated[str | None, typer.Option(metavar="TEXT", help="What happened.")] = None,
    start: Annotated[str | None, typer.Option(metavar="TIME", help=f"When it began: {_TIME}")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help=f"When it ended: {_TIME}")] = None,
    category: Annotated[Words, typer.Option(metavar="SLOT=ID", help="A category's value; repeatable.")] = None,
    field: Annotated[
        Words, typer.Option(metavar="NAME=VALUE", help="A data field, as integer_1=3; repeatable.")
    ] = None,
    clear: Annotated[
        Words, typer.Option(metavar="NAME", help="type, end, category_1, integer_1, …; repeatable.")
    ] = None,
    expected_revision: Annotated[int | None, typer.Option(metavar="N", help="Refuse if somebody was faster.")] = None,
) -> None:
    """Change main details, categories and data fields; what is not named stays as it is."""
    main = {
        "type_id": type_,
        "status_id": status,
        "description": description,
        "start_time": read_time(session, start),
        "end_time": read_time(session, end),
        "expected_revision": expected_revision,
    }
    changes: dict[str, Any] = {name: value for name, value in main.items() if value is not None}
    for text in category or ():
        slot, value = read_pair(session, text)
        changes.setdefault("categories", {})[slot] = int(value) if value.isdecimal() else value
    for text in field or ():
        name, value = read_pair(session, text)
        changes.setdefault("data", {})[name] = _data_value(session, name, value)
    for name in clear or ():
        _clear(changes, name)
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        event = await client.send(fitting(session, UpdateProject, {**changes, "project_id": project_id}))
    session.show(event, session.say("Project updated: {fields}", fields=", ".join(event.changed)))


@command(app, "comment", "incidents projects comment 12 'The ladder was broken.'")
async def comment(session: Session, project: Project, text: str) -> None:
    """Add a comment to a project."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        adding = {"project_id": project_id, "comment_id": uuid7(), "text": text}
        event = await client.send(fitting(session, AddComment, adding))
    session.show(event, session.say("Comment added: {comment_id}", comment_id=event.comment_id))


@command(app, "delete", "incidents projects delete 12 --yes")
async def delete(
    session: Session,
    project: Project,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask back.")] = False,
    expected_revision: Annotated[int | None, typer.Option(metavar="N", help="Refuse if somebody was faster.")] = None,
) -> None:
    """Delete a project and all it holds."""
    question = session.say("Delete project {project} and all it holds?", project=project)
    if not yes and not session.confirm(question):
        session.tell("Nothing was deleted.")
        raise typer.Exit
    given = {} if expected_revision is None else {"expected_revision": expected_revision}
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        event = await client.send(fitting(session, DeleteProject, {**given, "project_id": project_id}))
    session.show(event, session.say("Project {number} deleted", number=event.number))


def _clear(changes: dict[str, Any], name: str) -> None:
    kind, _, slot = name.partition("_")
    if kind == "category" and slot:
        changes.setdefault("categories", {})[slot] = None
    elif name in IncidentData.model_fields:
        changes.setdefault("data", {})[name] = None
    else:
        changes[_SHORT.get(name, name)] = None


def _data_value(session: Session, name: str, text: str) -> object:
    """Read what was typed as the kind that the field's name says; the rest is refused by the wire."""
    kind = name.partition("_")[0]
    if kind == "integer" and text.removeprefix("-").isdecimal():
        return int(text)
    if kind == "checkbox" and text.lower() in _YES | _NO:
        return text.lower() in _YES
    return read_time(session, text) if kind == "datetime" else text
