"""The backup that the page describes is private, and holds no key."""

import re
import subprocess
import tarfile
from pathlib import Path

from tests.checks.tree import ROOT
from workers.local.home import Home
from workers.runtime.access import Trust


def described() -> str:
    """Return the commands that make the backup of a data directory."""
    section = (ROOT / "docs" / "operations.md").read_text().partition("## Backup and restore")[2]
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return next(block for block in blocks if "tar -czf" in block)


def names(archive: Path) -> list[str]:
    """Return what an archive holds."""
    with tarfile.open(archive) as opened:
        return opened.getnames()


def test_the_backup_is_private_and_has_no_keys(tmp_path: Path) -> None:
    """Whoever finds the backup of the data cannot act with it, and nobody else on the machine can read either part."""
    home = Home(tmp_path / "data")
    home.make()
    home.save_credentials("admin", Trust.create(home.keys, "main").mint("admin", "client"))
    (home.logs / "up.log").touch()
    making = "\n".join(line for line in described().splitlines() if not re.match(r"tar -xzf|incidents", line))
    subprocess.run(["/bin/sh", "-c", f"umask 022\n{making}"], cwd=tmp_path, check=True)
    archives = sorted(tmp_path.glob("*.tgz"))
    assert len(archives) == 2
    assert {path.stat().st_mode & 0o777 for path in archives} == {0o600}
    keys, data = names(tmp_path / "keys.tgz"), names(tmp_path / "data.tgz")
    assert "data/keys/operator.nk" in keys
    assert "data/logs/up.log" in data
    assert not [name for name in data if "/keys" in name or "/creds" in name]
