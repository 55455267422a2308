"""The command that erases what people wrote in one place of a project."""

from typing import Annotated, Final
from uuid import UUID

import typer

from contracts.projects.redaction import RedactProject
from incidents.cli.arguments import ExpectedRevision, Project, Yes, revision
from incidents.client import Client
from incidents.terminal.input import parts
from incidents.terminal.input.naming import Naming
from incidents.terminal.input.reading import make_message, read_project
from incidents.terminal.input.slots import fold
from incidents.terminal.options import command
from incidents.terminal.session import Session, UsageError
from incidents.terminal.text.words import name_of

_PARTS: Final[dict[str, parts.Kind]] = {"comment": "comments", "call": "calls", "sequence": "sequences"}
_FIELDS: Final = ("description", "reference", *_PARTS)
Field = Annotated[
    str,
    typer.Argument(
        metavar="FIELD", help="description, reference, comment, call, sequence (its camera), or a data field of text."
    ),
]


def register(app: typer.Typer) -> None:
    """Add `redact`."""
    command(
        app,
        "redact",
        "incidents projects redact 12 comment 2 --reason 'Asked for by the witness'",
        "incidents projects redact 12 description --earlier-only --reason 'Wrong person named'",
        "incidents projects redact 12 sequence 1 --reason 'Camera named after a resident'",
        "incidents projects redact 12 Witness --reason 'Article 17' --yes",
        sends=True,
    )(redact)


async def redact(  # noqa: PLR0913 - each parameter is an argument or an option
    session: Session,
    project: Project,
    field: Field,
    part: Annotated[
        str | None,
        typer.Argument(metavar="NUMBER", help="The part's number, `last`, or its id if it was deleted."),
    ] = None,
    *,
    reason: Annotated[
        str, typer.Option(metavar="REASON", help="Why; without the words themselves. It is deleted with the project.")
    ],
    earlier_only: Annotated[
        bool, typer.Option("--earlier-only", help="Keep the present text, and erase what it replaced.")
    ] = False,
    yes: Yes = False,
    expected_revision: ExpectedRevision = None,
) -> None:
    """Erase what was written in one place, also from the history and from every file made of the project.

    That there was a text stays, and who wrote it when. Reports, batches and packages that show the project are deleted;
    the register of disclosures still names who received them.
    """
    async with session.client() as client:
        named = await _field(session, client, field)
        project_id = await read_project(session, client, project)
        part_id = await _part_id(session, client, project_id, named, part)
        where = f"{name_of(session.language, 'field', field)} {part or ''}".strip()
        if not yes and not session.confirm(session.say("Erase the words of {field} for good?", field=where)):
            session.tell("Nothing was erased.")
            raise typer.Exit
        values = {"project_id": project_id, "field": named, "reason": reason, "earlier_only": earlier_only}
        values |= {"part_id": part_id} if part_id else {}
        event = await session.send(client, make_message(session, RedactProject, values | revision(expected_revision)))
    erased = session.count(event.texts, "{count} text erased.", "{count} texts erased.")
    singular, plural = "{count} file that showed it was deleted.", "{count} files that showed it were deleted."
    files = session.count(event.files, singular, plural, "No file showed it.")
    session.show(event, f"{erased} {files}")


async def _field(session: Session, client: Client, field: str) -> str:
    """Return the wire's name of a place where people write words."""
    if fold(field) in {"camera", fold(name_of(session.language, "field", "camera"))}:
        return "sequence"
    return await Naming(session, client).any_field(field, _FIELDS, "FIELD", categories=False, data=("text",))


async def _part_id(session: Session, client: Client, project_id: UUID, field: str, part: str | None) -> UUID | None:
    """Return the id of a comment, call or sequence; one that was deleted is named by its id.

    Raises:
        UsageError: A part is missing, or there is none to name.
    """
    kind = _PARTS.get(field)
    if kind is None:
        if part is not None:
            raise UsageError(session.say("{field} has no parts: leave out {part}", field=field, part=part))
        return None
    if part is None:
        raise UsageError(
            session.say("say which of the {kind}: its number in `incidents projects show`", kind=session.say(kind))
        )
    try:
        return UUID(part)
    except ValueError:
        known = await parts.part_of(session, client, project_id, kind, part)
        part_id: UUID = getattr(known, f"{field}_id")
        return part_id
