"""What a batch adds to the history of definitions and settings: who changed what, when, from what to what."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from workers.administration import domain, tables
from workers.runtime.commands.unit import Unit
from workers.runtime.storage.database import insert_rows

Row = Mapping[str, Any]


class History:
    """Written with the batch, one statement for all of it."""

    def __init__(self) -> None:
        """Start empty."""
        self._new: list[dict[str, Any]] = []

    def add(self, unit: Unit[Any], kind: str, key: object, old: Row | None, new: Row | None) -> dict[str, Any]:
        """Keep a change and return what its event tells of it; what is so already has not changed.

        `old` is None for what was added, `new` for what was deleted.
        """
        changed = domain.changes(old or {}, new or {})
        if changed:
            by_whom = {"at": unit.now, "by": unit.principal}
            self._new.append({"kind": kind, "key": str(key), **by_whom, "old": old, "new": new})
        else:
            unit.leave_unchanged()
        return {"name": (new or old or {}).get("name"), "changed": changed}

    async def save(self, connection: AsyncConnection) -> None:
        """Write all of it, in the order in which it happened."""
        await insert_rows(connection, tables.DefinitionChange, self._new)
