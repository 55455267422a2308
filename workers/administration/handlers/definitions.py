"""Defining the five categories and the fifteen data fields; none is ever deleted, so that values stay."""

from contracts.properties import CategoryDefined, DataFieldDefined, DefineCategory, DefineDataField
from workers.administration.worker import AdministrationUnit, worker


@worker.handles(DefineCategory)
async def define_category(command: DefineCategory, unit: AdministrationUnit) -> CategoryDefined:
    """Enable, name, describe or disable a category, whether projects have its values or not (AMB-2)."""
    told = unit.rows.define(unit, unit.rows.categories, command, command.slot)
    return CategoryDefined(slot=command.slot, enabled=command.enabled, **told)


@worker.handles(DefineDataField)
async def define_data_field(command: DefineDataField, unit: AdministrationUnit) -> DataFieldDefined:
    """Enable, name, describe or disable a data field, whether projects have it filled in or not (AMB-2)."""
    told = unit.rows.define(unit, unit.rows.data_fields, command, command.kind, command.slot)
    return DataFieldDefined(kind=command.kind, slot=command.slot, enabled=command.enabled, **told)
