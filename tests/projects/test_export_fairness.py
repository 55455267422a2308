"""Packages with large recordings leave room for small ones."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.projects.exports import ExportProject
from tests.projects.helpers import Operator
from tests.projects.recordings import attach, record, sequence_of
from tests.support import Site, eventually
from workers.projects import export_tables
from workers.projects.background_work import package_making
from workers.projects.exports.finishing import finish
from workers.runtime.commands.deferred_commands import Step

pytestmark = pytest.mark.usefixtures("reports")


async def test_large_packages_keep_no_small_one_waiting(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one package with large recordings is being made, another one waits, and a small one is made."""
    ending, begun = asyncio.Event(), list[UUID]()

    async def finish_later(step: Step, package_id: UUID, *, give_up: bool) -> bool:
        rows = (await step.connection.execute(export_tables.UNFINISHED)).mappings().all()
        if any(row["media_bytes"] for row in rows if row["package_id"] == package_id):
            begun.append(package_id)
            await ending.wait()
        return await finish(step, package_id, give_up=give_up)

    monkeypatch.setattr(package_making, "LARGE_BYTES", 100_000)
    monkeypatch.setattr(package_making, "finish", finish_later)
    await site.worker("projects", recordings=tmp_path, recordings_bytes=1_000_000)
    operator, small = await Operator.start(site, await site.client()), uuid7()
    record(tmp_path, minutes=0)
    await attach(operator, sequence_of())
    await operator.send(CreateProject(project_id=small, description="A key was found."))
    large = [await operator.client.submit(ExportProject(project_id=operator.project_id)) for _ in range(2)]

    async def is_being_made() -> bool:
        return bool(begun)

    await eventually(is_being_made)
    assert (await operator.send(ExportProject(project_id=small))).package.media_files == 0
    assert len(begun) == 1
    ending.set()
    assert [(await each.outcome()).error for each in large] == [None, None]
