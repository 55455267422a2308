"""Batches whose process is killed again and again: one correct file, with each project once, in order.

`make faults` runs it with 500 projects. BATCH_PROJECTS and BATCH_SEED take other numbers.
"""

import csv
import io
import os
import zipfile
from random import Random

import pytest
from pypdf import PdfReader

from contracts.ids import uuid7
from contracts.projects.queries import ProjectFilter
from contracts.report_batches import BatchForm, GenerateBatch
from tests.reports.test_batch_work import result_of, until_made
from tests.reports.test_batches import fetch, projects
from tests.support import Site, eventually, outcome_of
from tests.support.system import worker_process

PROJECTS = int(os.environ.get("BATCH_PROJECTS", "30"))
CHANCE = Random(int(os.environ.get("BATCH_SEED", "1")))
"""When it is killed: the same times with the same seed."""

KILLS = 2 + PROJECTS // 60
INCLUDED = "audit.activity WHERE activity = 'reports.included'"
PATIENCE_SECONDS = 60.0 + PROJECTS


def kill_points() -> list[int]:
    """Return how many reports are made before each kill: the last kill is that of the process that makes the file."""
    return [*sorted(CHANCE.sample(range(PROJECTS), KILLS - 1)), PROJECTS]


def require_report(pdf: bytes, number: int) -> None:
    """Require that a report is that of the project with a number."""
    text = " ".join(PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())
    assert f"Bag {number} at gate {number}" in text


@pytest.mark.timeout(2 * PATIENCE_SECONDS)
@pytest.mark.parametrize("has_filter", [True, False])
async def test_a_batch_survives_the_deaths_of_its_processes(site: Site, has_filter: bool) -> None:
    """Each killed process leaves the rest to the next one, down to the file: each project once, and one outcome."""
    await site.workers("projects", "audit")
    client = await site.client()
    ids = await projects(client, PROJECTS)
    command = GenerateBatch(report_id=uuid7(), project_ids=ids, form=BatchForm.ZIP)
    if has_filter:
        selected = {"filter": ProjectFilter(), "sort": "number", "project_ids": None}
        command = command.model_copy(update=selected)
    submitted = await client.submit(command)
    for parts in kill_points():
        async with worker_process(site, "reports") as worker:
            await until_made(site, parts, within=PATIENCE_SECONDS)
            await worker.kill()
    await site.worker("reports")
    batch = result_of(await outcome_of(client, submitted.command_id, within=PATIENCE_SECONDS))
    assert batch.total == PROJECTS
    assert batch.included == PROJECTS
    archive = zipfile.ZipFile(io.BytesIO(await fetch(client, batch)))
    assert archive.namelist() == [*(f"report-{number}.pdf" for number in range(1, PROJECTS + 1)), "reports.csv"]
    for number in range(1, PROJECTS + 1):
        require_report(archive.read(f"report-{number}.pdf"), number)
    rows = csv.DictReader(io.StringIO(archive.read("reports.csv").decode("utf-8-sig")))
    assert [row["Project"] for row in rows] == [str(project_id) for project_id in ids]

    async def are_recorded() -> bool:
        return await site.count(INCLUDED) == PROJECTS

    await eventually(are_recorded, within=PATIENCE_SECONDS)
