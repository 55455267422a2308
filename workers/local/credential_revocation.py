"""Sending revocations to a running message bus, which closes the connections of revoked credentials at once."""

from contextlib import suppress
from pathlib import Path
from typing import Final

from nats.aio.client import RawCredentials
from nats.errors import Error as NatsError
from pydantic_core import from_json

from workers.local.access.signing_keys import Trust
from workers.local.servers.nats import quote
from workers.local.start_errors import reason_of
from workers.runtime.bus.hardened_parser import BusClient

_UPDATE: Final = "$SYS.REQ.CLAIMS.UPDATE"
_SECONDS: Final = 60
_OK: Final = 200


class NotInForceError(Exception):
    """The message bus does not have the revocation yet."""

    def __init__(self, url: str, why: object) -> None:
        super().__init__(
            f"{url}: {why}. The revocation is recorded but not in force yet: start the message bus, or set "
            "INCIDENTS_NATS_URL, and run this again."
        )


async def push(url: str, trust: Trust) -> None:
    """Send the site's current account to the message bus; in a cluster every server receives it.

    Raises:
        NotInForceError: No server accepted it.
    """
    bus = BusClient()
    try:
        await bus.connect(
            url,
            user_credentials=RawCredentials(trust.mint_system(_SECONDS)),
            allow_reconnect=False,
            max_reconnect_attempts=2,
            reconnect_time_wait=1,
            error_cb=_remain_calm,
        )
        (token,) = (text for key, text in trust.account_jwts.items() if key != trust.system_account)
        answer = from_json((await bus.request(_UPDATE, token.encode(), timeout=10)).data)
    except (NatsError, OSError) as error:
        raise NotInForceError(url, reason_of(error.__cause__ or error)) from error
    finally:
        with suppress(NatsError, OSError):
            await bus.close()
    if answer.get("data", {}).get("code") != _OK:
        raise NotInForceError(url, answer.get("error") or answer)


def write(configuration: Path, trust: Trust) -> None:
    """Update the accounts in the configuration of an external server."""
    lines = configuration.read_text().splitlines()
    for key, token in trust.account_jwts.items():
        lines = [f"  {key}: {quote(token)}" if line.startswith(f"  {key}: ") else line for line in lines]
    configuration.write_text("\n".join(lines) + "\n")


async def _remain_calm(_: Exception) -> None:
    """Ignore errors of the connection; the request raises its own."""
