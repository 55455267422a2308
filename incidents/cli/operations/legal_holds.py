"""The commands of holds: holds, hold, change-hold, release, request-release, withdraw-release, preserved."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from contracts.message import AnswerT_co
from contracts.projects.history import GetPreserved, PreservedContent
from contracts.release_requests import RequestRelease, WithdrawRelease
from contracts.retention import ChangeHold, HoldCommand, HoldProject, Holds, ListHolds, ProjectHold, ReleaseProject
from incidents.cli.arguments import LATER, Project, require_change
from incidents.cli.listing import descriptions, names
from incidents.cli.paging import show_pages
from incidents.terminal.input.reading import make_message, read_project, read_time
from incidents.terminal.options import command
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show
from incidents.terminal.tables.history import history as history_table

_IN_FORCE: Final = ("Number", "Description", "Held", "By", "Until", "Reference", "Reason")
_REQUESTED: Final = ("Release requested", "Requested by", "Reason for request")
_PAST: Final = ("Released", "Released by", "Reason for release")

Limit = Annotated[int, typer.Option(metavar="N", min=1, max=500, help="Projects on a page.")]
All = Annotated[bool, typer.Option("--all", help="All pages, not only the first.")]
Reason = Annotated[
    str,
    typer.Argument(
        metavar="REASON", help="The reason; visible to those who may see holds, and deleted with the project."
    ),
]
Until = Annotated[
    str | None, typer.Option(metavar="TIME", help=f"When the hold ends by itself, unless it is changed: {LATER}")
]
Reference = Annotated[str | None, typer.Option(metavar="TEXT", help="The number of the case that the hold is for.")]


def register(app: typer.Typer) -> None:
    """Add `holds`, `hold`, `change-hold`, `release`, its requests and `preserved`."""
    of_one = "incidents retention holds --project 12 --json"
    command(app, "holds", "incidents retention holds", of_one, table=True)(holds)
    command(
        app,
        "hold",
        "incidents retention hold 12 'The prosecutor asked for it.'",
        "incidents retention hold 12 'A claim was announced.' --until 'in 2 years' --reference 'Claim 4711'",
        sends=True,
    )(hold)
    command(
        app,
        "change-hold",
        "incidents retention change-hold 12 --until 2031-12-31",
        "incidents retention change-hold 12 --no-end --reference 'Claim 4712'",
        sends=True,
    )(change_hold)
    command(app, "release", "incidents retention release 12 'The case is closed.'", sends=True)(release)
    of_two = "incidents retention request-release 12 'The case is closed.'"
    command(app, "request-release", of_two, sends=True)(request_release)
    command(app, "withdraw-release", "incidents retention withdraw-release 12", sends=True)(withdraw_release)
    command(
        app,
        "preserved",
        "incidents retention preserved 12",
        "incidents retention preserved 12 --all --json",
        table=True,
    )(preserved)


async def holds(
    session: Session,
    project: Annotated[
        str | None,
        typer.Option(metavar="PROJECT", help="All current and past holds of this project, by its id or number."),
    ] = None,
    limit: Limit = 50,
    all_: All = False,
) -> None:
    """Show which projects are under hold, by whom, since when, until when and why, newest first."""
    async with session.client() as client:
        asked = {"limit": limit, "project_id": project and await read_project(session, client, project)}

        async def laid(page: Holds) -> show.Sheet:
            texts = await descriptions(client, sorted({item.number for item in page.items}))
            return _holds(session, page.items, texts, past_too=bool(project))

        await show_pages(session, client, make_message(session, ListHolds, asked), laid, every=all_)


def _holds(session: Session, items: Sequence[ProjectHold], texts: Mapping[int, str], *, past_too: bool) -> show.Sheet:
    """Return holds as a table; requests for a release have columns if there are any."""
    requested = _REQUESTED if any(item.release_requested_at for item in items) else ()
    past, more = (_PAST, ()) if past_too else ((), _PAST)
    headings = (*_IN_FORCE, *requested, *past)
    rows = (
        (
            item.number,
            show.one_line(texts.get(item.number, "")),
            item.held_at,
            item.held_by,
            item.until,
            item.reference,
            item.reason,
            *((item.release_requested_at, item.release_requested_by, item.release_request_reason) if requested else ()),
            item.released_at,
            item.released_by,
            item.release_reason,
            item.project_id,
        )
        for item in items
    )
    return show.table(session.language, *headings, rows=rows, more=(*more, "Id"))


async def hold(
    session: Session, project: Project, reason: Reason, *, until: Until = None, reference: Reference = None
) -> None:
    """Protect a project from deletion, by hand and by retention, until its end or its release."""
    fields = {"until": read_time(session, until, "--until", until=True), "reference": reference}
    typed = {name: value for name, value in fields.items() if value is not None}
    event = await _send(session, project, HoldProject, {"reason": reason, **typed})
    session.show(event, session.say("Project {project} is under hold", project=project))


async def change_hold(
    session: Session,
    project: Project,
    *,
    until: Until = None,
    no_end: Annotated[bool, typer.Option("--no-end", help="The hold lasts until its release.")] = False,
    reference: Reference = None,
    no_reference: Annotated[bool, typer.Option("--no-reference", help="Remove the reference.")] = False,
) -> None:
    """Change the end or the reference of a hold. To end somebody else's earlier, you need the right to release it."""
    example = f"incidents retention change-hold {project} --until 2031-12-31"
    require_change(session, example, until, reference, no_end or None, no_reference or None)
    for option, text, clearing in (("--until", until, no_end), ("--reference", reference, no_reference)):
        if text is not None and clearing:
            words = "{text}: the line changes this field twice; leave one of the two out"
            raise UsageError(session.say(words, text=option))
    changes = {
        **({"until": read_time(session, until, "--until", until=True)} if until is not None or no_end else {}),
        **({"reference": reference} if reference is not None or no_reference else {}),
    }
    event = await _send(session, project, ChangeHold, changes)
    changed = session.say("The hold of project {project} was changed", project=project)
    unchanged = session.say("Nothing was changed: the hold had these values already.")
    session.show(event, changed if event.changed else unchanged)


