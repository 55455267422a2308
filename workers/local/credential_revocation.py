"""Sending revocations to a running message bus, which closes the connections of revoked credentials at once."""

from pathlib import Path
from typing import Final

from nats.errors import Error as NatsError

from workers.local.access.signing_keys import Trust
from workers.local.servers import system_account
from workers.local.servers.nats import quote
from workers.local.start_errors import reason_of

_UPDATE: Final = "$SYS.REQ.CLAIMS.UPDATE"
_SECONDS_MAX: Final = 10.0
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
    (token,) = (text for key, text in trust.account_jwts.items() if key != trust.system_account)
    try:
        answer = await system_account.request(url, trust, _UPDATE, token.encode(), _SECONDS_MAX)
    except (NatsError, OSError) as error:
        raise NotInForceError(url, reason_of(error.__cause__ or error)) from error
    if answer.get("data", {}).get("code") != _OK:
        raise NotInForceError(url, answer.get("error") or answer)


def write(configuration: Path, trust: Trust) -> None:
    """Update the accounts in the configuration of an external server."""
    lines = configuration.read_text().splitlines()
    for key, token in trust.account_jwts.items():
        lines = [f"  {key}: {quote(token)}" if line.startswith(f"  {key}: ") else line for line in lines]
    configuration.write_text("\n".join(lines) + "\n")
