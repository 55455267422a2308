"""Steps of sweeps, which are made beside the lanes: what other commands see of them, and what a failed one leaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject, UpdateProject
from contracts.projects.parts import AddComment
from contracts.retention import Sweep
from tests.projects.helpers import refusal_of
from tests.retention.conftest import Fill
from tests.retention.test_hold_races import somebody_waits
from tests.support import Site, eventually
from workers.projects import expired_project_deletion
from workers.projects.expired_project_deletion import delete_locked, lock_expired, make_next_step
from workers.projects.rules.sweep_step_size import StepSize
from workers.runtime.commands.deferred_commands import Step

TABLES = ("project", "comment", "search", "history")
_TAKEN = """
    INSERT INTO runtime.inbox VALUES (:id, 'system', CAST(date_trunc('month', now()) AS date), '', '', now())
"""
_STEP = """
    INSERT INTO projects.sweep_step VALUES (:id, 'system', NULL, NULL, now(), 'en', :id, 0, now(), 1000)
"""


async def take_step(connection: AsyncConnection) -> None:
    """Write down a step that deletes everything, as a process does that takes one."""
    command_id = uuid7()
    for statement in (_TAKEN, _STEP):
        await connection.execute(text(statement), {"id": command_id})


@asynccontextmanager
async def step_under_way(site: Site) -> AsyncIterator[None]:
    """Have a step that has deleted everything that is there, and is committed after the block."""
    async with site.engine.begin() as connection:
        locked = await lock_expired(connection, datetime.now(UTC), 1_000)
        await delete_locked(connection, locked, "system", 0)
        yield


async def test_nobody_waits_for_a_step_about_other_projects(site: Site, fill: Fill) -> None:
    """While a step is being made, commands of every lane are applied."""
    await site.worker("projects")
    client = await site.client()
    await fill(3, days=8)
    async with step_under_way(site):
        new = [CreateProject(project_id=uuid7()) for _ in range(40)]
        await asyncio.gather(*(client.send(command) for command in new))
    assert await site.count("projects.project") == len(new)
    assert await site.count("projects.tombstone") == 3


async def test_a_command_waits_for_the_step_that_deletes_its_project(site: Site, fill: Fill) -> None:
    """A row lock decides: what is sent during a step about a project of it is refused with its tombstone."""
    await site.worker("projects")
    client, (project_id,) = await site.client(), await fill(1, days=8)
    await client.send(UpdateProject(project_id=project_id, description="Late."))
    await client.send(AddComment(project_id=project_id, comment_id=uuid7(), text="Early."))
    late = AddComment(project_id=project_id, comment_id=uuid7(), text="Too late.")
    async with step_under_way(site):
        sending = asyncio.create_task(refusal_of(client.send(late)))
        await somebody_waits(site)
    refusal = await sending
    assert refusal.code == Code.GONE
    assert refusal.error.details["expired"] is True
    assert {name: await site.count(f"projects.{name}") for name in TABLES} == dict.fromkeys(TABLES, 0)
    assert await site.count("projects.tombstone") == 1


async def test_a_step_that_a_process_left_behind_is_made(site: Site, fill: Fill) -> None:
    """A step that was taken by a process that ended is made by another one, once, with its event."""
    await site.worker("projects")
    await fill(3, days=8)
    async with site.engine.begin() as connection:
        await take_step(connection)

    async def was_made() -> bool:
        return await site.count("projects.sweep_step") == 0

    await eventually(was_made)
    assert await site.count("projects.tombstone") == 3
    events = await site.sql("SELECT size FROM runtime.outbox WHERE messages LIKE '%projects.expired%'")
    assert [row.size for row in events] == [1]


async def test_a_step_under_way_is_not_made_twice(site: Site, fill: Fill) -> None:
    """While one process makes the oldest step, another makes neither that one nor the next: they are made in turn."""
    await site.worker("projects")
    await fill(2, days=8)
    async with site.engine.begin() as connection:
        await take_step(connection)
        await take_step(connection)
        (later,) = (await connection.execute(text("SELECT count(*) FROM projects.sweep_step"))).one()
        assert later == 2
        assert await make_next_step(Step(connection, site.name, "projects"), StepSize())
        assert await make_next_step(Step(connection, site.name, "projects"), StepSize())
        assert not await make_next_step(Step(connection, site.name, "projects"), StepSize())


async def test_a_second_process_does_not_wait_for_a_step(site: Site) -> None:
    """A process that looks for a step while another makes it goes on at once, and its connection is free."""
    async with site.engine.begin() as connection:
        await take_step(connection)
    async with site.engine.begin() as connection, site.engine.begin() as other, asyncio.timeout(20):
        assert await make_next_step(Step(connection, site.name, "projects"), StepSize())
        assert not await make_next_step(Step(other, site.name, "projects"), StepSize())


async def test_a_step_that_fails_again_and_again_is_given_up(
    site: Site, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step with a fault of its own deletes nothing and becomes a dead letter; the lanes and the process go on."""

    async def fail(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(expired_project_deletion, "lock_expired", fail)
    projects = await site.worker("projects")
    await site.worker("retention")
    await fill(3, days=8)
    client = await site.client()
    await client.send(Sweep())

    async def was_given_up() -> bool:
        rows = await site.sql("SELECT 1 FROM runtime.outbox WHERE messages LIKE '%im.%.dead.projects%'")
        return len(rows) == 1 and await site.count("projects.sweep_step") == 0

    await eventually(was_given_up)
    outcomes = await site.sql("SELECT outcome FROM runtime.inbox WHERE outcome LIKE '%unavailable%'")
    assert len(outcomes) == 1
    assert await site.count("projects.project") == 3
    await client.send(CreateProject(project_id=uuid7()))
    assert projects.ready
