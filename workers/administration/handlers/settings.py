"""Changing the site's settings."""

from functools import cache
from zoneinfo import available_timezones

from contracts.administration import ChangeSettings, SettingsChanged
from workers.administration import domain
from workers.administration.worker import AdministrationUnit, worker


@cache
def _timezones() -> frozenset[str]:
    """Return the zones of the IANA database; some systems list their own zone among them, which is no name."""
    return frozenset(available_timezones() - {"localtime"})


@worker.handles(ChangeSettings)
async def change_settings(command: ChangeSettings, unit: AdministrationUnit) -> SettingsChanged:
    """Change the settings that are given; what is so already has not changed, and is told to nobody."""
    if command.timezone is not None:
        domain.require_timezone(command.timezone, _timezones(), unit.language)
    (settings,) = unit.rows.settings.all()
    wanted = command.model_dump(exclude_none=True)
    changed = domain.changes({name: settings[name] for name in wanted}, wanted)
    if changed:
        unit.rows.settings.put({**settings, **wanted})
    else:
        unit.leave_unchanged()
    for name in changed:
        unit.rows.history.add(unit, "setting", name, {"value": settings[name]}, {"value": wanted[name]})
    return SettingsChanged(changed=changed)
