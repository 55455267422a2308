"""Settings of a worker process, read once from `INCIDENTS_*` variables."""

from pathlib import Path

from pydantic import Field, PositiveInt, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from contracts.subjects import is_valid_site


class Settings(BaseSettings):
    """The addresses of the servers and the limits of this process; every field is an `INCIDENTS_` variable."""

    model_config = SettingsConfigDict(env_prefix="INCIDENTS_", frozen=True)

    site: str = "main"
    nats_url: str = "nats://127.0.0.1:4222"
    nats_creds: Path | None = None
    database_url: str = "postgresql://postgres@127.0.0.1/incident_manager"
    log_database_url: str | None = None
    owner_database_url: str | None = None
    """The same database as its owner, for `migrate`, `backup` and `restore`; workers must not have it."""

    owner_log_database_url: str | None = None
    log_dir: Path | None = None
    health_host: str = "127.0.0.1"
    health_port: int = Field(0, ge=0, le=65_535)
    fetch: int = 500
    """The largest batch of commands that is taken from a lane."""

    commands_per_second: float = 100
    """The rate at which one lane accepts commands of one principal; others are refused for now. 0 sets no limit."""

    transactions: int = 3
    """Concurrent transactions of batches, per process."""

    lease_seconds: float = 8.0
    """A process that is stopped or hangs for this long loses its lanes to the others."""

    lock_seconds: float = 2.0
    """How long a batch waits for a held lock of the database before it is retried."""

    queries_running: int = 2
    """Concurrent queries of one principal, per process."""

    queries_waiting: int = 32
    """Waiting queries of one principal, per process; more are turned away."""

    event_delay_seconds: float = 0.025
    """Time between a commit without an outcome and the publication of its events, which later commits may join."""

    heartbeat_seconds: float = 5.0
    housekeeping_seconds: float = 60.0
    """Time between two readings of the settings and of the clocks."""

    outbox_days: PositiveInt = 2
    """Days for which published messages stay in the outbox, from which lost events are read."""

    sweep_seconds: float = 600.0
    """Time between two scheduled sweeps."""

    watchdog_seconds: float = 60.0
    """A process that cannot reach a server for this long ends itself, and its supervisor restarts it."""

    children: PositiveInt = 3
    """Concurrent child processes; with fewer than `transactions`, batches wait for a child."""

    child_memory_bytes: PositiveInt = 536_870_912
    """Memory of a child process; exceeding it ends the process and refuses its report or package."""

    child_seconds: PositiveInt = 30
    """Processor time for one report or package."""

    @field_validator("database_url", "log_database_url", "owner_database_url", "owner_log_database_url")
    @classmethod
    def _is_a_database(cls, url: str | None) -> str | None:
        try:
            is_valid = url is None or make_url(url).drivername == "postgresql"
        except (ArgumentError, ValueError):
            is_valid = False
        if not is_valid:
            kind = "database_url"
            raise PydanticCustomError(
                kind, "write it as postgresql://ROLE@HOST/DATABASE, with each special character of a password as %XX"
            )
        return url

    @field_validator("site")
    @classmethod
    def _is_a_site(cls, site: str) -> str:
        if not is_valid_site(site):
            kind = "site_name"
            raise PydanticCustomError(kind, "a site is named by 1 to 32 of a-z, 0-9 and -; set INCIDENTS_SITE")
        return site
