"""`incidents retention journal` shows what was erased, and the doctor names the line that was changed."""

import json
from pathlib import Path

import pytest

from tests.client.command_line import CommandResult, incidents
from tests.local.external_servers import variables
from tests.privacy.test_erasure_journal import recorded_erasure, require_recorded
from tests.support import Site
from workers.common.signing_key import FILE_NAME


async def run_command(site: Site, folder: Path, *line: str) -> CommandResult:
    """Type a command with the variables of a site that keeps a journal."""
    key = str(site.directory / "keys" / FILE_NAME)
    named = variables(site, INCIDENTS_ERASURES=str(folder), INCIDENTS_SIGNING_KEY=key)
    return await incidents(*line, environment=named)


async def test_the_journal_is_shown(site: Site, tmp_path: Path) -> None:
    """It shows each entry, verifies them, and says how many the database knows."""
    folder = tmp_path / "erasures"
    project_id = await recorded_erasure(site, folder)
    shown = json.loads((await run_command(site, folder, "retention", "journal", "--json")).out)
    assert shown["intact"] is True
    assert shown["size"] == 2
    assert shown["known"] == 2
    assert shown["waiting"] == 0
    assert [(each["kind"], each["project_id"]) for each in shown["entries"]] == [
        ("begun", None),
        ("deleted", str(project_id)),
    ]
    ended = await run_command(site, folder, "retention", "journal")
    assert ended.status == 0, ended.err
    assert "deleted by hand" in ended.out
    assert "each as it was written and signed: 2" in ended.out
    assert str(project_id) not in ended.out
    number = str(shown["entries"][1]["number"])
    for name in (number, str(project_id)):
        chosen = await run_command(site, folder, "retention", "journal", "--project", name, "--json")
        assert [each["kind"] for each in json.loads(chosen.out)["entries"]] == ["deleted"]
    wrong = await run_command(site, folder, "retention", "journal", "--project", "x")
    assert wrong.status == 2
    assert "--project: x is neither a number nor an id" in wrong.err


async def test_a_changed_line_is_named(site: Site, tmp_path: Path) -> None:
    """The command and the doctor name the first line that does not fit, and a way out."""
    folder = tmp_path / "erasures"
    await recorded_erasure(site, folder)
    path = folder / "erasures.journal"
    path.write_bytes(path.read_bytes().replace(b'"deleted"', b'"expired"'))
    ended = await run_command(site, folder, "retention", "journal")
    assert ended.status == 1
    assert f"{path}:2: this line was changed" in ended.out
    assert "--begin-anew" in ended.out
    ended = await run_command(site, folder, "doctor", "--json")
    [result] = [result for result in json.loads(ended.out) if result["obstacle"]]
    assert result["requirement"] == "The erasure journal is whole"
    assert ended.status == 1
    assert ":2: this line was changed" in result["obstacle"]


@pytest.mark.parametrize("is_there", [True, False])
async def test_another_one_can_be_begun(site: Site, tmp_path: Path, is_there: bool) -> None:
    """The way out: the journal is set aside, and the next one has everything that the database knows."""
    folder = tmp_path / "erasures"
    project_id = await recorded_erasure(site, folder)
    if not is_there:
        (folder / "erasures.journal").unlink()
    ended = await run_command(site, folder, "retention", "journal", "--begin-anew")
    assert ended.status == 0, ended.err
    assert "will have: 1" in ended.out
    assert [path.name == "erasures.journal" for path in folder.iterdir()] == [False] * is_there
    await site.worker("projects", erasures=folder)
    await require_recorded(site, folder, {project_id: "deleted"})


async def test_doctor_finds_a_whole_journal(site: Site, tmp_path: Path) -> None:
    """Where nothing was changed, the doctor says so in a line of its own."""
    folder = tmp_path / "erasures"
    await recorded_erasure(site, folder)
    ended = await run_command(site, folder, "doctor", "--lang", "fr")
    assert ended.status == 0
    assert ended.out.count("✓") == 11


async def test_provision_requires_a_whole_journal(site: Site, tmp_path: Path) -> None:
    """Streams are not made for a site whose journal was changed, or is lost although the database knows one."""
    folder = tmp_path / "erasures"
    await recorded_erasure(site, folder)
    assert (await provision(site, folder)).status == 0
    path = folder / "erasures.journal"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"deleted"', b'"expired"'))
    ended = await provision(site, folder)
    assert ended.status == 1
    assert f"{path}:2: this line was changed" in ended.err
    assert "incidents retention journal --begin-anew" in ended.err
    path.unlink()
    assert "it is missing" in (await provision(site, folder)).err
    path.write_bytes(whole)
    assert (await provision(site, folder)).status == 0


async def provision(site: Site, folder: Path) -> CommandResult:
    """Type `incidents provision` with the variables of a site that keeps a journal."""
    key = str(site.directory / "keys" / FILE_NAME)
    named = variables(site, INCIDENTS_ERASURES=str(folder), INCIDENTS_SIGNING_KEY=key)
    named |= {"INCIDENTS_NATS_CREDS": str(site.credentials("provision", "provision"))}
    return await incidents("provision", environment=named)
