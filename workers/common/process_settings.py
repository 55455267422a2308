"""Settings of a worker process, read once from `INCIDENTS_*` variables."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from annotated_types import Ge, Le
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from contracts.bus_addresses import are_bus_addresses
from contracts.subjects import is_valid_site
from workers.common.operators_time import QuietHours
from workers.common.pdf_signing.identity import CERTIFICATE_NAME, KEY_NAME, Files
from workers.common.signing_key import FILE_NAME

PREFIX: Final = "INCIDENTS_"
OF_THE_COMMAND_LINE: Final = ("INCIDENTS_DATA", "INCIDENTS_AS", "INCIDENTS_LANG")
OF_THE_CONTAINERS: Final = ("INCIDENTS_NATS_PORT", "INCIDENTS_NATS_ADDRESS", "INCIDENTS_BACKUP_DAYS")
"""What docker-compose.yml reads, and a worker may find in its environment."""

_MAILBOX: Final = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
_LINK: Final = re.compile(r"_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$")


class Settings(BaseSettings):
    """The addresses of the servers and the limits of this process; every field is an `INCIDENTS_` variable."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, allow_inf_nan=False)

    site: str = "main"
    nats_url: str = "nats://127.0.0.1:4222"
    nats_creds: Path | None = None
    signing_key: Path | None = None
    """The key that signs packages; by default a file next to the credentials."""

    pdf_key: Path | None = None
    """The RSA key that signs PDF files; by default a file next to the credentials."""

    pdf_certificate: Path | None = None
    """Its certificate, and behind it those that issued it; by default a file next to the credentials."""

    timestamp_url: str | None = None
    """An authority that stamps the time of PDF files and of checkpoints (RFC 3161)."""

    timestamp_seconds: float = Field(10.0, ge=0.1, le=60)
    """How long a PDF waits for its time stamp; then it is made without one."""

    recordings: Path | None = None
    """The folder of the recordings that packages contain; without it they contain none."""

    recordings_bytes: int = Field(2_000_000_000, ge=1_000_000, le=100_000_000_000)
    """Bytes of all recordings of one package."""

    database_url: str = "postgresql://postgres@127.0.0.1/incident_manager"
    log_database_url: str | None = None
    owner_database_url: str | None = None
    """The same database as its owner, for `migrate`, `backup` and `restore`; workers must not have it."""

    owner_log_database_url: str | None = None
    log_dir: Path | None = None
    health_host: str = "127.0.0.1"
    health_port: int = Field(0, ge=0, le=65_535)
    fetch: int = Field(500, ge=1, le=5_000)
    """The largest batch of commands that is taken from a lane."""

    commands_per_second: float = Field(100.0, ge=0, le=1_000_000)
    """The rate at which one lane accepts commands of one principal; others are refused for now. 0 sets no limit."""

    transactions: int = Field(3, ge=1, le=8)
    """Concurrent transactions of batches, per process."""

    lease_seconds: float = Field(8.0, ge=2, le=600)
    """A process that is stopped or hangs for this long loses its lanes to the others."""

    lock_seconds: float = Field(2.0, ge=0.01, le=60)
    """How long a batch waits for a held lock of the database before it is retried."""

    queries_running: int = Field(2, ge=1, le=16)
    """Concurrent queries of one principal, per process."""

    queries_waiting: int = Field(32, ge=1, le=10_000)
    """Waiting queries of one principal, per process; more are turned away."""

    event_delay_seconds: float = Field(0.025, ge=0, le=10)
    """Time between a commit without an outcome and the publication of its events, which later commits may join.

    Whoever hears few events waits as long for others.
    """

    heartbeat_seconds: float = Field(5.0, ge=0.1, le=600)
    housekeeping_seconds: float = Field(60.0, ge=0.1, le=600)
    """Time between two readings of the settings and of the clocks."""

    outbox_days: int = Field(2, ge=1, le=365)
    """Days for which published messages stay in the outbox, from which lost events are read."""

    dead_letter_days: int = Field(7, ge=1, le=30)
    """Days for which the content of a dead letter can be read; then its key is deleted."""

    sweep_seconds: float = Field(600.0, ge=0.1, le=3_600)
    """Time between two scheduled sweeps; an alert fires when none has ended for two hours."""

    expiry_warning_seconds: float = Field(3_600.0, ge=0.1, le=86_400)
    """Time between two looks at which projects expire soon, so that warnings about them are sent."""

    erasure_seconds: float = Field(900.0, ge=0.1, le=3_600)
    """Time between two clean-ups after deletions, which take deleted words out of freed pages and logs."""

    erasure_quiet_hours: str | None = None
    """Hours of the day in UTC in which clean-ups rewrite tables of any size; others are locked out meanwhile."""

    certificate_seconds: float = Field(3_600.0, ge=1, le=86_400)
    """How long a certificate of destruction waits for the clean-up; then it says that there was none yet."""

    watchdog_seconds: float = Field(60.0, ge=0.1, le=3_600)
    """A process that cannot reach a server for this long ends itself, and its supervisor restarts it."""

    checkpoint_seconds: float = Field(60.0, ge=1, le=3_600)
    """Least time between two signed checkpoints of a log that grows."""

    checkpoints: Path | None = None
    """The directory outside the database to whose files checkpoints are appended."""

    erasures: Path | None = None
    """The folder outside the databases with the journal of what was erased; without it none is kept."""

    witnesses: Path | None = None
    """The file that names the witnesses that cosign checkpoints, each by its address and its key."""

    witness_seconds: float = Field(10.0, ge=0.1, le=60)
    """How long the answer of a witness is waited for."""

    attestation_seconds: float = Field(3_600.0, ge=1, le=86_400)
    """Least time between two time stamps of the checkpoints of one log, and between two letters with them."""

    witness_mail: str | None = None
    """The address of a mailbox to which checkpoints are sent."""

    mail_from: str | None = None
    """The address that these letters are from; by default that of the mailbox."""

    smtp_url: str = "smtp://127.0.0.1"
    """The mail server that takes them."""

    children: int = Field(3, ge=1, le=64)
    """Concurrent child processes; with fewer than `transactions`, batches wait for a child."""

    child_memory_bytes: int = Field(536_870_912, ge=16_777_216, le=68_719_476_736)
    """Memory of a child process; exceeding it ends the process and refuses its report or package."""

    child_seconds: int = Field(30, ge=1, le=100)
    """Processor time for one report or package; the elapsed time ends at 100 seconds."""

    @field_validator("*", mode="before")
    @classmethod
    def _has_a_value(cls, value: Any) -> Any:
        if value == "":
            kind = "empty"
            raise PydanticCustomError(kind, "must have a value")
        return value

    @field_validator("nats_url")
    @classmethod
    def _is_a_message_bus(cls, url: str) -> str:
        if not are_bus_addresses(url):
            kind = "nats_url"
            raise PydanticCustomError(kind, "write it as nats://HOST:PORT or tls://HOST:PORT")
        return url

    @field_validator("witness_mail", "mail_from")
    @classmethod
    def _is_a_mailbox(cls, address: str | None) -> str | None:
        if address is not None and not _MAILBOX.fullmatch(address):
            kind = "mailbox"
            raise PydanticCustomError(kind, "write it as NAME@HOST")
        return address

    @field_validator("erasure_quiet_hours")
    @classmethod
    def _are_hours(cls, hours: str | None) -> str | None:
        try:
            hours is None or QuietHours.parse(hours)
        except ValueError:
            kind = "quiet_hours"
            raise PydanticCustomError(
                kind, "write two different times of the day in UTC as HH:MM-HH:MM, such as 01:00-03:00"
            ) from None
        return hours

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, url: str) -> str:
        if not is_address(url, {"smtp", "smtps"}):
            kind = "smtp_url"
            raise PydanticCustomError(kind, "write it as smtp://HOST or smtps://NAME:PASSWORD@HOST")
        return url

    @field_validator("timestamp_url")
    @classmethod
    def _is_an_authority(cls, url: str | None) -> str | None:
        if url is not None and not is_address(url, {"http", "https"}):
            kind = "timestamp_url"
            raise PydanticCustomError(kind, "write it as https://HOST/PATH or http://HOST/PATH")
        return url

    @field_validator("database_url", "log_database_url", "owner_database_url", "owner_log_database_url")
    @classmethod
    def _is_a_database(cls, url: str | None) -> str | None:
        try:
            is_valid = url is None or _is_postgresql(make_url(url))
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


