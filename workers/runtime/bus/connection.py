"""The NATS protocol as workers read it: whatever bytes a client made the server pass on, reading goes on.

nats-py's own reader ends, and hears nothing any more, when a header block has no version line, a status is not UTF-8,
or a subject holds a form feed. Each of these is one publish away for any client. This reader takes the place of it on
the connections of workers; https://docs.nats.io/reference/reference-protocols/nats-protocol describes the frames.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError, ProtocolError
from nats.errors import Error as NatsError

_CRLF = b"\r\n"
_VERSION = b"NATS/1.0"
_LINE_BYTES_MAX = 1 << 20
"""A control line that has no end by then is no line of this protocol; INFO takes some kilobytes."""

_PING_SECONDS = 2
_PAUSE_SECONDS = 0.1

log = structlog.get_logger()


async def flush(nats: Client) -> None:
    """Wait until the server has taken what was sent before; ask again where the connection was lost meanwhile.

    The answer to a ping that was sent on a lost connection never comes, and a process that waits for it begins late, or
    ends itself.

    Raises:
        ConnectionClosedError: The connection was closed, and is not tried again.
    """
    while True:
        try:
            for _ in range(2):  # the ping of a first flush overtakes what waits to be sent; that of a second one cannot
                await nats.flush(timeout=_PING_SECONDS)
        except ConnectionClosedError:
            raise
        except NatsError:
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return


class Frame(NamedTuple):
    """A message as it came: nothing of it is decoded yet."""

    subject: bytes
    reply: bytes
    headers: bytes
    data: bytes


Sink = Callable[[Frame], None]
"""Takes the messages of one subscription as soon as they are read; must not raise."""


class Parser:
    """Reads frames from the bytes of one connection; takes the place of `nats.protocol.parser.Parser`."""

    def __init__(self, nats: Any) -> None:
        """Remember the client; `sinks` take what is read for their subscriptions, by their number."""
        self._nats = nats
        self._buffer = bytearray()
        self.sinks: dict[int, Sink] = {}

    def reset(self) -> None:
        """Forget half a frame: a new connection begins."""
        self._buffer.clear()

    async def parse(self, data: bytes = b"") -> None:
        """Take bytes, and handle every frame that is complete.

        Raises:
            ProtocolError: The server speaks another protocol; the client connects anew.
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
            await nats._process_err(decoded(line[5:]).lower())
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
    """Read `MSG subject sid [reply] total` or `HMSG subject sid [reply] headers total`: only spaces separate."""
    verb, *words = line.split(b" ")
    numbers = 2 if verb == b"HMSG" else 1
    try:
        subject, sid, *reply = words[:-numbers]
        *headers, total = map(int, words[-numbers:])
        return _Sizes(subject, int(sid), b"".join(reply), sum(headers), total)
    except ValueError as error:
        raise ProtocolError from error


def decoded(text: bytes) -> str:
    """Decode what ought to be UTF-8, showing what is not as escapes."""
    return text.decode(errors="backslashreplace")


def headers_of(block: bytes) -> dict[str, str] | None:
    """Read a block of headers: lines that are none are passed by, and the first of one name counts, as for the server.

    The status that the server writes behind the version is `Status`, with its `Description`. A client can write one,
    too, so only the origin of a message says whether it is a status of the server.
    """
    head, _, rest = block.partition(_CRLF)
    if not head.startswith(_VERSION):
        return None
    found: dict[str, str] = {}
    status, _, description = decoded(head[len(_VERSION) :]).strip().partition(" ")
    if status.isdigit():
        found["Status"] = status
        if description:
            found["Description"] = description
    for name, value in _lines(decoded(rest)):
        found.setdefault(name, value)
    return found or None


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\r\n"):
        name, colon, value = line.partition(":")
        if colon and name and not any(map(str.isspace, name)):
            yield name, value.strip()


def message(nats: Client, frame: Frame, sid: int = 0) -> Msg:
    """Make nats-py's message of a frame."""
    return Msg(
        _client=nats,
        subject=decoded(frame.subject),
        reply=decoded(frame.reply),
        data=frame.data,
        headers=headers_of(frame.headers) if frame.headers else None,
        _sid=sid,
    )


def read_safely(nats: Client) -> Parser:
    """Let a connection that has no subscription yet be read by this module; return its parser, however often called."""
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
