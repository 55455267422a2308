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
from workers.administration.row_types import (
    AssignedRow,
    CategoryRow,
    DataFieldRow,
    DefinitionWords,
    LicenceRow,
    MemberRow,
    PropertyRow,
    RoleRow,
    SettingsRow,
)
from workers.runtime.commands.unit_of_work import Rows, Unit
from workers.runtime.storage.row_set import RowSet, RowT, rows_of

AddProperty = AddType | AddStatus | AddCategoryValue
EditProperty = EditType | EditStatus | EditCategoryValue
DeleteProperty = DeleteType | DeleteStatus | DeleteCategoryValue
CommandUnit = Unit["AdministrationRows"]
RoleCommand = DefineRole | DeleteRole | AssignRole | UnassignRole


class AdministrationRows(Rows):
    """Properties, settings and roles that the batch names, while nobody else decides about any of them."""

    def __init__(self) -> None:
        """Start empty."""
        self.settings = RowSet[SettingsRow](tables.Settings, "one")
        self.properties = RowSet[PropertyRow](tables.Property, "id")
        self.categories = RowSet[CategoryRow](tables.Category, "slot")
        self.data_fields = RowSet[DataFieldRow](tables.DataField, "kind", "slot")
        self.roles = RowSet[RoleRow](tables.Role, "role_id")
        self.members = RowSet[MemberRow](tables.Member, "role_id", "principal")
        self.licence = RowSet[LicenceRow](tables.Licence, "one")
        self.history = History()
        self.projects: dict[int, int] = {}
        self.new_ids: Iterator[int] = iter(())

    @classmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Wait for the turn, then read and lock what the messages name."""
        rows = cls()
        if messages:
            rows.settings.add_stored(await _read(connection, tables.TURN, SettingsRow))
            await rows._load_properties(connection, messages)
            await rows._load_definitions(connection, messages)
            await rows._load_roles(connection, messages)
            if any(isinstance(message, ActivateLicence) for message in messages):
                rows.licence.add_stored(await _read(connection, tables.LICENCE, LicenceRow))
        return rows

    async def _load_properties(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        named = (message for message in messages if isinstance(message, EditProperty | MarkStatus | DeleteProperty))
        ids = sorted({command.id for command in named})
        if ids:
            self.properties.add_stored(await _read(connection, tables.LOCK_PROPERTIES, PropertyRow, ids=ids))
            counted = await _read(connection, tables.ASSIGNED, AssignedRow, ids=ids)
            self.projects = {row["id"]: row["projects"] for row in counted}

    async def _load_definitions(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        if any(isinstance(message, DefineCategory | AddCategoryValue) for message in messages):
            self.categories.add_stored(await _read(connection, tables.CATEGORIES, CategoryRow))
        if any(isinstance(message, DefineDataField) for message in messages):
            self.data_fields.add_stored(await _read(connection, tables.DATA_FIELDS, DataFieldRow))
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
        role_ids = sorted({message.role_id for message in messages if isinstance(message, RoleCommand)})
        if role_ids:
            self.roles.add_stored(await _read(connection, tables.NAMED_ROLES, RoleRow, role_ids=role_ids))
            self.members.add_stored(await _read(connection, tables.MEMBERS, MemberRow, role_ids=role_ids))

    def add(
        self, unit: CommandUnit, kind: domain.Kind, command: AddProperty, slot: int | None = None
    ) -> dict[str, Any]:
        """Keep a new property and return what its event says."""
        closing = isinstance(command, AddStatus) and command.closing
        new: PropertyRow = {
            **_words(command),
            "id": next(self.new_ids),
            "kind": kind,
            "slot": slot,
            "closing": closing,
        }
        self.properties.put(new)
        return self._property_changed(unit, new, None, new)

    def edit(
        self, unit: CommandUnit, kind: domain.Kind, command: EditProperty, slot: int | None = None
    ) -> dict[str, Any]:
        """Give a property that no project has another name and description, and return what its event says."""
        old = self._unassigned(kind, command.id, slot)
        new: PropertyRow = {**old, **_words(command)}
        self.properties.put(new)
        return self._property_changed(unit, new, old, new)

    def mark(self, unit: CommandUnit, command: MarkStatus) -> dict[str, Any]:
        """Say whether a status closes, whichever projects have it, and return what its event says."""
        old = domain.require_property(self.properties.get(command.id), "status", command.id)
        new: PropertyRow = {**old, "closing": command.closing}
        self.properties.put(new)
        return self._property_changed(unit, new, old, new)

    def delete(
        self, unit: CommandUnit, kind: domain.Kind, command: DeleteProperty, slot: int | None = None
    ) -> dict[str, Any]:
        """Delete a property that no project has, and return what its event says."""
        old = self._unassigned(kind, command.id, slot)
        self.properties.remove(command.id)
        return self._property_changed(unit, old, old, None)

    def _unassigned(self, kind: domain.Kind, property_id: int, slot: int | None) -> PropertyRow:
        row = domain.require_property(self.properties.get(property_id), kind, property_id, slot)
        domain.require_unassigned(self.projects.get(property_id, 0))
        return row

    def _property_changed(
        self, unit: CommandUnit, row: PropertyRow, old: PropertyRow | None, new: PropertyRow | None
    ) -> dict[str, Any]:
        states = [domain.described(state) if state else None for state in (old, new)]
        return {"id": row["id"], **self.history.add(unit, row["kind"], row["id"], *states)}

    def define_category(self, unit: CommandUnit, command: DefineCategory) -> dict[str, Any]:
        """Keep a category as it is defined now, and return what its event says."""
        old = self.categories.get(command.slot)
        new: CategoryRow = {
            "slot": command.slot,
            "id": old["id"] if old else next(self.new_ids),
            "enabled": command.enabled,
            "name": command.name,
            "description": command.description,
        }
        self.categories.put(new)
        states = [domain.described(state) if state else None for state in (old, new)]
        return {"id": new["id"], **self.history.add(unit, "category", f"category_{command.slot}", *states)}

    def define_data_field(self, unit: CommandUnit, command: DefineDataField) -> dict[str, Any]:
        """Keep a data field as it is defined now, and return what its event says."""
        old = self.data_fields.get(command.kind, command.slot)
        new: DataFieldRow = {
            "kind": command.kind,
            "slot": command.slot,
            "id": old["id"] if old else next(self.new_ids),
            "enabled": command.enabled,
            "name": command.name,
            "description": command.description,
        }
        self.data_fields.put(new)
        states = [domain.described(state) if state else None for state in (old, new)]
        return {"id": new["id"], **self.history.add(unit, "data-field", f"{command.kind}_{command.slot}", *states)}

    def define_role(self, unit: CommandUnit, old: RoleRow | None, new: RoleRow) -> dict[str, Any]:
        """Keep a role as it is defined now, and return what its event says."""
        self.roles.put(new)
        return self._role_changed(unit, new["role_id"], old, new)

    def delete_role(self, unit: CommandUnit, role: RoleRow) -> dict[str, Any]:
        """Delete a role with its members, and return what its event says."""
        for principal in self.members_of(role["role_id"]):
            self.members.remove(role["role_id"], principal)
        self.roles.remove(role["role_id"])
        return self._role_changed(unit, role["role_id"], role, None)

    def _role_changed(
        self, unit: CommandUnit, role_id: str, old: RoleRow | None, new: RoleRow | None
    ) -> dict[str, Any]:
        states = [{"name": role["name"], "permissions": role["permissions"]} if role else None for role in (old, new)]
        return {"role_id": role_id, **self.history.add(unit, "role", role_id, *states)}

    def members_of(self, role_id: str) -> list[str]:
        """Return who has a role that the batch names."""
        return [row["principal"] for row in self.members.all() if row["role_id"] == role_id]

    async def save(self, connection: AsyncConnection) -> None:
        """Write roles before their members."""
        await self.settings.save(connection)
        await self.properties.save(connection)
        await self.categories.save(connection)
        await self.data_fields.save(connection)
        await self.roles.save(connection)
        await self.members.save(connection)
        await self.licence.save(connection)
        await self.history.save(connection)


def _words(command: AddProperty | EditProperty) -> DefinitionWords:
    return {"name": command.name, "description": command.description}


async def _read(
    connection: AsyncConnection, statement: TextClause, row_type: type[RowT], **parameters: list[Any]
) -> list[RowT]:
    return rows_of(await connection.execute(statement, parameters), row_type)
