"""Types and statuses: listed, added, renamed, deleted, by their names."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, NamedTuple

import typer

from contracts.administration_queries import Property
from contracts.message import Command
from contracts.properties import AddStatus, AddType, DeleteStatus, DeleteType, EditStatus, EditType, MarkStatus
from incidents.cli.arguments import Yes
from incidents.terminal.input.naming import Naming
from incidents.terminal.input.reading import fitting
from incidents.terminal.options import command, group
from incidents.terminal.session import Session
from incidents.terminal.tables import definitions
from incidents.terminal.tables.sheet import Sheet

Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")]
NewName = Annotated[str | None, typer.Argument(metavar="NEW-NAME", help="What it is called from now on.")]
Known = Annotated[str, typer.Argument(metavar="NAME", help="Its name, or its id.")]
Description = Annotated[str | None, typer.Option(metavar="TEXT", help="What it is for.")]


class Kind(NamedTuple):
    """What there is to say about types, and about statuses."""

    plural: str
    singular: str
    example: str
    add: type[Command[Any]]
    edit: type[Command[Any]]
    delete: type[Command[Any]]


TYPES: Final = Kind("types", "type", "Theft", AddType, EditType, DeleteType)
STATUSES: Final = Kind("statuses", "status", "Closed", AddStatus, EditStatus, DeleteStatus)


def register(app: typer.Typer) -> None:
    """Add `types` and `statuses`."""
    app.add_typer(_group(TYPES), name=TYPES.plural)
    statuses = _group(STATUSES)
    command(statuses, "close", "incidents statuses close Closed", sends=True)(close)
    command(statuses, "open", "incidents statuses open 'In progress'", sends=True)(reopen)
    app.add_typer(statuses, name=STATUSES.plural)


async def close(session: Session, known: Known) -> None:
    """Say that a status closes the projects that have it: they count as closed, and since when."""
    await _mark(session, known, closing=True)


async def reopen(session: Session, known: Known) -> None:
    """Say that projects with a status are not closed."""
    await _mark(session, known, closing=False)


async def _mark(session: Session, known: str, *, closing: bool) -> None:
    async with session.client() as client:
        there = await _there(Naming(session, client), STATUSES, known)
        event = await session.send(client, fitting(session, MarkStatus, {"id": there.id, "closing": closing}))
    words = "{name} closes projects" if closing else "{name} closes no projects"
    session.show(event, session.say(words, name=there.name))


def _group(kind: Kind) -> typer.Typer:
    made = group(f"The {kind.plural} that projects can have: list, add, rename, delete.")
    line = f"incidents {kind.plural}"
    _listing(made, kind, line)
    _adding(made, kind, line)
    _renaming(made, kind, line)
    _deleting(made, kind, line)
    return made


def _listing(made: typer.Typer, kind: Kind, line: str) -> None:
    @command(made, "list", f"{line} list", f"{line} list --csv", table=True)
    async def list_all(session: Session) -> None:
        """Show what is defined, with the ids."""
        async with session.client() as client:
            found = getattr(await Naming(session, client).known(), kind.plural)
        shown = [one.model_dump(mode="json") for one in found]
        session.show({kind.plural: shown}, _table(kind, found, session.language))


def _adding(made: typer.Typer, kind: Kind, line: str) -> None:
    @command(made, "add", f"{line} add {kind.example} --description 'What it is for'", sends=True)
    async def add(session: Session, name: Name, description: Description = None) -> None:
        """Define one more."""
        adding = fitting(session, kind.add, {"name": name, "description": description or ""})
        async with session.client() as client:
            event = await session.send(client, adding)
        session.show(event, session.say("{name} added: {id}", name=name, id=event.id))


def _renaming(made: typer.Typer, kind: Kind, line: str) -> None:
    @command(made, "rename", f"{line} rename {kind.example} 'Another name'", sends=True)
    async def rename(session: Session, known: Known, name: NewName = None, description: Description = None) -> None:
        """Rename or describe one that no project has."""
        async with session.client() as client:
            naming = Naming(session, client)
            there = await _there(naming, kind, known)
            event = await session.send(client, fitting(session, kind.edit, reworded(there, name, description)))
        session.show(event, session.say("{before} is now {name}", before=there.name, name=name or there.name))


def _deleting(made: typer.Typer, kind: Kind, line: str) -> None:
    @command(made, "delete", f"{line} delete {kind.example} --yes", sends=True)
    async def delete(session: Session, known: Known, yes: Yes = False) -> None:
        """Delete one that no project has."""
        async with session.client() as client:
            there = await _there(Naming(session, client), kind, known)
            sure(session, there.name, yes=yes)
            event = await session.send(client, fitting(session, kind.delete, {"id": there.id}))
        session.show(event, session.say("{name} deleted", name=there.name))


async def _there(naming: Naming, kind: Kind, text: str) -> Property:
    wanted = await getattr(naming, kind.singular)(text)
    found: Sequence[Property] = getattr(await naming.known(), kind.plural)
    return next((one for one in found if one.id == wanted), Property(id=wanted, name=text, description=""))


def _table(kind: Kind, found: Sequence[Any], language: str) -> Sheet:
    return (
        definitions.statuses(found, language) if kind is STATUSES else definitions.properties("Types", found, language)
    )


def reworded(there: Property, name: str | None, description: str | None) -> dict[str, Any]:
    """Return a property with another name or description; what is not named stays."""
    kept = there.description if description is None else description
    return {"id": there.id, "name": name or there.name, "description": kept}


def sure(session: Session, name: str, *, yes: bool) -> None:
    """Ask back before something that is defined is deleted."""
    if not yes and not session.confirm(session.say("Delete {name}?", name=name)):
        session.tell("Nothing was deleted.")
        raise typer.Exit
