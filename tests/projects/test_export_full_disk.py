"""A package for which the disk has no room is made as soon as there is some."""

from pathlib import Path

import pytest

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.projects.export_control import ListExports
from contracts.projects.exports import ExportProject, ProjectExported
from incidents.evidence.verification import verify
from tests.projects.packages import fetch
from tests.support import Site, eventually
from workers.projects.exports import finishing
from workers.projects.packages.sealing import temporary_file

_FULL = Path("/dev/full")
"""A device that refuses every write as a full disk does."""


async def test_a_full_disk_loses_no_export(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its command stays without an outcome, the log says why, and the package is made when there is room."""
    monkeypatch.setattr(finishing, "temporary_file", lambda: _FULL.open("r+b", buffering=0))
    await site.workers()
    client, project_id = await site.client(), uuid7()
    await client.send(CreateProject(project_id=project_id, description="A bag was left at gate 4."))
    submitted = await client.submit(ExportProject(project_id=project_id))

    async def is_interrupted() -> bool:
        return "NoSpaceError" in "".join(capsys.readouterr())

    await eventually(is_interrupted)
    [export] = (await client.ask(ListExports())).items
    assert export.finished_at is None
    monkeypatch.setattr(finishing, "temporary_file", temporary_file)
    outcome = await submitted.outcome()
    assert outcome.error is None
    exported = ProjectExported.model_validate(outcome.result, strict=False)
    assert verify(await fetch(client, exported.package)).verified
