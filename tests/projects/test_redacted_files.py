"""Redaction and the files that are made of projects: those with the words go, and new ones do without."""

import io
import zipfile
from uuid import UUID

from pypdf import PdfReader
from sqlalchemy import text

from contracts.ids import uuid7
from contracts.projects.exports import ExportProject, Included
from contracts.projects.parts import AddComment, EditComment
from contracts.projects.redaction import REDACTED, RedactProject
from contracts.report_batches import BatchForm, DownloadBatch, GenerateBatch
from contracts.reports import DownloadReport, GenerateReport
from incidents import Client
from tests.projects.packages import fetch, read_json, unzip
from tests.projects.test_export_kills import STORING
from tests.projects.test_export_many import create
from tests.projects.test_export_work import result_of
from tests.projects.test_redaction import tables_with
from tests.support import Site, eventually, outcome_of
from workers.runtime.storage.database import open_engine

MANY = 12
"""Reports that take longer than a redaction."""

SECTIONS: list[Included] = ["comments", "history", "report"]


def words_of(pdf: bytes) -> str:
    """Return the text of a report."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


async def comment(client: Client, project_id: UUID) -> UUID:
    """Write a comment, and write it again."""
    comment_id = uuid7()
    await client.send(AddComment(project_id=project_id, comment_id=comment_id, text="Zorbax saw it."))
    await client.send(EditComment(project_id=project_id, comment_id=comment_id, text="Zorbax did not see it."))
    return comment_id


def redaction(project_id: UUID, comment_id: UUID) -> RedactProject:
    """Return the command that redacts a comment."""
    return RedactProject(project_id=project_id, field="comment", part_id=comment_id, reason="asked for")


async def test_every_file_with_the_words_goes(site: Site) -> None:
    """The report, the batch and the package of the project are deleted and counted; those of others stay."""
    await site.workers("projects", "reports")
    client = await site.client()
    concerned, other = await create(client, 2)
    comment_id = await comment(client, concerned)
    for project_id in (concerned, other):
        await client.send(GenerateReport(report_id=uuid7(), project_id=project_id))
        await client.send(GenerateBatch(report_id=uuid7(), project_ids=[project_id], form=BatchForm.ZIP))
        await client.send(ExportProject(project_ids=[project_id], include=SECTIONS))
    redacted = await client.send(redaction(concerned, comment_id))
    assert redacted.files == 3
    for table in ("reports.report", "projects.package", "reports.batch WHERE state = 'made'"):
        assert await site.count(table) == 1
    assert await tables_with(site, "zorbax") == []


async def test_new_files_say_that_something_was_redacted(site: Site) -> None:
    """The report and the package have the comment without its words, and when they were erased."""
    await site.workers("projects", "reports")
    client, report_id = await site.client(), uuid7()
    [project_id] = await create(client, 1)
    await client.send(redaction(project_id, await comment(client, project_id)))
    await client.send(GenerateReport(report_id=report_id, project_id=project_id, show_user_names=True))
    report = words_of(b"".join([part async for part in client.download(DownloadReport(report_id=report_id))]))
    assert "(redacted)" in report
    assert "Redacted texts" in report
    assert "Zorbax" not in report
    exported = await client.send(ExportProject(project_id=project_id, include=SECTIONS))
    files = unzip(await fetch(client, exported.package))
    assert read_json(files, "project.json")["redactions"][0]["field"] == "comment"
    changes = [entry["new"] for entry in read_json(files, "history.json")["items"] if entry["field"] == "comment"]
    assert changes == ["", REDACTED, REDACTED]
    assert b"(redacted)" in files["data/index.html"]
    assert all(b"Zorbax" not in content for content in files.values())


async def test_an_export_that_is_being_made_starts_again(site: Site) -> None:
    """A package whose projects were collected before the redaction is made without the words, or is deleted."""
    await site.workers("projects", "reports")
    client = await site.client()
    ids = await create(client, 2)
    comment_id = await comment(client, ids[0])
    engine = open_engine(site.database_url, connections=1)
    async with engine.begin() as holder:
        await holder.execute(text("LOCK TABLE projects.package IN EXCLUSIVE MODE"))
        export = await client.submit(ExportProject(project_ids=ids, include=SECTIONS))
        await eventually(lambda: site.count(STORING))
        redacting = await client.submit(redaction(ids[0], comment_id))
    await engine.dispose()
    assert (await redacting.outcome()).error is None
    await result_of(client, export.command_id)
    assert await tables_with(site, "zorbax") == []
    files = await site.sql("SELECT data FROM projects.package_chunk")
    assert all(b"Zorbax" not in zipped(data) for (data,) in files)


def zipped(data: bytes) -> bytes:
    """Return the files of a package in one."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    return b"".join(map(archive.read, archive.namelist()))


async def test_a_batch_that_is_being_made_takes_the_report_again(site: Site) -> None:
    """A report that a batch has already made is made again before the file is bound."""
    await site.workers("projects", "reports")
    client = await site.client()
    ids = await create(client, MANY)
    comment_id = await comment(client, ids[0])
    batch = await client.submit(GenerateBatch(report_id=uuid7(), project_ids=ids, form=BatchForm.ZIP))
    await eventually(lambda: site.count("reports.batch_part WHERE state = 'made'"))
    await client.send(redaction(ids[0], comment_id))
    outcome = await outcome_of(client, batch.command_id)
    assert outcome.error is None
    report_id = UUID((outcome.result or {})["report_id"])
    data = b"".join([part async for part in client.download(DownloadBatch(report_id=report_id))])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        reports = [words_of(archive.read(name)) for name in archive.namelist() if name.endswith(".pdf")]
    assert ["(redacted)" in report for report in reports] == [True, *[False] * (MANY - 1)]
    assert not any("Zorbax" in report for report in reports)
