"""The commands of a project's calls."""

from contextlib import suppress
from math import inf
from typing import Annotated, Any

import typer

from contracts.figures import decimal, read_duration
from contracts.projects.parts import CALL_SECONDS_MAX, AddCall, DeleteCall, EditCall
from incidents.cli.arguments import TIME, ExpectedRevision, Project, Yes, require_change, revision
from incidents.terminal.input import parts
from incidents.terminal.input.reading import make_message, read_number, read_project
from incidents.terminal.input.recordings import read_past_time
from incidents.terminal.options import command
from incidents.terminal.session import Session, UsageError

Number = Annotated[str, typer.Argument(metavar="CALL", help=parts.HELP)]
To = Annotated[str | None, typer.Option("--to", metavar="PARTY", help="Who was called.")]
From = Annotated[str | None, typer.Option("--from", metavar="PARTY", help="Who called.")]
At = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="TIME", help=f"Time of the call: {TIME} By default, the time at which it is recorded."
    ),
]
NewAt = Annotated[str | None, typer.Option("--at", metavar="TIME", help=f"Time of the call: {TIME}")]
Phone = Annotated[str | None, typer.Option("--number", metavar="PHONE", help="The telephone number.")]
Minutes = Annotated[
    str | None, typer.Option("--minutes", metavar="MINUTES", help="Its duration in minutes, or as 4 min 30 s.")
]
Reference = Annotated[str | None, typer.Option("--reference", metavar="TEXT", help="The other party's reference.")]
Notes = Annotated[str | None, typer.Option("--notes", metavar="TEXT", help="The content of the call.")]

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
    _require_one_party(session, to, from_)
    if not (to or from_):
        raise UsageError(session.say("name the other party of the call: --to NAME or --from NAME"))
    values: dict[str, Any] = {"call_id": session.id_of(), "at": session.now, "direction": "made", "party": ""}
    values |= _party(to, from_) | _facts(session, at, number, minutes, reference, notes)
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        event = await session.send(client, make_message(session, AddCall, {**values, "project_id": project_id}))
    session.show(event, session.say("Call recorded: {call_id}", call_id=event.call_id))


async def edit_call(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    project: Project,
    call_number: Number,
    *,
    to: To = None,
    from_: From = None,
    at: NewAt = None,
    number: Phone = None,
    minutes: Minutes = None,
    reference: Reference = None,
    notes: Notes = None,
    expected_revision: ExpectedRevision = None,
) -> None:
    """Correct the record of a call; other fields stay unchanged."""
    example = f"incidents projects edit-call {project} {call_number} --minutes 4"
    require_change(session, example, to, from_, at, number, minutes, reference, notes)
    _require_one_party(session, to, from_)
    async with session.client() as client:
        project_id = await read_project(session, client, project)
        call_ = await parts.part_of(session, client, project_id, "calls", call_number)
        known = call_.model_dump(include=set(EditCall.model_fields) - {"project_id"})
        known |= {"project_id": project_id, **revision(expected_revision)}
        typed = _party(to, from_) | _facts(session, at or None, number, minutes, reference, notes)
        before, edit = (make_message(session, EditCall, values) for values in (known, known | typed))
        event = await session.send(client, edit)
    changed = session.say("Call corrected: {call_id}", call_id=event.call_id)
    unchanged = session.say("Nothing was changed: the call had these values already.")
    session.show(event, unchanged if edit == before else changed)


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
        call_ = await parts.part_of(session, client, project_id, "calls", call_number)
        text = " – ".join(filter(None, (call_.party, call_.notes)))
        if not yes and not session.confirm(session.say("Delete the call '{text}'?", text=text)):
            session.tell("Nothing was deleted.")
            raise typer.Exit
        deleting = {"project_id": project_id, "call_id": call_.call_id, **revision(expected_revision)}
        event = await session.send(client, make_message(session, DeleteCall, deleting))
    session.show(event, session.say("Call deleted: {text}", text=text))


def _require_one_party(session: Session, to: str | None, from_: str | None) -> None:
    """Refuse a call that is both made and received.

    Raises:
        UsageError: Both options were typed.
    """
    if to is not None and from_ is not None:
        raise UsageError(session.say("--to and --from exclude each other: write one of them"))


def _party(to: str | None, from_: str | None) -> dict[str, Any]:
    """Return the other party and the direction, if typed."""
    if not (to or from_):
        return {}
    return {"party": to or from_, "direction": "received" if from_ else "made"}


def _facts(
    session: Session, at: str | None, number: str | None, minutes: str | None, reference: str | None, notes: str | None
) -> dict[str, Any]:
    """Return the typed fields of a call."""
    typed = {
        "at": read_past_time(session, at, "--at"),
        "number": number,
        "duration_seconds": _duration_seconds(session, minutes),
        "reference": reference,
        "notes": notes,
    }
    return {name: value for name, value in typed.items() if value is not None}


def _minutes(session: Session, text: str) -> float:
    """Parse a number of minutes.

    Raises:
        UsageError: It is none; the sentence shows both forms of a duration.
    """
    figures = read_number(session, text, "--minutes")
    with suppress(ValueError):
        if 0 <= (minutes := float(figures)) < inf:
            return minutes
    shown = {"minutes": decimal(4.5, session.language), "duration": "4 min 30 s"}
    words = '{option}: {text} is not a duration: write {minutes}, or "{duration}"'
    raise UsageError(session.say(words, option="--minutes", text=text, **shown))


def _duration_seconds(session: Session, text: str | None) -> int | None:
    """Parse a duration: in minutes, or with units as it is shown.

    Raises:
        UsageError: It is none, or longer than a call may last.
    """
    seconds = read_duration(text) if text else None
    if seconds is None and text is not None:
        seconds = _minutes(session, text) * _SECONDS
    if seconds is not None and seconds > CALL_SECONDS_MAX:
        words = "{option}: {text} is too much: a call lasts 7 days ({count} minutes) at most"
        minutes_max = CALL_SECONDS_MAX // _SECONDS
        raise UsageError(session.say(words, option="--minutes", text=text, count=minutes_max))
    return None if seconds is None else round(seconds)
