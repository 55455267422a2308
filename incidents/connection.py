"""One connection to a site's message bus, bound to one principal."""

import asyncio
import base64
import binascii
import errno
import json
import os
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import nats
from nats.aio.client import Client as Nats

from contracts import subjects
from contracts.bus_addresses import are_bus_addresses
from incidents.errors import CredentialsError, InvalidAddressError, RejectedCredentialsError, UnreachableError

CONNECT_SECONDS = 5
_PING_SECONDS = 2
_DENIED = "authorization violation"
_PAUSE_SECONDS = 0.1
_DENIALS_MAX = 20
"""The number of denials to keep: several may arrive before the reason for a missing answer is looked up."""

_WHY_UNREACHABLE: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]] = (
    (nats.errors.NoRespondersError, "no worker answers"),
    (nats.js.errors.NoStreamResponseError, "the message bus has no streams yet"),
    (
        nats.errors.SecureConnWantedError,
        "the address asks for TLS, and the server offers none: set up TLS on the server, or write nats:// here",
    ),
    (
        (nats.errors.SecureConnRequiredError, nats.errors.SecureConnFailedError),
        "one side uses TLS and the other does not: write tls:// or nats:// in the address as the server does",
    ),
    (ssl.SSLCertVerificationError, "the certificate of the server is not trusted here"),
    (ssl.SSLError, "no TLS connection can be made"),
    (
        (nats.errors.ProtocolError, nats.errors.JsonParseError, nats.errors.UnexpectedEOF),
        "the server at this address is not a message bus: correct the address",
    ),
    (
        (
            nats.errors.ConnectionClosedError,
            nats.errors.ConnectionDrainingError,
            nats.errors.ConnectionReconnectingError,
            nats.errors.StaleConnectionError,
            nats.errors.OutboundBufferLimitError,
        ),
        "the connection was lost",
    ),
    ((TimeoutError, nats.errors.TimeoutError, nats.errors.NoServersError), "nobody answers"),
)
"""What the errors of the client of the message bus mean."""


def principal_of(credentials: Path) -> str:
    """Return the principal of the credentials: the name in the token.

    Raises:
        CredentialsError: The file is missing, cannot be read, or holds no token.
    """
    try:
        token = credentials.read_text().split("NATS USER JWT-----")[1].split()[0]
        claims = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["name"])
    except FileNotFoundError as error:
        raise CredentialsError(str(credentials), "there is no such file") from error
    except OSError as error:
        raise CredentialsError(str(credentials), error.strerror) from error
    except (IndexError, KeyError, ValueError, binascii.Error) as error:
        raise CredentialsError(str(credentials), "not a credentials file") from error


class _BusClient(Nats):
    """A client of NATS for which `tls://` means TLS; nats-py goes on without it if the server does not ask for it."""

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:  # noqa: FBT001, FBT002 - as in nats-py
        """Refuse a server that offers no TLS before anything is sent to it, also after a lost connection.

        Raises:
            SecureConnWantedError: The address asks for TLS.
        """
        server = self._current_server
        if initial_connection and server and server.uri.scheme == "tls" and not info.get("tls_required"):
            raise nats.errors.SecureConnWantedError
        await super()._process_info(info, initial_connection)


class Caller(NamedTuple):
    """A caller: its principal, its site, the language of its answers, and how long its queries wait."""

    principal: str
    site: str
    language: str
    query_seconds: float


class Troubles:
    """The errors of a connection: a denied publish looks like a timeout, and its reason arrives here."""

    def __init__(self) -> None:
        self._tolerant = False
        self._last: Exception | None = None
        self._denied: deque[str] = deque(maxlen=_DENIALS_MAX)

    async def record(self, error: Exception) -> None:
        """Keep an error; before the first connection, end the attempt, which would otherwise never end."""
        self._last = error
        if "permissions violation" in str(error):
            self._denied.append(str(error))
        if not self._tolerant:
            raise error

    def tolerate(self) -> None:
        """Tolerate errors from now on, since a lost connection reconnects."""
        self._tolerant = True

    def denied(self, subject: str) -> str:
        """Return the server's reason for denying a subject, empty if it did not."""
        # nats-py passes the server's errors on in lower case.
        return next((denial for denial in reversed(self._denied) if f'"{subject.lower()}"' in denial), "")

    @property
    def cause(self) -> Exception | None:
        """The latest error, if there was one."""
        return self._last

    @property
    def last(self) -> str:
        """The latest error in words, empty if there was none."""
        return why_unreachable(self._last) if self._last else ""


def why_unreachable(error: BaseException) -> str:
    """Return in words why a server cannot be reached, and what to do."""
    if isinstance(error, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(error):
        return "nothing listens there: start the system, or correct the address"
    if isinstance(error, socket.gaierror):
        return "no machine has this name: correct the address"
    if isinstance(error, OSError) and error.errno and not isinstance(error, ssl.SSLError | TimeoutError):
        return os.strerror(error.errno)
    known = (words for kinds, words in _WHY_UNREACHABLE if isinstance(error, kinds))
    return next(known, str(error).removeprefix("nats: ") or "nobody answers")


async def flush(connection: Nats, seconds: float = CONNECT_SECONDS) -> None:
    """Wait until the server has received everything sent before; retry if the connection was lost meanwhile.

    Raises:
        nats.errors.Error: The server did not answer in time, or the connection is closed.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            for _ in range(2):  # the ping of a first flush may overtake what waits to be sent; a second one cannot
                await connection.flush(timeout=_PING_SECONDS)
        except nats.errors.Error:
            if connection.is_closed or asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return


@asynccontextmanager
async def open_connection(url: str, credentials: Path, troubles: Troubles) -> AsyncIterator[Nats]:
    """Connect with one attempt; afterwards, always reconnect.

    Raises:
        UnreachableError: The server does not answer.
        InvalidAddressError: The address is not one of a message bus.
        CredentialsError: It does not accept the credentials, or their file cannot be read.
    """
    if not are_bus_addresses(url):
        raise InvalidAddressError(
            url, "not the address of a message bus: write it as nats://HOST:PORT or tls://HOST:PORT"
        )
    connection = _BusClient()
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await connection.connect(
                servers=[address.strip() for address in url.split(",")],
                user_credentials=str(credentials),
                inbox_prefix=subjects.inbox(principal_of(credentials)),
                max_reconnect_attempts=-1,
                reconnect_time_wait=1,
                ping_interval=10,
                error_cb=troubles.record,
            )
    except (OSError, nats.errors.Error) as error:
        cause = troubles.cause or error
        troubles.tolerate()
        await connection.close()
        if _DENIED in str(cause).lower():
            words = "these credentials have expired, were revoked, or belong to another site"
            raise RejectedCredentialsError(url, words) from error
        raise UnreachableError(url, why_unreachable(cause)) from error
    troubles.tolerate()
    try:
        yield connection
    finally:
        # Messages that an unreachable server did not get were reported by their senders. The client writes them to the
        # closed transport, for which uvloop raises RuntimeError.
        with suppress(OSError, RuntimeError, nats.errors.Error):
            await connection.close()
