"""The commands of retention: due projects, holds, previews and sweeps."""

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
from incidents.cli.operations import retention_policies
from incidents.cli.paging import show_pages
from incidents.terminal.input.reading import make_message, read_project
from incidents.terminal.options import command, group
from incidents.terminal.session import Session
from incidents.terminal.tables import show

app = group("Retention: due, holds, hold, release, policies, preview, sweep.")

_IN_FORCE: Final = ("Number", "Description", "Held", "By", "Reason")
_PAST_TOO: Final = (*_IN_FORCE, "Released", "Released by", "Reason for release")

Limit = Annotated[int, typer.Option(metavar="N", min=1, max=500, help="Projects on a page.")]
All = Annotated[bool, typer.Option("--all", help="All pages, not only the first.")]
Reason = Annotated[
    str,
    typer.Argument(
        metavar="REASON", help="The reason; visible to those who may see holds, and deleted with the project."
    ),
]


@command(app, "due", "incidents retention due --within 3", "incidents retention due --all --csv", table=True)
async def due(
    session: Session,
    within: Annotated[
        int | None, typer.Option(metavar="DAYS", help="Only projects that expire within this number of days.")
    ] = None,
    limit: Limit = 50,
    all_: All = False,
) -> None:
    """Show the projects that retention deletes next, soonest first, without those exempt or under hold."""
    query = make_message(session, ListDue, {"within_days": within, "limit": limit})
    async with session.client() as client:

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


@command(app, "holds", "incidents retention holds", "incidents retention holds --project 12 --json", table=True)
async def holds(
    session: Session,
    project: Annotated[
        str | None,
        typer.Option(metavar="PROJECT", help="All current and past holds of this project, by its id or number."),
    ] = None,
    limit: Limit = 50,
    all_: All = False,
) -> None:
    """Show which projects are under hold, by whom, since when and why, newest first."""
    async with session.client() as client:
        asked = {"limit": limit, "project_id": project and await read_project(session, client, project)}

        async def laid(page: Holds) -> show.Sheet:
            texts = await descriptions(client, sorted({item.number for item in page.items}))
            return _holds(session, page.items, texts, past_too=bool(project))

        await show_pages(session, client, make_message(session, ListHolds, asked), laid, every=all_)


def _holds(session: Session, items: Sequence[ProjectHold], texts: Mapping[int, str], *, past_too: bool) -> show.Sheet:
    headings, more = (_PAST_TOO, ()) if past_too else (_IN_FORCE, _PAST_TOO[len(_IN_FORCE) :])
    rows = (
        (
            item.number,
            show.one_line(texts.get(item.number, "")),
            item.held_at,
            item.held_by,
            item.reason,
            item.released_at,
            item.released_by,
            item.release_reason,
            item.project_id,
        )
        for item in items
    )
    return show.table(session.language, *headings, rows=rows, more=(*more, "Id"))


@command(app, "hold", "incidents retention hold 12 'The prosecutor asked for it.'", sends=True)
async def hold(session: Session, project: Project, reason: Reason) -> None:
    """Protect a project from deletion, by hand and by retention, until it is released."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        event = await session.send(
            client, make_message(session, HoldProject, {"project_id": project_id, "reason": reason})
        )
    session.show(event, session.say("Project {project} is under hold", project=project))


@command(app, "release", "incidents retention release 12 'The case is closed.'", sends=True)
async def release(session: Session, project: Project, reason: Reason) -> None:
    """End the hold of a project: it can be deleted again, and expires like any other."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        releasing = make_message(session, ReleaseProject, {"project_id": project_id, "reason": reason})
        event = await session.send(client, releasing)
    session.show(event, session.say("Project {project} is released", project=project))


retention_policies.register(app)


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
