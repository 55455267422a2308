"""What is defined on a site: types, statuses, categories with their values, and data fields."""

from collections.abc import Iterable, Sequence

from contracts.administration_queries import Category, DataField, Properties, Property, Status
from incidents.terminal.tables.sheet import Sheet, table
from incidents.terminal.text.words import say


def apart(known: Properties, language: str) -> list[Sheet]:
    """Show every defined property, each kind in a table of its own."""
    return [
        properties("Types", known.types, language),
        statuses(known.statuses, language),
        *categories(known.categories, language),
        fields(known.data_fields, language, title="Data fields"),
    ]


def properties(heading: str, items: Iterable[Property], language: str) -> Sheet:
    """Show what has an id, a name and a description."""
    rows = ((one.id, one.name, one.description) for one in items)
    return table(language, "Id", "Name", "Description", rows=rows, title=say(language, heading))


def statuses(items: Iterable[Status], language: str) -> Sheet:
    """Show statuses, and which of them close a project."""
    rows = ((one.id, one.name, one.closing or "", one.description) for one in items)
    return table(language, "Id", "Name", "Closes", "Description", rows=rows, title=say(language, "Statuses"))


def _category(category: Category, language: str) -> str:
    label = f"{say(language, 'Category')} {category.slot}"
    return say(language, "{label}: {value}", label=label, value=f"{category.name} ({category.id})")


def categories(items: Iterable[Category], language: str) -> list[Sheet]:
    """Show the values of each category that is enabled."""
    return [properties(_category(one, language), one.values, language) for one in items if one.enabled]


def values(items: Iterable[Category], language: str) -> Sheet:
    """Return the values of all categories for a spreadsheet."""
    rows = (
        (one.slot, one.name, value.id, value.name, value.description)
        for one in items
        if one.enabled
        for value in one.values
    )
    return table(language, "#", "Category", "Id", "Name", "Description", rows=rows)


def fields(items: Iterable[DataField], language: str, title: str = "") -> Sheet:
    """Show the data fields that are enabled, and how each is written where a name will not do."""
    rows = ((one.id, f"{one.kind}_{one.slot}", one.name, one.description) for one in items if one.enabled)
    heading = say(language, title) if title else ""
    return table(language, "Id", "Field", "Name", "Description", rows=rows, title=heading)


def in_one(known: Properties, language: str) -> Sheet:
    """Return every defined property for a spreadsheet, with its kind, in one table."""
    of: list[tuple[str, Iterable[Property]]] = [("Type", known.types), ("Status", known.statuses)]
    rows: list[Sequence[object]] = [
        (say(language, kind), one.id, one.name, one.description) for kind, items in of for one in items
    ]
    for each in known.categories:
        if each.enabled:
            rows.append((say(language, "Category"), each.id, each.name, each.description))
            rows += [(each.name, one.id, one.name, one.description) for one in each.values]
    defined = [one for one in known.data_fields if one.enabled]
    rows += [(say(language, "Data field"), one.id, one.name, one.description) for one in defined]
    return table(language, "Kind", "Id", "Name", "Description", rows=rows)
