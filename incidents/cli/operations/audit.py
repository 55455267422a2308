"""What was done: to one project, or on the whole site, by whom and when."""

from typing import Annotated, Any

import typer

from contracts.audit import Entries, ProjectActivity, SiteLog
from incidents.cli.arguments import TIME, TO_ITS_END, Project, Words, among
from incidents.cli.listing import descriptions, names
from incidents.cli.paging import show_pages
from incidents.terminal import activities
from incidents.terminal.input.reading import fitting, read_project, read_time
from incidents.terminal.options import command, group
from incidents.terminal.session import Session
from incidents.terminal.tables.sheet import Sheet
from incidents.terminal.tables.show import Names

audit = group("What was done: to one project, or on the whole site.")

Limit = Annotated[int, typer.Option(min=1, max=500, help="Entries on a page, newest first.")]
All = Annotated[bool, typer.Option("--all", help="Every page, not the first alone.")]


def register(app: typer.Typer) -> None:
    """Add `audit`."""
    app.add_typer(audit, name="audit")


@command(audit, "activity", "incidents audit activity 12", "incidents audit activity 12 --all --csv", table=True)
async def activity(session: Session, project: Project, limit: Limit = 100, all_: All = False) -> None:
    """Show what was done to a project, newest first, in the words of its time."""
    async with session.client() as client:
        project_id = await read_project(session, client, project, deleted_too=True)
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
    actor: Annotated[str | None, typer.Option(metavar="PRINCIPAL", help="Done by.")] = None,
    activity: Annotated[
        Words,
        typer.Option(
            metavar="WORDS",
            help="What was done: `viewed` for whatever was opened, exported, printed or downloaded; words of it as "
            "they are shown; or its name, as in projects.deleted; repeatable.",
            autocompletion=among(activities.VIEWED, *activities.WORDS),
        ),
    ] = None,
    project: Annotated[
        Words, typer.Option(metavar="PROJECT", help="Done to this one, by id or number; repeatable.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=f"Done since: {TIME}")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=f"Done before: {TO_ITS_END}")] = None,
    limit: Limit = 100,
    all_: All = False,
) -> None:
    """Show what was done on the site and across its projects, newest first."""
    asked: dict[str, Any] = {"actor": actor, "activities": activities.chosen(session, activity), "limit": limit}
    asked |= {"since": read_time(session, since), "until": read_time(session, until, until=True), "with_activity": True}
    given = {name: value for name, value in asked.items() if value is not None}
    fitting(session, SiteLog, given)
    async with session.client() as client:
        if project:
            given["project_ids"] = [await read_project(session, client, one, deleted_too=True) for one in project]
        known = Names(None) if session.json else await names(client)

        async def laid(page: Entries) -> Sheet:
            numbers = {one.project_number for one in page.items if one.project_number is not None}
            about = await descriptions(client, sorted(numbers))
            return activities.log(page.items, known, about, session.language)

        await show_pages(session, client, fitting(session, SiteLog, given), laid, every=all_)
