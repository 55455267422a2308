"""The two databases of a site as `incidents migrate` leaves them: owned by one role, used by another."""

from workers.local.servers.postgres import APP_ROLE, EmbeddedPostgres
from workers.migrations.upgrade import migrate, prepare_log_server
from workers.runtime.storage.database import open_engine


async def prepared(server: EmbeddedPostgres, incident_manager: str, log_server: str) -> None:
    """Make both databases, and give the role of workers its rights."""
    server.ensure_role(APP_ROLE)
    for name, prepare in ((incident_manager, migrate), (log_server, prepare_log_server)):
        server.ensure_database(name)
        engine = open_engine(server.url(name), connections=1)
        await prepare(engine, APP_ROLE)
        await engine.dispose()
