"""A restore needs the newest erasure journal, or somebody who says that none is left."""

import json
import shutil
from pathlib import Path

import pytest

from contracts.projects.commands import DeleteProject
from tests.local.external_servers import back_up, run_incidents
from tests.privacy.test_erasure_journal import created, is_recorded, recorded_erasure, require_recorded
from tests.support import Site, eventually
from workers.common.erasure_journal.journal import FILE_NAME as JOURNAL
from workers.common.erasure_journal.journal import ErasureJournal
from workers.common.signing_key import FILE_NAME
from workers.local.backup.journal_copies import keep_newest
from workers.local.run_worker import slice_of
from workers.runtime.process.assembly import run_here


def journal_of(folder: Path) -> dict[str, str]:
    """Return the variable that names the folder of a journal."""
    return {"INCIDENTS_ERASURES": str(folder)}


async def test_a_restore_asks_for_the_journal(site: Site, target: Site, tmp_path: Path) -> None:
    """Without a journal nothing is restored; the sentence names both ways out, in French, too."""
    file = await back_up(site, tmp_path / "incidents.tar")
    for line, language, words in (
        ((file,), "C.UTF-8", "--journal FILE; if none is left, add --without-journal."),
        ((file,), "fr_FR.UTF-8", "--without-journal"),
        ((file, "--journal", tmp_path / "none"), "C.UTF-8", f"--journal: there is no file {tmp_path / 'none'}"),
        ((file, "--journal", file, "--without-journal"), "C.UTF-8", "exclude each other"),
        ((file, "--journal", file), "C.UTF-8", "this is not a line of a journal"),
    ):
        ended = await run_incidents(target, "restore", *line, LANG=language, LC_ALL=language)
        assert ended.status == 2, ended.err
        assert words in " ".join(ended.err.split()), ended.err
    ended = await run_incidents(target, "restore", file, "--without-journal")
    assert ended.status == 0, ended.err


async def test_a_restored_backup_forgets_again(site: Site, target: Site, tmp_path: Path) -> None:
    """What was erased since the backup is not there once the workers of the restored system answer."""
    folder, elsewhere = tmp_path / "erasures", tmp_path / "elsewhere"
    before = await recorded_erasure(site, folder)
    async with run_here(slice_of("projects"), site.settings("projects", erasures=folder)):
        client = await site.client()
        other, erased = await created(client, 2)
        file = await back_up(site, tmp_path / "incidents.tar")
        await client.send(DeleteProject(project_id=erased))
        await require_recorded(site, folder, {before: "deleted", erased: "deleted"})
    shutil.copytree(site.directory / "keys", target.directory / "keys", dirs_exist_ok=True)
    key = {"INCIDENTS_SIGNING_KEY": str(target.directory / "keys" / FILE_NAME)}
    line = ("restore", file, "--journal", folder)
    ended = await run_incidents(target, *line, **journal_of(elsewhere), **key)
    assert ended.status == 0, ended.err
    assert [row.id for row in await target.sql("SELECT id FROM projects.project")] == [other]
    assert (elsewhere / JOURNAL).read_bytes() == (folder / JOURNAL).read_bytes()


async def test_without_a_journal_another_one_begins(site: Site, target: Site, tmp_path: Path) -> None:
    """If none is left, the restored system begins one with everything that the backup knows as erased."""
    folder, elsewhere = tmp_path / "erasures", tmp_path / "elsewhere"
    erased = await recorded_erasure(site, folder)
    file = await back_up(site, tmp_path / "incidents.tar")
    ended = await run_incidents(target, "restore", file, "--without-journal", **journal_of(elsewhere))
    assert ended.status == 0, ended.err
    await target.worker("projects", erasures=elsewhere)
    await require_recorded(target, elsewhere, {erased: "deleted"})


async def test_a_copy_replaces_no_newer_one(site: Site, tmp_path: Path) -> None:
    """A backup copies the journal into a file of its own, which only becomes longer; another journal is refused."""
    folder, copy = tmp_path / "erasures", tmp_path / "copy.journal"
    await recorded_erasure(site, folder)
    older = shutil.copytree(folder, tmp_path / "older")
    line = ("backup", "-o", tmp_path / "b.tar", "--journal", copy, "--json", "--force")
    assert json.loads((await run_incidents(site, *line, **journal_of(folder))).out)["journal"] == str(copy)
    async with run_here(slice_of("projects"), site.settings("projects", erasures=folder)):
        client = await site.client()
        [project_id] = await created(client)
        await client.send(DeleteProject(project_id=project_id))
        await eventually(lambda: is_recorded(site, folder, 3))
    assert (await run_incidents(site, *line, **journal_of(folder))).status == 0
    assert copy.read_bytes() == (folder / JOURNAL).read_bytes()
    keep_newest(ErasureJournal(older), ErasureJournal.at(copy))
    assert copy.read_bytes() == (folder / JOURNAL).read_bytes()
    assert copy.stat().st_mode & 0o777 == 0o600
    with pytest.raises(OSError, match=rf"'/proc/self/{JOURNAL}'$"):  # the name of the copy, not of its draft
        keep_newest(ErasureJournal(older), ErasureJournal(Path("/proc/self")))


@pytest.mark.parametrize("option", ["--journal", "--without-journal"])
async def test_help_explains_both_ways(site: Site, option: str) -> None:
    """Both options are in the help of the command."""
    assert option in (await run_incidents(site, "restore", "--help")).out
