"""Deleting a report that should not have been made."""

import pytest

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.reports import DeleteReport, GenerateReport, GetReport
from incidents import Refused
from tests.support import Site


async def test_a_deleted_report_is_gone_and_its_project_stays(site: Site) -> None:
    """Deleting a report takes all its bytes and nothing of its project; deleting it again is refused."""
    await site.worker("projects")
    reports = await site.worker("reports")
    client, report_id, project_id = await site.client(), uuid7(), uuid7()
    await client.send(CreateProject(project_id=project_id))
    await client.send(GenerateReport(report_id=report_id, project_id=project_id))
    deleted = await client.send(DeleteReport(report_id=report_id))
    assert deleted.project_id == project_id
    assert await site.count("reports.chunk") == 0
    for again in (client.send(DeleteReport(report_id=report_id)), client.ask(GetReport(report_id=report_id))):
        with pytest.raises(Refused) as refusal:
            await again
        assert refusal.value.error.code is Code.GONE
    assert await site.count("projects.project") == 1
    assert reports.delivery.counters.applied == 2
    assert reports.delivery.counters.rejected == 1
