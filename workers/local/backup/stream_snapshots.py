"""Snapshots of streams as files: saved from a running message bus and restored into another one by JetStream's API."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

from nats.aio.client import Client as Nats
from pydantic_core import from_json, to_json

from contracts import subjects
from workers.runtime.bus import streams
from workers.runtime.bus.hardened_parser import flush

SAVED: Final = (streams.COMMANDS, streams.EVENTS, streams.DEAD)
_CHUNK_BYTES: Final = 128 * 1024
_TIMEOUT_SECONDS: Final = 30.0
_MISSING: Final = 10059
"""JetStream's error code for a missing stream."""


class SnapshotError(RuntimeError):
    """The message bus did not deliver or accept a stream."""

    def __init__(self, stream: str, why: str) -> None:
        super().__init__(f"The message bus did not deliver or accept the stream {stream}: {why}")


async def save(nats: Nats, stream: str, principal: str, folder: Path) -> None:
    """Write a consistent snapshot of a stream into a folder: its bytes and its configuration.

    Raises:
        SnapshotError: The message bus refused, or stopped before the end.
    """
    inbox = f"{subjects.inbox(principal)}.snapshot-{stream}"
    subscription = await nats.subscribe(inbox)
    await flush(nats)
    try:
        request = {"deliver_subject": inbox, "no_consumers": True, "chunk_size": _CHUNK_BYTES}
        answer = await streams.api(nats, f"STREAM.SNAPSHOT.{stream}", request)
        _require_success(answer, stream)
        with (folder / f"{stream}.stream").open("wb") as content:
            async for chunk in _chunks(nats, subscription, stream):
                content.write(chunk)
    finally:
        await subscription.unsubscribe()
    described = {"config": answer["config"], "state": answer["state"]}
    (folder / f"{stream}.json").write_bytes(to_json(described))


async def _chunks(nats: Nats, subscription: Any, stream: str) -> AsyncIterator[bytes]:
    while True:
        try:
            message = await subscription.next_msg(timeout=_TIMEOUT_SECONDS)
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


async def restore(nats: Nats, stream: str, folder: Path) -> None:
    """Restore a stream from the files that `save` wrote.

    Raises:
        SnapshotError: The message bus refused it.
    """
    described = from_json((folder / f"{stream}.json").read_bytes())
    answer = await streams.api(nats, f"STREAM.RESTORE.{stream}", described)
    _require_success(answer, stream)
    with (folder / f"{stream}.stream").open("rb") as content:
        while part := content.read(_CHUNK_BYTES):
            await _hand_over(nats, stream, answer["deliver_subject"], part)
    await _hand_over(nats, stream, answer["deliver_subject"], b"")


async def existing_streams(nats: Nats) -> list[str]:
    """Return the names of the streams that exist already.

    Raises:
        SnapshotError: The message bus refused the request.
    """
    existing = []
    for stream in SAVED:
        answer = await streams.api(nats, f"STREAM.INFO.{stream}", {})
        if answer.get("error", {}).get("err_code") != _MISSING:
            _require_success(answer, stream)
            existing.append(stream)
    return existing


async def _hand_over(nats: Nats, stream: str, subject: str, part: bytes) -> None:
    try:
        answer = await nats.request(subject, part, timeout=_TIMEOUT_SECONDS)
    except TimeoutError as error:
        raise SnapshotError(stream, "it stopped in the middle") from error
    _require_success(from_json(answer.data) if answer.data else {}, stream)


def _require_success(answer: Mapping[str, Any], stream: str) -> None:
    if "error" in answer:
        raise SnapshotError(stream, str(answer["error"].get("description", "")))
