"""The command for the history of a project."""

from typing import Annotated, Final
from uuid import UUID

import typer

from contracts.projects.history import GetHistory, ProjectHistory
from contracts.projects.queries import GetProject
from incidents.cli.arguments import AccessReason, Project
from incidents.cli.listing import names
from incidents.cli.paging import show_pages
from incidents.client import Client
from incidents.terminal.input.naming import Naming
from incidents.terminal.input.parts import part_ids
from incidents.terminal.input.reading import make_message, read_project
from incidents.terminal.options import command
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.tables.history import history as history_table

_SHORT: Final = {"type": "type_id", "status": "status_id", "start": "start_time", "end": "end_time"}
_PLAIN: Final = (
    *_SHORT.values(),
    "reference",
    "retention_exempt",
    "description",
    "comment",
    "call",
    "sequence",
    "project",
)


def register(app: typer.Typer) -> None:
    """Add `history`."""
    command(
        app,
        "history",
        "incidents projects history 12",
        "incidents projects history 12 --field Reason --all",
        "incidents projects history 12 --part 0190… --json",
        table=True,
    )(history)


async def history(  # noqa: PLR0913 - each parameter is an argument or an option
    session: Session,
    project: Project,
    *,
    field: Annotated[
        str | None,
        typer.Option(metavar="FIELD", help="description, status, comment, call, sequence, a category or a data field."),
    ] = None,
    part: Annotated[UUID | None, typer.Option(metavar="ID", help="One comment, call or sequence.")] = None,
    access_reason: AccessReason = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=500, help="Changes on a page.")] = 50,
    all_: Annotated[bool, typer.Option("--all", help="All pages, not only the first.")] = False,
) -> None:
    """Show who changed what, newest first; the reading is recorded."""
    async with session.client() as client:
        named = await Naming(session, client).any_field(field, (*_SHORT, *_PLAIN), "--field") if field else None
        choices = {"field": _SHORT.get(named or "", named), "part_id": part, "access_reason": access_reason}
        values = {name: value for name, value in choices.items() if value}
        project_id = await read_project(session, client, project, gone_too=bool(access_reason))
        query = make_message(session, GetHistory, {**values, "project_id": project_id, "limit": limit})
        known = show.Names(None) if session.json else await names(client)

        async def laid(page: ProjectHistory) -> show.Sheet:
            numbers = {} if session.csv else await _numbers(client, project_id, page, access_reason)
            return history_table(page.items, known, session.language, numbers)

        await show_pages(session, client, query, laid, every=all_)


async def _numbers(
    client: Client, project_id: UUID, page: ProjectHistory, access_reason: str | None
) -> dict[UUID, int]:
    """Return the numbers that `projects show` gives to the parts of a page, if there are parts."""
    if not any(entry.part_id for entry in page.items):
        return {}
    details = await client.ask(GetProject(project_id=project_id, access_reason=access_reason))
    return {id_: number for ids in part_ids(details) for number, id_ in enumerate(ids, 1)}
