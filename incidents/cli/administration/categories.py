"""The commands of the five categories with their values, and of the fifteen data fields."""

from typing import Annotated, Any

import typer

from contracts.administration_queries import Category, DataField, Property
from contracts.properties import (
    AddCategoryValue,
    DefineCategory,
    DefineDataField,
    DeleteCategoryValue,
    EditCategoryValue,
)
from incidents.cli.administration.define import Description, NewName, confirm_deletion, renamed, reword
from incidents.cli.administration.in_use import explain_use
from incidents.cli.arguments import Yes, require_change
from incidents.client import Client
from incidents.terminal.input import new_names
from incidents.terminal.input.naming import Naming
from incidents.terminal.input.new_names import Force
from incidents.terminal.input.reading import make_message
from incidents.terminal.options import command, group
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import definitions
from incidents.terminal.text.translate import translate_example

categories = group("The five categories and their values: list, define, disable, add, rename, delete.")
fields = group("The data fields of incidents: list, define, disable.")

OfCategory = Annotated[str, typer.Argument(metavar="CATEGORY", help="Its name, or its number from 1 to 5.")]
Value = Annotated[str, typer.Argument(metavar="VALUE", help="The value's name, or its id.")]
Field = Annotated[str, typer.Argument(metavar="FIELD", help="Its name, or its kind and number, as in integer_1.")]


def register(app: typer.Typer) -> None:
    """Add `categories` and `fields`."""
    app.add_typer(categories, name="categories")
    app.add_typer(fields, name="fields")


@command(categories, "list", "incidents categories list", "incidents categories list --csv", table=True)
async def list_categories(session: Session) -> None:
    """Show the enabled categories with their values, and the names of the disabled ones."""
    async with session.client() as client:
        categories_ = (await Naming(session, client).known()).categories
    shown = definitions.categories(categories_, session.language)
    document = {"categories": [category_.model_dump(mode="json") for category_ in categories_]}
    whole = definitions.values(categories_, session.language)
    disabled = definitions.disabled_categories(categories_, session.language)
    session.show(document, *(shown or [whole]), *disabled, sheet=whole)


@command(categories, "define", "incidents categories define 1 Reason --description 'Why it happened'", sends=True)
async def define_category(
    session: Session,
    slot: Annotated[int, typer.Argument(metavar="SLOT", min=1, max=5, help="The category, 1 to 5.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its new name.")],
    description: Description = None,
    force: Force = False,
) -> None:
    """Enable a category, or give it another name; its values stay."""
    async with session.client() as client:
        known = await Naming(session, client).known()
        same_slot = [category_ for category_ in known.categories if category_.slot == slot]
        others = new_names.fields_and_categories(known, f"category_{slot}")
        await new_names.require_unused(session, client, "Category", name, others, force=force)
        text = same_slot[0].description if same_slot and description is None else description or ""
        await _define_category(session, client, slot, name, text, enabled=True)


@command(categories, "disable", "incidents categories disable Reason", sends=True)
async def disable_category(session: Session, category: OfCategory) -> None:
    """Disable a category; projects keep its values. `define` enables it again."""
    async with session.client() as client:
        defined = await _category(session, client, category)
        await _define_category(session, client, defined.slot, defined.name, defined.description, enabled=False)


async def _define_category(
    session: Session, client: Client, slot: int, name: str, description: str, *, enabled: bool
) -> None:
    defining = {"slot": slot, "enabled": enabled, "name": name, "description": description}
    event = await session.send(client, make_message(session, DefineCategory, defining))
    words = "Category {slot} is called {name}" if enabled else "Category {slot} ({name}) is disabled"
    session.show(event, session.say(words, slot=slot, name=name))


@command(categories, "add", "incidents categories add Reason 'Caught in a door'", sends=True)
async def add_value(
    session: Session,
    category: OfCategory,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the value.")],
    description: Description = None,
    force: Force = False,
) -> None:
    """Add a value to a category."""
    async with session.client() as client:
        category_ = await _category(session, client, category)
        slot, others = category_.slot, new_names.of(category_.values)
        await new_names.require_unused(session, client, category_.name, name, others, force=force)
        adding = {"slot": slot, "name": name, "description": description or ""}
        event = await session.send(client, make_message(session, AddCategoryValue, adding))
    session.show(event, session.say("{name} added: {id}", name=name, id=event.id))
    _tell_disabled(session, category_)


