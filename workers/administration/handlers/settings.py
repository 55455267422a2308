"""Changing the site's settings."""

from functools import cache
from zoneinfo import available_timezones

from contracts.administration import ChangeSettings, SettingsChanged
from workers.administration import domain
from workers.administration.worker import AdministrationUnit, worker

# Reading the zones walks a folder of 600 files.
_timezones = cache(available_timezones)


@worker.handles(ChangeSettings)
async def change_settings(command: ChangeSettings, unit: AdministrationUnit) -> SettingsChanged:
    """Change the settings that are given; what is so already has not changed, and is told to nobody."""
    if command.timezone is not None:
        domain.known_timezone(command.timezone, _timezones(), unit.language)
    (settings,) = unit.rows.settings.all()
    wanted = command.model_dump(exclude_none=True)
    changed = domain.changed_settings(settings, wanted)
    unit.rows.settings.put({**settings, **wanted})
    unit.quiet = not changed
    return SettingsChanged(changed=changed)
