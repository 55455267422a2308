"""Retention: what is due, what is under hold, previews and sweeps."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import typer

from contracts.retention import (
    DueProjects,
    HoldProject,
    Holds,
    ListDue,
    ListHolds,
    PreviewRetention,
    ProjectHold,
    ReleaseProject,
    Sweep,
)
from incidents.cli.arguments import Project
from incidents.cli.listing import descriptions
from incidents.cli.paging import show_pages
from incidents.terminal.input.reading import fitting, read_project
from incidents.terminal.options import command, group
from incidents.terminal.session import Session
from incidents.terminal.tables import show

app = group("Retention: what is deleted next, and what is kept from it.")

_IN_FORCE: Final = ("Number", "Description", "Held", "By", "Reason")
_PAST_TOO: Final = (*_IN_FORCE, "Released", "Released by", "Why")

Limit = Annotated[int, typer.Option(min=1, max=500, help="Projects on a page.")]
All = Annotated[bool, typer.Option("--all", help="Every page, not the first alone.")]
Reason = Annotated[
    str,
    typer.Argument(metavar="REASON", help="Why; it is shown to those who may see holds, and dies with the project."),
]


@command(app, "due", "incidents retention due --within 3", "incidents retention due --all --csv", table=True)
async def due(
    session: Session,
    within: Annotated[int | None, typer.Option(metavar="DAYS", help="Only what expires within so many days.")] = None,
    limit: Limit = 50,
    all_: All = False,
) -> None:
    """Show what retention deletes next, the soonest first: neither exempt nor held projects."""
    query = fitting(session, ListDue, {"within_days": within, "limit": limit})
    async with session.client() as client:

        async def laid(page: DueProjects) -> show.Sheet:
            about = await descriptions(client, [one.number for one in page.items])
            rows = (
                (
                    one.number,
                    one.created_at,
                    one.expires_at,
                    show.one_line(about.get(one.number, "")),
                    one.project_id,
                )
                for one in page.items
            )
            headings = ("Number", "Created", "Expires", "Description")
            return show.table(session.language, *headings, rows=rows, more=("Id",))

        await show_pages(session, client, query, laid, every=all_)


@command(app, "holds", "incidents retention holds", "incidents retention holds --project 12 --json", table=True)
async def holds(
    session: Session,
    project: Annotated[
        str | None, typer.Option(metavar="PROJECT", help="All holds of this one, past ones too: its id, or its number.")
    ] = None,
    limit: Limit = 50,
    all_: All = False,
) -> None:
    """Show which projects are under hold, by whom, since when and why, the newest first."""
    async with session.client() as client:
        asked = {"limit": limit, "project_id": project and await read_project(session, client, project)}

        async def laid(page: Holds) -> show.Sheet:
            about = await descriptions(client, sorted({one.number for one in page.items}))
            return _holds(session, page.items, about, past_too=bool(project))

        await show_pages(session, client, fitting(session, ListHolds, asked), laid, every=all_)


def _holds(session: Session, items: Sequence[ProjectHold], about: Mapping[int, str], *, past_too: bool) -> show.Sheet:
    headings, more = (_PAST_TOO, ()) if past_too else (_IN_FORCE, _PAST_TOO[len(_IN_FORCE) :])
    rows = (
        (
            one.number,
            show.one_line(about.get(one.number, "")),
            one.held_at,
            one.held_by,
            one.reason,
            one.released_at,
            one.released_by,
            one.release_reason,
            one.project_id,
        )
        for one in items
    )
    return show.table(session.language, *headings, rows=rows, more=(*more, "Id"))


@command(app, "hold", "incidents retention hold 12 'The prosecutor asked for it.'", sends=True)
async def hold(session: Session, project: Project, reason: Reason) -> None:
    """Keep a project from being deleted, by hand and by retention, until it is released."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        event = await session.send(client, fitting(session, HoldProject, {"project_id": project_id, "reason": reason}))
    session.show(event, session.say("Project {project} is under hold", project=project))


@command(app, "release", "incidents retention release 12 'The case is closed.'", sends=True)
async def release(session: Session, project: Project, reason: Reason) -> None:
    """End the hold of a project: it can be deleted again, and expires like any other."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        releasing = fitting(session, ReleaseProject, {"project_id": project_id, "reason": reason})
        event = await session.send(client, releasing)
    session.show(event, session.say("Project {project} is released", project=project))


@command(app, "preview", "incidents retention preview --days 30")
async def preview(
    session: Session,
    days: Annotated[int | None, typer.Option(metavar="N", help="Kept for so long; if absent, as it is set.")] = None,
) -> None:
    """Show how many projects a retention time would delete now, before it does."""
    query = fitting(session, PreviewRetention, {"retention_days": days})
    async with session.client() as client:
        answer = await client.ask(query)
    kept = session.count(answer.retention_days, "kept for {count} day", "kept for {count} days")
    due = session.count(answer.due, "{count} project is due", "{count} projects are due")
    session.show(answer, session.say("preview: {kept}, {due}", kept=kept, due=due))


@command(app, "sweep", "incidents retention sweep", sends=True)
async def sweep(session: Session) -> None:
    """Delete what has expired now instead of at the next scheduled time."""
    async with session.client() as client:
        event = await session.send(client, Sweep())
    due = session.count(event.due, "{count} project is due", "{count} projects are due")
    session.show(event, session.say("Sweep begun: {due}", due=due))
