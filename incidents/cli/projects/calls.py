"""The calls of a project: recorded, corrected, deleted."""

from typing import Annotated, Any

import typer

from contracts.projects.parts import AddCall, DeleteCall, EditCall
from incidents.cli.arguments import TIME, ExpectedRevision, Project, Yes, revision
from incidents.terminal.input import parts
from incidents.terminal.input.reading import fitting, read_decimal, read_project, read_time
from incidents.terminal.options import command
from incidents.terminal.session import Session, UsageError

Number = Annotated[str, typer.Argument(metavar="CALL", help=parts.HELP)]
To = Annotated[str | None, typer.Option("--to", metavar="WHO", help="Who was called.")]
From = Annotated[str | None, typer.Option("--from", metavar="WHO", help="Who called.")]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help=f"When: {TIME} Now, when it is recorded first.")]
Phone = Annotated[str | None, typer.Option("--number", metavar="PHONE", help="The telephone number.")]
Minutes = Annotated[str | None, typer.Option("--minutes", metavar="N", help="How long it took.")]
Reference = Annotated[str | None, typer.Option("--reference", metavar="TEXT", help="The other party's reference.")]
Notes = Annotated[str | None, typer.Option("--notes", metavar="TEXT", help="What was said.")]

_SECONDS = 60


def register(app: typer.Typer) -> None:
    """Add `call`, `edit-call` and `delete-call`."""
    command(
        app,
        "call",
        "incidents projects call 12 --to Police --number 117 --minutes 4 --notes 'They are on their way.'",
        "incidents projects call 12 --from 'Neighbour, 2nd floor' --at 10m",
        sends=True,
    )(call)
    command(app, "edit-call", "incidents projects edit-call 12 1 --reference P-2026-118", sends=True)(edit_call)
    command(app, "delete-call", "incidents projects delete-call 12 last --yes", sends=True)(delete_call)


async def call(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    project: Project,
    *,
    to: To = None,
    from_: From = None,
    at: At = None,
    number: Phone = None,
    minutes: Minutes = None,
    reference: Reference = None,
    notes: Notes = None,
) -> None:
    """Record a call, made with --to or received with --from."""
    if not (to or from_):
        raise UsageError(session.say("say with whom the call was: --to NAME or --from NAME"))
    given: dict[str, Any] = {"call_id": session.id_of(), "at": session.now, "direction": "made", "party": ""}
    given |= _party(to, from_) | _facts(session, at, number, minutes, reference, notes)
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        event = await session.send(client, fitting(session, AddCall, {**given, "project_id": project_id}))
    session.show(event, session.say("Call recorded: {call_id}", call_id=event.call_id))


async def edit_call(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    project: Project,
    call_number: Number,
    *,
    to: To = None,
    from_: From = None,
    at: At = None,
    number: Phone = None,
    minutes: Minutes = None,
    reference: Reference = None,
    notes: Notes = None,
    expected_revision: ExpectedRevision = None,
) -> None:
    """Correct what is known of a call; what is not named stays as it is."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        found = await parts.part_of(session, client, project_id, "calls", call_number)
        known = found.model_dump(include=set(EditCall.model_fields) - {"project_id"})
        known |= _party(to, from_) | _facts(session, at or None, number, minutes, reference, notes)
        known |= revision(expected_revision)
        event = await session.send(client, fitting(session, EditCall, {**known, "project_id": project_id}))
    session.show(event, session.say("Call corrected: {call_id}", call_id=event.call_id))


async def delete_call(
    session: Session,
    project: Project,
    call_number: Number,
    yes: Yes = False,
    expected_revision: ExpectedRevision = None,
) -> None:
    """Delete the record of a call; `projects history` keeps it."""
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        found = await parts.part_of(session, client, project_id, "calls", call_number)
        about = f"{found.party} {found.notes}".strip()
        if not yes and not session.confirm(session.say("Delete this call? {text}", text=about)):
            session.tell("Nothing was deleted.")
            raise typer.Exit
        deleting = {"project_id": project_id, "call_id": found.call_id, **revision(expected_revision)}
        event = await session.send(client, fitting(session, DeleteCall, deleting))
    session.show(event, session.say("Call deleted: {text}", text=about))


def _party(to: str | None, from_: str | None) -> dict[str, Any]:
    """Return with whom it was, where that was typed."""
    if not (to or from_):
        return {}
    return {"party": to or from_, "direction": "received" if from_ and not to else "made"}


def _facts(
    session: Session, at: str | None, number: str | None, minutes: str | None, reference: str | None, notes: str | None
) -> dict[str, Any]:
    """Return what was typed about a call, and nothing that was not."""
    lasted = read_decimal(session, minutes, 0, "--minutes")
    seconds = None if lasted is None else round(lasted * _SECONDS)
    typed = {
        "at": read_time(session, at),
        "number": number,
        "duration_seconds": seconds,
        "reference": reference,
        "notes": notes,
    }
    return {name: value for name, value in typed.items() if value is not None}
