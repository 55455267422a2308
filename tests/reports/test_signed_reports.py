"""Every PDF that leaves the product is signed with the key of its site, and none is made without one."""

import io
import zipfile
from pathlib import Path

import pytest

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.exports import ExportProject
from contracts.report_batches import BatchForm, Conformance, GenerateBatch
from contracts.reports import DownloadReport, GenerateReport
from incidents import Client, Refused
from incidents.evidence.pdf_verification import verify
from tests.projects import packages
from tests.reports import summary_site
from tests.reports.test_batches import fetch, projects
from tests.support import Site
from tests.support.pdf_identity import save, shared


def are_signed(*pdfs: bytes) -> bool:
    """Tell whether all of these are verified with the certificate of the site."""
    return bool(pdfs) and all(verify(pdf, shared().fingerprint).verified for pdf in pdfs)


async def report(client: Client) -> bytes:
    """Return a single report."""
    [project_id] = await projects(client, 1)
    generated = await client.send(GenerateReport(report_id=uuid7(), project_id=project_id))
    return await client.ask(DownloadReport(report_id=generated.report_id))


async def test_every_pdf_is_signed(site: Site) -> None:
    """Reports, bound files, volumes, summaries, and those in a ZIP or a package are; bound ones keep the standard."""
    await site.workers("projects", "reports")
    client = await site.client()
    assert are_signed(await report(client))
    ids, signed = await projects(client, 2), list[bytes]()
    for form in BatchForm:
        batch = await client.send(GenerateBatch(report_id=uuid7(), project_ids=ids, form=form))
        assert batch.conformance == (None if form is BatchForm.ZIP else Conformance.PDF_A_3A)
        data = await fetch(client, batch)
        if form is BatchForm.PDF:
            signed.append(data)
            continue
        archive = zipfile.ZipFile(io.BytesIO(data))
        signed += [archive.read(name) for name in archive.namelist() if name.endswith(".pdf")]
    assert len(signed) >= 4
    assert are_signed(*signed)
    summary = await client.send(summary_site.march())
    assert are_signed(await summary_site.fetch(client, summary))
    exported = await client.send(ExportProject(project_ids=ids))
    files = packages.unzip(await packages.fetch(client, exported.package))
    assert are_signed(*(data for name, data in files.items() if name.endswith(".pdf")))
    assert sorted(name for name in files if name.endswith(".pdf")) == ["data/2/report.pdf", "data/3/report.pdf"]


async def test_no_pdf_is_made_without_a_key(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    """A worker without the key refuses reports, batches and summaries, logs why, and makes them when it is there."""
    folder = site.directory / "later"
    folder.mkdir()
    files = {"pdf_key": folder / "pdf-signing.key", "pdf_certificate": folder / "pdf-signing.crt"}
    await site.workers("projects")
    await site.worker("reports", **files)
    client = await site.client()
    [project_id] = await projects(client, 1)
    for command in (
        GenerateReport(report_id=uuid7(), project_id=project_id),
        GenerateBatch(report_id=uuid7(), project_ids=[project_id]),
        summary_site.march(),
    ):
        with pytest.raises(Refused) as refused:
            await client.send(command)
        assert refused.value.error.code is Code.UNAVAILABLE
    assert "pdf_key_missing" in capfd.readouterr().out
    assert isinstance(save(folder).key, Path)
    assert are_signed(await report(client))


async def test_a_report_is_made_though_nobody_stamps_its_time(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    """An authority that cannot be reached costs a report its stamp and nothing else; the log says so."""
    await site.workers("projects")
    await site.worker("reports", timestamp_url="http://127.0.0.1:9/stamps", timestamp_seconds=0.5)
    assert are_signed(await report(await site.client()))
    assert "time_stamp_missing" in capfd.readouterr().out
