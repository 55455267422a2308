"""Row types: every table has one, and it says what the mapped class says."""

from importlib import import_module
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped

from contracts.subjects import WORKERS
from workers.projects.row_types import ProjectChanges, ProjectRow
from workers.runtime.storage.database import Base, LogBase

ONLY_IN_SQL = {
    "StoredProject",
    "Indexing",
    "PackageChunk",
    "PackageDownload",
    "PackageProject",
    "PackageReport",
    "ExportPart",
    "ExportFile",
    "ExportEntry",
    "Download",
    "BatchChunk",
    "BatchDownload",
    "SummaryChunk",
    "SummaryDownload",
    "Certificate",
    "LastErasure",
    "LastSweep",
    "Overdue",
    "PartialErasure",
}
"""Tables whose rows never leave their statements."""


def mapped_classes(worker: str) -> list[type[DeclarativeBase]]:
    """Return the mapped classes of a slice."""
    import_module(f"workers.{worker}.rows")
    mappers = [*Base.registry.mappers, *LogBase.registry.mappers]
    return [mapper.class_ for mapper in mappers if mapper.class_.__module__.startswith(f"workers.{worker}.")]


def columns_of(mapped: type[DeclarativeBase]) -> dict[str, Any]:
    """Return the columns of a mapped class with the types of their values."""
    hints = get_type_hints(mapped)
    return {name: get_args(hint)[0] for name, hint in hints.items() if get_origin(hint) is Mapped}


@pytest.mark.parametrize("worker", WORKERS)
def test_a_row_type_is_its_mapped_class(worker: str) -> None:
    """The `TypedDict` of a table has the columns of its mapped class, with the same types."""
    tables = [mapped for mapped in mapped_classes(worker) if mapped.__name__ not in ONLY_IN_SQL]
    expected = {f"{mapped.__name__}Row": columns_of(mapped) for mapped in tables}
    row_types = import_module(f"workers.{worker}.row_types")
    assert expected
    assert {name: get_type_hints(getattr(row_types, name, object)) for name in expected} == expected


def test_changes_of_a_project_are_columns_of_it() -> None:
    """Every column that an update may write exists, with the same type."""
    columns = get_type_hints(ProjectRow)
    assert {name: columns[name] for name in get_type_hints(ProjectChanges)} == get_type_hints(ProjectChanges)
