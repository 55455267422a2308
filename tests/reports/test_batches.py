"""The reports of many projects in one file."""

import csv
import io
import zipfile
from hashlib import sha256
from typing import cast
from uuid import UUID

import pytest
from pypdf import PdfReader

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject, DeleteProject
from contracts.report_batches import (
    LEFT_OUT_SHOWN_MAX,
    NAMED_PROJECTS_MAX,
    VOLUME_PROJECTS,
    BatchForm,
    BatchGenerated,
    BatchState,
    Conformance,
    DownloadBatch,
    GenerateBatch,
    LeftOut,
    ListBatches,
    Omission,
)
from contracts.reports import GenerateReport
from incidents import Client, Refused
from tests.support import Site
from workers.reports.batches.entries import Entry, included, recorded_events, volumes_of
from workers.reports.rendering.render_input import Purpose


async def projects(client: Client, count: int) -> list[UUID]:
    """Create projects and return their ids."""
    ids = [uuid7() for _ in range(count)]
    for number, project_id in enumerate(ids, 1):
        await client.send(CreateProject(project_id=project_id, description=f"Bag {number} at gate {number}"))
    return ids


async def fetch(client: Client, batch: BatchGenerated) -> bytes:
    """Return the file of a batch, whose digest is that of its outcome."""
    data = b""
    while part := await client.ask(DownloadBatch(report_id=batch.report_id, offset=len(data))):
        data += part
    assert sha256(data).hexdigest() == batch.sha256
    assert len(data) == batch.bytes
    return data


async def test_a_zip_has_every_report_and_names_what_it_lacks(site: Site) -> None:
    """The file has the reports in the order that was ordered_ids for; deleted and unknown projects are named."""
    await site.workers("projects", "reports", "audit")
    client, unknown = await site.client(), uuid7()
    first, second, deleted = await projects(client, 3)
    await client.send(DeleteProject(project_id=deleted))
    ordered_ids = [second, unknown, first, deleted]
    batch = await client.send(GenerateBatch(report_id=uuid7(), project_ids=ordered_ids, form=BatchForm.ZIP))
    assert batch.total == 4
    assert batch.included == 2
    assert batch.left_out == [
        LeftOut(project_id=unknown, reason=Omission.UNKNOWN),
        LeftOut(project_id=deleted, reason=Omission.DELETED, number=3),
    ]
    archive = zipfile.ZipFile(io.BytesIO(await fetch(client, batch)))
    assert archive.testzip() is None
    assert archive.namelist() == ["report-2.pdf", "report-1.pdf", "reports.csv"]
    rows = list(csv.DictReader(io.StringIO(archive.read("reports.csv").decode("utf-8-sig"))))
    assert [row["Project"] for row in rows] == [str(project_id) for project_id in ordered_ids]
    assert [row["File"] for row in rows] == ["report-2.pdf", "", "report-1.pdf", ""]
    assert [row["Left out"] for row in rows] == ["", "does not exist", "", "deleted"]
    [listed] = (await client.ask(ListBatches())).items
    assert listed.state is BatchState.MADE
    assert listed.done == listed.total == 4


async def test_volumes_have_a_hundred_reports_each(site: Site) -> None:
    """Each volume is a file of its own that keeps the standard; the list leads to the page of every report."""
    await site.workers("projects", "reports", "audit")
    client, count = await site.client(), VOLUME_PROJECTS + 1
    ids = await projects(client, count)
    batch = await client.send(GenerateBatch(report_id=uuid7(), project_ids=ids, form=BatchForm.VOLUMES))
    assert batch.included == count
    assert batch.conformance is Conformance.PDF_A_3A
    archive = zipfile.ZipFile(io.BytesIO(await fetch(client, batch)))
    first, second, listed = archive.namelist()
    assert first == "reports-volume-1.pdf"
    assert second == "reports-volume-2.pdf"
    assert listed == "reports.csv"
    readers = {name: PdfReader(io.BytesIO(archive.read(name))) for name in (first, second)}
    assert sum(len(reader.pages) for reader in readers.values()) == batch.pages
    assert "Volume 2 of 2" in " ".join(readers[second].pages[0].extract_text().split())
    rows = list(csv.DictReader(io.StringIO(archive.read(listed).decode("utf-8-sig"))))
    assert [row["File"] for row in rows] == [first] * VOLUME_PROJECTS + [second]
    for row in (rows[0], rows[57], rows[-1]):
        page = readers[row["File"]].pages[int(row["First page"]) - 1].extract_text()
        assert f"Bag {row['Number']} at gate {row['Number']}" in " ".join(page.split())


