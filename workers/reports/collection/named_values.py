"""The categories and data fields of a project, under the names that they had when they were set."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from workers.reports.rendering.render_input import DataValue
from workers.reports.rendering.translated_texts import Wording
from workers.reports.row_types import CategoryRow, DataFieldRow


@dataclass(frozen=True, slots=True)
class FieldNames:
    """The names of a project's fields and values when they were set, with the names of today if they differ."""

    document: dict[str, Any]
    words: Wording

    def label(self, field: str, today: str) -> str:
        """Return the label of a category or a data field; without a value, the label of today."""
        return self._of(field, "label") or today

    def value(self, field: str) -> str | None:
        """Return the name of a field's value."""
        return self._of(field, "value")

    def _of(self, field: str, kind: str) -> str | None:
        known = self.document["labels"].get(field, {})
        then, now = known.get(kind), known.get(f"{kind}_now")
        return self.words.renamed.format(then, now) if then and now else then


def name_categories(rows: Iterable[CategoryRow], named: FieldNames) -> tuple[tuple[str, str | None], ...]:
    """Return the enabled categories, and the disabled ones with a value (AMB-2)."""
    return tuple(
        (named.label(f"category_{row['slot']}", row["name"]), named.value(f"category_{row['slot']}"))
        for row in rows
        if row["enabled"] or named.document["categories"][str(row["slot"])]
    )


def name_data(rows: Iterable[DataFieldRow], named: FieldNames) -> tuple[DataValue, ...]:
    """Return the enabled data fields, and the disabled ones with a value (AMB-2)."""
    data, fields = named.document["data"], [(row, f"{row['kind']}_{row['slot']}") for row in rows]
    return tuple(
        DataValue(label=named.label(field, row["name"]), kind=row["kind"], value=data[field])
        for row, field in fields
        if row["enabled"] or data[field] is not None
    )
