"""`incidents privacy record`: the record of processing activities, from the configuration (GDPR 30)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from contracts.administration_queries import Role
from contracts.permissions import Node
from contracts.printable import on_one_line
from contracts.report_record import GenerateRecord
from incidents.cli.operations.disclosures import TimeZone
from incidents.cli.privacy.circumstances import Configuration, hidden_line, read_configuration, retention_lines
from incidents.cli.privacy.record_file import RecordFile
from incidents.terminal.input.reading import make_message
from incidents.terminal.input.role_names import FIRST_ROLE
from incidents.terminal.options import command
from incidents.terminal.saving import require_ending, require_unused
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of, say

_BLANKS: Final = (
    "Name and contact details of the controller",
    "Data protection officer",
    "Purposes of the processing",
    "Legal basis",
)
_MORE_BLANKS: Final = ("Processors", "Transfers to third countries, and their safeguards")
_PARTS: Final = (
    "Descriptions, references and times of incidents",
    "Comments, calls and telephone numbers",
    "References to recordings of cameras",
    "Names of users, and what they did and read",
)
_ALWAYS: Final = (
    "Each user has credentials of their own, and only the permissions of their roles",
    "What was done and read is recorded in two logs, whose entries cannot be changed unnoticed",
    "Reports are signed, and packages can be encrypted",
    "What was erased is erased again in a restored backup",
)


def register(app: typer.Typer) -> None:
    """Add `record`."""
    command(
        app,
        "record",
        "incidents privacy record > record.md",
        "incidents privacy record --lang fr",
        "incidents privacy record --pdf record.pdf",
        sends=True,
    )(record)


async def record(
    session: Session,
    *,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", metavar="FILE", help="A PDF to write, which ends with .pdf.")
    ] = None,
    time_zone: TimeZone = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    resume: Annotated[
        UUID | None, typer.Option(metavar="ID", help="Wait for a PDF that was begun before, and save it.")
    ] = None,
) -> None:
    """Print the record of processing as Markdown, from the configuration of this site.

    What only the organisation knows is left blank, and marked: the controller, purposes, legal bases and processors.
    With `--pdf` the system makes a signed PDF of it, which has room for what is blank. Ctrl-C cancels it.
    """
    if pdf is not None:
        require_ending(session, pdf, "{path}: this is a PDF: name a file that ends with .pdf", ".pdf")
        if resume and time_zone:
            raise UsageError(session.say("--resume goes on with a PDF that was begun before: leave the rest out"))
        path = require_unused(session, pdf, force=force)
        return await _save(session, RecordFile(session, path), time_zone, resume)
    if option := "--timezone" if time_zone else "--resume" if resume else "--force" if force else "":
        raise UsageError(session.say("{option} belongs to a file: name one with --pdf", option=option))
    return await _print_markdown(session)


async def _save(session: Session, file: RecordFile, time_zone: str | None, resume: UUID | None) -> None:
    async with session.client() as client:
        if resume:
            await file.resume(client, resume)
            return
        values = {"report_id": session.id_of(), "language": session.language}
        values |= {"timezone": time_zone} if time_zone else {}
        await file.make(client, make_message(session, GenerateRecord, values))


async def _print_markdown(session: Session) -> None:
    async with session.client() as client:
        configuration = await read_configuration(client)
    document = {name: value and value.model_dump(mode="json") for name, value in configuration._asdict().items()}
    session.show({**document, "hidden": configuration.hidden}, *_print(session, configuration))


def _print(session: Session, configuration: Configuration) -> list[Any]:
    session.out.soft_wrap = True  # a line of Markdown is one line
    return ["\n".join(_lines(session, configuration))]


def _lines(session: Session, configuration: Configuration) -> Iterator[str]:
    language = session.language
    blank = f"[ {say(language, 'to be completed by the organisation')} ]"
    yield f"# {say(language, 'Record of processing activities (GDPR, article 30)')}\n"
    yield f"{say(language, 'Made on {time}', time=show.local(session.now, language))}\n"
    for heading in _BLANKS:
        yield from _section(say(language, heading), [blank])
    yield from _section(say(language, "Persons concerned"), [say(language, "Persons in incidents, and users"), blank])
    yield from _section(say(language, "Categories of data"), _categories(configuration, language))
    yield from _section(say(language, "Who may see what"), _recipients(configuration, language))
    for heading in _MORE_BLANKS:
        yield from _section(say(language, heading), [blank])
    yield from _section(say(language, "How long it is kept"), retention_lines(configuration, language))
    yield from _section(say(language, "Security"), _measures(configuration, language))
    if hidden := hidden_line(configuration.hidden, language):
        yield f"{hidden}\n"


def _section(heading: str, lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    yield f"## {heading}\n"
    yield "\n".join(f"- {on_one_line(line)}" for line in lines) + "\n"


def _categories(configuration: Configuration, language: str) -> Iterator[str]:
    yield from (say(language, part) for part in _PARTS)
    properties = configuration.properties
    if properties is None:
        return
    defined = (
        ("Types", [each.name for each in properties.types]),
        ("Statuses", [each.name for each in properties.statuses]),
        ("Categories", [each.name for each in properties.categories if each.enabled]),
        ("Data fields", [each.name for each in properties.data_fields if each.enabled]),
    )
    for heading, names in defined:
        if names:
            yield say(language, "{label}: {value}", label=say(language, heading), value=", ".join(names))


def _recipients(configuration: Configuration, language: str) -> Iterator[str]:
    for role in configuration.roles.roles if configuration.roles else ():
        name = say(language, role.name) if (role.role_id, role.name) == FIRST_ROLE else role.name
        yield say(language, "{label}: {value}", label=name, value=_permissions(role, language))


def _permissions(role: Role, language: str) -> str:
    shown = [node for node in Node if role.permissions.get(node, "none") != "none"]
    return ", ".join(name_of(language, "permission", node) for node in shown) or say(language, "nothing")


def _measures(configuration: Configuration, language: str) -> Iterator[str]:
    yield from (say(language, measure) for measure in _ALWAYS)
    settings = configuration.settings
    if settings is None:
        return
    if settings.export_details_required:
        yield say(language, "A copy needs a recipient, a reference and a legal basis")
    if settings.deletion_reason_required:
        yield say(language, "The deletion of a project needs a reason")
    if settings.two_person_release:
        yield say(language, "The release of a hold needs two persons")
