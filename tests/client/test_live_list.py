"""`incidents projects list --follow`: a list that is always the newest, for people and for machines."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject, DeleteProject, UpdateProject
from contracts.projects.parts import AddComment
from incidents import Client
from tests.client.interactive import RunningCommand, environment, run_command, run_on_terminal
from tests.support import Site

FOLLOW = ("projects", "list", "--follow")


@pytest.fixture
async def admin(site: Site) -> Client:
    """Somebody who gives those who follow something to see."""
    await site.workers("projects", "administration")
    nodes = (Node.PROJECTS, Node.PROPERTIES, Node.COMMENTS, Node.MAIN_DETAILS)
    await site.grant("watcher", dict.fromkeys(nodes, "view"))
    return await site.client()


async def opened(admin: Client, description: str = "") -> UUID:
    """Open a project."""
    return (await admin.send(CreateProject(project_id=uuid7(), description=description))).project_id


async def changes(following: RunningCommand, count: int = 1) -> list[tuple[str, int]]:
    """Return the next changes: which, and of which number."""
    documents = [await following.document() for _ in range(count)]
    return [(document["change"], document["project"]["number"]) for document in documents]


async def test_rows_appear_change_and_vanish(site: Site, admin: Client) -> None:
    """Where no terminal is, the list comes first and then one document per change of it (PRJ-09, PRJ-23)."""
    first = await opened(admin, "A bag.")
    async with run_command(environment(site), *FOLLOW) as following:
        assert [row["number"] for row in (await following.document())["items"]] == [1]
        await opened(admin)
        assert await changes(following) == [("added", 2)]
        await admin.send(UpdateProject(project_id=first, description="Two bags."))
        document = await following.document()
        project = document["project"]
        assert document["change"] == "changed"
        assert project["description"] == "Two bags."
        assert project["revision"] == 2
        await admin.send(DeleteProject(project_id=first))
        assert await changes(following) == [("removed", 1)]


@pytest.mark.parametrize("options", [("--search", "ladder"), ("--search", "ladder", "--created-by", "admin", "--all")])
async def test_a_search_holds(site: Site, admin: Client, options: tuple[str, ...]) -> None:
    """What matches from now on appears, and what does not match any more vanishes."""
    await opened(admin, "A bag.")
    project_id = await opened(admin, "A bag.")
    async with run_command(environment(site), *FOLLOW, "--json", *options) as following:
        assert (await following.document())["items"] == []
        for description, change in (("The ladder.", "added"), ("A bag.", "removed")):
            await admin.send(UpdateProject(project_id=project_id, description=description))
            assert await changes(following) == [(change, 2)]
        await admin.send(AddComment(project_id=project_id, comment_id=uuid7(), text="Fell from a ladder."))
        assert await changes(following) == [("added", 2)]


async def test_the_limit_holds(site: Site, admin: Client) -> None:
    """A list of two stays one of two: the newest pushes the oldest off it, which is back when there is room."""
    for _ in range(2):
        await opened(admin)
    async with run_command(environment(site), *FOLLOW, "--json", "--limit", "2") as following:
        assert [row["number"] for row in (await following.document())["items"]] == [2, 1]
        third = await opened(admin)
        assert await changes(following, 2) == [("removed", 1), ("added", 3)]
        await admin.send(DeleteProject(project_id=third))
        assert await changes(following, 2) == [("removed", 3), ("added", 1)]


async def test_nothing_falls_between_list_and_feed(site: Site, admin: Client) -> None:
    """Whatever happens while the list begins to be followed: list and changes add up to what is there (PRJ-09)."""
    ids: list[UUID] = []
    begun = asyncio.Event()

    async def disturb() -> None:
        while not begun.is_set():
            ids.append(await opened(admin))
            await admin.send(UpdateProject(project_id=ids[-1], description="Seen."))

    async with run_command(environment(site), *FOLLOW, "--json", "--all") as following:
        disturbing = asyncio.create_task(disturb())
        rows: dict[str, Any] = {row["project_id"]: row for row in (await following.document())["items"]}
        begun.set()
        await disturbing
        while {rows.get(str(each_id), {}).get("revision") for each_id in ids} != {2}:
            document = await following.document()
            assert document["change"] in {"added", "changed"}
            rows[document["project"]["project_id"]] = document["project"]


async def test_a_table_changes_in_place(site: Site, admin: Client) -> None:
    """On a terminal the table itself changes, and Ctrl-C leaves its last state on the screen (PRJ-09, PRJ-23)."""
    first = await opened(admin, "A bag.")
    async with run_on_terminal(environment(site), *FOLLOW) as terminal:
        await terminal.shows("A bag.", "live; Ctrl-C")
        second = await opened(admin, "A ladder.")
        await terminal.shows("A bag.", "A ladder.")
        await admin.send(UpdateProject(project_id=second, description="Two ladders."))
        await admin.send(DeleteProject(project_id=first))
        await terminal.shows("Two ladders.", without="A bag.")
        assert await terminal.interrupt() == 130
        await terminal.shows("as of")
    assert "Two ladders." in terminal.screen
    assert "A bag." not in terminal.screen


async def test_a_lost_connection_is_shown_and_healed(site: Site, admin: Client) -> None:
    """While nobody answers, the table says so and stays; what happened meanwhile is on it when somebody does."""
    await opened(admin, "A bag.")
    async with run_on_terminal(environment(site), *FOLLOW) as terminal:
        await terminal.shows("A bag.", "live; Ctrl-C")
        site.server.stop()
        await terminal.shows("A bag.", "connection lost, reconnecting")
        await asyncio.to_thread(site.server.start)
        await opened(admin, "A ladder.")
        await terminal.shows("A bag.", "A ladder.", "live; Ctrl-C", without="connection lost")


async def test_ctrl_c_ends_it_without_a_word(site: Site, admin: Client) -> None:
    """What was under way ends before its connection does: nothing is reported as a fault."""
    await opened(admin)
    async with run_command(environment(site), *FOLLOW, "--json") as following:
        await following.document()
        assert await following.interrupt() == (130, "")
