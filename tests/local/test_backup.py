"""The backup that the page describes is private, and holds no key."""

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.checks.tree import ROOT
from tests.client.command_line import incidents
from workers.local.access.signing_keys import Trust
from workers.local.backup import archive, external_servers
from workers.local.data_directory import Home, Runtime


def described() -> str:
    """Return the commands that make the backup of a data directory."""
    section = (ROOT / "docs" / "operations.md").read_text().partition("## Backup and restore")[2]
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return next(block for block in blocks if "tar -czf" in block)


def names(file: Path) -> list[str]:
    """Return what an archive holds."""
    with tarfile.open(file) as opened:
        return opened.getnames()


def test_the_backup_is_private_and_has_no_keys(tmp_path: Path) -> None:
    """Whoever finds the backup of the data cannot act with it, and nobody else on the machine can read either part."""
    home = Home(tmp_path / "data")
    home.make()
    home.save_credentials("admin", Trust.create(home.keys, "main").mint("admin", "client"))
    (home.logs / "up.log").touch()
    home.erasures.mkdir()
    (home.erasures / "erasures.journal").touch()
    making = "\n".join(line for line in described().splitlines() if not re.match(r"tar -xzf|incidents", line))
    subprocess.run(["/bin/sh", "-c", f"umask 022\n{making}"], cwd=tmp_path, check=True)
    archives = sorted(tmp_path.glob("*.tgz"))
    assert len(archives) == 2
    assert {path.stat().st_mode & 0o777 for path in archives} == {0o600}
    keys, data = names(tmp_path / "keys.tgz"), names(tmp_path / "data.tgz")
    assert "data/keys/operator.nk" in keys
    assert "data/logs/up.log" in data
    assert not [name for name in data if re.search("/(keys|creds|erasures)", name)]
    assert (tmp_path / "elsewhere" / "data" / "erasures" / "erasures.journal").exists()


@pytest.mark.parametrize(
    "out, keys, reason",
    [
        ("data/backup.tar", None, "is inside the saved directory"),
        ("data/keys/operator.nk", None, "is inside the saved directory"),
        ("backup.tar", "data/creds/admin.creds", "is inside the saved directory"),
        ("backup.tar", "./backup.tar", "cannot hold both"),
        (".", None, "is a directory"),
        ("/dev/null", None, "is not a file"),
        ("backup.tar", "/dev/null", "is not a file"),
        ("none/backup.tar", None, "make none first"),
    ],
)
def test_a_backup_replaces_nothing_that_it_saves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, keys: str | None, reason: str
) -> None:
    """Where the files would go is asked before anything is saved: not into the data, and not both into one."""
    monkeypatch.chdir(tmp_path)
    home = Home(tmp_path / "data")
    home.make()
    with home.lock():
        home.publish(Runtime("main", "nats://127.0.0.1:1", "", "", "", os.getpid()))
        line = [
            sys.executable,
            "-m",
            "incidents",
            "backup",
            "-o",
            out,
            "--data",
            "data",
            *(("--keys", keys) if keys else ()),
        ]
        ended = subprocess.run(
            line, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
        )
    assert ended.returncode == 2, ended.stderr
    assert reason in ended.stderr, ended.stderr


async def test_help_names_every_variable_of_own_servers() -> None:
    """What the page's table says that servers of one's own need is in the help of the two commands."""
    section = (ROOT / "docs" / "operations.md").read_text().partition("both commands use these variables:")[2]
    rows = re.findall(r"^\| `(INCIDENTS_\w+)` \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
    assert {name for name, *_ in rows} >= {
        *external_servers.VARIABLES,
        "INCIDENTS_NATS_CREDS",
        "INCIDENTS_LOG_DATABASE_URL",
    }
    saving, restoring = [(await incidents(line, "--help")).out for line in ("backup", "restore")]
    assert [name for name, needed, _ in rows if needed != "no" and name not in saving] == []
    assert [name for name, *_ in rows if name not in saving + restoring] == []
    assert "incidents backup --help" in restoring


def test_an_archive_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The fault has the name that was typed, and not that of the file in which the archive is made."""
    out = tmp_path / "missing" / "incidents.tar"
    with pytest.raises(OSError, match="No such file") as fault:
        archive.pack(out, [], tmp_path)
    assert fault.value.filename == str(out)
