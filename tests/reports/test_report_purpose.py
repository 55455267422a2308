"""To whom a report goes and why: in its file, in the list, in the activity, and on the command line."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from contracts.audit import ProjectActivity
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.report_batches import BatchForm, DownloadBatch, GenerateBatch, ListBatches
from contracts.reports import DownloadReport, GenerateReport, ListReports
from incidents import Client
from tests.client.command_line import incidents
from tests.client.interactive import environment
from tests.reports.readers import text_of
from tests.support import Site, eventually

PURPOSE: dict[str, Any] = {"recipient": "Police", "reference": "PV 4/2026", "legal_basis": "Art. 265 CPP"}


@pytest.fixture
async def admin(site: Site) -> Client:
    """Run the workers that make, list and record a report; return their client."""
    await site.workers("projects", "reports", "audit", "administration")
    return await site.client()


async def create(admin: Client) -> UUID:
    """Create a project and return its id."""
    project_id = uuid7()
    await admin.send(CreateProject(project_id=project_id))
    return project_id


async def activity(admin: Client, project_id: UUID, name: str = "reports.generated") -> list[dict[str, Any]]:
    """Return what the activity of a project says about its reports."""
    entries = await admin.ask(ProjectActivity(project_id=project_id))
    return [entry.details for entry in entries.items if entry.activity == name]


@pytest.mark.parametrize("language, label", [("en", "Legal basis"), ("fr", "Base juridique")])
async def test_a_report_says_to_whom_and_why(admin: Client, language: Any, label: str) -> None:
    """Recipient, reference and legal basis are on its pages and in its data; without them there is no label."""
    project_id = await create(admin)
    pdfs = []
    for purpose in (PURPOSE, {}):
        report_id = uuid7()
        named: dict[str, Any] = {"report_id": report_id, "project_id": project_id, "language": language}
        await admin.send(GenerateReport(**named, **purpose))
        pdfs.append(b"".join([part async for part in admin.download(DownloadReport(report_id=report_id))]))
    with_purpose, without = map(text_of, pdfs)
    assert f"{label} {PURPOSE['legal_basis']}" in with_purpose
    assert [text for text in PURPOSE.values() if text not in with_purpose] == []
    assert label not in without
    data = json.loads(PdfReader(io.BytesIO(pdfs[0])).attachments["incident.json"][0])
    assert {name: data[name] for name in PURPOSE} == PURPOSE


async def test_the_purpose_is_recorded(admin: Client) -> None:
    """The event, the activity and the list of reports name it; a repeated request does not change it."""
    project_id, report_id = await create(admin), uuid7()
    named: dict[str, Any] = {"report_id": report_id, "project_id": project_id}
    generated = await admin.send(GenerateReport(**named, **PURPOSE))
    again = await admin.send(GenerateReport(**named, recipient="Insurer"))
    [listed] = (await admin.ask(ListReports(project_id=project_id))).items
    for document in (generated, again, listed):
        assert document.model_dump(include=set(PURPOSE)) == PURPOSE
    [details] = await eventually(lambda: activity(admin, project_id))
    assert {name: details[name] for name in PURPOSE} == PURPOSE


@pytest.mark.parametrize("form", [BatchForm.PDF, BatchForm.ZIP])
async def test_a_batch_says_it_once_and_for_each_project(admin: Client, form: BatchForm) -> None:
    """The front page or each report of a ZIP, the event, the list and the activity of each project name the purpose."""
    ids = [await create(admin), await create(admin)]
    batch = await admin.send(GenerateBatch(report_id=uuid7(), project_ids=ids, form=form, **PURPOSE))
    data = b"".join([part async for part in admin.download(DownloadBatch(report_id=batch.report_id))])
    if form is BatchForm.PDF:
        pdfs = [data]
    else:
        archive = zipfile.ZipFile(io.BytesIO(data))
        pdfs = [archive.read(name) for name in archive.namelist() if name.endswith(".pdf")]
    assert len(pdfs) == {BatchForm.PDF: 1, BatchForm.ZIP: 2}[form]
    assert [text for text in PURPOSE.values() for pdf in pdfs if text not in text_of(pdf)] == []
    [listed] = (await admin.ask(ListBatches())).items
    assert batch.model_dump(include=set(PURPOSE)) == listed.model_dump(include=set(PURPOSE)) == PURPOSE
    for project_id in ids:
        [details] = await eventually(lambda: activity(admin, project_id, "reports.included"))  # noqa: B023 - it ends here
        assert {name: details[name] for name in PURPOSE} == PURPOSE


async def test_it_is_typed(admin: Client, site: Site, tmp_path: Path) -> None:
    """`report` takes it, an export hands it to its report, and the register of disclosures shows it."""
    project_id, ours = await create(admin), environment(site, "admin")
    options = ("--to", "Police", "--reference", "PV 4/2026", "--basis", "Art. 265 CPP")
    for line in (
        ("report", project_id, "-o", tmp_path / "report.pdf", *options),
        ("reports", "batch", "-o", tmp_path / "batch.pdf", *options),
        ("projects", "export", project_id, "-o", tmp_path / "package.zip", "--report", *options),
    ):
        assert (await incidents(*line, environment=ours)).status == 0
    for name in ("report.pdf", "batch.pdf", "package-report.pdf"):
        assert "PV 4/2026" in text_of((tmp_path / name).read_bytes())
    assert (await incidents("reports", "list", project_id, environment=ours)).out.count("Police") == 2

    async def recorded() -> bool:
        register = await incidents("disclosures", "--csv", environment=ours)
        return register.out.count("Art. 265 CPP") == 5

    assert await eventually(recorded)
