"""The fields that an organisation defines, each with its names when its value was set."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypedDict

Json = dict[str, Any]


class CategoryNameRow(TypedDict):
    """A row of the published view of categories."""

    slot: int
    name: str
    enabled: bool


class DataFieldNameRow(TypedDict):
    """A row of the published view of data fields."""

    kind: str
    slot: int
    name: str
    enabled: bool


def field_values(
    project: Mapping[str, Any], categories: Iterable[CategoryNameRow], data_fields: Iterable[DataFieldNameRow]
) -> list[Json]:
    """Return the type, the status, the categories and the data fields that a project's document has.

    A disabled category or data field is among them if it has a value.
    """
    return list(_values(project, categories, data_fields))


def _values(
    project: Mapping[str, Any], categories: Iterable[CategoryNameRow], data_fields: Iterable[DataFieldNameRow]
) -> Iterator[Json]:
    labels = project.get("labels", {})
    if "type_id" in project:
        yield from (_value(name, None, project[name], labels) for name in ("type_id", "status_id"))
    if "categories" not in project:
        return
    for category in categories:
        value = project["categories"][str(category["slot"])]
        if category["enabled"] or value is not None:
            yield _value(f"category_{category['slot']}", category["name"], value, labels)
    for field in data_fields:
        name = f"{field['kind']}_{field['slot']}"
        value = project["data"][name]
        if field["enabled"] or value is not None:
            yield _value(name, field["name"], value, labels)


def _value(field: str, label_today: str | None, value: Any, labels: Mapping[str, Json]) -> Json:
    known = labels.get(field, {})
    return {
        "field": field,
        "label": known.get("label") or label_today,
        "label_now": known.get("label_now"),
        "value": value,
        "name": known.get("value"),
        "name_now": known.get("value_now"),
        "set_at": known.get("set_at"),
    }
