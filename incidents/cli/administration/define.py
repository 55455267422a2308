"""The commands of types and statuses."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, NamedTuple

import typer

from contracts.administration_queries import Property
from contracts.message import Command
from contracts.properties import (
    AddStatus,
    AddType,
    DeleteStatus,
    DeleteType,
    EditStatus,
    EditType,
    MarkStatus,
    StatusMarked,
)
from incidents.cli.administration.in_use import explain_use
from incidents.cli.arguments import Yes, require_change
from incidents.cli.operations.retention_policies import Confirm, with_number
from incidents.client import Client
from incidents.errors import Refused
from incidents.terminal.input import new_names
from incidents.terminal.input.naming import Naming
from incidents.terminal.input.new_names import Force
from incidents.terminal.input.reading import make_message
from incidents.terminal.options import command, group
from incidents.terminal.session import Session
from incidents.terminal.tables import definitions
from incidents.terminal.tables.sheet import Sheet
from incidents.terminal.text.translate import translate_example

Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name.")]
NewName = Annotated[str | None, typer.Argument(metavar="NEW-NAME", help="Its new name.")]
Known = Annotated[str, typer.Argument(metavar="NAME", help="Its name, or its id.")]
Description = Annotated[str | None, typer.Option(metavar="TEXT", help="A description of its purpose.")]


class Kind(NamedTuple):
    """The names and messages of types or of statuses."""

    plural: str
    singular: str
    heading: str
    example: str
    add: type[Command[Any]]
    edit: type[Command[Any]]
    delete: type[Command[Any]]


TYPES: Final = Kind("types", "type", "Type", "Theft", AddType, EditType, DeleteType)
STATUSES: Final = Kind("statuses", "status", "Status", "Closed", AddStatus, EditStatus, DeleteStatus)


def register(app: typer.Typer) -> None:
    """Add `types` and `statuses`."""
    app.add_typer(_group(TYPES), name=TYPES.plural)
    statuses = _group(STATUSES)
    command(statuses, "close", "incidents statuses close Closed", sends=True)(close)
    command(statuses, "open", "incidents statuses open 'In progress'", sends=True)(reopen)
    app.add_typer(statuses, name=STATUSES.plural)


async def close(session: Session, known: Known, confirm: Confirm = None, yes: Yes = False) -> None:
    """Mark a status as closing: its projects count as closed from the time they got it.

    It asks for confirmation if policies that count from the closing let the next sweep delete more projects then.
    """
    await _mark(session, known, closing=True, confirm=confirm, yes=yes)


async def reopen(session: Session, known: Known) -> None:
    """Mark a status as not closing: its projects are not closed."""
    await _mark(session, known, closing=False)


async def _mark(session: Session, known: str, *, closing: bool, confirm: int | None = None, yes: bool = False) -> None:
    async with session.client() as client:
        status = await _find_property(Naming(session, client), STATUSES, known)
        mark = make_message(session, MarkStatus, {"id": status.id, "closing": closing})
        event = await _send_confirmed(session, client, with_number(mark, confirm), status.name, yes=yes)
    words = "{name} closes projects" if closing else "{name} closes no projects"
    session.show(event, session.say(words, name=status.name))


async def _send_confirmed(session: Session, client: Client, mark: MarkStatus, name: str, *, yes: bool) -> StatusMarked:
    """Mark a status; if the system asks for the number of projects that would be deleted, ask the person."""
    try:
        return await session.send(client, mark)
    except Refused as refused:
        due = refused.details.get("due")
        if mark.confirm is not None or not isinstance(due, int):
            raise
    singular = "Let {name} close projects? The next sweep will then delete {count} project."
    plural = "Let {name} close projects? The next sweep will then delete {count} projects."
    if not yes and not session.confirm(session.count(due, singular, plural, name=name)):
        session.tell("Nothing was changed.")
        raise typer.Exit
    return await session.send(client, with_number(mark, due), "confirmed")  # the refused one has the id of this run


def _group(kind: Kind) -> typer.Typer:
    marking = ", close, open" if kind is STATUSES else ""
    app = group(f"The {kind.plural} that projects can have: list, add, rename, delete{marking}.")
    line = f"incidents {kind.plural}"
    _listing(app, kind, line)
    _adding(app, kind, line)
    _renaming(app, kind, line)
    _deleting(app, kind, line)
    return app


def _listing(app: typer.Typer, kind: Kind, line: str) -> None:
    @command(app, "list", f"{line} list", f"{line} list --csv", table=True)
    async def list_all(session: Session) -> None:
        """Show all definitions with their ids."""
        async with session.client() as client:
            properties = getattr(await Naming(session, client).known(), kind.plural)
        shown = [property_.model_dump(mode="json") for property_ in properties]
        session.show({kind.plural: shown}, _table(kind, properties, session.language))


def _adding(app: typer.Typer, kind: Kind, line: str) -> None:
    @command(app, "add", f"{line} add {kind.example} --description 'What it is for'", sends=True)
    async def add(session: Session, name: Name, description: Description = None, force: Force = False) -> None:
        """Add a definition."""
        adding = make_message(session, kind.add, {"name": name, "description": description or ""})
        async with session.client() as client:
            others = new_names.of(getattr(await new_names.definitions(client), kind.plural))
            await new_names.require_unused(session, client, kind.heading, name, others, force=force)
            event = await session.send(client, adding)
        session.show(event, session.say("{name} added: {id}", name=name, id=event.id))


def _renaming(app: typer.Typer, kind: Kind, line: str) -> None:
    @command(app, "rename", f"{line} rename {kind.example} 'Another name'", sends=True)
    async def rename(
        session: Session, known: Known, name: NewName = None, description: Description = None, force: Force = False
    ) -> None:
        """Rename a definition that no project uses, or change its description."""
        example = translate_example(f"{line} rename {kind.example} 'Another name'", session.language)
        require_change(session, example, name, description)
        async with session.client() as client:
            naming = Naming(session, client)
            property_ = await _find_property(naming, kind, known)
            others = new_names.of(getattr(await naming.known(), kind.plural), property_.id)
            await new_names.require_unused(session, client, kind.heading, name, others, force=force)
            editing = make_message(session, kind.edit, reword(property_, name, description))
            with explain_use(session, property_.name, f"--{kind.singular}"):
                event = await session.send(client, editing)
        session.show(event, renamed(session, property_, name, description))


def _deleting(app: typer.Typer, kind: Kind, line: str) -> None:
    @command(app, "delete", f"{line} delete {kind.example} --yes", sends=True)
    async def delete(session: Session, known: Known, yes: Yes = False) -> None:
        """Delete a definition that no project uses."""
        async with session.client() as client:
            property_ = await _find_property(Naming(session, client), kind, known)
            confirm_deletion(session, property_.name, yes=yes)
            with explain_use(session, property_.name, f"--{kind.singular}"):
                event = await session.send(client, make_message(session, kind.delete, {"id": property_.id}))
        session.show(event, session.say("{name} deleted", name=property_.name))


async def _find_property(naming: Naming, kind: Kind, text: str) -> Property:
    property_id = await getattr(naming, kind.singular)(text)
    properties: Sequence[Property] = getattr(await naming.known(), kind.plural)
    return next(
        (property_ for property_ in properties if property_.id == property_id),
        Property(id=property_id, name=text, description=""),
    )


def _table(kind: Kind, properties: Sequence[Any], language: str) -> Sheet:
    return (
        definitions.statuses(properties, language)
        if kind is STATUSES
        else definitions.properties("Types", properties, language)
    )


def reword(property_: Property, name: str | None, description: str | None) -> dict[str, Any]:
    """Return a property with another name or description; None leaves either unchanged."""
    text = property_.description if description is None else description
    return {"id": property_.id, "name": name or property_.name, "description": text}


def renamed(session: Session, before: Property, name: str | None, description: str | None) -> str:
    """Return the sentence about an edit of a property: its new name, its new description, or that nothing changed."""
    if name is not None and name != before.name:
        return session.say("{before} is now {name}", before=before.name, name=name)
    if description is not None and description != before.description:
        return session.say("Description changed: {name}", name=before.name)
    return session.say("Nothing was changed: {name} had this name and description already.", name=before.name)


def confirm_deletion(session: Session, name: str, *, yes: bool) -> None:
    """Ask for confirmation before a definition is deleted."""
    if not yes and not session.confirm(session.say("Delete {name}?", name=name)):
        session.tell("Nothing was deleted.")
        raise typer.Exit
