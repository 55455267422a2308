"""Downloads of reports: anyone who gets any part is recorded, once for all the parts that it fetches (LOG-T2)."""

from uuid import UUID

import pytest

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject
from contracts.reports import DownloadReport, GenerateReport
from incidents import Client
from tests.support import Site
from workers.runtime.storage.file_chunks import CHUNK_BYTES

DOWNLOADED = "runtime.outbox, json_array_elements(messages::json) AS m WHERE m ->> 'subject' LIKE '%.downloaded'"
AGES = "UPDATE reports.download SET began_at = began_at - interval '2 hours'"


class Reading:
    """A report of a site, and who fetches parts of it."""

    def __init__(self, site: Site, client: Client, report_id: UUID) -> None:
        self.site = site
        self.client = client
        self.report_id = report_id

    async def fetch(self, *offsets: int) -> list[bytes]:
        """Fetch a hundred bytes from each of these offsets on, one after the other."""
        downloads = [DownloadReport(report_id=self.report_id, offset=offset, length=100) for offset in offsets]
        return [await self.client.ask(download) for download in downloads]

    async def recorded(self) -> int:
        """Return how many downloads were recorded."""
        return await self.site.count(DOWNLOADED)


@pytest.fixture
async def reading(site: Site) -> Reading:
    """A finished report."""
    await site.workers("projects", "reports")
    client, command = await site.client(), GenerateReport(report_id=uuid7(), project_id=uuid7())
    await client.send(CreateProject(project_id=command.project_id))
    await client.send(command)
    return Reading(site, client, command.report_id)


@pytest.mark.parametrize(
    "offsets, downloads",
    [
        ([1], 1),
        ([1, 100, 200], 1),
        ([0, 100, 200], 1),
        ([100, 0, 200], 1),
        ([0, 100, 0, 100], 2),
        ([100, 0, 100, 0], 2),
        ([900_000_000], 0),
        ([2**62], 0),
    ],
)
async def test_any_part_is_recorded_once(reading: Reading, offsets: list[int], downloads: int) -> None:
    """Whichever part comes first, a download is one entry; the first bytes again are another one, nothing is none."""
    parts = await reading.fetch(*offsets)
    assert await reading.recorded() == downloads
    assert any(parts) == bool(downloads)


async def test_what_is_fetched_much_later_is_another_download(reading: Reading) -> None:
    """A download that was cut and goes on hours later is recorded again."""
    await reading.fetch(0, 100)
    await reading.site.sql(AGES)
    await reading.fetch(200, 300)
    assert await reading.recorded() == 2


async def test_each_principal_is_recorded(reading: Reading) -> None:
    """A download of one principal hides none of another."""
    await reading.fetch(0)
    nodes = (Node.REPORTS, Node.MAIN_DETAILS, Node.CATEGORIES, Node.COMMENTS, Node.CALLS, Node.SEQUENCES)
    await reading.site.grant("olga", dict.fromkeys((Node.PROJECTS, *nodes), "view"))
    other = Reading(reading.site, await reading.site.client("olga"), reading.report_id)
    await other.fetch(100)
    assert await reading.recorded() == 2


async def test_a_download_dies_with_its_report(reading: Reading) -> None:
    """Who fetched a report is kept by the log alone, once the report is gone."""
    await reading.fetch(0)
    assert await reading.site.count("reports.download") == 1
    await reading.site.sql("DELETE FROM reports.report")
    assert await reading.site.count("reports.download") == 0


async def test_a_part_goes_from_one_row_into_the_next(reading: Reading) -> None:
    """A part has the bytes that were asked for, in how many rows they are kept, and only the end makes it shorter."""
    await reading.site.sql("DELETE FROM reports.chunk")
    content = bytes(range(256)) * (CHUNK_BYTES // 128 + 1)
    for number in range(3):
        chunk = {
            "id": reading.report_id,
            "number": number,
            "data": content[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES],
        }
        await reading.site.sql("INSERT INTO reports.chunk VALUES (:id, :number, :data)", **chunk)
    assert await reading.fetch(CHUNK_BYTES - 30, 2 * CHUNK_BYTES - 1, len(content) - 9) == [
        content[CHUNK_BYTES - 30 : CHUNK_BYTES + 70],
        content[2 * CHUNK_BYTES - 1 : 2 * CHUNK_BYTES + 99],
        content[-9:],
    ]
