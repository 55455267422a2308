"""Adding, changing and deleting what a project can be given: types, statuses and values of categories."""

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
    StatusAdded,
    StatusDeleted,
    StatusEdited,
    TypeAdded,
    TypeDeleted,
    TypeEdited,
)
from workers.administration import domain
from workers.administration.worker import AdministrationUnit, worker


@worker.handles(AddType)
async def add_type(command: AddType, unit: AdministrationUnit) -> TypeAdded:
    """Add a type; its name may be there already (PROP-06)."""
    return TypeAdded(id=unit.rows.add("type", command))


@worker.handles(EditType)
async def edit_type(command: EditType, unit: AdministrationUnit) -> TypeEdited:
    """Rename or describe a type that no project has."""
    unit.rows.edit("type", command)
    return TypeEdited(id=command.id)


@worker.handles(DeleteType)
async def delete_type(command: DeleteType, unit: AdministrationUnit) -> TypeDeleted:
    """Delete a type that no project has."""
    unit.rows.delete("type", command)
    return TypeDeleted(id=command.id)


@worker.handles(AddStatus)
async def add_status(command: AddStatus, unit: AdministrationUnit) -> StatusAdded:
    """Add a status; its name may be there already (PROP-06)."""
    return StatusAdded(id=unit.rows.add("status", command))


@worker.handles(EditStatus)
async def edit_status(command: EditStatus, unit: AdministrationUnit) -> StatusEdited:
    """Rename or describe a status that no project has."""
    unit.rows.edit("status", command)
    return StatusEdited(id=command.id)


@worker.handles(DeleteStatus)
async def delete_status(command: DeleteStatus, unit: AdministrationUnit) -> StatusDeleted:
    """Delete a status that no project has."""
    unit.rows.delete("status", command)
    return StatusDeleted(id=command.id)


@worker.handles(AddCategoryValue)
async def add_category_value(command: AddCategoryValue, unit: AdministrationUnit) -> CategoryValueAdded:
    """Add a value to the list of a defined category (CAT-03)."""
    domain.known_category(unit.rows.categories.get(command.slot), command.slot)
    added = unit.rows.add("category-value", command, command.slot)
    return CategoryValueAdded(id=added, slot=command.slot)


@worker.handles(EditCategoryValue)
async def edit_category_value(command: EditCategoryValue, unit: AdministrationUnit) -> CategoryValueEdited:
    """Rename or describe a value of this category that no project has."""
    unit.rows.edit("category-value", command, command.slot)
    return CategoryValueEdited(id=command.id, slot=command.slot)


@worker.handles(DeleteCategoryValue)
async def delete_category_value(command: DeleteCategoryValue, unit: AdministrationUnit) -> CategoryValueDeleted:
    """Delete a value of this category that no project has."""
    unit.rows.delete("category-value", command, command.slot)
    return CategoryValueDeleted(id=command.id, slot=command.slot)
