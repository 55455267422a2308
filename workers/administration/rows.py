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
from workers.administration.change_history import History, PropertyFields, RoleFields
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
from workers.runtime.storage.identity_map import RowSet, RowT, rows_of

AddProperty = AddType | AddStatus | AddCategoryValue
EditProperty = EditType | EditStatus | EditCategoryValue
DeleteProperty = DeleteType | DeleteStatus | DeleteCategoryValue
CommandUnit = Unit["AdministrationRows"]
DefinitionRow = PropertyRow | CategoryRow | DataFieldRow
RoleCommand = DefineRole | DeleteRole | AssignRole | UnassignRole


class AdministrationRows(Rows):
    """The properties, settings and roles that the batch names, under the lock of all administration."""

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
        """Wait for the lock of administration, then read and lock the rows that the messages name."""
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
    ) -> PropertyFields:
        """Add a property, and return the fields of its event."""
        closing = isinstance(command, AddStatus) and command.closing
        new: PropertyRow = {
            **_words(command),
            "id": next(self.new_ids),
            "kind": kind,
            "slot": slot,
            "closing": closing,
        }
        self.properties.put(new)
        return self._record(unit, kind, new["id"], None, new)

    def edit(
        self, unit: CommandUnit, kind: domain.Kind, command: EditProperty, slot: int | None = None
    ) -> PropertyFields:
        """Rename or describe a property that no project has, and return the fields of its event."""
        old = self._unassigned(kind, command.id, slot)
        new: PropertyRow = {**old, **_words(command)}
        self.properties.put(new)
        return self._record(unit, kind, command.id, old, new)

    def mark(self, unit: CommandUnit, command: MarkStatus) -> PropertyFields:
        """Set whether a status closes projects, and return the fields of its event."""
        old = domain.require_property(self.properties.get(command.id), "status", command.id)
        new: PropertyRow = {**old, "closing": command.closing}
        self.properties.put(new)
        return self._record(unit, "status", command.id, old, new)

    def delete(
        self, unit: CommandUnit, kind: domain.Kind, command: DeleteProperty, slot: int | None = None
    ) -> PropertyFields:
        """Delete a property that no project has, and return the fields of its event."""
        old = self._unassigned(kind, command.id, slot)
        self.properties.remove(command.id)
        return self._record(unit, kind, command.id, old, None)

    def _unassigned(self, kind: domain.Kind, property_id: int, slot: int | None) -> PropertyRow:
        row = domain.require_property(self.properties.get(property_id), kind, property_id, slot)
        domain.require_unassigned(self.projects.get(property_id, 0))
        return row

    def _record(
        self, unit: CommandUnit, kind: str, key: object, old: DefinitionRow | None, new: DefinitionRow | None
    ) -> PropertyFields:
        """Add a change of a definition to the history, and return the fields of its event."""
        states = [domain.definition_state(row) if row else None for row in (old, new)]
        row_id = next(row["id"] for row in (old, new) if row)
        return {"id": row_id, **self.history.add(unit, kind, key, *states)}

    def define_category(self, unit: CommandUnit, command: DefineCategory) -> PropertyFields:
        """Define a category, and return the fields of its event."""
        old = self.categories.get(command.slot)
        new: CategoryRow = {
            "slot": command.slot,
            "id": old["id"] if old else next(self.new_ids),
            "enabled": command.enabled,
            "name": command.name,
            "description": command.description,
        }
        self.categories.put(new)
        return self._record(unit, "category", f"category_{command.slot}", old, new)

    def define_data_field(self, unit: CommandUnit, command: DefineDataField) -> PropertyFields:
        """Define a data field, and return the fields of its event."""
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
        return self._record(unit, "data-field", f"{command.kind}_{command.slot}", old, new)

    def define_role(self, unit: CommandUnit, old: RoleRow | None, new: RoleRow) -> RoleFields:
        """Define a role, and return the fields of its event."""
        self.roles.put(new)
        return self._record_role(unit, new["role_id"], old, new)

    def delete_role(self, unit: CommandUnit, role: RoleRow) -> RoleFields:
        """Delete a role with its memberships, and return the fields of its event."""
        for principal in self.members_of(role["role_id"]):
            self.members.remove(role["role_id"], principal)
        self.roles.remove(role["role_id"])
        return self._record_role(unit, role["role_id"], role, None)

    def _record_role(self, unit: CommandUnit, role_id: str, old: RoleRow | None, new: RoleRow | None) -> RoleFields:
        states = [{"name": role["name"], "permissions": role["permissions"]} if role else None for role in (old, new)]
        return {"role_id": role_id, **self.history.add(unit, "role", role_id, *states)}

    def members_of(self, role_id: str) -> list[str]:
        """Return the members of a role that the batch names."""
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
