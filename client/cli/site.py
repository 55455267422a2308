"""What happens and happened on the site, what is defined there, and what one may do."""

from contextlib import aclosing
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import RenderableType

from client.cli.arguments import Project
from client.cli.following import event_line, show_events
from client.terminal import show
from client.terminal.options import command, group
from client.terminal.reading import fitting, read_project, read_time
from client.terminal.session import Session
from contracts.administration_queries import GetMe, GetProperties, Me
from contracts.audit import ProjectActivity, SiteLog
from contracts.watching import WatchProjects

audit = group("What was done: to one project, or on the whole site.")

Limit = Annotated[int, typer.Option(min=1, max=500, help="Entries, newest first.")]


def register(app: typer.Typer) -> None:
    """Add `audit`, `watch`, `me` and `properties`."""
    app.add_typer(audit, name="audit")
    command(
        app,
        "watch",
        "incidents watch",
        "incidents watch --json | jq .happened",
        "incidents watch --since 1f6ec1a2-1042 --json",
        "incidents watch --happened projects.created --exec 'curl --json @- https://example.org/hook'",
        "incidents watch --ops",
    )(watch)
    command(app, "me", "incidents me --as operator")(me)
    command(app, "properties", "incidents properties --lang fr")(properties)


@command(audit, "activity", "incidents audit activity 12")
async def activity(session: Session, project: Project, limit: Limit = 100) -> None:
    """Show what was done to a project, newest first."""
    async with session.client() as client:
        project_id = await read_project(session, client, project, deleted_too=True)
        found = await client.ask(ProjectActivity(project_id=project_id, limit=limit))
    session.show(found, show.entries(found.items, session.language))


@command(audit, "log", "incidents audit log --since 1h", "incidents audit log --actor alice --json")
async def log(
    session: Session,
    actor: Annotated[str | None, typer.Option(metavar="PRINCIPAL", help="Done by.")] = None,
    what: Annotated[str | None, typer.Option("--activity", metavar="NAME", help="Only this: projects.deleted.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="RFC 3339, a date, or 7d, 12h.")] = None,
    limit: Limit = 100,
) -> None:
    """Show the log server's entries, newest first."""
    asked = {"actor": actor, "activity": what, "since": read_time(session, since), "limit": limit}
    query = fitting(session, SiteLog, {name: value for name, value in asked.items() if value is not None})
    async with session.client() as client:
        found = await client.ask(query)
    session.show(found, show.entries(found.items, session.language))


async def watch(
    session: Session,
    since: Annotated[str | None, typer.Option(metavar="CURSOR", help="Go on behind this event's cursor.")] = None,
    happened: Annotated[
        list[str] | None, typer.Option("--happened", metavar="NAME", help="Only this: projects.created; repeatable.")
    ] = None,
    exec_: Annotated[
        str | None,
        typer.Option("--exec", metavar="COMMAND", help="Run this for each event, given on its stdin."),
    ] = None,
    ops: Annotated[bool, typer.Option("--ops", help="Everything on the site; needs ops credentials.")] = False,
) -> None:
    """Show what happens to projects and reports, as it happens, until Ctrl-C.

    What happens while the connection is lost is shown when it is back. `--since` goes on where an earlier watch ended.
    `--exec` runs a program with each event as a line of JSON; if it fails, that is told, and the watch goes on.
    """
    if ops:
        await _overhear(session)
        return
    place = fitting(session, WatchProjects, {"since": since}).since
    async with session.client() as client, client.feed(since=place) as feed:
        session.tell("watching {site}; Ctrl-C ends it", site=client.site)
        await show_events(session, feed, frozenset(happened or ()), exec_)


async def _overhear(session: Session) -> None:
    principal = "ops" if session.principal == "admin" else session.principal
    async with replace(session, principal=principal).client() as client, aclosing(client.overhear()) as events:
        session.tell("watching {site}; Ctrl-C ends it", site=client.site)
        async for event in events:
            session.show(event, event_line(event, session.language))


async def me(session: Session) -> None:
    """Show who one is here and what one may do."""
    async with session.client() as client:
        answer = await client.ask(GetMe())
    may = session.say("may: {messages}", messages=", ".join(answer.may) or "–")
    session.show(answer, _rights(answer, session.language), may)


def _rights(answer: Me, language: str) -> RenderableType:
    title = f"{answer.principal}: {', '.join(answer.roles)}"
    rows = ((node.value, level) for node, level in answer.permissions.items())
    return show.table(language, "Permission", "Level", rows=rows, title=title)


async def properties(session: Session) -> None:
    """Show the defined types, statuses, categories and data fields."""
    async with session.client() as client:
        answer = await client.ask(GetProperties())
    session.show(answer, *show.properties(answer, session.language))
