"""Streams as bytes: saved from a running message bus, and given to another one, as JetStream's API does it."""

from collections.abc import AsyncIterator
from typing import Any, Final, NamedTuple

from nats.aio.client import Client as Nats
from pydantic_core import from_json, to_json

from contracts import subjects
from workers.runtime.bus import streams
from workers.runtime.bus.connection import flush

SAVED: Final = (streams.COMMANDS, streams.EVENTS, streams.DEAD)
_CHUNK_BYTES: Final = 128 * 1024
_PATIENCE_SECONDS: Final = 30.0


class Snapshot(NamedTuple):
    """A stream: how it is set up, what it holds, and the bytes of it."""

    config: dict[str, Any]
    state: dict[str, Any]
    content: bytes


class SnapshotError(RuntimeError):
    """The message bus did not give or take a stream."""

    def __init__(self, stream: str, why: str) -> None:
        super().__init__(f"The stream {stream} was neither given nor taken by the message bus: {why}")


async def save(nats: Nats, stream: str, principal: str) -> Snapshot:
    """Return a stream as it is at one moment.

    Raises:
        SnapshotError: The message bus refused, or stopped in the middle.
    """
    inbox = f"{subjects.inbox(principal)}.snapshot-{stream}"
    subscription = await nats.subscribe(inbox)
    await flush(nats)
    try:
        wanted = {"deliver_subject": inbox, "no_consumers": True, "chunk_size": _CHUNK_BYTES}
        told = await streams.api(nats, f"STREAM.SNAPSHOT.{stream}", wanted)
        if "error" in told:
            raise SnapshotError(stream, str(told["error"].get("description", "")))
        content = b"".join([chunk async for chunk in _chunks(nats, subscription, stream)])
    finally:
        await subscription.unsubscribe()
    return Snapshot(told["config"], told["state"], content)


async def _chunks(nats: Nats, subscription: Any, stream: str) -> AsyncIterator[bytes]:
    while True:
        try:
            message = await subscription.next_msg(timeout=_PATIENCE_SECONDS)
        except TimeoutError as error:
            raise SnapshotError(stream, "it stopped in the middle") from error
        if not message.data:
            description = (message.headers or {}).get("Description", "")
            if description and description != "EOF":
                raise SnapshotError(stream, description)
            return
        yield message.data
        if message.reply:
            await nats.publish(message.reply, b"")


async def restore(nats: Nats, stream: str, saved: Snapshot) -> None:
    """Make a stream of its bytes.

    Raises:
        SnapshotError: The message bus refused it.
    """
    told = await streams.api(nats, f"STREAM.RESTORE.{stream}", {"config": saved.config, "state": saved.state})
    if "error" in told:
        raise SnapshotError(stream, str(told["error"].get("description", "")))
    for start in range(0, len(saved.content), _CHUNK_BYTES):
        part = saved.content[start : start + _CHUNK_BYTES]
        await _hand_over(nats, stream, told["deliver_subject"], part)
    await _hand_over(nats, stream, told["deliver_subject"], b"")


async def _hand_over(nats: Nats, stream: str, subject: str, part: bytes) -> None:
    try:
        answer = await nats.request(subject, part, timeout=_PATIENCE_SECONDS)
    except TimeoutError as error:
        raise SnapshotError(stream, "it stopped in the middle") from error
    told = from_json(answer.data) if answer.data else {}
    if "error" in told:
        raise SnapshotError(stream, str(told["error"].get("description", "")))


def described(saved: Snapshot) -> bytes:
    """Return what is known of a stream beside its bytes."""
    return to_json({"config": saved.config, "state": saved.state})
