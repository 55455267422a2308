"""Every decision on an answer of JetStream's API survives that the answer is an error, partial, stale or late."""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from nats.aio.client import Client as Nats
from sqlalchemy import text

from contracts.ids import uuid7
from contracts.permissions import Node
from tests.delivery.helpers import comment, creation
from tests.faults.client import Client, Clock
from tests.faults.followers import Follower
from tests.faults.history import History
from tests.faults.proxies import pause
from tests.support import Caller, Site, eventually
from workers.runtime.bus import streams

CHANGES = 150
HELD_SECONDS = 8.0
"""Longer than the time between two looks at what can be purged."""

HELD = text("SELECT 1 FROM projects.project WHERE id = :id FOR UPDATE")
UNAVAILABLE = {"code": 503, "err_code": 10008, "description": "JetStream system temporarily unavailable"}


class Liar:
    """Stands before `streams.api` and lets answers of the real server be wrong, as those of a cluster are at times."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._past_answers: dict[str, dict[str, Any]] = {}
        self._real = streams.api
        self.lies = Counter[str]()
        self.lying = False

    async def api(self, nats: Nats, verb: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Ask the server, and tell what it said, or said before, or a part of it, or that it is not available."""
        kind = self._rng.choice(("error", "part", "old", "late", "true", "true")) if self.lying else "true"
        if kind == "error":
            self.lies[kind] += 1
            return {"type": "io.nats.jetstream.api.v1.error", "error": UNAVAILABLE}
        if kind == "old" and verb in self._past_answers:
            self.lies[kind] += 1
            return self._past_answers[verb]
        answer = await self._real(nats, verb, request)
        self._past_answers.setdefault(verb, answer)
        if kind == "part" and answer.get("consumers"):
            self.lies[kind] += 1
            return {**answer, "consumers": answer["consumers"][1::2], "missing": ["projects-0"]}
        if kind == "late":
            self.lies[kind] += 1
            await pause(self._rng.uniform(0.05, 0.4))
        return answer


@pytest.fixture(params=[1, 2])
def liar(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    """Put a liar into every module of the runtime that asks JetStream's API."""
    api = Liar(request.param)
    for module in [module for name, module in sys.modules.items() if name.startswith("workers.")]:
        if getattr(module, "api", None) is streams.api and module is not streams:
            monkeypatch.setattr(module, "api", api.api)
    monkeypatch.setattr(streams, "api", api.api)
    yield api
    api.lying = False


async def is_decided(caller: Caller, project_id: UUID, site: Site) -> bool:
    """Tell whether all changes of a project took effect."""
    rows = await site.sql("SELECT revision FROM projects.project WHERE id = :id", id=project_id)
    assert rows[0][0] == CHANGES + 1, f"{CHANGES + 1 - rows[0][0]} of {CHANGES} acknowledged commands left no trace"
    return len(caller.outcomes) == CHANGES + 1


async def changed(caller: Caller, project_id: UUID, site: Site) -> None:
    """Change a project again and again, while somebody else holds its row: commands wait in the lane meanwhile."""
    async with site.engine.begin() as somebody:
        await somebody.execute(HELD, {"id": project_id})
        for _ in range(CHANGES):
            await caller.publish("projects.add-comment", project_id, comment(project_id))
            await pause(HELD_SECONDS / CHANGES)


@pytest.mark.timeout(240)
async def test_wrong_answers_of_the_server_lose_nothing(site: Site, liar: Liar) -> None:
    """Whatever JetStream's API says of itself, each acknowledged command takes effect and each event is followed."""
    caller, project_id = await site.caller(), uuid7()
    await site.workers("projects", "administration")
    history = History(0)
    client = await Client("follower", history, Clock()).connect([site.url], site.credentials("follower"))
    views = (Node.PROJECTS, Node.MAIN_DETAILS, Node.CATEGORIES, Node.COMMENTS)
    await site.grant("follower", dict.fromkeys(views, "view"))
    follower = Follower(client, ("projects.",))
    following = asyncio.create_task(follower.run())
    try:
        await follower.opened()
        await caller.send("projects.create", project_id, creation(project_id))
        liar.lying = True
        await changed(caller, project_id, site)
        liar.lying = False
        await eventually(partial(is_decided, caller, project_id, site), within=40)
        await eventually(partial(are_followed, follower, CHANGES + 1), within=40)
    finally:
        following.cancel()
        await asyncio.wait([following])
        await client.close()
    assert liar.lies["error"] > 0, "nobody asked: this shows nothing"


async def are_followed(follower: Follower, number: int) -> bool:
    """Tell whether a follower was told so many different events."""
    ids = {event.event_id for event in follower.followed.received if event.kind == "event"}
    assert len(ids) == number, f"{number - len(ids)} of {number} events were never told"
    return True
