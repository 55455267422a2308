"""Callers that speak to a message bus alone, and remember what it refused."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from nats.aio.client import Client
from nats.errors import Error

from workers.local.access.signing_keys import Scope

Connect = Callable[[str, Scope], Awaitable["Caller"]]


class Caller:
    """A connection that remembers what the server refused."""

    def __init__(self, principal: str) -> None:
        self.principal = principal
        self.refusals: list[str] = []
        self.bus = Client()

    async def connect(self, url: str, credentials: Path, *, allow_reconnect: bool = True) -> None:
        await self.bus.connect(
            url,
            user_credentials=str(credentials),
            inbox_prefix=f"_INBOX_{self.principal}",
            error_cb=self._remember,
            allow_reconnect=allow_reconnect,
        )

    async def is_refused(self, url: str, credentials: Path) -> bool:
        """Tell whether the server refuses a connection with these credentials."""
        try:
            await self.connect(url, credentials, allow_reconnect=False)
        except (Error, OSError):
            return True
        finally:
            with suppress(Error, OSError):
                await self.bus.close()
        return False

    async def publish(self, subject: str, body: bytes = b"{}") -> None:
        await self.bus.publish(subject, body)
        await self._settle()

    async def subscribe(self, subject: str) -> None:
        await self.bus.subscribe(subject)
        await self._settle()

    async def _settle(self) -> None:
        # The ping of a first flush may overtake what waits to be sent; that of a second cannot.
        await self.bus.flush()
        await self.bus.flush()

    async def _remember(self, error: Exception) -> None:
        self.refusals.append(str(error).lower())
