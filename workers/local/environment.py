"""What `INCIDENTS_*` variables say, for commands that do one thing and end: settings, credentials, and a connection."""

from collections.abc import Mapping
from typing import Any, Final

import nats
from nats.aio.client import Client as Nats
from pydantic import ValidationError

from contracts import subjects
from workers.common.settings import Settings
from workers.local.printing import fail, say
from workers.runtime.process.preconditions import UnfitError, require_credentials

_ATTEMPTS_MAX: Final = 5
"""Seconds, about, that a command waits for a server that is just starting."""


def read_settings() -> Settings:
    """Read the settings of `INCIDENTS_*` variables; end with 2 and their names where one cannot be read."""
    try:
        return Settings()
    except ValidationError as error:
        problems = (
            f"INCIDENTS_{'_'.join(map(str, problem['loc'])).upper()}: {problem['msg']}" for problem in error.errors()
        )
        fail("; ".join(problems), status=2)


def settings_of(environment: Mapping[str, str]) -> Settings:
    """Read settings from variables that are not those of this process."""
    values: dict[str, Any] = {name.removeprefix("INCIDENTS_").lower(): value for name, value in environment.items()}
    return Settings(**values)


def require_holder(settings: Settings, name: str, *, exactly: bool = True) -> str:
    """Return whom the credentials name; end with a sentence where they are none, over, or somebody else's."""
    try:
        return require_credentials(settings.nats_creds, name, exactly=exactly)
    except UnfitError as error:
        fail(str(error), error.status)


def remedy(error: BaseException, who: str) -> str:
    """Say what to do where a message bus is away, knows nobody of this name, or lets somebody else make streams."""
    making = say("`incidents access create provision --scope provision --expires 1h --data DIR` makes some.")
    if "authorization" in str(error).lower():
        words = "These credentials are of another site, revoked, or from before a rotation of keys: {making}"
        return say(words, making=making)
    if isinstance(error, TimeoutError | nats.errors.TimeoutError):
        words = "Only credentials of the scope provision may make streams, and those of {who} may not: {making}"
        return say(words, who=who, making=making)
    return say("Start it, or set INCIDENTS_NATS_URL.")


async def connect(settings: Settings, who: str) -> Nats:
    """Connect to a server that may just be starting.

    Raises:
        NoServersError: Nobody answers, or not to these credentials, which its cause says.
    """
    last: list[Exception] = []

    async def heard(error: Exception) -> None:
        # A server that refuses closes the connection, too: what it said tells more than that.
        if not last or isinstance(error, nats.errors.Error):
            last[:] = [error]

    connection = Nats()
    try:
        await connection.connect(
            settings.nats_url,
            user_credentials=str(settings.nats_creds) if settings.nats_creds else None,
            inbox_prefix=subjects.inbox(who),
            max_reconnect_attempts=_ATTEMPTS_MAX,
            reconnect_time_wait=1,
            error_cb=heard,
        )
    except nats.errors.NoServersError as error:
        raise error from (last[0] if last else None)
    return connection
