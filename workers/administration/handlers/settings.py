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
    """Refuse a shorter retention time, or a zone in which projects expire earlier, unless their number was confirmed.

    By policies, projects expire at the hour of their creation in the zone, or at its midnight at the end of a year.
    """
    before = {"days": settings["retention_days"], "zone": settings["timezone"]}
    after = {"days": command.retention_days or before["days"], "zone": command.timezone or before["zone"]}
    is_shorter = command.retention_days is not None and command.retention_days < settings["retention_days"]
    if not is_shorter and after["zone"] == before["zone"]:
        return
    due_before, due = [(await unit.connection.execute(tables.DUE, each)).scalar_one() for each in (before, after)]
    require_confirmed(command.confirm, due, due_before)
