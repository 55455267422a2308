"""Preparing the two databases for workers: the newest schema, and grants for the workers' role."""

from typing import Final

from nats.aio.client import Client as Nats
from nats.errors import ConnectionClosedError
from sqlalchemy.engine import make_url

from workers.common.erasure_journal.journal import ErasureJournal, JournalError
from workers.common.message_counters import Counters
from workers.common.process_settings import Settings, signing_key_of
from workers.common.signing_key import NoSigningKeyError, SigningKey
from workers.migrations import upgrade
from workers.projects.erasures.replay import erase_again
from workers.runtime.commands.deferred_commands import DeferredWork
from workers.runtime.process import preconditions
from workers.runtime.process.preconditions import UnfitError, explain_errors
from workers.runtime.storage.database import SessionTimeouts, open_engine

_UNLIMITED: Final = SessionTimeouts("incidents-migrate", lock_seconds=0, statement_seconds=0, idle_seconds=0)
REMEDY: Final = (
    "Put the newest copy of the journal there, or begin a new one: `incidents retention journal --begin-anew`."
)
"""What to do about an erasure journal that is refused."""

_LOG_OWNER_VARIABLE: Final = "INCIDENTS_OWNER_LOG_DATABASE_URL"


class RoleNotNamedError(Exception):
    """A URL of the workers names no role that could get the grants."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"{variable} names no role: write postgresql://ROLE@HOST/DATABASE, the role of workers.")


async def prepare(settings: Settings) -> UnfitError | None:
    """Migrate incident_manager, and grant rights with owners' URLs; return the error of an unreachable log server.

    Where the folder of the erasure journal is set, it also erases what the journal names and a restore brought back.

    Raises:
        UnfitError: A database does not meet a requirement.
    """
    await _migrate(settings)
    await _erase_again(settings)
    try:
        await _prepare_log_server(settings)
    except UnfitError as error:
        if error.status != preconditions.UNREACHABLE:
            raise
        return error  # it may start later
    return None


async def _migrate(settings: Settings) -> None:
    owner = settings.owner_database_url
    role = _role(settings.database_url, owner, "INCIDENTS_DATABASE_URL") if owner else None
    url, variable = owner or settings.database_url, f"INCIDENTS_{'OWNER_' if owner else ''}DATABASE_URL"
    await preconditions.require(url, variable)
    engine = open_engine(url, connections=1, waits=_UNLIMITED)
    try:
        async with explain_errors(url, variable):
            await upgrade.migrate(engine, role)
    finally:
        await engine.dispose()


async def _erase_again(settings: Settings) -> None:
    if settings.erasures is None:
        return
    engine = open_engine(settings.owner_database_url or settings.database_url, connections=1, waits=_UNLIMITED)
    work = DeferredWork(settings.site, "projects", engine, _no_connection, lambda: None, Counters())
    try:
        key = SigningKey.read(signing_key_of(settings))
        await erase_again(work, ErasureJournal(settings.erasures), lambda: key)
    except NoSigningKeyError:
        return  # the workers, which have it, do so before they answer
    except JournalError as error:
        raise UnfitError(f"{error}. {REMEDY}") from error
    finally:
        await engine.dispose()


def _no_connection() -> Nats:
    raise ConnectionClosedError


async def _prepare_log_server(settings: Settings) -> None:
    owner, url = settings.owner_log_database_url, settings.log_database_url
    if not owner or not url:
        return
    role = _role(url, owner, "INCIDENTS_LOG_DATABASE_URL")
    await preconditions.require(owner, _LOG_OWNER_VARIABLE)
    engine = open_engine(owner, connections=1)
    try:
        async with explain_errors(owner, _LOG_OWNER_VARIABLE):
            if role:
                await upgrade.prepare_log_server(engine, role)
    finally:
        await engine.dispose()


def _role(url: str, owner_url: str, variable: str) -> str | None:
    role = make_url(url).username
    if not role:
        raise RoleNotNamedError(variable)
    return None if role == make_url(owner_url).username else role
