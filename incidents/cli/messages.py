"""Sending any command or query of the wire, by its subject."""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import typer
from pydantic_core import to_json

from contracts.catalogue import commands, queries
from contracts.errors import Code, Error
from contracts.message import Outcome, Request
from incidents.client import Client
from incidents.errors import PendingError, Refused
from incidents.terminal.input.reading import make_message, read_decimal, read_object
from incidents.terminal.options import command
from incidents.terminal.printing import json_text
from incidents.terminal.session import Session, Status, UsageError
from incidents.terminal.text.words import list_names

Asked = TypeVar("Asked", bound=Request[Any])

_CREATED_ID_FIELDS: Final = {
    "projects.create": "project_id",
    "projects.add-comment": "comment_id",
    "projects.add-call": "call_id",
    "reports.generate": "report_id",
    "reports.generate-batch": "report_id",
    "reports.generate-summary": "report_id",
}
"""The field with the id of the object that a command creates."""

Body = Annotated[str, typer.Argument(metavar="JSON", help="The body; - reads it from stdin.")]


def register(app: typer.Typer) -> None:
    """Add `send`, `outcome` and `ask`."""
    command(
        app,
        "send",
        """incidents send projects.create '{"description": "Fell from the ladder"}'""",
        "incidents send projects.import - < projects.json",
        sends=True,
    )(send)
    command(app, "outcome", "incidents outcome 0190…", "incidents outcome 0190… --wait 60 --json")(outcome)
    command(
        app,
        "ask",
        "incidents ask administration.me",
        """incidents ask projects.list '{"limit": 5, "count": "exact"}'""",
    )(ask)


async def send(
    session: Session,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="worker.verb, as in projects.create")],
    body: Body = "{}",
    key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The key of the subject; read from the body if absent.")
    ] = None,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Send the body unchecked; one that no worker understands never has an outcome."),
    ] = False,
) -> None:
    """Send any command and print its outcome.

    The ids of created objects are generated if the body does not contain them.
    """
    session.options = None
    values = read_object(session, body) if not raw or body == "-" else {}
    letter_key = key
    if raw:
        content = body.encode() if body != "-" else to_json(values)
        letter_key = key or "-"
    else:
        values = _with_new_id(session, subject, values)
        known = {name: form for name, form in commands().items() if not form.internal}
        checked = _validate(session, known, subject, values)
        content = to_json(values)
        letter_key = key or (None if checked.keyed_by_principal else checked.key())
    async with session.client() as client:
        recipient = letter_key or client.principal
        submitted = await client.submit_raw(subject, content, key=recipient, command_id=session.id_of())
        try:
            result = await submitted.outcome()
        except PendingError as pending:
            raise (_of_raw(session, pending) if raw else pending) from pending
    _show_outcome(session, result)


def _of_raw(session: Session, pending: PendingError) -> PendingError:
    """Return what is known of an unchecked message: it is stored, and perhaps no worker understands it."""
    words = (
        "The message was accepted. Its outcome is not known yet; it never has one if no worker understands it. "
        "Then it is listed by: incidents dead list"
    )
    message = f"{session.say(words)}{session.place}"
    return PendingError(pending.error.model_copy(update={"message": message}), command_id=pending.command_id)


async def outcome(
    session: Session,
    command_id: Annotated[UUID, typer.Argument(metavar="ID", help="The command id, as it was shown.")],
    wait: Annotated[str, typer.Option("--wait", metavar="SECONDS", help="How long to wait for it.")] = "0",
) -> None:
    """Show the outcome of one of your commands: applied, refused with its reason, being carried out, or not known."""
    seconds = read_decimal(session, wait, 0, "--wait") or 0.0
    async with session.client() as client:
        result = await _outcome(client, command_id, seconds)
    if result and result.is_pending:
        words = "The command is being carried out: {done} of {total} done."
        text = session.say(words, done=result.done, total=result.total)
        session.show(result.model_dump(mode="json", exclude_none=True), text)
        raise typer.Exit(Status.PENDING)
    if result:
        _show_outcome(session, result)
        return
    words = (
        "No outcome is known under this id: the command is still waiting, was never accepted, or became a dead letter."
    )
    session.show({"command_id": str(command_id), "status": "unknown"}, session.say(words))
    raise typer.Exit(Status.PENDING)


async def _outcome(client: Client, command_id: UUID, wait: float) -> Outcome | None:
    try:
        return await client.outcome(command_id, wait_seconds=wait)
    except Refused as refused:
        if refused.code is not Code.GONE:
            raise
    return None


def _show_outcome(session: Session, outcome: Outcome) -> None:
    document = outcome.model_dump(mode="json", exclude_none=True)
    if outcome.error is not None and not session.json:
        raise Refused(Error.model_validate(outcome.error), command_id=outcome.command_id)
    session.show(document, json_text(document))
    if outcome.error is not None:
        raise typer.Exit(Status.REFUSED)


async def ask(
    session: Session,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="worker.verb, as in projects.list")],
    body: Body = "{}",
) -> None:
    """Ask any query and print its answer."""
    session.options = None
    query = _validate(session, queries(), subject, read_object(session, body))
    if query.answer() is bytes:
        raise UsageError(session.say("this answer is not text; use: incidents report, incidents projects export"))
    async with session.client() as client:
        answer = await client.ask(query)
    session.show(answer, json_text(answer))


def _with_new_id(session: Session, subject: str, values: dict[str, Any]) -> dict[str, Any]:
    name = _CREATED_ID_FIELDS.get(subject)
    if name is None or name in values:
        return values
    new_id = str(session.id_of())
    session.tell("generated: {name} {value}", name=name, value=new_id)
    return {**values, name: new_id}


def _validate(session: Session, known: Mapping[str, type[Asked]], subject: str, values: Mapping[str, Any]) -> Asked:
    """Validate a body by the rules of the wire, so that errors are reported at once."""
    if subject not in known:
        if (other := "ask" if subject in queries() else "send" if subject in commands() else "") and known:
            words = "{subject} is {kind}: incidents {line}"
            kind = session.say("a query" if other == "ask" else "a command")
            raise UsageError(session.say(words, subject=subject, kind=kind, line=f"{other} {subject}"))
        near = difflib.get_close_matches(subject, known, n=5, cutoff=0.5)
        words = "unknown: {subject}. Did you mean {near}?" if near else "unknown: {subject}. Known: {near}"
        names = list_names(session.language, near) if near else ", ".join(known)
        raise UsageError(session.say(words, subject=subject, near=names))
    return make_message(session, known[subject], values)