@command(categories, "rename", "incidents categories rename Reason Other 'Something else'", sends=True)
async def rename_value(
    session: Session,
    category: OfCategory,
    value: Value,
    name: NewName = None,
    description: Description = None,
    force: Force = False,
) -> None:
    """Rename a value that no project uses, or change its description."""
    example = translate_example("incidents categories rename Reason Other 'Something else'", session.language)
    require_change(session, example, name, description)
    async with session.client() as client:
        category_, defined = await _value(session, client, category, value)
        slot, others = category_.slot, new_names.of(category_.values, defined.id)
        await new_names.require_unused(session, client, category_.name, name, others, force=force)
        editing = {"slot": slot, **reword(defined, name, description)}
        with explain_use(session, defined.name, "--category", f"{category_.name}={defined.name}"):
            event = await session.send(client, make_message(session, EditCategoryValue, editing))
    session.show(event, renamed(session, defined, name, description))
    _tell_disabled(session, category_)


def _tell_disabled(session: Session, category: Category) -> None:
    """Say that a category is disabled, so that no list shows its values, and how to enable it."""
    for line in definitions.disabled_categories([category], session.language):
        session.tell_line(line.plain)


@command(categories, "delete", "incidents categories delete Reason Other --yes", sends=True)
async def delete_value(session: Session, category: OfCategory, value: Value, yes: Yes = False) -> None:
    """Delete a value that no project uses."""
    async with session.client() as client:
        category_, defined = await _value(session, client, category, value)
        confirm_deletion(session, defined.name, yes=yes)
        deleting = {"slot": category_.slot, "id": defined.id}
        with explain_use(session, defined.name, "--category", f"{category_.name}={defined.name}"):
            event = await session.send(client, make_message(session, DeleteCategoryValue, deleting))
    session.show(event, session.say("{name} deleted", name=defined.name))


async def _category(session: Session, client: Client, text: str) -> Category:
    naming = Naming(session, client)
    slot = await naming.category(text)
    for category in (await naming.known()).categories:
        if str(category.slot) == slot:
            return category
    raise UsageError(session.say("category {slot} is not defined: incidents categories define {slot} NAME", slot=slot))


async def _value(session: Session, client: Client, category: str, value: str) -> tuple[Category, Property]:
    category_ = await _category(session, client, category)
    _, value_id = await Naming(session, client).value(f"{category_.slot}={value}")
    matches = [candidate for candidate in category_.values if candidate.id == value_id]
    return category_, matches[0] if matches else Property(id=value_id or 0, name=value, description="")


@command(fields, "list", "incidents fields list", "incidents fields list --csv", table=True)
async def list_fields(session: Session) -> None:
    """Show the enabled data fields with their technical names, such as integer_1, and the disabled ones."""
    async with session.client() as client:
        fields_ = (await Naming(session, client).known()).data_fields
    shown = definitions.fields(fields_, session.language)
    disabled = definitions.disabled_fields(fields_, session.language)
    session.show({"data_fields": [field.model_dump(mode="json") for field in fields_]}, shown, *disabled)


@command(fields, "define", "incidents fields define integer_1 'Number of injured people'", sends=True)
async def define_field(
    session: Session,
    field: Field,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its new name.")],
    description: Description = None,
    force: Force = False,
) -> None:
    """Enable a data field, or give it another name: integer, decimal, text, checkbox and datetime, 1 to 3 of each."""
    async with session.client() as client:
        naming = Naming(session, client)
        slot = await naming.field_to_define(field)
        defined = await _field(naming, slot)
        others = new_names.fields_and_categories(await naming.known(), slot)
        await new_names.require_unused(session, client, "Data field", name, others, force=force)
        text = defined["description"] if description is None else description
        await _define_field(session, client, {**defined, "enabled": True, "name": name, "description": text})


@command(fields, "disable", "incidents fields disable 'Number of injured people'", sends=True)
async def disable_field(session: Session, field: Field) -> None:
    """Disable a data field; projects keep its values. `define` enables it again."""
    async with session.client() as client:
        naming = Naming(session, client)
        defined = await _field(naming, await naming.field_name(field))
        await _define_field(session, client, {**defined, "enabled": False}, field)


async def _field(naming: Naming, name: str) -> dict[str, Any]:
    kind, _, slot = name.rpartition("_")
    for field in (await naming.known()).data_fields:
        if (field.kind, str(field.slot)) == (kind, slot):
            return _defined(field)
    return {"kind": kind, "slot": int(slot), "enabled": False, "name": name, "description": ""}


def _defined(field: DataField) -> dict[str, Any]:
    return field.model_dump(exclude={"id"})


async def _define_field(session: Session, client: Client, defining: dict[str, Any], typed: str = "") -> None:
    event = await session.send(client, make_message(session, DefineDataField, defining))
    words = "{field} is called {name}" if event.enabled else "{field} is disabled"
    field = typed or f"{event.kind}_{event.slot}"
    session.show(event, session.say(words, field=field, name=defining["name"]))
