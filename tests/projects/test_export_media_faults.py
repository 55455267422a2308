"""Recordings that change, or whose readers die, while a package is made."""

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.evidence import bag
from contracts.ids import uuid7
from contracts.projects.commands import AddSequences, CreateProject
from contracts.projects.export_control import ListExports
from contracts.projects.exports import ExportProject
from incidents import Client
from incidents.evidence.verification import verify
from tests.projects.helpers import NOON
from tests.projects.packages import PASSWORD, fetch, read_json, unzip
from tests.projects.recordings import MINUTES, record, sequence_of
from tests.projects.test_export_kills import STORING, open_files
from tests.projects.test_export_work import result_of, until_taken
from tests.support import Site, eventually
from tests.support.system import worker_process
from workers.runtime.storage.database import open_engine

SELECTED = "projects.export_part WHERE media IS NOT NULL"
PATIENCE_SECONDS = 60.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two recordings."""
    path = tmp_path / "recordings"
    for minutes in (0, 10):
        record(path, minutes=minutes, size=3_000_000)
    return path


async def project(client: Client) -> UUID:
    """Create a project with a sequence of both recordings."""
    project_id = uuid7()
    await client.send(CreateProject(project_id=project_id))
    await client.send(AddSequences(project_id=project_id, sequences=[sequence_of(minutes=20)]))
    return project_id


async def test_a_recording_that_changes_is_read_again(site: Site, folder: Path) -> None:
    """The package has the bytes that its documents name, although they changed after they were hashed."""
    await site.worker("projects", recordings=folder)
    client = await site.client()
    submitted = await client.submit(ExportProject(project_id=await project(client)))
    await eventually(lambda: site.count(SELECTED))
    changed = record(folder, minutes=10, size=3_000_000)
    await site.worker("reports")
    package = (await result_of(client, submitted.command_id)).package
    data = await fetch(client, package)
    assert verify(data).verified
    files = unzip(data)
    assert files["data/media/2.mkv"] == changed.read_bytes()
    [sequence] = read_json(files, "project.json")["sequences"]
    assert sequence["media_files"][1]["sha256"] == bag.sha256(changed.read_bytes())
    assert package.media_bytes == 6_000_000
    assert package.media_incomplete == 0
    [export] = (await client.ask(ListExports())).items
    assert export.media_read_bytes > 2 * package.media_bytes


async def test_sequences_that_change_meanwhile_get_their_recordings(site: Site, folder: Path) -> None:
    """If a sequence is attached after the recordings were selected, they are selected again."""
    await site.worker("projects", recordings=folder)
    client = await site.client()
    project_id = await project(client)
    submitted = await client.submit(ExportProject(project_id=project_id))
    await eventually(lambda: site.count(SELECTED))
    record(folder, "cam-5", size=1_000_000)
    await client.send(AddSequences(project_id=project_id, sequences=[sequence_of("cam-5")]))
    await site.worker("reports")
    package = (await result_of(client, submitted.command_id)).package
    sequences = read_json(unzip(await fetch(client, package)), "project.json")["sequences"]
    assert [sequence["media_state"] for sequence in sequences] == ["included", "included"]


async def kill_twice(site: Site, folder: Path, files: Path) -> None:
    """Kill the process that stores a package, and the next one, too; no file of theirs is left."""
    engine = open_engine(site.database_url, connections=1)
    async with engine.begin() as holder:
        await holder.execute(text("LOCK TABLE projects.package IN EXCLUSIVE MODE"))
        for _ in range(2):
            async with worker_process(site, "projects", recordings=folder) as worker:
                await eventually(lambda: site.count(STORING), within=PATIENCE_SECONDS)
                assert len(open_files(worker.pid, files)) == 1
                await worker.kill()
            assert list(files.iterdir()) == []
            await eventually(lambda: _are_gone(site), within=PATIENCE_SECONDS)
    await engine.dispose()


async def _are_gone(site: Site) -> bool:
    return await site.count(STORING) == 0


@pytest.mark.timeout(3 * PATIENCE_SECONDS)
async def test_a_killed_worker_leaves_one_package_and_no_file(
    site: Site, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes that are killed while they make a package leave it to the next one: one right package, nothing else."""
    files = tmp_path / "files"
    files.mkdir()
    monkeypatch.setenv("TMPDIR", str(files))
    async with worker_process(site, "projects", recordings=folder) as first:
        await first.wait_until_ready(PATIENCE_SECONDS)
        client = await site.client()
        submitted = await client.submit(ExportProject(project_id=await project(client), password=PASSWORD))
        await until_taken(site)
    await site.worker("reports")
    await kill_twice(site, folder, files)
    await site.worker("projects", recordings=folder)
    package = (await result_of(client, submitted.command_id)).package
    data = await fetch(client, package)
    assert verify(data, password=PASSWORD).verified
    assert package.media_files == 2
    assert await site.count("projects.package") == 1
    recordings = sorted((folder / "cam-4").iterdir())
    packed = unzip(data, PASSWORD)
    assert [packed[f"data/media/{number}.mkv"] for number in (1, 2)] == [path.read_bytes() for path in recordings]
    assert list(files.iterdir()) == []


async def test_recordings_are_larger_than_the_memory_of_a_child(site: Site, folder: Path) -> None:
    """A package of 66 MB is made with a child of 24 MB: no recording is whole in it."""
    await site.worker("reports")
    running = await site.worker("projects", recordings=folder, child_memory_bytes=24_000_000)
    client = await site.client()
    record(folder, minutes=20, size=60_000_000)
    project_id = await project(client)
    later = sequence_of(start=NOON + 20 * MINUTES, end=NOON + 30 * MINUTES)
    await client.send(AddSequences(project_id=project_id, sequences=[later]))
    submitted = await client.submit(ExportProject(project_id=project_id, password=PASSWORD))
    package = (await result_of(client, submitted.command_id, PATIENCE_SECONDS)).package
    assert package.media_bytes == 66_000_000
    assert running.children.deaths == 0
