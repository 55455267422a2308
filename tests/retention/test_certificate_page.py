"""The lines of docs/evidence.md about certificates of destruction: OpenSSL and Python verify one by themselves."""

import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from contracts.ids import uuid7
from contracts.projects.commands import DeleteProject
from contracts.projects.imports import ImportedProject, ImportProjects
from tests.checks.tree import ROOT
from tests.client.command_line import incidents
from tests.client.interactive import environment
from tests.retention.test_certificates import certificates, start
from tests.support import Site

_SECTION: Final = (ROOT / "docs" / "evidence.md").read_text().partition("## Certificates of destruction")[2]
TYPED, OPENSSL = re.findall(r"```sh\n(.*?)```", _SECTION, re.DOTALL)
[PYTHON] = re.findall(r"```python\n(.*?)```", _SECTION, re.DOTALL)


def verified(folder: Path) -> list[bool]:
    """Return whether each of the page's two programs verifies the certificate in a folder."""
    lines = (["/bin/bash", "-ec", OPENSSL], [sys.executable, "-c", PYTHON])
    return [subprocess.run(line, cwd=folder, capture_output=True, check=False).returncode == 0 for line in lines]


async def test_the_lines_of_the_page_do_what_it_says(site: Site, tmp_path: Path) -> None:
    """The commands show, save and verify the certificate of incident 20163, and both programs refuse an edited one."""
    client = await start(site, erasure_seconds=600, certificate_seconds=1)
    project_id, now = uuid7(), datetime.now(UTC)
    project = ImportedProject(project_id=project_id, number=20163, created_by="before", created_at=now)
    await client.send(ImportProjects(projects=[project]))
    await client.send(DeleteProject(project_id=project_id))
    await certificates(site, client, 1)
    for line in TYPED.splitlines():
        words = shlex.split(line)[1:]
        ended = await incidents(*words, folder=tmp_path, environment=environment(site, "admin"))
        assert (ended.status, ended.err) == (0, ""), line
        assert "20163" in ended.out or "1 certificate is in" in ended.out
    folder = tmp_path / "certificates"
    assert verified(folder) == [True, True]
    text = folder / "certificate-1.json"
    text.write_bytes(text.read_bytes().replace(b'"20163"', b'"20164"'))
    assert verified(folder) == [False, False]
