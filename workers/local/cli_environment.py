"""Settings, credentials and a connection from `INCIDENTS_*` variables, for short commands."""

from collections.abc import Mapping
from typing import Any, Final

import nats
from nats.aio.client import Client as Nats
from pydantic import ValidationError

from contracts import subjects
from workers.common.process_settings import Settings
from workers.local.console_output import fail, fail_invalid, say
from workers.runtime.bus.hardened_parser import BusClient
from workers.runtime.process.preconditions import UnfitError, require_credentials

_ATTEMPTS_MAX: Final = 5
"""About so many seconds a command waits for a starting server."""


def read_settings() -> Settings:
    """Read the settings from `INCIDENTS_*` variables; end with status 2 and the names of invalid ones."""
    try:
        return Settings()
    except ValidationError as error:
        fail_invalid(error, lambda field: f"INCIDENTS_{field.upper()}")


def settings_of(environment: Mapping[str, str]) -> Settings:
    """Read settings from another environment."""
    values: dict[str, Any] = {name.removeprefix("INCIDENTS_").lower(): value for name, value in environment.items()}
    return Settings(**values)


def require_holder(settings: Settings, name: str, *, exactly: bool = True) -> str:
    """Return the principal of the credentials; end with a sentence if they are invalid, expired or somebody else's."""
    try:
        return require_credentials(settings.nats_creds, name, exactly=exactly)
    except UnfitError as error:
        fail(str(error), error.status)


def remedy(error: BaseException, who: str) -> str:
    """Return what to do if a message bus is unreachable, rejects the credentials, or denies changes of streams."""
    making = say("`incidents access create provision --scope provision --expires 1h --data DIR` makes some.")
    if "authorization" in str(error).lower():
        words = "These credentials are of another site, revoked, or from before a rotation of keys: {making}"
        return say(words, making=making)
    if isinstance(error, TimeoutError | nats.errors.TimeoutError):
        words = "Only credentials of the scope provision may create streams, and those of {who} may not: {making}"
        return say(words, who=who, making=making)
    return say("Start it, or set INCIDENTS_NATS_URL.")


async def connect(settings: Settings, who: str) -> Nats:
    """Connect to a server that may still be starting.

    Raises:
        NoServersError: No server answers, or it rejects the credentials, as its cause shows.
    """
    last: list[Exception] = []

    async def on_error(error: Exception) -> None:
        # A refusing server also closes the connection; its own error is the informative one.
        if not last or isinstance(error, nats.errors.Error):
            last[:] = [error]

    connection = BusClient()
    try:
        await connection.connect(
            settings.nats_url,
            user_credentials=str(settings.nats_creds) if settings.nats_creds else None,
            inbox_prefix=subjects.inbox(who),
            max_reconnect_attempts=_ATTEMPTS_MAX,
            reconnect_time_wait=1,
            error_cb=on_error,
        )
    except nats.errors.NoServersError as error:
        raise error from (last[0] if last else None)
    return connection
