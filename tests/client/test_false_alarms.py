"""What the command line asks by itself is nobody's attempt at something forbidden."""

import re
from pathlib import Path

import pytest

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject
from tests.checks.tree import ROOT
from tests.client.command_line import incidents
from tests.client.interactive import environment
from tests.support import Site, eventually
from workers.runtime.bus.streams import api

LINES = ("projects list", "projects list --search bag", "projects show 1", "stats --interval day", "properties", "me")


def guards() -> dict[Node, str]:
    """Return what the role on the page about operations gives."""
    page = (ROOT / "docs" / "operations.md").read_text()
    (line,) = re.findall(r"incidents roles define guards (.+?) --data", page)
    nodes = re.findall(r"--manage (\S+)", line)
    return {Node(node if node in set(Node) else f"{Node.PROJECTS}/{node}"): "manage" for node in nodes}


async def published(site: Site) -> list[str]:
    """Return the subjects of all that happened, as soon as nothing waits to be published."""

    async def is_empty() -> bool:
        return await site.count("runtime.unpublished") == 0

    await eventually(is_empty)
    info = await api(await site.overseer(), "STREAM.INFO.EVENTS", {"subjects_filter": ">"})
    return list(info["state"]["subjects"])


@pytest.mark.parametrize("role", ["page", "least"])
async def test_who_may_see_projects_makes_no_attempt_by_looking(site: Site, tmp_path: Path, role: str) -> None:
    """The role that the page makes, and the least that sees projects, list and show them without an alarm."""
    await site.workers("projects", "administration", "audit")
    await (await site.client()).send(CreateProject(project_id=uuid7(), description="A bag was left at gate 4."))
    permissions = guards() if role == "page" else {Node.PROJECTS: "view"}
    await site.grant("watcher", permissions)
    for line in LINES:
        done = await incidents(*line.split(), folder=tmp_path, environment=environment(site))
        assert done.err == "", line
        assert done.status == 0, line
    assert [subject for subject in await published(site) if subject.endswith(".refused")] == []