async def release(session: Session, project: Project, reason: Reason) -> None:
    """End the hold of a project: it can be deleted again. Somebody else's hold needs a permission of its own."""
    event = await _send(session, project, ReleaseProject, {"reason": reason})
    session.show(event, session.say("Project {project} is released", project=project))


async def request_release(session: Session, project: Project, reason: Reason) -> None:
    """Request the release of a hold, for somebody else to release it: a site may require two persons."""
    event = await _send(session, project, RequestRelease, {"reason": reason})
    words = "The release of project {project} is requested: somebody else can release it now"
    session.show(event, session.say(words, project=project))


async def withdraw_release(session: Session, project: Project) -> None:
    """Withdraw the request to release a hold: the hold stays."""
    event = await _send(session, project, WithdrawRelease, {})
    session.show(event, session.say("The request to release project {project} is withdrawn", project=project))


async def preserved(
    session: Session,
    project: Project,
    *,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=500, help="Changes on a page.")] = 50,
    all_: All = False,
) -> None:
    """Show what was changed or removed under hold, with its earlier form; the reading is recorded."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        query = make_message(session, GetPreserved, {"project_id": project_id, "limit": limit})
        known = show.Names(None) if session.json else await names(client)

        async def laid(page: PreservedContent) -> show.Sheet:
            return history_table(page.items, known, session.language)

        await show_pages(session, client, query, laid, every=all_)


async def _send(
    session: Session, project: str, form: type[HoldCommand[AnswerT_co]], fields: Mapping[str, Any]
) -> AnswerT_co:
    """Send a command about the hold of the project that was typed."""
    make_message(session, form, {"project_id": UUID(int=0), **fields})
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        return await session.send(client, make_message(session, form, {"project_id": project_id, **fields}))
