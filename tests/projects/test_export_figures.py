"""The figures by which operations see exports that wait."""

from collections.abc import Mapping

from contracts.projects.export_control import CancelExport
from contracts.projects.exports import ExportProject
from tests.projects.test_export_many import create
from tests.support import Site, eventually, outcome_of
from tests.support.figures import figures_of
from workers.runtime.process.running_components import RunningComponents

PENDING, OLDEST = "incidents_exports_pending", "incidents_oldest_export_seconds"


async def until_pending(running: RunningComponents, count: int) -> Mapping[str, float]:
    """Wait until the metrics show so many exports, and return all samples."""
    figures: dict[str, float] = {}

    async def is_shown() -> bool:
        figures.update(await figures_of(running))
        return figures[PENDING] == count

    await eventually(is_shown)
    return figures


async def test_the_figures_of_exports_rise_and_fall(site: Site) -> None:
    """They count the exports without an outcome and tell the age of the oldest, until each is made or cancelled."""
    running, client = await site.worker("projects"), await site.client()
    ids = await create(client, 3)
    assert (await until_pending(running, 0))[OLDEST] == 0
    first, second, third = [(await client.submit(ExportProject(project_id=each))).command_id for each in ids]
    assert 0 < (await until_pending(running, 3))[OLDEST] < 60
    await site.sql(
        "UPDATE projects.export SET taken_at = taken_at - interval '1 hour' WHERE command_id = :id", id=first
    )
    await client.send(CancelExport(export_id=third, project_id=ids[2]))
    assert 3600 <= (await until_pending(running, 2))[OLDEST] < 3660
    await client.send(CancelExport(export_id=first, project_id=ids[0]))
    assert 0 < (await until_pending(running, 1))[OLDEST] < 60
    await site.worker("reports")
    assert (await outcome_of(client, second)).error is None
    assert (await until_pending(running, 0))[OLDEST] == 0
