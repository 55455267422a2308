"""Trimming: nothing leaves a stream before those who need it have committed what they made of it."""

from functools import partial
from typing import Any

from contracts.ids import uuid7
from tests.delivery.helpers import creation, wait_for_outcomes
from tests.support import Site, eventually
from workers.runtime.bus.streams import api
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.process.stream_trimming import trim_events

COMMANDS = 150
STREAM_BYTES = 48 * 1024
"""Bytes of EVENTS: the events of the commands take about twice as much."""


async def give_room(site: Site, size: int) -> dict[str, Any]:
    """Let EVENTS have so many bytes, and return how it is configured then."""
    overseer = await site.overseer()
    config = (await api(overseer, "STREAM.INFO.EVENTS", {}))["config"]
    answer = await api(overseer, "STREAM.UPDATE.EVENTS", {**config, "max_bytes": size})
    assert "error" not in answer, answer
    configuration: dict[str, Any] = answer["config"]
    return configuration


async def create_projects(site: Site) -> None:
    """Create projects, and wait for every outcome."""
    caller = await site.caller()
    for project_id in [uuid7() for _ in range(COMMANDS)]:
        await caller.publish("projects.create", project_id, creation(project_id))
    results = await wait_for_outcomes(caller, COMMANDS)
    assert {result[0]["status"] for result in results.values()} == {"applied"}


async def is_recorded(site: Site, audit: RunningComponents) -> bool:
    """Trim, and tell whether every command has its entry and nothing waits to be published."""
    await trim_events(audit)
    return (await site.count("audit.activity"), await site.count("runtime.unpublished")) == (COMMANDS, 0)


async def test_events_that_have_no_room_wait_until_others_are_heard(site: Site) -> None:
    """While audit is away EVENTS fills up and refuses; when it is back, every command has its entry."""
    await give_room(site, STREAM_BYTES)
    await site.worker("projects")
    await create_projects(site)
    assert await site.count("runtime.unpublished") > 0
    audit = await site.worker("audit")
    await eventually(partial(is_recorded, site, audit), within=60)


async def test_nothing_is_trimmed_that_was_not_heard(site: Site) -> None:
    """However full EVENTS is, an event that a hearer has not committed stays."""
    await site.worker("projects")
    await create_projects(site)
    await site.sql(
        "INSERT INTO runtime.lane (worker, lane, stream, place) SELECT 'audit', 64, :incarnation, 5",
        incarnation=(await api(await site.overseer(), "STREAM.INFO.EVENTS", {}))["created"],
    )
    running = await site.worker("retention")
    size = (await api(await site.overseer(), "STREAM.INFO.EVENTS", {}))["state"]["bytes"]
    await give_room(site, size + 1)

    async def is_trimmed() -> bool:
        await trim_events(running)
        state = (await api(await site.overseer(), "STREAM.INFO.EVENTS", {}))["state"]
        assert state["first_seq"] <= 6
        return bool(state["first_seq"] == 6)

    await eventually(is_trimmed, within=30)
