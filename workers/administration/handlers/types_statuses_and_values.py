"""Adding, editing and deleting types, statuses and values of categories."""

from contracts.properties import (
    AddCategoryValue,
    AddStatus,
    AddType,
    CategoryValueAdded,
    CategoryValueDeleted,
    CategoryValueEdited,
    DeleteCategoryValue,
    DeleteStatus,
    DeleteType,
    EditCategoryValue,
    EditStatus,
    EditType,
    MarkStatus,
    StatusAdded,
    StatusDeleted,
    StatusEdited,
    StatusMarked,
    TypeAdded,
    TypeDeleted,
    TypeEdited,
)
from contracts.retention_policies import require_confirmed
from workers.administration import domain, tables
from workers.administration.worker import AdministrationUnit, worker


@worker.handles(AddType)
async def add_type(command: AddType, unit: AdministrationUnit) -> TypeAdded:
    """Add a type; names need not be unique (PROP-06)."""
    return TypeAdded(**unit.rows.add(unit, "type", command))


@worker.handles(EditType)
async def edit_type(command: EditType, unit: AdministrationUnit) -> TypeEdited:
    """Rename or describe a type that no project has."""
    return TypeEdited(**unit.rows.edit(unit, "type", command))


@worker.handles(DeleteType)
async def delete_type(command: DeleteType, unit: AdministrationUnit) -> TypeDeleted:
    """Delete a type that no project has."""
    return TypeDeleted(**unit.rows.delete(unit, "type", command))


@worker.handles(AddStatus)
async def add_status(command: AddStatus, unit: AdministrationUnit) -> StatusAdded:
    """Add a status; names need not be unique (PROP-06)."""
    return StatusAdded(**unit.rows.add(unit, "status", command))


@worker.handles(EditStatus)
async def edit_status(command: EditStatus, unit: AdministrationUnit) -> StatusEdited:
    """Rename or describe a status that no project has."""
    return StatusEdited(**unit.rows.edit(unit, "status", command))


@worker.handles(MarkStatus)
async def mark_status(command: MarkStatus, unit: AdministrationUnit) -> StatusMarked:
    """Set whether a status closes projects, including those that have it."""
    if command.closing:
        await _require_confirmed(command, unit)
    return StatusMarked(**unit.rows.mark(unit, command))


@worker.handles(DeleteStatus)
async def delete_status(command: DeleteStatus, unit: AdministrationUnit) -> StatusDeleted:
    """Delete a status that no project has."""
    return StatusDeleted(**unit.rows.delete(unit, "status", command))


@worker.handles(AddCategoryValue)
async def add_category_value(command: AddCategoryValue, unit: AdministrationUnit) -> CategoryValueAdded:
    """Add a value to the list of a defined category (CAT-03)."""
    domain.require_category(unit.rows.categories.get(command.slot), command.slot)
    return CategoryValueAdded(slot=command.slot, **unit.rows.add(unit, "category-value", command, command.slot))


@worker.handles(EditCategoryValue)
async def edit_category_value(command: EditCategoryValue, unit: AdministrationUnit) -> CategoryValueEdited:
    """Rename or describe a value of this category that no project has."""
    return CategoryValueEdited(slot=command.slot, **unit.rows.edit(unit, "category-value", command, command.slot))


@worker.handles(DeleteCategoryValue)
async def delete_category_value(command: DeleteCategoryValue, unit: AdministrationUnit) -> CategoryValueDeleted:
    """Delete a value of this category that no project has."""
    return CategoryValueDeleted(slot=command.slot, **unit.rows.delete(unit, "category-value", command, command.slot))


async def _require_confirmed(command: MarkStatus, unit: AdministrationUnit) -> None:
    """Refuse a mark by which policies that count from the closing delete more, unless their number was confirmed."""
    due: list[int] = []
    time = (await unit.connection.execute(tables.RETENTION_TIME)).one()._asdict()
    due.append((await unit.connection.execute(tables.DUE, time)).scalar_one())
    await unit.connection.execute(tables.TRY)
    await unit.connection.execute(tables.CLOSE, {"id": command.id})
    due.append((await unit.connection.execute(tables.DUE, time)).scalar_one())
    await unit.connection.execute(tables.TAKE_BACK)
    before, after = due
    require_confirmed(command.confirm, after, before)
