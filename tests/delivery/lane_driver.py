"""Deliveries without a broker: stored commands of a lane, handled by a worker's own functions."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import uuid7
from contracts.subjects import lane_of
from tests.delivery.helpers import creation
from tests.support import Site
from workers.common import signing_key
from workers.common.sandboxed_jobs import Limits, ProcessPool
from workers.local.run_worker import slice_of
from workers.runtime.admission.licence_check import Licensing
from workers.runtime.bus.lane_progress import OwnedLane, take
from workers.runtime.commands.group_commit import GroupCommit
from workers.runtime.storage.database import connect_autocommit

START: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)


def stored_command(
    place: int,
    seconds: float = 0,
    *,
    tail: str = "projects.create",
    by: str = "admin",
    command_id: UUID | None = None,
    **body: Any,
) -> Msg:
    """Return the command at a place of its lane, stored so many seconds after the start."""
    content = body or creation(uuid7())
    key = content.get("project_id", "-")
    worker, verb = tail.split(".")
    nanoseconds = round((START + timedelta(seconds=seconds)).timestamp() * 1_000_000) * 1_000
    return Msg(
        _client=Nats(),
        subject=f"im.main.work.{worker}.{lane_of(key)}.{by}.{key}.{verb}",
        reply=f"$JS.ACK.COMMANDS.{worker}-0.1.{place}.{place}.{nanoseconds}.0",
        data=json.dumps(content).encode(),
        headers={"Nats-Msg-Id": str(command_id or uuid7())},
    )


class LaneDriver:
    """Owns one lane of a worker, as one process after another."""

    def __init__(self, site: Site, connection: AsyncConnection, per_second: float, name: str) -> None:
        """Begin as a new process."""
        self._site = site
        self._name = name
        self._connection = connection
        self._per_second = per_second
        self.restart()

    def restart(self) -> None:
        """Own the lane as another new process."""
        self._owned: OwnedLane | None = None
        worker = slice_of(self._name)
        licensing = Licensing.from_credentials(self._site.credentials(self._name, "worker"))
        self.delivery = GroupCommit("main", self._name, worker.rows, worker.handlers, licensing, self._per_second)

    async def handle(self, batch: Sequence[Msg]) -> list[dict[str, Any]]:
        """Deliver a batch, and return the outcomes in the order in which they are published."""
        self._owned = self._owned or await take(self._connection, self._name, 0)
        outcomes = await self.delivery.handle(self._owned, batch)
        return [json.loads(outcome.body) for outcome in outcomes]


@asynccontextmanager
async def own_lane(site: Site, per_second: float = 0, name: str = "projects") -> AsyncIterator[LaneDriver]:
    """Own a lane for as long as the block lasts."""
    settings = site.settings(name)
    signing_key.use(settings.signing_key)
    limits = Limits(settings.children, settings.child_memory_bytes, settings.child_seconds)
    async with (
        ProcessPool(limits).open(),
        connect_autocommit(site.engine) as connection,
    ):
        yield LaneDriver(site, connection, per_second, name)
