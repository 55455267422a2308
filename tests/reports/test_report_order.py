"""Reports that are asked for at once."""

from typing import Any
from uuid import UUID, uuid4

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject
from contracts.reports import GenerateReport, ListReports
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


async def test_reports_are_found_by_project_author_and_time(site: Site) -> None:
    """Each condition leaves the others out, and all hold together; the whole site is listed without any."""
    await site.workers("projects", "reports")
    client, colleague = await site.client(), await site.client("olivia")
    await site.grant("olivia", {Node.PROJECTS: "view", Node.REPORTS: "manage"})
    here, there = uuid7(), uuid7()
    commands = [(client, here), (colleague, here), (client, there)]
    for project_id in (here, there):
        await client.send(CreateProject(project_id=project_id))
    reports = [
        await author.send(GenerateReport(report_id=uuid7(), project_id=project_id)) for author, project_id in commands
    ]
    first, second, third = [report.report_id for report in reports]
    times = {report.report_id: report.requested_at for report in (await client.ask(ListReports())).items}

    async def listed(**conditions: Any) -> list[UUID]:
        return [report.report_id for report in (await colleague.ask(ListReports(**conditions))).items]

    assert await listed() == [third, second, first]
    assert await listed(project_id=here) == [second, first]
    assert await listed(created_by=client.principal) == [third, first]
    assert await listed(created_by=client.principal, project_id=here) == [first]
    assert await listed(requested={"from": times[second]}) == [third, second]
    assert await listed(requested={"to": times[second]}) == [first]
