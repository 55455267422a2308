"""Watching, following a list and statistics as they are typed, against a real site."""

import pytest

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject, DeleteProject, ProjectCreated
from incidents import Client
from tests.client.command_line import incidents
from tests.client.interactive import environment, run_command
from tests.support import Site


@pytest.fixture
async def admin(site: Site) -> Client:
    """Somebody who gives those who watch something to see."""
    await site.worker("projects")
    await site.worker("administration")
    return await site.client()


async def created(admin: Client) -> ProjectCreated:
    """Open a project."""
    return await admin.send(CreateProject(project_id=uuid7()))


async def test_watching_goes_on_where_it_ended(site: Site, admin: Client) -> None:
    """`incidents watch --json` prints each event with its cursor, and `--since` goes on behind it (PRJ-09)."""
    await site.grant("watcher", {Node.PROJECTS: "view"})
    async with admin.feed() as feed:
        start = feed.cursor or ""
    project = await created(admin)
    async with run_command(environment(site), "watch", "--json", "--since", start) as watch:
        first = await watch.document()
    await admin.send(DeleteProject(project_id=project.project_id))
    async with run_command(environment(site), "watch", "--json", "--since", first["cursor"]) as watch:
        second = await watch.document()
    assert [event["happened"] for event in (first, second)] == ["projects.created", "projects.deleted"]


async def test_watching_as_ops_hears_everything(site: Site, admin: Client) -> None:
    """`incidents watch --ops` hears the whole site, from now on."""
    async with run_command(environment(site, "listener", "ops"), "watch", "--ops") as watch:
        assert "watching main" in await watch.line("stderr")
        await created(admin)
        assert "project created" in await watch.line()


async def test_a_cursor_of_another_form_is_told(site: Site) -> None:
    """What is no cursor is refused before anything is asked."""
    ended = await incidents("watch", "--since", "yesterday", "--json", environment=environment(site))
    assert ended.status == 2
    assert ended.json["error"]["code"] == "usage"


async def test_statistics_are_drawn(site: Site, admin: Client) -> None:
    """`incidents stats` draws groups and trends for people and prints the answer for machines (PRJ-09)."""
    permissions = {Node.MAIN_DETAILS: "view", Node.PROPERTIES: "view"}
    await site.grant("watcher", {Node.PROJECTS: "view", **permissions})
    await created(admin)
    for line, word in ((("--by", "creator"), "admin"), (("--by", "type", "--interval", "week"), "none"), ((), "all")):
        ended = await incidents("stats", *line, environment=environment(site))
        assert ended.status == 0
        assert word in ended.out
        assert "█" in ended.out
    ended = await incidents("stats", "--by", "imported", "--json", environment=environment(site))
    assert [(figure["group"], figure["count"]) for figure in ended.json["items"]] == [(False, 1)]
    refused = await incidents("stats", "--by", "weather", "--json", environment=environment(site))
    assert refused.status == 2
    assert "weather does not exist" in refused.json["error"]["message"]
