"""The commands about projects that are set aside: set-aside, restore, restrict, lift-restriction."""

from typing import Annotated, Final

import typer

from contracts.projects.set_aside import (
    LiftRestriction,
    ListSetAside,
    RestoreProject,
    RestrictProject,
    SetAsideProjects,
)
from incidents.cli.arguments import ExpectedRevision, Project, revision
from incidents.cli.operations.legal_holds import All, Limit
from incidents.cli.paging import show_pages
from incidents.terminal.input.reading import make_message, read_project
from incidents.terminal.options import command
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of

_HEADINGS: Final = ("Number", "Why set aside", "Since", "By", "Restorable until", "Reason")


def register(app: typer.Typer) -> None:
    """Add `set-aside`, `restore`, `restrict` and `lift-restriction`."""
    restricted = "incidents retention set-aside --restricted --json"
    command(app, "set-aside", "incidents retention set-aside", restricted, table=True)(list_set_aside)
    command(app, "restore", "incidents retention restore 12", sends=True)(restore)
    of_one = "incidents retention restrict 12 'The person contests its accuracy.'"
    command(app, "restrict", of_one, sends=True)(restrict)
    command(app, "lift-restriction", "incidents retention lift-restriction 12", sends=True)(lift_restriction)


async def list_set_aside(
    session: Session,
    restricted: Annotated[bool, typer.Option("--restricted", help="Only restricted projects.")] = False,
    limit: Limit = 50,
    all_: All = False,
) -> None:
    """Show which deleted projects can be restored, and which are restricted, the last first."""
    query = make_message(session, ListSetAside, {"limit": limit, "kinds": ["restricted"] if restricted else []})

    async def laid(page: SetAsideProjects) -> show.Sheet:
        rows = (
            (
                item.number,
                name_of(session.language, "set-aside", item.kind),
                item.at,
                item.by,
                item.restorable_until,
                show.one_line(item.reason or ""),
                item.project_id,
            )
            for item in page.items
        )
        return show.table(session.language, *_HEADINGS, rows=rows, more=("Id",))

    async with session.client() as client:
        await show_pages(session, client, query, laid, every=all_)


async def restore(session: Session, project: Project) -> None:
    """Bring back a deleted project within the undo window of the site (`settings set --undo-days`)."""
    async with session.client() as client:
        project_id = await read_project(session, client, project, gone_too=True)
        event = await session.send(client, make_message(session, RestoreProject, {"project_id": project_id}))
    session.show(event, session.say("Project {number} restored", number=event.number))


async def restrict(
    session: Session,
    project: Project,
    reason: Annotated[str, typer.Argument(metavar="REASON", help="Why; it is deleted when the restriction ends.")],
    *,
    expected_revision: ExpectedRevision = None,
) -> None:
    """Restrict the processing of a project: it is kept whole, and no list, search, figure or report shows it.

    Retention does not delete it. Those who may see restricted projects read it with
    `incidents projects show --access-reason`.
    """
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        values = {"project_id": project_id, "reason": reason, **revision(expected_revision)}
        event = await session.send(client, make_message(session, RestrictProject, values))
    session.show(event, session.say("Project {number}: its processing is restricted", number=event.number))


async def lift_restriction(session: Session, project: Project) -> None:
    """End the restriction of a project."""
    async with session.client() as client:
        project_id = await read_project(session, client, project, gone_too=True)
        event = await session.send(client, make_message(session, LiftRestriction, {"project_id": project_id}))
    session.show(event, session.say("Project {number}: the restriction is lifted", number=event.number))
