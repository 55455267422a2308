"""The past of a project: every field and text that was changed, by whom, when, from what to what."""

from typing import Annotated
from uuid import UUID

import typer
from rich.text import Text

from client.cli.listing import names
from client.cli.projects import Project
from client.terminal import show
from client.terminal.options import command
from client.terminal.reading import fitting, read_project
from client.terminal.session import Session
from contracts.project_history import GetHistory, ProjectHistory


def register(app: typer.Typer) -> None:
    """Add `history`."""
    command(
        app,
        "history",
        "incidents projects history 12",
        "incidents projects history 12 --field description --all",
        "incidents projects history 12 --part 0190… --json",
    )(history)


async def history(
    session: Session,
    project: Project,
    *,
    field: Annotated[
        str | None, typer.Option(metavar="NAME", help="description, status_id, category_1, comment, call, …")
    ] = None,
    part: Annotated[UUID | None, typer.Option(metavar="ID", help="One comment, call or sequence.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Changes on a page.")] = 50,
    all_: Annotated[bool, typer.Option("--all", help="Every page, not the first alone.")] = False,
) -> None:
    """Show who changed what, the newest first; the reading is recorded."""
    given = {name: value for name, value in {"field": field, "part_id": part}.items() if value}
    async with session.client() as client:
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
