"""Requests to the system account of a message bus, which tells about the server and updates the accounts."""

import asyncio
from contextlib import suppress
from typing import Any, Final

from nats.aio.client import RawCredentials
from nats.errors import Error as NatsError
from pydantic_core import from_json

from workers.local.access.signing_keys import Trust
from workers.runtime.bus.hardened_parser import BusClient

_CREDENTIALS_SECONDS: Final = 60
_HEALTH: Final = "$SYS.REQ.SERVER.PING.HEALTHZ"
_HEALTH_SECONDS_MAX: Final = 2.0


async def request(url: str, trust: Trust, subject: str, body: bytes, seconds_max: float) -> dict[str, Any]:
    """Return the answer of the server at `url`.

    Raises:
        NatsError: It does not answer in time.
        OSError: It cannot be reached.
    """
    bus = BusClient()
    try:
        await bus.connect(
            url,
            user_credentials=RawCredentials(trust.mint_system(_CREDENTIALS_SECONDS)),
            allow_reconnect=False,
            max_reconnect_attempts=2,
            reconnect_time_wait=1,
            error_cb=_remain_calm,
        )
        answer: dict[str, Any] = from_json((await bus.request(subject, body, timeout=seconds_max)).data)
        return answer
    finally:
        with suppress(NatsError, OSError):
            await bus.close()


async def health_error(url: str, trust: Trust) -> str:
    """Return what the server reports as its own fault, or that it does not answer; empty if it calls itself healthy."""
    try:
        async with asyncio.timeout(_HEALTH_SECONDS_MAX):
            answer = await request(url, trust, _HEALTH, b"", _HEALTH_SECONDS_MAX)
    except (NatsError, OSError, ValueError) as error:
        return f"its health is unknown: {str(error) or type(error).__name__}"
    return str(answer.get("data", {}).get("error", ""))


def cannot_write(error: str) -> bool:
    """Return whether an error of its health says that the server failed to write a stream.

    After such an error it stores nothing in that stream until it is restarted, even if the disk has room again.
    """
    return "write error" in error


async def _remain_calm(_: Exception) -> None:
    """Ignore errors of the connection; the request raises its own."""
