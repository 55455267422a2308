"""Tables of a site's definitions: types, statuses, categories with their values, and data fields."""

import shlex
from collections.abc import Iterable, Sequence

from rich.text import Text

from contracts.administration_queries import Category, DataField, Properties, Property, Status
from incidents.terminal.tables.sheet import Sheet, table
from incidents.terminal.text.words import say


def apart(known: Properties, language: str) -> list[Sheet | Text]:
    """Return one table per kind of property, and a line for each disabled definition."""
    return [
        properties("Types", known.types, language),
        statuses(known.statuses, language),
        *categories(known.categories, language),
        fields(known.data_fields, language, title="Data fields"),
        *disabled_categories(known.categories, language),
        *disabled_fields(known.data_fields, language),
    ]


def properties(heading: str, items: Iterable[Property], language: str) -> Sheet:
    """Return a table of properties with id, name and description."""
    rows = ((property_.id, property_.name, property_.description) for property_ in items)
    return table(language, "Id", "Name", "Description", rows=rows, title=say(language, heading))


def statuses(items: Iterable[Status], language: str) -> Sheet:
    """Return a table of statuses, with a mark for closing ones."""
    rows = ((status.id, status.name, status.closing or "", status.description) for status in items)
    return table(language, "Id", "Name", "Closes", "Description", rows=rows, title=say(language, "Statuses"))


def _category(category: Category, language: str) -> str:
    label = f"{say(language, 'Category')} {category.slot}"
    return say(language, "{label}: {value}", label=label, value=category.name)


def categories(items: Iterable[Category], language: str) -> list[Sheet]:
    """Return one table of values per enabled category."""
    return [
        properties(_category(category, language), category.values, language) for category in items if category.enabled
    ]


def disabled_categories(items: Iterable[Category], language: str) -> list[Text]:
    """Return a line for each disabled category: its name, and how to enable it again."""
    words = "Disabled: category {slot}, {name}; to enable it: incidents categories define {slot} {typed}"
    return _disabled(words, ((item.slot, item.name) for item in items if not item.enabled), language)


def disabled_fields(items: Iterable[DataField], language: str) -> list[Text]:
    """Return a line for each disabled data field: its name, and how to enable it again."""
    words = "Disabled: {slot}, {name}; to enable it: incidents fields define {slot} {typed}"
    return _disabled(words, ((f"{item.kind}_{item.slot}", item.name) for item in items if not item.enabled), language)


def _disabled(words: str, named: Iterable[tuple[object, str]], language: str) -> list[Text]:
    lines = (say(language, words, slot=slot, name=name, typed=shlex.quote(name)) for slot, name in named)
    return [Text(line, style="dim") for line in lines]


def values(items: Iterable[Category], language: str) -> Sheet:
    """Return the values of all categories for a spreadsheet."""
    rows = (
        (category.slot, category.name, value.id, value.name, value.description)
        for category in items
        if category.enabled
        for value in category.values
    )
    return table(language, "#", "Category", "Id", "Name", "Description", rows=rows)


def fields(items: Iterable[DataField], language: str, title: str = "") -> Sheet:
    """Show the enabled data fields with their technical names, such as integer_1."""
    rows = ((field.id, f"{field.kind}_{field.slot}", field.name, field.description) for field in items if field.enabled)
    heading = say(language, title) if title else ""
    return table(language, "Id", "Field", "Name", "Description", rows=rows, title=heading)


def in_one(known: Properties, language: str) -> Sheet:
    """Return one table of all properties with their kinds, for a spreadsheet."""
    of: list[tuple[str, Iterable[Property]]] = [("Type", known.types), ("Status", known.statuses)]
    rows: list[Sequence[object]] = [
        (say(language, kind), property_.id, property_.name, property_.description)
        for kind, items in of
        for property_ in items
    ]
    for each in known.categories:
        if each.enabled:
            rows.append((say(language, "Category"), each.id, each.name, each.description))
            rows += [(each.name, value.id, value.name, value.description) for value in each.values]
    defined = [field for field in known.data_fields if field.enabled]
    rows += [(say(language, "Data field"), field.id, field.name, field.description) for field in defined]
    return table(language, "Kind", "Id", "Name", "Description", rows=rows)
