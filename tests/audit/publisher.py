"""Events put into the stream as a worker's relay would, without the worker."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from nats.aio.client import Client as Nats

from contracts.ids import uuid7
from contracts.message import Event
from tests.support import Site
from workers.runtime.bus.outbox import LANE, NUMBER
from workers.runtime.commands.envelopes import LaneOutbox, Origin
from workers.runtime.commands.unit_of_work import EmittedEvent


class Publisher:
    """Publishes events of one site."""

    def __init__(self, site: Site, nats: Nats) -> None:
        self._site = site
        self._nats = nats
        self._numbers: dict[UUID, int] = {}

    async def publish(self, event: Event, *, event_id: UUID | None = None, **fields: Any) -> UUID:
        """Publish an event and return its id; with the id of an earlier one it is that one again."""
        happened = EmittedEvent(event, event_id or uuid7(), "-", fields.get("revision"))
        at = fields.get("at", datetime.now(UTC)).isoformat()
        post = LaneOutbox(self._site.name, event.subject.split(".")[0], 0)
        row = post.event(happened, Origin(fields.get("actor", "olivia"), at, fields.get("cause")))
        # An id of its own lets the server take what it would know again, as it does after its window.
        number = self._numbers.setdefault(happened.id, len(self._numbers) + 1)
        headers = {**row["headers"], "Nats-Msg-Id": str(uuid7()), LANE: "0", NUMBER: str(number)}
        answer = await self._nats.request(row["subject"], row["body"].encode(), timeout=5, headers=headers)
        assert b"error" not in answer.data, answer.data
        return happened.id


async def open_publisher(site: Site) -> Publisher:
    """Return a publisher with the rights of a worker."""
    return Publisher(site, await site.nats("projects", "worker"))
