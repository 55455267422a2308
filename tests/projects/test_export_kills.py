"""Exports whose processes are killed again and again: one right package, with each project once."""

import os
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.evidence import bag
from contracts.projects.exports import ExportProject
from incidents.evidence.verification import verify
from tests.projects.packages import PASSWORD, fetch, unzip
from tests.projects.test_export_many import create, text_of
from tests.projects.test_export_work import result_of
from tests.support import Site, eventually
from tests.support.system import worker_process
from workers.runtime.storage.database import open_engine

PROJECTS = int(os.environ.get("EXPORT_PROJECTS", "12"))
CHANCE = Random(int(os.environ.get("EXPORT_SEED", "1")))
"""When processes are killed: the same times with the same seed."""

COLLECTED = "projects.export_part WHERE state = 'collected'"
STORING = "pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO projects.package %'"
RECORDED = "audit.activity WHERE activity = 'projects.exported'"
PATIENCE_SECONDS = 60.0 + PROJECTS


def kill_points() -> list[int]:
    """Return how many projects are collected before each kill."""
    return sorted(CHANCE.sample(range(PROJECTS), 3))


async def until_collected(site: Site, parts: int) -> None:
    """Wait until so many projects are collected."""

    async def are_collected() -> bool:
        return await site.count(COLLECTED) >= parts

    await eventually(are_collected, within=PATIENCE_SECONDS)


def open_files(pid: int, folder: Path) -> list[Path]:
    """Return the files below a folder that a process has open, also those without a name."""
    handles = [handle.readlink() for handle in Path(f"/proc/{pid}/fd").iterdir()]
    return [handle for handle in handles if handle.is_relative_to(folder)]


async def kill_while_packing(site: Site, folder: Path) -> None:
    """Kill the process that has made the package in a file and stores it: nothing is left in the folder of files."""
    engine = open_engine(site.database_url, connections=1)
    async with engine.begin() as holder, worker_process(site, "projects") as worker:
        await holder.execute(text("LOCK TABLE projects.package IN EXCLUSIVE MODE"))
        await eventually(lambda: site.count(STORING), within=PATIENCE_SECONDS)
        assert len(open_files(worker.pid, folder)) == 1
        await worker.kill()
        assert list(folder.iterdir()) == []
    await engine.dispose()


def require_package(data: bytes, ids: list[UUID]) -> None:
    """Require that a package is whole, and that each folder has the report of its own project."""
    assert verify(data, password=PASSWORD).verified
    files = unzip(data, PASSWORD)
    assert bag.differences(bag.digests(files), files) == []
    assert {name.split("/")[1] for name in files if name.count("/") > 1} == {str(n) for n in range(1, len(ids) + 1)}
    for number in range(1, len(ids) + 1):
        assert f"Bag {number} at gate {number}" in text_of(files[f"data/{number}/report.pdf"])


@pytest.fixture
def large_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which workers write large files."""
    folder = tmp_path / "files"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.mark.timeout(2 * PATIENCE_SECONDS)
@pytest.mark.parametrize("victim", ["projects", "reports"])
async def test_an_export_survives_the_deaths_of_its_processes(site: Site, victim: str, large_files: Path) -> None:
    """Each killed process leaves the rest to the next one: one package, one outcome, and one entry for each project.

    The password outlives the processes, and opens the package. No file is left behind.
    """
    other = {"projects": "reports", "reports": "projects"}[victim]
    async with worker_process(site, "projects") as first:
        await first.wait_until_ready(PATIENCE_SECONDS)
        client = await site.client()
        ids = await create(client, PROJECTS)
        submitted = await client.submit(ExportProject(project_ids=ids, password=PASSWORD))
        await eventually(lambda: site.count("projects.export"))
    await site.workers(other, "audit")
    for parts in kill_points():
        async with worker_process(site, victim) as worker:
            await until_collected(site, parts)
            await worker.kill()
    if victim == "projects":
        await kill_while_packing(site, large_files)
    await site.worker(victim)
    package = (await result_of(client, submitted.command_id, within=PATIENCE_SECONDS)).package
    assert [each.project_id for each in package.projects] == ids
    require_package(await fetch(client, package), ids)
    assert await site.count("projects.package") == 1

    async def are_recorded() -> bool:
        return await site.count(RECORDED) == PROJECTS

    await eventually(are_recorded, within=PATIENCE_SECONDS)
