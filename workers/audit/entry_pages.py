"""Reading entries from one or both stores by their indexes, and naming the ids in them as of their time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts import message
from contracts.audit import PAGE, Entry
from contracts.permissions import Node
from contracts.projects.commands import node_of_field
from contracts.values import Time
from workers.audit import tables
from workers.audit.row_types import ActivityRow, NameRow, ProjectNumberRow
from workers.audit.tables import Activity, LogEntry
from workers.runtime.queries import result_pages
from workers.runtime.queries.result_pages import Page, cursor, read_cursor
from workers.runtime.storage.identity_map import rows_of

Store: TypeAlias = type[Activity | LogEntry]
Place = tuple[Time, UUID]

_DROPPED_BEFORE: Final = text("SELECT max(before) AS before FROM audit.dropped WHERE store = ANY(:stores)").bindparams(
    bindparam("stores", type_=ARRAY(Text))
)
_PLACE: TypeAdapter[Place] = TypeAdapter(Place)
_ADDED: Final = frozenset({"project_number", "project_numbers", "labels", "names"})
_STORED: Final = tuple(name for name in Entry.model_fields if name not in _ADDED)
_KINDS: Final = {"type_id": "type", "status_id": "status"}


@dataclass(frozen=True)
class Selection:
    """A selection of entries; `apart` looks each activity up separately, where nothing else narrows the search.

    With `alternatives`, one of them must hold. Each is looked up by its own index, and no entry fulfils two.
    """

    conditions: Sequence[ColumnElement[bool]] = field(default_factory=list)
    activities: Sequence[str] | None = None
    apart: bool = False
    alternatives: Sequence[ColumnElement[bool]] = ()


def _entry(row: ActivityRow) -> Entry:
    return Entry.model_validate(dict(row))


async def page(
    connection: AsyncConnection, store: Store, selection: Selection, after: str | None, limit: int
) -> Page[Entry, ActivityRow]:
    """Read a page by keyset, so that new entries do not shift it."""
    select_page = statement(store, selection, after, limit + 1)
    return await result_pages.read(connection, select_page, None, _entry, limit)


def statement(store: Store, selection: Selection, after: str | None, limit: int) -> Select[Any]:
    """Return the statement that reads the newest entries after a cursor, by the index that suits the conditions."""
    conditions = list(selection.conditions)
    if after:
        conditions.append(tuple_(store.at, store.event_id) < read_cursor(_PLACE, after))

    def newest(*more: ColumnElement[bool]) -> Select[Any]:
        columns: list[Any] = [getattr(store, name) for name in _STORED]
        ordered = select(*columns).where(*conditions, *more).order_by(store.at.desc(), store.event_id.desc())
        return ordered.limit(limit)

    parts = _parts(store, selection)
    if len(parts) == 1:
        return newest(*parts[0])
    every = union_all(*(select(newest(*part).subquery()) for part in parts)).subquery()
    return select(every).order_by(every.c.at.desc(), every.c.event_id.desc()).limit(limit)


def _parts(store: Store, selection: Selection) -> list[list[ColumnElement[bool]]]:
    """Return the conditions of each look-up by an index of its own."""
    named: list[ColumnElement[bool]] = (
        [] if selection.activities is None else [store.activity.in_(selection.activities)]
    )
    if selection.alternatives:
        return [[alternative, *named] for alternative in selection.alternatives]
    if selection.activities and selection.apart:
        return [[store.activity == name] for name in selection.activities]
    return [named]


def merge(store_pages: Sequence[Page[Entry, ActivityRow]], limit: int) -> tuple[list[Entry], bool]:
    """Return the newest entries of several stores, and whether there are more; no unread entry precedes them."""
    entries = sorted((entry for page in store_pages for entry in page.items), key=place, reverse=True)
    floors = [place(page.items[-1]) for page in store_pages if page.last]
    newest = [entry for entry in entries if not floors or place(entry) >= max(floors)][:limit]
    return newest, bool(floors) or len(newest) < len(entries)


def place(entry: Entry) -> tuple[datetime, UUID]:
    """Return the position of an entry in the order of a page."""
    return entry.at, entry.event_id


def cursor_after(entry: Entry) -> str:
    """Return the cursor after an entry."""
    return cursor(*place(entry))


async def with_names(connection: AsyncConnection, entries: Sequence[Entry]) -> list[Entry]:
    """Return entries with the numbers of their projects, and with names as of their time for the ids in them."""
    numbers = await _numbers(connection, {project_id for entry in entries for project_id in _projects(entry)})
    words = await _words(connection, {reference for entry in entries for reference in _references(entry)})
    return [_with_words(entry, numbers, words) for entry in entries]


async def _numbers(connection: AsyncConnection, ids: set[UUID]) -> Mapping[UUID, int]:
    if not ids:
        return {}
    rows = rows_of(await connection.execute(tables.PROJECT_NUMBERS, {"ids": sorted(ids)}), ProjectNumberRow)
    return {row["project_id"]: row["number"] for row in rows}


Reference: TypeAlias = tuple[str, str, datetime]
"""The kind and the key of a definition, at a time."""


async def _words(connection: AsyncConnection, references: set[Reference]) -> Mapping[Reference, str]:
    if not references:
        return {}
    kinds, keys, moments = map(list, zip(*sorted(references), strict=True))
    parameters = {"kinds": kinds, "keys": keys, "moments": moments}
    rows = rows_of(await connection.execute(tables.NAMES_AT, parameters), NameRow)
    return {(row["kind"], row["key"], row["at"]): row["name"] for row in rows if row["name"] is not None}


def _with_words(entry: Entry, numbers: Mapping[UUID, int], words: Mapping[Reference, str]) -> Entry:
    known = {(kind, key): words[kind, key, at] for kind, key, at in _references(entry) if (kind, key, at) in words}
    labels = {key: name for (kind, key), name in known.items() if kind in {"category", "data-field"}}
    names = {key: name for (kind, key), name in known.items() if key not in labels}
    number = numbers.get(entry.project_id) if entry.project_id else None
    of_page = [numbers[project_id] for project_id in _projects(entry) if project_id in numbers]
    more = {"project_number": number, "project_numbers": of_page if entry.activity == PAGE else []}
    return entry.model_copy(update={"labels": labels, "names": names, **more})


def _projects(entry: Entry) -> list[UUID]:
    """Return the project of an entry, or those of the page that was viewed."""
    if entry.activity == PAGE:
        return [UUID(project_id) for project_id in entry.details.get("project_ids", [])]
    return [entry.project_id] if entry.project_id else []


def of_projects(store: Store, project_ids: Sequence[UUID]) -> list[ColumnElement[bool]]:
    """Return the alternatives for entries about some projects: their own, and the pages that showed them."""
    own = store.project_id.in_(project_ids)
    if store is LogEntry:
        return [own]
    shown: ColumnElement[list[UUID]] = func.audit.page_projects(store.details, type_=ARRAY(Uuid))
    return [own, and_(store.activity == literal_column(f"'{PAGE}'"), shown.op("&&")(list(project_ids)))]


def _references(entry: Entry) -> Iterator[Reference]:
    """Yield the definitions that the ids in an entry of a project refer to."""
    if not entry.activity.startswith("projects."):
        return
    if type_id := entry.details.get("type_id"):
        yield "type", str(type_id), entry.at
    for name, change in entry.details.get("changed", {}).items():
        kind = _KINDS.get(name, "category-value" if name.startswith("category_") else "")
        if node_of_field(name) is Node.CATEGORIES:
            yield "data-field" if not kind else "category", name, entry.at
        if kind:
            ids = (change.get("old"), change.get("new"))
            yield from ((kind, str(property_id), entry.at) for property_id in ids if property_id is not None)


async def dropped_before(connection: AsyncConnection, stores: Sequence[message.Store]) -> datetime | None:
    """Return the time before which entries of these stores were dropped, because the logs forget what is old."""
    before: datetime | None = (await connection.execute(_DROPPED_BEFORE, {"stores": [*stores]})).scalar_one()
    return before
