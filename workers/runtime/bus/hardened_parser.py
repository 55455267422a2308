"""A parser of the NATS protocol for workers that no message of a client can stop.

The reader of nats-py stops for ever at a header block without a version line, a status that is not UTF-8, or a subject
with a form feed. Any client can publish such a message. This parser replaces that reader on the connections of workers;
https://docs.nats.io/reference/reference-protocols/nats-protocol describes the frames.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError, ProtocolError, SecureConnWantedError
from nats.errors import Error as NatsError

_CRLF = b"\r\n"
_VERSION = b"NATS/1.0"
_LINE_BYTES_MAX = 1 << 20
"""A longer control line is a protocol error; INFO takes some kilobytes."""

_PING_SECONDS = 2
_RETRY_SECONDS = 0.1

log = structlog.get_logger()


async def flush(nats: Client) -> None:
    """Wait until the server has received everything that was sent; ask again if the connection was lost meanwhile.

    A ping on a lost connection is never answered, and a process that waits for the answer starts late or ends itself.

    Raises:
        ConnectionClosedError: The connection was closed and will not reconnect.
    """
    while True:
        try:
            for _ in range(2):  # the ping of the first flush can overtake pending bytes; that of the second cannot
                await nats.flush(timeout=_PING_SECONDS)
        except ConnectionClosedError:
            raise
        except NatsError:
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            return


async def log_error(error: Exception) -> None:
    """Log an error of a connection, which reconnects by itself."""
    log.warning("nats_error", error=type(error).__name__, text=str(error)[:200])


class BusClient(Client):
    """A client of NATS for which `tls://` means TLS; nats-py goes on without it if the server does not ask for it."""

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:  # noqa: FBT001, FBT002 - as in nats-py
        """Refuse a server that offers no TLS before anything is sent to it, also after a lost connection.

        Raises:
            SecureConnWantedError: The address asks for TLS.
        """
        server = self._current_server
        if initial_connection and server and server.uri.scheme == "tls" and not info.get("tls_required"):
            raise SecureConnWantedError
        await super()._process_info(info, initial_connection)


class Frame(NamedTuple):
    """A received message, not decoded yet."""

    subject: bytes
    reply: bytes
    headers: bytes
    data: bytes


Sink = Callable[[Frame], None]
"""Receives the messages of one subscription as soon as they are read; must not raise."""


class Parser:
    """Reads frames from the bytes of one connection; replaces `nats.protocol.parser.Parser`."""

    def __init__(self, nats: Any) -> None:
        """Set the client; `sinks` receive the messages of their subscriptions, by subscription number."""
        self._nats = nats
        self._buffer = bytearray()
        self.sinks: dict[int, Sink] = {}

    def reset(self) -> None:
        """Drop an incomplete frame, because a new connection begins."""
        self._buffer.clear()

    async def parse(self, data: bytes = b"") -> None:
        """Read bytes, and handle every complete frame.

        Raises:
            ProtocolError: The bytes are not of this protocol; the client reconnects.
        """
        buffer = self._buffer
        buffer += data
        while (end := buffer.find(_CRLF)) >= 0:
            line = bytes(buffer[:end])
            start = end + len(_CRLF)
            if not line.startswith((b"MSG ", b"HMSG ")):
                del buffer[:start]
                await self._control(line)
                continue
            sizes = _sizes(line)
            stop = start + sizes.total
            if len(buffer) < stop + len(_CRLF):
                return
            body = bytes(buffer[start:stop])
            del buffer[: stop + len(_CRLF)]
            headers, data = body[: sizes.headers], body[sizes.headers :]
            await self._message(sizes.sid, Frame(sizes.subject, sizes.reply, headers, data))
        if len(buffer) > _LINE_BYTES_MAX:
            raise ProtocolError

    async def _message(self, sid: int, frame: Frame) -> None:
        if sink := self.sinks.get(sid):
            sink(frame)
            return
        await self._nats._process_msg(sid, frame.subject, frame.reply, frame.data, frame.headers)

    async def _control(self, line: bytes) -> None:
        nats, verb = self._nats, line.split(b" ", 1)[0].rstrip()
        if verb == b"PING":
            await nats._process_ping()
        elif verb == b"PONG":
            await nats._process_pong()
        elif verb == b"-ERR":
            await nats._process_err(decode(line[5:]).lower())
        elif verb == b"INFO":
            await nats._process_info(json.loads(line[5:]))
        elif verb and verb != b"+OK":
            raise ProtocolError


class _Sizes(NamedTuple):
    subject: bytes
    sid: int
    reply: bytes
    headers: int
    total: int


def _sizes(line: bytes) -> _Sizes:
    """Parse `MSG subject sid [reply] total` or `HMSG subject sid [reply] headers total`, separated by spaces only."""
    verb, *words = line.split(b" ")
    numbers = 2 if verb == b"HMSG" else 1
    try:
        subject, sid, *reply = words[:-numbers]
        *headers, total = map(int, words[-numbers:])
        return _Sizes(subject, int(sid), b"".join(reply), sum(headers), total)
    except ValueError as error:
        raise ProtocolError from error


def decode(text: bytes) -> str:
    """Decode bytes as UTF-8, and show invalid ones as escapes."""
    return text.decode(errors="backslashreplace")


def headers_of(block: bytes) -> dict[str, str] | None:
    """Parse a block of headers: invalid lines are skipped, and the first line of a name counts, as for the server.

    The status after the version becomes `Status` and `Description`. A client can write a status, too, so only the
    origin of a message shows whether the status is the server's.
    """
    head, _, rest = block.partition(_CRLF)
    if not head.startswith(_VERSION):
        return None
    headers: dict[str, str] = {}
    status, _, description = decode(head[len(_VERSION) :]).strip().partition(" ")
    if status.isdigit():
        headers["Status"] = status
        if description:
            headers["Description"] = description
    for name, value in _lines(decode(rest)):
        headers.setdefault(name, value)
    return headers or None


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\r\n"):
        name, colon, value = line.partition(":")
        if colon and name and not any(map(str.isspace, name)):
            yield name, value.strip()


def message(nats: Client, frame: Frame, sid: int = 0) -> Msg:
    """Return a frame as a message of nats-py."""
    return Msg(
        _client=nats,
        subject=decode(frame.subject),
        reply=decode(frame.reply),
        data=frame.data,
        headers=headers_of(frame.headers) if frame.headers else None,
        _sid=sid,
    )


def read_safely(nats: Client) -> Parser:
    """Install this parser on a connection that has no subscription yet, and return it; idempotent."""
    client: Any = nats
    if isinstance(client._ps, Parser):
        return client._ps

    async def process_headers(block: bytes) -> dict[str, str] | None:
        return headers_of(block) if block else None

    def build(sid: int, subject: bytes, reply: bytes, data: bytes, headers: dict[str, str] | None) -> Msg:
        built = message(nats, Frame(subject, reply, b"", data), sid)
        built.headers = headers
        return built

    parser = Parser(nats)
    client._ps, client._process_headers, client._build_message = parser, process_headers, build
    return parser
