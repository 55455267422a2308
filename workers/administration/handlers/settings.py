"""Changing the site's settings."""

from functools import cache
from zoneinfo import available_timezones

from contracts.administration import ChangeSettings, SettingsChanged
from contracts.retention_policies import require_confirmed
from workers.administration import domain, tables
from workers.administration.row_types import SettingsRow
from workers.administration.worker import AdministrationUnit, worker


@cache
def _timezones() -> frozenset[str]:
    """Return the zones of the IANA database, without the `localtime` that some systems list."""
    return frozenset(available_timezones() - {"localtime"})


@worker.handles(ChangeSettings)
async def change_settings(command: ChangeSettings, unit: AdministrationUnit) -> SettingsChanged:
    """Change the given settings; an equal value is no change, and no event names it."""
    if command.timezone is not None:
        domain.require_timezone(command.timezone, _timezones(), unit.language)
    (settings,) = unit.rows.settings.all()
    requested = domain.requested_settings(command)
    old: domain.State = {name: value for name, value in settings.items() if name in requested}
    new: domain.State = requested
    changed = domain.changes(old, new)
    await _require_confirmed(command, settings, unit)
    if changed:
        unit.rows.settings.put({**settings, **requested})
    else:
        unit.leave_unchanged()
    for name in changed:
        unit.rows.history.add(unit, "setting", name, {"value": old[name]}, {"value": new[name]})
    return SettingsChanged(changed=changed, reason=command.reason if changed else None)


async def _require_confirmed(command: ChangeSettings, settings: SettingsRow, unit: AdministrationUnit) -> None:
    """Refuse a shorter retention time that lets the next sweep delete more, unless their number was confirmed."""
    days = command.retention_days
    if days is None or days >= settings["retention_days"]:
        return
    before, after = [
        (await unit.connection.execute(tables.DUE, {"days": each})).scalar_one()
        for each in (settings["retention_days"], days)
    ]
    require_confirmed(command.confirm, after, before)
