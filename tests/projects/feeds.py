"""Feeds of projects, and the commands whose events they carry."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject, DeleteProject
from contracts.projects.parts import AddComment
from contracts.projects.watching import WatchedProjects
from incidents import Client, CloudEvent
from incidents.feed import Watch
from tests.support import Site, eventually


async def create_project(client: Client, **fields: Any) -> UUID:
    """Create a project."""
    project_id = uuid7()
    await client.send(CreateProject(project_id=project_id, description="A bag was left at gate 4.", **fields))
    return project_id


async def add_comment(client: Client, project_id: UUID) -> None:
    """Add a comment to a project."""
    await client.send(AddComment(project_id=project_id, comment_id=uuid7(), text="Seen."))


async def delete_project(client: Client, project_id: UUID) -> None:
    """Delete a project."""
    await client.send(DeleteProject(project_id=project_id))


async def next_events(watch: Watch, count: int) -> list[CloudEvent]:
    """Return the next events of a feed."""
    async with asyncio.timeout(45):
        return [await anext(watch) for _ in range(count)]


def event_names(events: list[CloudEvent]) -> list[tuple[str, str | None]]:
    """Return the name and the project of each event."""
    return [(event.happened.partition(".")[2], event.subject) for event in events]


@asynccontextmanager
async def follow(
    client: Client, since: str | None = None, matching: WatchedProjects | None = None
) -> AsyncIterator[Watch]:
    """Follow projects until the block ends."""
    async with client.feed(since=since, matching=matching) as watch:
        yield watch


async def wait_for_events(site: Site, count: int) -> int:
    """Wait until the stream holds at least so many events, and return how many it holds."""
    ops = await site.overseer()

    async def are_there() -> int:
        state = (await ops.jetstream().stream_info("EVENTS")).state
        return state.messages if state.messages >= count else 0

    return await eventually(are_there)
