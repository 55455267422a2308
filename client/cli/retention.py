"""Retention: what is due, what is under hold, previews and sweeps."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Final, TypeVar

import typer
from rich.text import Text

from client.cli.arguments import Project
from client.client import Client
from client.errors import Refused
from client.terminal import show
from client.terminal.options import command, group
from client.terminal.reading import fitting, read_project
from client.terminal.session import Session
from contracts.project_queries import ListProjects, ProjectFilter
from contracts.retention import (
    DueProjects,
    HoldProject,
    Holds,
    ListDue,
    ListHolds,
    PreviewRetention,
    ReleaseProject,
    Sweep,
)

app = group("Retention: what is deleted next, and what is kept from it.")

_AT_ONCE: Final = 100
_IN_FORCE: Final = ("Number", "Held", "By", "Reason")
_PAST_TOO: Final = (*_IN_FORCE, "Released", "By", "Reason")

Listed = TypeVar("Listed", ListHolds, ListDue)
Limit = Annotated[int, typer.Option(min=1, max=500, help="Projects on a page.")]
All = Annotated[bool, typer.Option("--all", help="Every page, not the first alone.")]
Reason = Annotated[str, typer.Argument(help="Why; it is shown to those who may see holds, and dies with the project.")]


@command(app, "due", "incidents retention due --within 3", "incidents retention due --all --json")
async def due(
    session: Session,
    within: Annotated[int | None, typer.Option(metavar="DAYS", help="Only what expires within so many days.")] = None,
    limit: Limit = 50,
    all_: All = False,
) -> None:
    """Show what retention deletes next, the soonest first: neither exempt nor held projects."""
    query = fitting(session, ListDue, {"within_days": within, "limit": limit})
    async with session.client() as client:
        pages: Sequence[DueProjects] = await _pages(client, query, every=all_)
        items = [one for page in pages for one in page.items]
        described = {} if session.json else await _descriptions(client, [one.number for one in items])
    rows = (
        (
            one.number,
            show.local(one.created_at, session.language),
            show.local(one.expires_at, session.language),
            show.one_line(described.get(one.number, "")),
        )
        for one in items
    )
    shown = show.table(session.language, "Number", "Created", "Expires", "Description", rows=rows)
    session.show(pages[-1].model_copy(update={"items": items}), shown, *_more(session, pages[-1].next))


@command(app, "holds", "incidents retention holds", "incidents retention holds --project 12 --json")
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
        pages: Sequence[Holds] = await _pages(client, fitting(session, ListHolds, asked), every=all_)
    items = [one for page in pages for one in page.items]
    rows = (
        (
            one.number,
            show.local(one.held_at, session.language),
            one.held_by,
            one.reason,
            show.local(one.released_at, session.language),
            one.released_by or "",
            one.release_reason or "",
        )
        for one in items
    )
    headings = _PAST_TOO if project else _IN_FORCE
    shown = show.table(session.language, *headings, rows=(row[: len(headings)] for row in rows))
    session.show(pages[-1].model_copy(update={"items": items}), shown, *_more(session, pages[-1].next))


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
    words = "preview: {days} days keep, {due} due"
    session.show(answer, session.say(words, days=answer.retention_days, due=answer.due))


@command(app, "sweep", "incidents retention sweep", sends=True)
async def sweep(session: Session) -> None:
    """Delete what has expired now instead of at the next scheduled time."""
    async with session.client() as client:
        event = await session.send(client, Sweep())
    session.show(event, session.say("Sweep begun: {due} projects are due", due=event.due))


async def _descriptions(client: Client, numbers: list[int]) -> dict[int, str]:
    """Return what the projects are about; who may not list projects sees their numbers alone."""
    found: dict[int, str] = {}
    with suppress(Refused):
        for start in range(0, len(numbers), _AT_ONCE):
            chosen = ProjectFilter(numbers=numbers[start : start + _AT_ONCE])
            page = await client.ask(ListProjects(filter=chosen, limit=_AT_ONCE))
            found |= {one.number: one.description or "" for one in page.items}
    return found


async def _pages(client: Client, query: Listed, *, every: bool) -> list[Any]:
    pages = [await client.ask(query)]
    while every and pages[-1].next:
        pages.append(await client.ask(query.model_copy(update={"after": pages[-1].next})))
    return pages


def _more(session: Session, following: str | None) -> list[Text]:
    return [Text(session.say("more: --all"), style="dim")] if following else []
