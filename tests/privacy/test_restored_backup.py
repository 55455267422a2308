"""The drill: a backup is restored, and what was erased since is nowhere again (RET-03, PRJ-21)."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from contracts.ids import uuid7
from tests.privacy.installation import Installation
from tests.privacy.story import Story
from tests.privacy.test_canary import DISCLOSURES, SETTINGS, require_nothing_left, salts_of_values
from tests.support import Caller, eventually


async def tell_with_a_backup(installation: Installation, folder: Path) -> tuple[Story, str, list[str]]:
    """Tell the story of two projects, save everything, and erase them; return what stays, and what was erased."""
    async with installation.caller() as caller:
        story = Story(installation, caller)
        await story.tell()
        known = [str(row[0]) for row in installation.sql("SELECT id FROM projects.project ORDER BY number")]
        erased = [project_id for project_id in known if project_id != story.redacted]
        other = await created(caller)
        installation.incidents("backup", "-o", folder / "b.tar", "--keys", folder / "k.tar", *where(installation))
        story.salts = await salts_of_values(installation)
        await story.end()
        await created(caller)
    await eventually(lambda: is_recorded(installation, erased))
    return story, other, erased


def where(installation: Installation) -> tuple[str, Path]:
    """Return the option that names an installation."""
    return "--data", installation.directory


async def created(caller: Caller) -> str:
    """Create a project."""
    project_id = str(uuid7())
    outcome = await caller.send("projects.create", project_id, {"project_id": project_id, "description": "A bicycle"})
    assert outcome["status"] == "applied", outcome
    return project_id


async def is_recorded(installation: Installation, project_ids: list[str]) -> bool:
    """Tell whether the journal has these projects."""
    shown = json.loads(installation.incidents("retention", "journal", "--json", *where(installation)))
    return {each["project_id"] for each in shown["entries"]} >= set(project_ids)


async def require_gone(caller: Caller, other: str, redacted: str, erased: list[str]) -> None:
    """Find what was kept, and nothing of what was erased, by id, in the list and by a search; the activity tells it."""
    answer, status = await caller.ask("projects.get", {"project_id": other})
    assert answer["description"] == "A bicycle"
    assert status == ""
    listed, _ = await caller.ask("projects.list", {})
    assert {row["project_id"] for row in listed["items"]} == {redacted, other}
    matches, _ = await caller.ask("projects.list", {"search": "bicycle"})
    assert [row["project_id"] for row in matches["items"]] == [other]
    for project_id in erased:
        refused, status = await caller.ask("projects.get", {"project_id": project_id})
        assert refused["error"]["code"] == "gone"
        assert status == "410"
        [entry] = await eventually(partial(deletions, caller, project_id))
        assert entry["actor"] == "system"
        assert entry["details"]["first_erased_at"]


async def deletions(caller: Caller, project_id: str) -> list[dict[str, Any]]:
    """Return the entries about the deletion of a project."""
    answer, _ = await caller.ask("audit.activity", {"project_id": project_id})
    return [entry for entry in answer["items"] if entry["activity"] == "projects.deleted"]


@pytest.mark.timeout(300)
async def test_a_restored_backup_forgets_again(tmp_path: Path) -> None:
    """What was acknowledged before a backup is there after its restore; of what was erased since, no byte is."""
    first, second = Installation(tmp_path / "first", **SETTINGS), Installation(tmp_path / "second", **SETTINGS)
    try:
        await first.start()
        story, other, erased = await tell_with_a_backup(first, tmp_path)
        first.stop()
        journal = first.directory / "erasures"
        restore = ("restore", tmp_path / "b.tar", "--keys", tmp_path / "k.tar", "--journal", journal)
        second.incidents(*restore, *where(second))
        await second.start()
        async with second.caller() as caller:
            await require_gone(caller, other, story.redacted, erased)
            await created(caller)
        # Why the project was deleted was recorded after the backup.
        await require_nothing_left(second, story, DISCLOSURES - 1)
    finally:
        first.stop()
        second.stop()
