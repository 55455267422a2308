"""Watching, following a list and statistics as they are typed, against a real site."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from client import Client
from contracts.ids import uuid7
from contracts.projects import CreateProject, DeleteProject, ProjectCreated
from tests.client.command_line import ROOT, incidents
from tests.projects.followed import published
from tests.support import Site


@pytest.fixture
async def admin(site: Site) -> Client:
    """Somebody who gives those who watch something to see."""
    await site.worker("projects")
    await site.worker("administration")
    return await site.client()


def environment(site: Site, principal: str = "watcher", scope: str = "client") -> dict[str, str]:
    """Return what names the site and who watches it."""
    return {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": str(site.credentials(principal, scope))}


async def created(admin: Client) -> ProjectCreated:
    """Open a project."""
    return await admin.send(CreateProject(project_id=uuid7()))


class Typed:
    """A command that goes on until Ctrl-C, read line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self, stream: str = "stdout") -> str:
        """Return its next line."""
        async with asyncio.timeout(20):
            found: asyncio.StreamReader = getattr(self._process, stream)
            return (await found.readline()).decode()

    async def document(self) -> dict[str, Any]:
        """Return its next line as JSON."""
        found: dict[str, Any] = json.loads(await self.line())
        return found


@asynccontextmanager
async def typed(ours: dict[str, str], *line: str) -> AsyncIterator[Typed]:
    """Type a command and end it with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "client", *line),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **ours},
    )
    try:
        yield Typed(process)
    finally:
        process.terminate()
        await process.communicate()


async def test_watching_goes_on_where_it_ended(site: Site, admin: Client) -> None:
    """`incidents watch --json` prints each event with its cursor, and `--since` goes on behind it (PRJ-09)."""
    await site.grant("watcher", incident_projects="view")
    async with admin.feed() as feed:
        start = feed.cursor or ""
    project = await created(admin)
    async with typed(environment(site), "watch", "--json", "--since", start) as watch:
        first = await watch.document()
    await admin.send(DeleteProject(project_id=project.project_id))
    async with typed(environment(site), "watch", "--json", "--since", first["cursor"]) as watch:
        second = await watch.document()
    assert [one["happened"] for one in (first, second)] == ["projects.created", "projects.deleted"]


async def test_watching_as_ops_hears_everything(site: Site, admin: Client) -> None:
    """`incidents watch --ops` hears the whole site, from now on."""
    async with typed(environment(site, "listener", "ops"), "watch", "--ops") as watch:
        assert "watching main" in await watch.line("stderr")
        await created(admin)
        assert "projects.created" in await watch.line()


async def test_a_list_is_followed(site: Site, admin: Client) -> None:
    """`incidents projects list --follow` shows the list and then what happens to it, deletions too (PRJ-09, PRJ-23)."""
    await site.grant("watcher", incident_projects="view")
    project = await created(admin)
    await published(site, 1)
    async with typed(environment(site), "projects", "list", "--follow", "--json") as following:
        page = await following.document()
        assert [row["number"] for row in page["items"]] == [project.number]
        await admin.send(DeleteProject(project_id=project.project_id))
        assert (await following.document())["data"]["number"] == project.number


async def test_a_cursor_of_another_form_is_told(site: Site) -> None:
    """What is no cursor is refused before anything is asked."""
    ended = await incidents("watch", "--since", "yesterday", "--json", environment=environment(site))
    assert (ended.status, ended.json["error"]["code"]) == (1, "invalid")


async def test_statistics_are_drawn(site: Site, admin: Client) -> None:
    """`incidents stats` draws groups and trends for people and prints the answer for machines (PRJ-09)."""
    await site.grant("watcher", incident_projects="view", incident_properties="view")
    await created(admin)
    for line, word in ((("--by", "creator"), "admin"), (("--by", "type", "--interval", "week"), "none"), ((), "all")):
        ended = await incidents("stats", *line, environment=environment(site))
        assert (ended.status, word in ended.out, "█" in ended.out) == (0, True, True)
    ended = await incidents("stats", "--by", "imported", "--json", environment=environment(site))
    assert [(one["group"], one["count"]) for one in ended.json["items"]] == [(False, 1)]
    refused = await incidents("stats", "--by", "weather", "--json", environment=environment(site))
    assert refused.json["error"]["details"]["fields"][0]["field"] == "group_by"
