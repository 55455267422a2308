"""A sweep whose process of projects is killed again and again."""

from collections import Counter
from typing import Any

from contracts.retention import Sweep
from tests.retention.conftest import Fill
from tests.support import Site, eventually
from tests.support.system import worker_process
from workers.local.run_worker import slice_of
from workers.projects.rules.sweep_step_size import FEWEST_PROJECTS
from workers.runtime.process.assembly import run_here

KILLS = 3
DUE = KILLS * FEWEST_PROJECTS


async def test_kills_lose_and_double_no_deletion(site: Site, fill: Fill) -> None:
    """Whenever projects is killed during a sweep, each project is deleted once, in one event, with one entry."""
    await site.workers("retention", "audit")
    async with run_here(slice_of("projects"), site.settings("projects")):
        ids = await fill(DUE, days=8)
    client = await site.client()
    await client.send(Sweep())
    for _ in range(KILLS):
        before = await site.count("projects.tombstone")
        async with worker_process(site, "projects") as process:

            async def went_on(before: int = before) -> bool:
                return await site.count("projects.tombstone") > before or before == DUE

            await eventually(went_on, within=60)
            await process.kill()
    await site.worker("projects")

    async def are_recorded() -> list[Any]:
        rows = await site.sql("SELECT project_id FROM audit.activity WHERE activity = 'projects.deleted'")
        return rows if len(rows) >= DUE and not await site.count("retention.sweep") else []

    entries = await eventually(are_recorded, within=60)
    assert await site.count("projects.project") == 0
    assert Counter(row.project_id for row in entries) == Counter(ids)
    assert {row.project_id for row in await site.sql("SELECT project_id FROM projects.tombstone")} == set(ids)
