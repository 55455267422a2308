"""Servers of one's own, backed up and restored by the command line."""

from pathlib import Path

from tests.client.command_line import CommandResult, incidents
from tests.support import Site
from tests.support.site import as_app


def variables(site: Site, **others: str | None) -> dict[str, str]:
    """Return the variables that name the servers of a site, as their owner, without those that are None."""
    values = {
        "INCIDENTS_NATS_URL": site.url,
        "INCIDENTS_NATS_CREDS": str(site.credentials("provision", "provision")),
        "INCIDENTS_DATABASE_URL": as_app(site.database_url),
        "INCIDENTS_LOG_DATABASE_URL": as_app(site.log_database_url),
        "INCIDENTS_OWNER_DATABASE_URL": site.database_url,
        "INCIDENTS_OWNER_LOG_DATABASE_URL": site.log_database_url,
        **others,
    }
    return {name: value for name, value in values.items() if value is not None}


async def run_incidents(site: Site, *line: object, **others: str | None) -> CommandResult:
    """Type `incidents …` with the variables of a site."""
    return await incidents(*line, folder=site.directory, environment=variables(site, **others))


async def back_up(site: Site, file: Path) -> Path:
    """Save a site."""
    ended = await run_incidents(site, "backup", "-o", file)
    assert ended.status == 0, ended.err
    assert "Saved in" in ended.out, ended.err
    return file


async def restore(site: Site, file: Path) -> None:
    """Restore into a site, without a journal of what was erased."""
    ended = await run_incidents(site, "restore", file, "--without-journal")
    assert ended.status == 0, ended.err
    assert "The workers can be started" in ended.out, ended.err
