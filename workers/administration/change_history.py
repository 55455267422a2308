"""The changes of definitions and settings that a batch adds to their history."""

from typing import Any, TypedDict

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Change
from workers.administration import domain, tables
from workers.administration.domain import State
from workers.administration.row_types import NewDefinitionChangeRow
from workers.runtime.commands.unit_of_work import Unit
from workers.runtime.storage.bulk_writes import insert_rows


class ChangeFields(TypedDict):
    """The fields that the event of every change of a definition has: its name, and what was changed."""

    name: str | None
    changed: dict[str, Change]


class PropertyFields(ChangeFields):
    """Those of the event of a property, a category or a data field."""

    id: int


class RoleFields(ChangeFields):
    """Those of the event of a role."""

    role_id: str


class History:
    """The changes of a batch, written with one statement."""

    def __init__(self) -> None:
        """Start empty."""
        self._new: list[NewDefinitionChangeRow] = []

    def add(self, unit: Unit[Any], kind: str, key: object, old: State | None, new: State | None) -> ChangeFields:
        """Keep a change and return the fields of its event; an equal state is no change.

        `old` is None for an added definition, `new` for a deleted one.
        """
        changed = domain.changes(old or {}, new or {})
        if changed:
            row: NewDefinitionChangeRow = {
                "kind": kind,
                "key": str(key),
                "at": unit.now,
                "by": unit.principal,
                "old": old,
                "new": new,
            }
            self._new.append(row)
        else:
            unit.leave_unchanged()
        return {"name": (new or old or {}).get("name"), "changed": changed}

    async def save(self, connection: AsyncConnection) -> None:
        """Write all changes in their order."""
        await insert_rows(connection, tables.DefinitionChange, self._new)
