"""The memory that a batch leaves to those who come after it."""

from contracts.ids import uuid7
from contracts.report_batches import BatchForm, GenerateBatch
from contracts.reports import GenerateReport
from tests.reports.test_batches import projects
from tests.support import Site


async def test_what_rendered_ends_before_a_file_is_bound(site: Site) -> None:
    """Children that drew reports, and keep memory for it, are not there any more when the file is made."""
    await site.worker("projects")
    running = await site.worker("reports")
    client = await site.client()
    ids = await projects(client, 2)
    await client.send(GenerateReport(report_id=uuid7(), project_id=ids[0]))
    renderers = set(running.children.pids)
    assert renderers
    await client.send(GenerateBatch(report_id=uuid7(), project_ids=ids, form=BatchForm.PDF))
    assert renderers & set(running.children.pids) == set()
