"""Holds and deletions at the same time: of the two, one is refused."""

import asyncio
from collections.abc import Sequence
from typing import Any

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.message import Command
from contracts.permissions import EVERYTHING
from contracts.projects.commands import DeleteProject
from contracts.retention import ChangeHold, HoldProject, Sweep
from incidents import Client, Refused
from tests.projects.helpers import refusal_of
from tests.retention.conftest import EventsByKind, Fill
from tests.retention.helpers import Holder
from tests.support import Site, eventually
from workers.projects.rows import ProjectRows
from workers.projects.rules.sweep_step_size import FEWEST_PROJECTS
from workers.retention import hold_rules
from workers.retention.rows import RetentionRows

AT_ONCE = 120


async def somebody_waits(site: Site) -> None:
    """Wait until a transaction waits for another one's lock."""

    async def waiting() -> bool:
        rows = await site.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(rows[0][0])

    await eventually(waiting)


async def test_a_deletion_waits_for_a_hold_under_way(site: Site) -> None:
    """A project that is being held while it is deleted stays: the deletion sees the hold that it has waited for."""
    holder = await Holder.start(site)
    project_id = await holder.create_project()
    command = HoldProject(project_id=project_id, reason="At the last moment.")
    async with site.engine.begin() as connection:
        rows = await RetentionRows.load(connection, [command])
        deleting = asyncio.create_task(refusal_of(holder.client.send(DeleteProject(project_id=project_id))))
        await somebody_waits(site)
        (now,) = await site.sql("SELECT now()")
        rows.placed.put(hold_rules.new_hold(uuid7(), command, "hans", now[0]))
        await rows.save(connection)
    refusal = await deleting
    assert refusal.code == Code.HELD
    assert refusal.error.details["held_by"] == "hans"


async def test_a_deletion_waits_for_an_extension_under_way(site: Site) -> None:
    """A hold that is extended at the last moment counts for a deletion that begins after its former end."""
    holder = await Holder.start(site)
    project_id = await holder.create_held_project()
    await site.sql("UPDATE retention.hold SET until = now() + interval '3 seconds'")
    command = ChangeHold(project_id=project_id, until=None)

    async def has_ended() -> bool:
        return await site.count("published.holds") == 0

    async with site.engine.begin() as connection:
        rows = await RetentionRows.load(connection, [command])
        hold = hold_rules.require_hold(rows.hold_of(project_id))
        await eventually(has_ended)
        deleting = asyncio.create_task(refusal_of(holder.client.send(DeleteProject(project_id=project_id))))
        await somebody_waits(site)
        rows.update(hold_rules.changed_hold(hold, command, hold["held_at"]))
        await rows.save(connection)
    assert (await deleting).code == Code.HELD


async def test_a_hold_waits_for_a_deletion_under_way(site: Site) -> None:
    """A project that is being deleted while it is held is gone: the hold is refused with the tombstone."""
    holder = await Holder.start(site)
    project_id = await holder.create_project()
    command = DeleteProject(project_id=project_id)
    async with site.engine.begin() as connection:
        rows = await ProjectRows.load(connection, [command])
        holding = asyncio.create_task(refusal_of(holder.hold(project_id)))
        await somebody_waits(site)
        (now,) = await site.sql("SELECT now()")
        rows.delete(rows.require_project(command, EVERYTHING), by="dora", at=now[0])
        await rows.save(connection)
    refusal = await holding
    assert refusal.code == Code.GONE
    assert refusal.error.details["deleted_by"] == "dora"


async def test_a_sweep_looks_again_after_its_lock(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """A hold that comes between the choice of what has expired and its lock counts, and the sweep ends."""
    holder = await Holder.start(site)
    held_id, *others = await fill(3, days=8)
    await holder.hold(held_id)
    # The first look of the sweep's step, and the count before it, do not see the hold yet.
    await site.sql("CREATE SEQUENCE public.looks")
    await site.sql("GRANT USAGE ON SEQUENCE public.looks TO PUBLIC")
    await site.sql(
        "CREATE OR REPLACE VIEW published.holds AS SELECT project_id, held_by, held_at, reason, until, reference "
        "FROM retention.current_hold WHERE (SELECT nextval('public.looks')) > 2"
    )
    assert (await holder.client.send(Sweep())).due == 3

    async def swept() -> list[int]:
        return [event["deleted"] for event in happened.get("retention.swept", [])]

    assert await eventually(swept) == [len(others)]
    assert await site.sql("SELECT id FROM projects.project") == [(held_id,)]


async def test_a_sweep_goes_past_what_is_held(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """More held projects than a step deletes, all of them older, keep no sweep from what is due, nor from its end."""
    holder = await Holder.start(site)
    held_ids = await fill(FEWEST_PROJECTS + 20, days=9)
    await fill(3, days=8)
    await site.sql(
        "INSERT INTO retention.hold SELECT id, id, 'Old.', 'ann', now() FROM projects.project WHERE id = ANY(:ids)",
        ids=held_ids,
    )
    assert (await holder.client.send(Sweep())).due == 3

    async def swept() -> list[int]:
        return [event["deleted"] for event in happened.get("retention.swept", [])]

    assert await eventually(swept) == [3]
    assert await site.count("projects.project") == len(held_ids)


async def ends(client: Client, commands: Sequence[Command[Any]]) -> list[str]:
    """Send commands at the same time; return the code of each refusal, and nothing for what was applied."""
    results = await asyncio.gather(*(client.send(command) for command in commands), return_exceptions=True)
    assert [result for result in results if isinstance(result, BaseException) and not isinstance(result, Refused)] == []
    return [result.code if isinstance(result, Refused) else "" for result in results]


async def test_many_holds_and_deletions_at_once(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """Of a hold and a deletion, by hand or by a sweep, one takes effect and the other is refused, never both."""
    holder = await Holder.start(site)
    ids = await fill(AT_ONCE, days=8)
    commands: list[Command[Any]] = []
    for project_id in ids:
        commands += [HoldProject(project_id=project_id, reason="Now."), DeleteProject(project_id=project_id)]
    codes = await ends(holder.client, [Sweep(), *commands])

    async def swept() -> bool:
        return "retention.swept" in happened

    await eventually(swept)
    assert codes[0] == ""
    holds, deletions = dict(zip(ids, codes[1::2], strict=True)), dict(zip(ids, codes[2::2], strict=True))
    held_ids = {each_id for each_id in ids if not holds[each_id]}
    assert {project_id for (project_id,) in await site.sql("SELECT id FROM projects.project")} == held_ids
    assert {project_id for (project_id,) in await site.sql("SELECT project_id FROM published.holds")} == held_ids
    assert {deletions[each_id] for each_id in held_ids} <= {Code.HELD}
    assert {holds[each_id] for each_id in ids if each_id not in held_ids} <= {Code.GONE}
