"""Publishing many messages at once: their frames are written together into the buffer of the client library.

The library checks and writes every message and every header by itself, which costs a worker more than to decide the
command. https://docs.nats.io/reference/reference-protocols/nats-protocol describes the frames.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from nats.aio.client import Client
from nats.errors import (
    BadSubjectError,
    ConnectionClosedError,
    ConnectionDrainingError,
    MaxPayloadError,
    OutboundBufferLimitError,
)
from nats.errors import Error as NatsError

_VERSION: Final = "NATS/1.0\r\n"


class BadHeadersError(NatsError):
    """A header has a line break or a colon in its name, so its message would become another one."""


def frame(subject: str, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """Return a message as the protocol writes it.

    Raises:
        BadSubjectError: The subject has a space or a control character, which would end it.
        BadHeadersError: A header has a line break, or a colon in its name.
    """
    if not subject.isprintable() or " " in subject:
        raise BadSubjectError
    if not headers:
        return b"PUB %b %d\r\n%b\r\n" % (subject.encode(), len(body), body)
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if not lines.count("\r") == lines.count("\n") == len(headers) or any(":" in name for name in headers):
        raise BadHeadersError
    block = f"{_VERSION}{lines}\r\n".encode()
    return b"HPUB %b %d %d\r\n%b%b\r\n" % (subject.encode(), len(block), len(block) + len(body), block, body)


async def publish_frames(nats: Client, frames: Sequence[bytes]) -> None:
    """Publish messages in their order, as `Client.publish` publishes one.

    Raises:
        ConnectionClosedError: The connection is closed.
        ConnectionDrainingError: The connection is being closed.
        MaxPayloadError: A message is larger than the server accepts.
        OutboundBufferLimitError: The connection is lost, and the buffer until the next one is full.
    """
    client: Any = nats
    if nats.is_closed:
        raise ConnectionClosedError
    if nats.is_draining_pubs:
        raise ConnectionDrainingError
    if any(len(each) > nats.max_payload for each in frames):
        raise MaxPayloadError
    data = b"".join(frames)
    if not nats.is_connected and nats.pending_data_size + len(data) > client._max_pending_size:
        raise OutboundBufferLimitError
    nats.stats["out_msgs"] += len(frames)
    nats.stats["out_bytes"] += len(data)
    await client._send_command(data)
    if client._flush_queue is not None and client._flush_queue.empty():
        await client._flush_pending()
