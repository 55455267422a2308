"""Names for new definitions: a name that another definition has would be ambiguous in later commands.

The system accepts such names, because names need not be unique; the command line asks for `--force`.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated

import typer

from contracts.administration_queries import GetProperties, Properties, Property
from contracts.projects.queries import GetOutcome
from incidents.client import Client
from incidents.errors import Refused, SuppressNotAvailable
from incidents.terminal.input.naming import Named
from incidents.terminal.input.slots import fold
from incidents.terminal.session import Session, UsageError

Force = Annotated[bool, typer.Option("--force", help="Allow a name that is already in use.")]


async def require_unused(
    session: Session, client: Client, kind: str, name: str | None, others: Iterable[Named], *, force: bool
) -> None:
    """Refuse a name that another definition has, ignoring case and accents.

    A command that is repeated with its `--id` finds its own definition, and is sent again.

    Raises:
        UsageError: The name is in use.
    """
    if name is None or force:
        return
    same = list(dict.fromkeys(str(other.key) for other in others if fold(name) in {fold(other.name), str(other.key)}))
    if not same or await _is_repeated(session, client):
        return
    words = (
        "{kind}: the name {name} is in use already (id {ids}), and later commands could not tell them apart: "
        "choose another name, or add --force"
    )
    raise UsageError(session.say(words, kind=session.say(kind), name=name, ids=", ".join(same)))


async def _is_repeated(session: Session, client: Client) -> bool:
    """Return whether this command was carried out before, which only a given id can say."""
    if not session.has_given_id:
        return False
    with suppress(Refused):
        await client.ask(GetOutcome(command_id=session.id_of()))
        return True
    return False


async def definitions(client: Client) -> Properties:
    """Return all definitions; none if the caller may not see them, because the system then refuses the command."""
    with SuppressNotAvailable():
        return await client.ask(GetProperties())
    return Properties(types=[], statuses=[], categories=[], data_fields=[])


def of(properties: Iterable[Property], besides: int | None = None) -> list[Named]:
    """Return the names of types, statuses or values, without that of the renamed one."""
    return [Named(property_.id, property_.name) for property_ in properties if property_.id != besides]


def fields_and_categories(known: Properties, besides: str) -> list[Named]:
    """Return the enabled categories and data fields, which `--clear` and others take by name in one place."""
    fields = [Named(f"{field.kind}_{field.slot}", field.name) for field in known.data_fields if field.enabled]
    categories = [Named(f"category_{item.slot}", item.name) for item in known.categories if item.enabled]
    return [named for named in (*fields, *categories) if named.key != besides]
