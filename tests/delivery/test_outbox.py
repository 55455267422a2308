"""The outbox: what a transaction decided to say is said once, in order, whatever happens meanwhile."""

import asyncio
from typing import Any
from uuid import UUID

from contracts.ids import uuid7
from tests.delivery.helpers import Inspector, comment, creation
from tests.support import Site, eventually
from tests.support.system import worker_process
from workers.runtime.bus.outbox import PostedRow, post
from workers.runtime.bus.relay import ATOMIC_MESSAGES_MIN

SUBJECT = "im.main.evt.projects.-.imported"


def headers_of(event_id: UUID) -> dict[str, str]:
    """Return the headers of an event that nobody reacts to."""
    return {"Nats-Msg-Id": str(event_id), "ce-id": str(event_id), "ce-type": "im.projects.imported.v1"}


async def leave_behind(site: Site, ids: list[UUID], lane: int = 0) -> None:
    """Put events into the outbox as a process did that was killed after its commit."""
    for event_id in ids:
        row = PostedRow(
            worker="projects", lane=lane, subject=SUBJECT, headers=headers_of(event_id), body='{"numbers":[]}'
        )
        async with site.engine.begin() as connection:
            await post(connection, [row])


def ids_of(events: list[Any]) -> list[UUID]:
    """Return the ids of events as they were stored."""
    return [UUID(event.headers["Nats-Msg-Id"]) for event in events]


async def test_events_leave_in_the_order_of_commits(site: Site, inspector: Inspector) -> None:
    """The events of one project arrive once each, in the order of its revisions."""
    caller, project_id = await site.caller(), uuid7()
    await caller.publish("projects.create", project_id, creation(project_id))
    running = [await site.worker("projects"), await site.worker("projects")]
    for _ in range(120):
        await caller.publish("projects.add-comment", project_id, comment(project_id))
    await inspector.wait_until_idle()
    events = await inspector.events_of(project_id)
    assert [event.headers["ce-revision"] for event in events if event.headers] == [
        str(number) for number in range(1, 122)
    ]
    assert len(set(ids_of(events))) == 121 == sum(process.relay.published for process in running)


async def test_what_a_killed_process_left_is_published(site: Site, inspector: Inspector) -> None:
    """Events that were committed and not published leave with the next process, in their order."""
    ids = [uuid7() for _ in range(250)]
    await leave_behind(site, ids)
    async with worker_process(site, "projects"):
        await inspector.wait_until_idle()
    assert ids_of(await inspector.messages_in("EVENTS")) == ids


async def test_a_known_id_costs_an_atomic_batch_nothing(site: Site, inspector: Inspector) -> None:
    """When one event of a batch is in the stream already, all the others still arrive, and none twice."""
    ids = [uuid7() for _ in range(ATOMIC_MESSAGES_MIN)]
    worker = await site.nats("projects", "worker")
    known = await worker.jetstream().publish(SUBJECT, b'{"numbers":[]}', headers=headers_of(ids[7]))
    await leave_behind(site, ids)
    await site.worker("projects")
    await inspector.wait_until_idle()
    assert known.seq == 1
    assert ids_of(await inspector.messages_in("EVENTS")) == [ids[7], *ids[:7], *ids[8:]]


async def test_publishing_twice_stores_once(site: Site, inspector: Inspector) -> None:
    """Rows whose deletion was lost are published again and stored once."""
    ids = [uuid7() for _ in range(5)]
    await leave_behind(site, ids)
    await site.worker("projects")
    await inspector.wait_until_idle()
    await leave_behind(site, ids)
    await inspector.wait_until_idle()
    assert ids_of(await inspector.messages_in("EVENTS")) == ids


async def test_a_message_server_that_goes_away_loses_nothing(site: Site, inspector: Inspector) -> None:
    """Commands that were accepted before the server went away have one effect and one event after it is back."""
    caller, project_id = await site.caller(), uuid7()
    await caller.publish("projects.create", project_id, creation(project_id))
    command_ids = [await caller.publish("projects.add-comment", project_id, comment(project_id)) for _ in range(60)]
    await site.worker("projects")

    async def is_under_way() -> bool:
        return await site.count("runtime.inbox") > 0

    await eventually(is_under_way)
    await asyncio.to_thread(site.server.stop)
    site.server.start()
    await inspector.wait_until_idle()
    assert await site.count("projects.comment") == len(command_ids)
    assert (
        len(set(ids_of(await inspector.events_of(project_id))))
        == len(command_ids) + 1
        == await site.count("runtime.inbox")
    )
