"""`incidents reports batch` on a real site: what is typed becomes a file."""

import csv
import io
import zipfile
from pathlib import Path

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject, DeleteProject
from contracts.report_batches import DeleteBatch, ListBatches
from incidents import Client
from tests.client.command_line import CommandResult, incidents
from tests.client.interactive import environment
from tests.support import Site


async def make_projects(client: Client) -> None:
    """Create four projects, and delete the third one."""
    created = [
        await client.send(CreateProject(project_id=uuid7(), description=f"Bag {number}")) for number in range(1, 5)
    ]
    await client.send(DeleteProject(project_id=created[2].project_id))


async def test_a_month_becomes_a_file_and_is_fetched_again(site: Site, tmp_path: Path) -> None:
    """The ZIP has the reports in the order of their numbers; a deleted project that was named is left out."""
    await site.workers("projects", "reports", "administration", "audit")
    client = await site.client("admin")
    await make_projects(client)

    async def type_line(*line: object) -> CommandResult:
        return await incidents("reports", *line, folder=tmp_path, environment=environment(site, "admin"))

    ended = await type_line("batch", "4", "1-2", "3", "-o", "all.zip")
    assert ended.status == 1, ended.err
    first, left_out = ended.out.splitlines()
    assert first.startswith("all.zip: 3 reports, 3 pages, ")
    assert left_out == "project 3: deleted"
    archive = zipfile.ZipFile(tmp_path / "all.zip")
    assert archive.namelist() == ["report-1.pdf", "report-2.pdf", "report-4.pdf", "reports.csv"]
    listed = list(csv.DictReader(io.StringIO(archive.read("reports.csv").decode("utf-8-sig"))))
    assert [row["Left out"] for row in listed] == ["", "", "deleted", ""]
    [batch] = (await client.ask(ListBatches())).items
    ended = await type_line("batch", "--resume", batch.report_id, "-o", "again.zip", "--json")
    assert ended.status == 1
    assert ended.json["sha256"] == batch.sha256
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "all.zip").read_bytes()
    await client.send(DeleteBatch(report_id=batch.report_id))
    ended = await type_line("batch", "--resume", batch.report_id, "-o", "gone.zip")
    assert ended.status == 1
    assert "is not one of your batches" in ended.err


async def test_a_filter_selects_what_is_reported(site: Site, tmp_path: Path) -> None:
    """A search takes the projects that it finds, in French as well; what was made is an activity in words."""
    await site.workers("projects", "reports", "administration", "audit")
    await make_projects(await site.client("admin"))
    ours = environment(site, "admin")
    line = ("reports", "batch", "--search", '"Bag 2"', "--since", "1d", "-o", "lot.zip", "--lang", "fr")
    ended = await incidents(*line, folder=tmp_path, environment=ours)
    assert ended.status == 0, ended.err
    assert ended.out.startswith("lot.zip\u00a0: 1 rapport, 1 page, ")
    assert zipfile.ZipFile(tmp_path / "lot.zip").namelist() == ["rapport-2.pdf", "rapports.csv"]


async def test_numbers_become_one_document(site: Site, tmp_path: Path) -> None:
    """A PDF has the reports of a range, says which standard it keeps, and is listed and deleted by its author."""
    await site.workers("projects", "reports", "administration", "audit")
    client = await site.client("admin")
    await make_projects(client)
    ours = environment(site, "admin")
    ended = await incidents("reports", "batch", "1-9", "-o", "all.pdf", folder=tmp_path, environment=ours)
    assert ended.status == 0, ended.err
    saved, standard = ended.out.splitlines()
    assert saved.startswith("all.pdf: 3 reports, ")
    assert standard.startswith("It conforms to PDF/A-3")
    assert (tmp_path / "all.pdf").read_bytes().startswith(b"%PDF-")
    [batch] = (await client.ask(ListBatches())).items
    shown = await incidents("reports", "batches", "--lang", "fr", environment=ours)
    assert [word for word in ("prêt", "PDF", str(batch.report_id)) if word not in shown.out] == []
    ended = await incidents("reports", "delete-batch", batch.report_id, "--yes", environment=ours)
    assert ended.status == 0
    assert (await client.ask(ListBatches())).items == []
