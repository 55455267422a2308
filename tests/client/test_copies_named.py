"""What a copy for a person calls the places of its texts and the files that were handed over."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.projects.recordings import Sequence
from tests.client.command_line import incidents
from tests.support import Site

ZORBAX = "Zorbax's door"


@pytest.mark.parametrize(
    "language, camera, exported",
    [("en", "sequence, camera name", "project exported"), ("fr", "séquence, caméra", "projet exporté")],
)
async def test_a_copy_names_places_and_files(
    site: Site, tmp_path: Path, language: str, camera: str, exported: str
) -> None:
    """No name of the wire is in a copy, and a package that was made and downloaded is one copy."""
    await site.workers()
    client, now = await site.client(), datetime(2026, 3, 1, 9, tzinfo=UTC)
    sequence = Sequence(sequence_id=uuid7(), camera_id="7", camera_name=ZORBAX, start=now, end=now)
    await client.send(CreateProject(project_id=uuid7(), description="Zorbax's door.", sequences=[sequence]))
    environment = {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": site.credentials("admin")}
    for line in (
        ("projects", "export", 1, "--to", "Prefecture", "-o", "p.zip"),
        ("privacy", "export", "Zorbax", "-o", "copy"),
    ):
        ended = await incidents(*line, folder=tmp_path, environment=environment)
        assert ended.status == 0, ended.err
    texts = (tmp_path / "copy" / language / "project-1.md").read_text()
    assert camera in texts
    assert "_" not in texts
    index = (tmp_path / "copy" / language / "index.md").read_text()
    assert [line.split(", ")[-2:] for line in index.splitlines() if "Prefecture" in line] == [[exported, "Prefecture"]]
