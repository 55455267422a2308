"""The commands for activities of one project or of the whole site."""

from typing import Annotated, Any

import typer

from contracts.audit import Entries, ProjectActivity, SiteLog
from incidents.cli.arguments import TIME, TO_ITS_END, Project, Words, among
from incidents.cli.listing import descriptions, names
from incidents.cli.paging import show_pages
from incidents.terminal import activities
from incidents.terminal.activity_names import VIEWED, WORDS, choose_activities
from incidents.terminal.input.reading import make_message, read_project, read_span
from incidents.terminal.options import command, group
from incidents.terminal.session import Session
from incidents.terminal.tables.sheet import Sheet
from incidents.terminal.tables.show import Names

audit = group("Activities of one project, or of the whole site.")

Limit = Annotated[int, typer.Option(metavar="N", min=1, max=500, help="Entries on a page, newest first.")]
All = Annotated[bool, typer.Option("--all", help="All pages, not only the first.")]


def register(app: typer.Typer) -> None:
    """Add `audit`."""
    app.add_typer(audit, name="audit")


@command(audit, "activity", "incidents audit activity 12", "incidents audit activity 12 --all --csv", table=True)
async def activity(session: Session, project: Project, limit: Limit = 100, all_: All = False) -> None:
    """Show the activities of a project, newest first, with the names of that time."""
    async with session.client() as client:
        project_id = await read_project(session, client, project, gone_too=True)
        known = Names(None) if session.json else await names(client)

        async def laid(page: Entries) -> Sheet:
            return activities.activity(page.items, known, session.language)

        await show_pages(session, client, ProjectActivity(project_id=project_id, limit=limit), laid, every=all_)


@command(
    audit,
    "log",
    "incidents audit log --actor olivia --since 7d --activity viewed",
    "incidents audit log --project 12 --project 14 --activity 'report printed'",
    "incidents audit log --activity projects.deleted --since 30d --all --csv",
    table=True,
)
async def log(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    *,
    actor: Annotated[str | None, typer.Option(metavar="PRINCIPAL", help="Only activities of this principal.")] = None,
    activity: Annotated[
        Words,
        typer.Option(
            metavar="ACTIVITY",
            help="Only this activity: `viewed` for everything that was opened, exported, printed or downloaded; its "
            "words as shown; or its name, such as projects.deleted; repeatable.",
            autocompletion=among(VIEWED, *WORDS),
        ),
    ] = None,
    project: Annotated[
        Words, typer.Option(metavar="PROJECT", help="Only activities of this project, by id or number; repeatable.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=f"Done since: {TIME}")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=f"Done before: {TO_ITS_END}")] = None,
    limit: Limit = 100,
    all_: All = False,
) -> None:
    """Show the activities on the site and in its projects, newest first."""
    chosen = choose_activities(session, activity)
    span = read_span(session, since, until)
    asked: dict[str, Any] = {"actor": actor, "activities": chosen, "limit": limit, "with_activity": True}
    asked |= {"since": span["from"], "until": span["to"]}
    query = {name: value for name, value in asked.items() if value is not None}
    make_message(session, SiteLog, query)
    async with session.client() as client:
        if project:
            query["project_ids"] = [await read_project(session, client, text, gone_too=True) for text in project]
        known = Names(None) if session.json else await names(client)

        async def laid(page: Entries) -> Sheet:
            numbers = {entry.project_number for entry in page.items if entry.project_number is not None}
            texts = await descriptions(client, sorted(numbers))
            return activities.log(page.items, known, texts, session.language)

        await show_pages(session, client, make_message(session, SiteLog, query), laid, every=all_)
