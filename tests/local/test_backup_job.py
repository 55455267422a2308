"""The job that saves everything each night, and what a backup or a restore is refused for."""

import asyncio
import json
import os
import subprocess
from pathlib import Path

from tests.checks.tree import ROOT
from tests.local.external import PROGRAMS
from tests.local.external_servers import restore, variables
from tests.support import Site


async def test_the_job_saves_everything(site: Site, target: Site, tmp_path: Path) -> None:
    """The job of docker-compose.yml saves streams and databases privately, and deletes only old backups (LOG-04)."""
    backups = tmp_path / "backups"
    backups.mkdir()
    for name in ("incidents-20200101T000000Z.tar", "keys.tar"):
        (backups / name).touch()
        os.utime(backups / name, (0, 0))
    ours = {**os.environ, **variables(site), "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    line = ["/bin/sh", str(ROOT / "deploy/backup.sh"), str(backups), "14"]
    done = await asyncio.to_thread(subprocess.run, line, env=ours, capture_output=True, text=True, check=True)
    [file] = [path for path in backups.iterdir() if path.name != "keys.tar"]
    assert json.loads(done.stdout)["file"] == str(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert (backups / "keys.tar").exists()
    await restore(target, file)


async def test_a_job_that_fails_deletes_nothing(site: Site, tmp_path: Path) -> None:
    """Where nothing could be saved, the job fails, leaves no part of a file, and keeps the backups that there are."""
    old = tmp_path / "backups" / "incidents-20200101T000000Z.tar"
    old.parent.mkdir()
    old.touch()
    os.utime(old, (0, 0))
    away = variables(site, INCIDENTS_NATS_URL="nats://127.0.0.1:1")
    ours = {**os.environ, **away, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    line = ["/bin/sh", str(ROOT / "deploy/backup.sh"), str(old.parent), "14"]
    done = await asyncio.to_thread(subprocess.run, line, env=ours, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert list(old.parent.iterdir()) == [old]
    assert "Connection refused" in done.stderr or "set INCIDENTS_NATS_URL" in done.stderr
