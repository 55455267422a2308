"""Helpers of the delivery tests: bodies of commands, ids in lanes, stored messages, hostile bytes."""

import json
from functools import partial
from typing import Any
from uuid import UUID

from nats.aio.client import Client as Nats
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from contracts import subjects
from contracts.ids import uuid7
from contracts.subjects import LANES, lane_of
from tests.support import Caller, Site, eventually
from workers.runtime.bus.streams import api
from workers.runtime.commands.dead_letter_reading import DeadLetterStream
from workers.runtime.commands.letter_sealing.opening import open_letters


def creation(project_id: object = None, **fields: Any) -> dict[str, Any]:
    """Return the body of a creation."""
    return {"project_id": str(project_id or uuid7()), "description": "A bag was left at gate 4.", **fields}


def comment(project_id: object, text: str = "Bag removed.") -> dict[str, Any]:
    """Return the body of a new comment."""
    return {"project_id": str(project_id), "comment_id": str(uuid7()), "text": text}


def project_in(lane: int, lanes: int = LANES) -> UUID:
    """Make a project id whose commands go through a lane of so many."""
    return next(project_id for project_id in iter(uuid7, None) if lane_of(str(project_id), lanes) == lane)


async def publish_raw(nats: Nats, subject: bytes, body: bytes, header: bytes = b"") -> None:
    """Publish bytes that no library would send."""
    head = header + b"\r\n\r\n"
    await nats._send_command(b"HPUB %b %d %d\r\n%b%b\r\n" % (subject, len(head), len(head + body), head, body))
    await nats.flush()


class Inspector:
    """Reads the streams of a site with the credentials of the overseer."""

    def __init__(self, site: Site, ops: Nats) -> None:
        self.site = site
        self.ops = ops

    async def messages_in(self, stream: str) -> list[RawStreamMsg]:
        """Return all messages of a stream, oldest first."""
        state = (await api(self.ops, f"STREAM.INFO.{stream}", {}))["state"]
        if not state["messages"]:
            return []
        places = range(state["first_seq"], state["last_seq"] + 1)
        messages = [await self._message(stream, seq) for seq in places]
        return [message for message in messages if message]

    async def _message(self, stream: str, place: int) -> RawStreamMsg | None:
        try:
            return await self.ops.jetstream().get_msg(stream, place)
        except NotFoundError:
            return None

    async def dead_letters(self) -> list[dict[str, Any]]:
        """Return the dead letters, oldest first."""
        return [json.loads(message.data or b"") for message in await self.messages_in("DEAD")]

    async def opened_letters(self) -> list[dict[str, Any]]:
        """Return the contents of the dead letters, opened with their keys, oldest first."""
        letters = await DeadLetterStream(self.site.name, lambda: self.ops).after(0, 1_000)
        async with self.site.engine.connect() as connection:
            return [letter.content for letter in await open_letters(connection, letters)]

    async def has_letters(self, number: int) -> bool:
        """Return whether there are so many dead letters."""
        return len(await self.dead_letters()) == number

    async def events_of(self, project_id: object) -> list[RawStreamMsg]:
        """Return the events of a project in the order in which they were stored."""
        events = await self.messages_in("EVENTS")
        return [event for event in events if (event.headers or {}).get("ce-subject") == str(project_id)]

    async def is_idle(self, worker: str = "projects") -> bool:
        """Return whether the lanes of a worker and the outbox are empty."""
        if await self.pending_subjects(worker):
            return False
        return await self.site.count("runtime.unpublished") == 0

    async def pending_subjects(self, worker: str) -> list[str]:
        """Return the subjects of the commands behind the places of a worker's lanes."""
        statement = "SELECT lane, place, lanes FROM runtime.lane WHERE worker = :w AND lane < lanes"
        rows = await self.site.sql(statement, w=worker)
        places, lanes = {row.lane: row.place for row in rows}, max((row.lanes for row in rows), default=LANES)
        places_by_subject = [
            ((message.subject or "").split("."), message.seq or 0) for message in await self.messages_in("COMMANDS")
        ]
        return [
            ".".join(parts)
            for parts, place in places_by_subject
            if parts[3] == worker and place > places.get(lane_of(parts[-2], lanes), 0)
        ]

    async def wait_until_idle(self, worker: str = "projects") -> None:
        """Wait until the lanes of a worker and the outbox are empty."""
        await eventually(partial(self.is_idle, worker), within=30)


async def wait_for_outcomes(caller: Caller, number: int) -> dict[UUID, list[dict[str, Any]]]:
    """Wait until so many commands of a caller have an outcome."""

    async def arrived() -> bool:
        return len(caller.outcomes) >= number

    await eventually(arrived, within=30)
    return caller.outcomes


def command_subject(principal: str, tail: str, key: object) -> str:
    """Return the subject of a command."""
    return subjects.command("main", principal, tail, str(key))
