"""The past of a project: every field and text that was changed, by whom, when, from what to what."""

from typing import Annotated, Final
from uuid import UUID

import typer
from rich.text import Text

from client.cli.arguments import Project
from client.cli.listing import names
from client.terminal import show
from client.terminal.naming import Naming
from client.terminal.options import command
from client.terminal.reading import fitting, read_project
from client.terminal.session import Session
from contracts.project_history import GetHistory, ProjectHistory

_SHORT: Final = {"type": "type_id", "status": "status_id", "start": "start_time", "end": "end_time"}
_PLAIN: Final = (*_SHORT.values(), "description", "comment", "call", "sequence", "project")


def register(app: typer.Typer) -> None:
    """Add `history`."""
    command(
        app,
        "history",
        "incidents projects history 12",
        "incidents projects history 12 --field Reason --all",
        "incidents projects history 12 --part 0190… --json",
    )(history)


async def history(
    session: Session,
    project: Project,
    *,
    field: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="description, status, comment, call, sequence, a category or a data field."),
    ] = None,
    part: Annotated[UUID | None, typer.Option(metavar="ID", help="One comment, call or sequence.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Changes on a page.")] = 50,
    all_: Annotated[bool, typer.Option("--all", help="Every page, not the first alone.")] = False,
) -> None:
    """Show who changed what, the newest first; the reading is recorded."""
    async with session.client() as client:
        named = await Naming(session, client).any_field(field, (*_SHORT, *_PLAIN)) if field else None
        wanted = {"field": _SHORT.get(named or "", named), "part_id": part}
        given = {name: value for name, value in wanted.items() if value}
        project_id = await read_project(session, client, project)
        query = fitting(session, GetHistory, {**given, "project_id": project_id, "limit": limit})
        page = await client.ask(query)
        items = list(page.items)
        while all_ and page.next:
            page = await client.ask(query.model_copy(update={"after": page.next}))
            items += page.items
        known = await names(client)
    hidden = f"{session.say('Not shown to you')}: {', '.join(page.withheld)}" if page.withheld else ""
    more = session.say("more: --all") if page.next else ""
    session.show(
        ProjectHistory(items=items, next=page.next, withheld=page.withheld),
        show.history(items, known, session.language),
        *(Text(line, style="dim") for line in (hidden, more) if line),
    )