def test_what_is_left_out_is_in_the_volume_of_its_neighbours() -> None:
    """A volume is full with a hundred reports, however many projects beside them have none."""
    states = ["unknown", *["included"] * 150, *["deleted"] * 120, *["included"] * 50, "hidden"]
    parts = [cast("Entry", {"state": state, "place": place}) for place, state in enumerate(states)]
    volumes = volumes_of(parts)
    assert [len(included(volume)) for volume in volumes] == [100, 100]
    assert [part for volume in volumes for part in volume] == parts
    assert volumes[0][0] == parts[0]
    assert volumes[1][-1] == parts[-1]


def test_what_is_recorded_is_in_several_events() -> None:
    """No event names more than a thousand projects; together they name each report once, and no project without one."""
    states = ["included", "deleted"] * 2_500
    parts = [cast("Entry", {"state": state, "project_id": str(UUID(int=at))}) for at, state in enumerate(states)]
    events = recorded_events(UUID(int=1), parts, Purpose("Police"), "ab" * 32)
    assert [len(event.project_ids) for event in events] == [1_000, 1_000, 500]
    ids = [project_id for event in events for project_id in event.project_ids]
    assert ids == [UUID(int=at) for at in range(0, len(states), 2)]
    assert {(event.recipient, event.sha256) for event in events} == {("Police", "ab" * 32)}


async def test_a_pdf_has_every_report_and_keeps_its_standard(site: Site) -> None:
    """One file with a front page, the reports in the order that was asked for, and bookmarks; still PDF/A-3a."""
    await site.workers("projects", "reports")
    client = await site.client()
    first, second = await projects(client, 2)
    batch = await client.send(GenerateBatch(report_id=uuid7(), project_ids=[second, first, uuid7()]))
    assert batch.conformance is Conformance.PDF_A_3A
    assert batch.included == 2
    assert [each.reason for each in batch.left_out] == [Omission.UNKNOWN]
    reader = PdfReader(io.BytesIO(await fetch(client, batch)))
    assert len(reader.pages) == batch.pages
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert text.index("Bag 2 at gate 2") < text.index("Bag 1 at gate 1")


async def test_what_cannot_be_one_batch_is_refused(site: Site) -> None:
    """A project named twice, too many for a PDF, and an id that is in use: each with the field and the reason."""
    await site.workers("projects", "reports")
    client, report_id = await site.client(), uuid7()
    [project_id] = await projects(client, 1)
    await client.send(GenerateReport(report_id=report_id, project_id=project_id))
    refused = {
        "named_twice": GenerateBatch(report_id=uuid7(), project_ids=[project_id, project_id]),
        "too_many_for_pdf": GenerateBatch(report_id=uuid7(), project_ids=[uuid7() for _ in range(1_001)]),
        "id_taken": GenerateBatch(report_id=report_id, project_ids=[project_id]),
        "no_reports": GenerateBatch(report_id=uuid7(), project_ids=[uuid7()]),
    }
    for kind, command in refused.items():
        with pytest.raises(Refused) as refusal:
            await client.send(command)
        assert refusal.value.details["fields"][0]["kind"] == kind


async def test_a_batch_of_a_deleted_project_says_who_deleted_it(site: Site) -> None:
    """Alone it is gone, as for its own report; among others it is left out."""
    await site.workers("projects", "reports")
    client = await site.client()
    [gone, there] = await projects(client, 2)
    await client.send(DeleteProject(project_id=gone))
    with pytest.raises(Refused) as refusal:
        await client.send(GenerateBatch(report_id=uuid7(), project_ids=[gone]))
    assert refusal.value.error.code == Code.GONE
    assert refusal.value.details["deleted_by"] == "admin"
    batch = await client.send(GenerateBatch(report_id=uuid7(), project_ids=[gone, there]))
    assert [each.reason for each in batch.left_out] == [Omission.DELETED]


async def test_as_many_as_one_message_can_name_are_taken(site: Site) -> None:
    """The ids of the largest batch fit into a message of a client."""
    await site.workers("projects", "reports")
    client, ids = await site.client(), [uuid7() for _ in range(NAMED_PROJECTS_MAX - 1)]
    ids += await projects(client, 1)
    batch = await client.send(GenerateBatch(report_id=uuid7(), project_ids=ids, form=BatchForm.ZIP))
    assert batch.total == NAMED_PROJECTS_MAX
    assert batch.included == 1
    assert len(batch.left_out) == LEFT_OUT_SHOWN_MAX
