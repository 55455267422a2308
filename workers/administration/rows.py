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
)
from workers.administration import domain, tables
from workers.runtime import unit
from workers.runtime.kept import Kept, Row

AddProperty = AddType | AddStatus | AddCategoryValue
EditProperty = EditType | EditStatus | EditCategoryValue
DeleteProperty = DeleteType | DeleteStatus | DeleteCategoryValue
RoleCommand = DefineRole | DeleteRole | AssignRole | UnassignRole


class AdministrationRows(unit.Rows):
    """Properties, settings and roles that the batch names, while nobody else decides about any of them."""

    def __init__(self) -> None:
        """Start empty."""
        self.settings = Kept(tables.Settings, "one")
        self.properties = Kept(tables.Property, "id")
        self.categories = Kept(tables.Category, "slot")
        self.data_fields = Kept(tables.DataField, "kind", "slot")
        self.roles = Kept(tables.Role, "role_id")
        self.members = Kept(tables.Member, "role_id", "principal")
        self.licence = Kept(tables.Licence, "one")
        self.projects: dict[int, int] = {}
        self.new_ids: Iterator[int] = iter(())

    @classmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Wait for the turn, then read and lock what the messages name."""
        rows = cls()
        if messages:
            rows.settings.found(await _read(connection, tables.TURN))
            await rows._load_properties(connection, messages)
            await rows._load_definitions(connection, messages)
            await rows._load_roles(connection, messages)
            if any(isinstance(one, ActivateLicence) for one in messages):
                rows.licence.found(await _read(connection, tables.LICENCE))
        return rows

    async def _load_properties(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        ids = sorted({one.id for one in messages if isinstance(one, EditProperty | DeleteProperty)})
        if ids:
            self.properties.found(await _read(connection, tables.LOCK_PROPERTIES, ids=ids))
            counted = await _read(connection, tables.ASSIGNED, ids=ids)
            self.projects = {row["id"]: row["projects"] for row in counted}

    async def _load_definitions(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        if any(isinstance(one, DefineCategory | AddCategoryValue) for one in messages):
            self.categories.found(await _read(connection, tables.CATEGORIES))
        if any(isinstance(one, DefineDataField) for one in messages):
            self.data_fields.found(await _read(connection, tables.DATA_FIELDS))
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
            self.roles.found(await _read(connection, tables.NAMED_ROLES, role_ids=role_ids))
            self.members.found(await _read(connection, tables.MEMBERS, role_ids=role_ids))

    def add(self, kind: domain.Kind, command: AddProperty, slot: int | None = None) -> int:
        """Keep a new property and return its id."""
        new_id = next(self.new_ids)
        self.properties.put({"id": new_id, "kind": kind, "slot": slot, **_words(command)})
        return new_id

    def edit(self, kind: domain.Kind, command: EditProperty, slot: int | None = None) -> None:
        """Give a property that no project has another name and description."""
        self.properties.put({**self._unassigned(kind, command.id, slot), **_words(command)})

    def delete(self, kind: domain.Kind, command: DeleteProperty, slot: int | None = None) -> None:
        """Delete a property that no project has."""
        self._unassigned(kind, command.id, slot)
        self.properties.remove(command.id)

    def _unassigned(self, kind: domain.Kind, property_id: int, slot: int | None) -> Row:
        there = domain.known_property(self.properties.get(property_id), kind, property_id, slot)
        domain.unassigned(self.projects.get(property_id, 0))
        return there

    def define(self, kept: Kept, command: DefineCategory | DefineDataField, *key: Any) -> int:
        """Keep a category or data field as it is defined now; return the id of its first definition."""
        there = kept.get(*key)
        given_id: int = next(self.new_ids) if there is None else there["id"]
        kept.put({**command.model_dump(), "id": given_id})
        return given_id

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


def _words(command: AddProperty | EditProperty) -> dict[str, str]:
    return {"name": command.name, "description": command.description}


async def _read(connection: AsyncConnection, statement: TextClause, **given: list[Any]) -> list[Row]:
    return [{**row} for row in (await connection.execute(statement, given)).mappings()]
