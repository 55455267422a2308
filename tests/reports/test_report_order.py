"""Reports that are asked for at once."""

from uuid import UUID, uuid4

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.reports import ListReports
from contracts.subjects import lane_of
from tests.support import Site, eventually

MANY = 5


def of_one_lane() -> list[UUID]:
    """Return random ids of reports that are handled in one batch."""
    results: list[UUID] = []
    while len(results) < MANY:
        first = uuid4()
        if lane_of(str(first)) == 0:
            results.append(first)
    return results


async def test_reports_are_listed_in_the_order_of_their_acceptance(site: Site) -> None:
    """Of reports that are made in one batch the last one comes first, page by page."""
    await site.worker("projects")
    client, caller, project_id, ids = await site.client(), await site.caller("admin"), uuid7(), of_one_lane()
    await client.send(CreateProject(project_id=project_id))
    for each_id in ids:
        await caller.publish("reports.generate", each_id, {"report_id": str(each_id), "project_id": str(project_id)})
    await site.worker("reports")

    async def all_made() -> bool:
        return await site.count("reports.report") == MANY

    await eventually(all_made, within=120)
    results: list[UUID] = []
    after = None
    while after or not results:
        page = await client.ask(ListReports(project_id=project_id, limit=2, after=after))
        results += [report.report_id for report in page.items]
        after = page.next
    assert results == ids[::-1]