def signing_key_of(settings: Settings) -> Path | None:
    """Return the file of the key that signs packages."""
    neighbour = settings.nats_creds.with_name(FILE_NAME) if settings.nats_creds else None
    return settings.signing_key or neighbour


def pdf_files_of(settings: Settings) -> Files:
    """Return the files of the key that signs PDF files, and of its certificate."""
    if settings.nats_creds is None:
        return Files(settings.pdf_key, settings.pdf_certificate)
    neighbour = settings.nats_creds.with_name
    return Files(settings.pdf_key or neighbour(KEY_NAME), settings.pdf_certificate or neighbour(CERTIFICATE_NAME))


def variable_of(field: str) -> str:
    """Return the variable that sets a field."""
    return PREFIX + field.upper()


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Return the names with our prefix that nothing reads: probably misspelled, so that a default would count."""
    known = {*OF_THE_COMMAND_LINE, *OF_THE_CONTAINERS, *map(variable_of, Settings.model_fields)}
    return sorted(
        name
        for name, value in environment.items()
        if name.startswith(PREFIX) and name not in known and not _is_link(name, value)
    )


def bounds_of(field: str) -> tuple[float, float] | None:
    """Return the smallest and the largest value of a number; None if the field is not a number."""
    limits = {type(limit): limit for limit in Settings.model_fields[field].metadata}
    least, most = limits.get(Ge), limits.get(Le)
    return (least.ge, most.le) if least and most else None


def _is_link(name: str, value: str) -> bool:
    """Return whether Kubernetes made a variable, which it does in each container for each service, by its name."""
    return bool(_LINK.search(name)) or (name.endswith("_PORT") and value.startswith(("tcp://", "udp://", "sctp://")))


def _is_postgresql(url: URL) -> bool:
    return url.drivername == "postgresql" and (url.port is None or 0 < url.port < 1 << 16)


def is_address(url: str, schemes: Collection[str]) -> bool:
    """Tell whether an address has a host, and one of these schemes."""
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
