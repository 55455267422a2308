"""Defining the five categories and the fifteen data fields; they are never deleted, so projects keep their values."""

from contracts.properties import CategoryDefined, DataFieldDefined, DefineCategory, DefineDataField
from workers.administration.worker import AdministrationUnit, worker


@worker.handles(DefineCategory)
async def define_category(command: DefineCategory, unit: AdministrationUnit) -> CategoryDefined:
    """Enable, name, describe or disable a category, whether or not projects have its values (AMB-2)."""
    return CategoryDefined(slot=command.slot, enabled=command.enabled, **unit.rows.define_category(unit, command))


@worker.handles(DefineDataField)
async def define_data_field(command: DefineDataField, unit: AdministrationUnit) -> DataFieldDefined:
    """Enable, name, describe or disable a data field, whether or not projects have it filled in (AMB-2)."""
    changed = unit.rows.define_data_field(unit, command)
    return DataFieldDefined(kind=command.kind, slot=command.slot, enabled=command.enabled, **changed)
