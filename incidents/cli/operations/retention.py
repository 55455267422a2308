"""The commands of retention: due projects, holds, previews and sweeps."""

from typing import Annotated, Any

import typer

from contracts.retention import DueProjects, ListDue, PreviewRetention, Sweep
from incidents.cli.listing import descriptions
from incidents.cli.operations import legal_holds, retention_policies, set_aside
from incidents.cli.operations.destruction import certificates, readable, verification
from incidents.cli.operations.legal_holds import All, Limit
from incidents.cli.paging import show_pages
from incidents.terminal.input.reading import make_message, read_project
from incidents.terminal.options import command, group
from incidents.terminal.session import Session
from incidents.terminal.tables import show

app = group("Retention: due projects, holds, policies, preview, sweep, certificates.")


@command(
    app,
    "due",
    "incidents retention due --within 3",
    "incidents retention due --project 12",
    "incidents retention due --all --csv",
    table=True,
)
async def due(
    session: Session,
    *,
    project: Annotated[
        str | None, typer.Option(metavar="PROJECT", help="When this project expires, by its id or number.")
    ] = None,
    within: Annotated[
        int | None, typer.Option(metavar="DAYS", help="Only projects that expire within this number of days.")
    ] = None,
    limit: Limit = 50,
    all_: All = False,
) -> None:
    """Show the projects that retention deletes next, soonest first, without those exempt or under hold."""
    async with session.client() as client:
        asked: dict[str, Any] = {"within_days": within, "limit": limit}
        asked |= {"project_id": await read_project(session, client, project)} if project else {}
        query = make_message(session, ListDue, asked)

        async def laid(page: DueProjects) -> show.Sheet:
            texts = await descriptions(client, [item.number for item in page.items])
            rows = (
                (
                    item.number,
                    item.created_at,
                    item.expires_at,
                    show.one_line(texts.get(item.number, "")),
                    item.project_id,
                )
                for item in page.items
            )
            headings = ("Number", "Created", "Expires", "Description")
            return show.table(session.language, *headings, rows=rows, more=("Id",))

        await show_pages(session, client, query, laid, every=all_)


legal_holds.register(app)
retention_policies.register(app)
certificates.register(app)
readable.register(app)
verification.register(app)
set_aside.register(app)


@command(app, "preview", "incidents retention preview --days 30")
async def preview(
    session: Session,
    days: Annotated[
        int | None, typer.Option(metavar="DAYS", help="The retention time; by default the current one.")
    ] = None,
) -> None:
    """Preview how many projects a retention time would delete now."""
    query = make_message(session, PreviewRetention, {"retention_days": days})
    async with session.client() as client:
        answer = await client.ask(query)
    session.show(answer, show.preview(answer, session.language))


@command(app, "sweep", "incidents retention sweep", sends=True)
async def sweep(session: Session) -> None:
    """Delete expired projects now instead of at the next scheduled time."""
    async with session.client() as client:
        event = await session.send(client, Sweep())
    singular, plural = "Sweep begun: {count} project is due", "Sweep begun: {count} projects are due"
    none = "Nothing to delete: no project is due"
    session.show(event, session.count(event.due, singular, plural, none))
