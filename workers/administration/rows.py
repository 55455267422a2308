"""The rows of administration that a batch touches."""

from collections.abc import Iterator, Sequence
from typing import Any, Self

from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.administration import AssignRole, DefineRole, DeleteRole, UnassignRole
from contracts.licence import ActivateLicence
from contracts.message import Message
from contracts.properties import (
    AddCategoryValue,
    AddStatus,
    AddType,
    DefineCategory,
    DefineDataField,
    DeleteCategoryValue,
    DeleteStatus,
    DeleteType,
    EditCategoryValue,
    EditStatus,
    EditType,
    MarkStatus,
)
from workers.administration import domain, tables
from workers.administration.history import History
from workers.runtime.commands import unit
from workers.runtime.storage.row_set import Row, RowSet

AddProperty = AddType | AddStatus | AddCategoryValue
EditProperty = EditType | EditStatus | EditCategoryValue
DeleteProperty = DeleteType | DeleteStatus | DeleteCategoryValue
Given = unit.Unit["AdministrationRows"]
RoleCommand = DefineRole | DeleteRole | AssignRole | UnassignRole


class AdministrationRows(unit.Rows):
    """Properties, settings and roles that the batch names, while nobody else decides about any of them."""

    def __init__(self) -> None:
        """Start empty."""
        self.settings = RowSet[Row](tables.Settings, "one")
        self.properties = RowSet[Row](tables.Property, "id")
        self.categories = RowSet[Row](tables.Category, "slot")
        self.data_fields = RowSet[Row](tables.DataField, "kind", "slot")
        self.roles = RowSet[Row](tables.Role, "role_id")
        self.members = RowSet[Row](tables.Member, "role_id", "principal")
        self.licence = RowSet[Row](tables.Licence, "one")
        self.history = History()
        self.projects: dict[int, int] = {}
        self.new_ids: Iterator[int] = iter(())

    @classmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Wait for the turn, then read and lock what the messages name."""
        rows = cls()
        if messages:
            rows.settings.add_stored(await _read(connection, tables.TURN))
            await rows._load_properties(connection, messages)
            await rows._load_definitions(connection, messages)
            await rows._load_roles(connection, messages)
            if any(isinstance(one, ActivateLicence) for one in messages):
                rows.licence.add_stored(await _read(connection, tables.LICENCE))
        return rows

    async def _load_properties(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        ids = sorted({one.id for one in messages if isinstance(one, EditProperty | MarkStatus | DeleteProperty)})
        if ids:
            self.properties.add_stored(await _read(connection, tables.LOCK_PROPERTIES, ids=ids))
            counted = await _read(connection, tables.ASSIGNED, ids=ids)
            self.projects = {row["id"]: row["projects"] for row in counted}

    async def _load_definitions(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        if any(isinstance(one, DefineCategory | AddCategoryValue) for one in messages):
            self.categories.add_stored(await _read(connection, tables.CATEGORIES))
        if any(isinstance(one, DefineDataField) for one in messages):
            self.data_fields.add_stored(await _read(connection, tables.DATA_FIELDS))
        needed = sum(self._needs_id(message) for message in messages)
        if needed:
            self.new_ids = (await connection.execute(tables.NEW_IDS, {"count": needed})).scalars()

    def _needs_id(self, message: Message) -> bool:
        if isinstance(message, DefineCategory):
            return self.categories.get(message.slot) is None
        if isinstance(message, DefineDataField):
            return self.data_fields.get(message.kind, message.slot) is None
        return isinstance(message, AddProperty)

    async def _load_roles(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        role_ids = sorted({one.role_id for one in messages if isinstance(one, RoleCommand)})
        if role_ids:
            self.roles.add_stored(await _read(connection, tables.NAMED_ROLES, role_ids=role_ids))
            self.members.add_stored(await _read(connection, tables.MEMBERS, role_ids=role_ids))

    def add(self, given: Given, kind: domain.Kind, command: AddProperty, slot: int | None = None) -> dict[str, Any]:
        """Keep a new property and return what its event tells."""
        closing = isinstance(command, AddStatus) and command.closing
        new = {"id": next(self.new_ids), "kind": kind, "slot": slot, **_words(command), "closing": closing}
        self.properties.put(new)
        return self._told(given, None, new)

    def edit(self, given: Given, kind: domain.Kind, command: EditProperty, slot: int | None = None) -> dict[str, Any]:
        """Give a property that no project has another name and description, and return what its event tells."""
        there = self._unassigned(kind, command.id, slot)
        new = {**there, **_words(command)}
        self.properties.put(new)
        return self._told(given, there, new)

    def mark(self, given: Given, command: MarkStatus) -> dict[str, Any]:
        """Say whether a status closes, whichever projects have it, and return what its event tells."""
        there = domain.require_property(self.properties.get(command.id), "status", command.id)
        new = {**there, "closing": command.closing}
        self.properties.put(new)
        return self._told(given, there, new)

    def delete(
        self, given: Given, kind: domain.Kind, command: DeleteProperty, slot: int | None = None
    ) -> dict[str, Any]:
        """Delete a property that no project has, and return what its event tells."""
        there = self._unassigned(kind, command.id, slot)
        self.properties.remove(command.id)
        return self._told(given, there, None)

    def _unassigned(self, kind: domain.Kind, property_id: int, slot: int | None) -> Row:
        there = domain.require_property(self.properties.get(property_id), kind, property_id, slot)
        domain.require_unassigned(self.projects.get(property_id, 0))
        return there

    def _told(self, given: Given, old: Row | None, new: Row | None) -> dict[str, Any]:
        told = new or old or {}
        words = [domain.described(one) if one else None for one in (old, new)]
        return {"id": told["id"], **self.history.add(given, told["kind"], told["id"], *words)}

    def define(
        self, given: Given, kept: RowSet[Row], command: DefineCategory | DefineDataField, *key: Any
    ) -> dict[str, Any]:
        """Keep a category or data field as it is defined now, and return what its event tells."""
        there = kept.get(*key)
        new = {**command.model_dump(), "id": next(self.new_ids) if there is None else there["id"]}
        kept.put(new)
        kind = "data-field" if isinstance(command, DefineDataField) else "category"
        field = "_".join(map(str, key if len(key) > 1 else (kind, *key)))
        words = [domain.described(one) if one else None for one in (there, new)]
        return {"id": new["id"], **self.history.add(given, kind, field, *words)}

    def define_role(self, given: Given, there: Row | None, new: Row | None) -> dict[str, Any]:
        """Keep a role as it is defined now, or delete it where `new` is None; return what its event tells."""
        role_id: str = (new or there or {})["role_id"]
        if new:
            self.roles.put(new)
        else:
            self.roles.remove(role_id)
        states = [{name: one[name] for name in ("name", "permissions")} if one else None for one in (there, new)]
        return {"role_id": role_id, **self.history.add(given, "role", role_id, *states)}

    def members_of(self, role_id: str) -> list[str]:
        """Return who has a role that the batch names."""
        return [row["principal"] for row in self.members.all() if row["role_id"] == role_id]

    async def save(self, connection: AsyncConnection) -> None:
        """Write roles before their members."""
        for kept in (
            self.settings,
            self.properties,
            self.categories,
            self.data_fields,
            self.roles,
            self.members,
            self.licence,
        ):
            await kept.save(connection)
        await self.history.save(connection)


def _words(command: AddProperty | EditProperty) -> dict[str, str]:
    return {"name": command.name, "description": command.description}


async def _read(connection: AsyncConnection, statement: TextClause, **given: list[Any]) -> list[Row]:
    return [{**row} for row in (await connection.execute(statement, given)).mappings()]
