"""Feeds during a sweep: a follower gets each deletion, as if the project had been deleted alone."""

import json
from uuid import UUID

import pytest

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import EXPIRE_PROJECTS_MAX, ProjectsExpired
from contracts.projects.watching import WINDOW, WatchedProjects
from incidents import Client
from tests.audit.publisher import Publisher, open_publisher
from tests.projects.feeds import create_project, follow, next_events
from tests.support import Site
from workers.local.run_worker import slice_of
from workers.runtime.process.assembly import run_here


@pytest.fixture
async def admin(site: Site) -> Client:
    """Somebody who follows projects, whose worker runs."""
    await site.worker("projects")
    return await site.client()


async def expire(events: Publisher, ids: list[UUID]) -> list[UUID]:
    """Put the event of a step of a sweep that deleted these projects into the stream."""
    numbers = list(range(1, len(ids) + 1))
    step = ProjectsExpired(sweep_id=uuid7(), chain=0, deleted=len(ids), more=False, project_ids=ids, numbers=numbers)
    await events.publish(step, actor="system")
    return ids


def new_project_ids(count: int) -> list[UUID]:
    """Return the ids of so many projects."""
    return [uuid7() for _ in range(count)]


async def test_a_follower_is_told_each_deletion_of_a_step(site: Site, admin: Client) -> None:
    """Whoever sees the projects gets each that has expired, with its number, and of no step (PRJ-09, RET-03)."""
    await site.grant("vera", {Node.PROJECTS: "view"})
    events = await open_publisher(site)
    async with follow(await site.client("vera")) as watch:
        gone = await expire(events, new_project_ids(3))
        created = await create_project(admin)
        received = await next_events(watch, 4)
    assert [(event.happened, event.subject) for event in received] == [
        *(("projects.deleted", str(project_id)) for project_id in gone),
        ("projects.created", str(created)),
    ]
    bodies = [{"project_id": str(deleted_id), "number": at, "expired": True} for at, deleted_id in enumerate(gone, 1)]
    assert [event.data for event in received[:3]] == bodies
    assert {(event.actor, event.revision) for event in received[:3]} == {("system", None)}
    assert len({event.id for event in received}) == 4


async def test_a_filter_by_project_lets_its_deletion_pass_alone(site: Site, admin: Client) -> None:
    """A follower of one project gets its deletion alone, and one of a filtered list of every deletion."""
    events, chosen = await open_publisher(site), uuid7()
    of_one, of_list = WatchedProjects(project_ids=[chosen]), WatchedProjects(created_by=["zoe"])
    async with follow(admin, matching=of_one) as by_id, follow(admin, matching=of_list) as filtered:
        before = await expire(events, [uuid7(), chosen, uuid7()])
        after = await expire(events, [uuid7(), chosen])
        of_chosen = await next_events(by_id, 2)
        of_all = await next_events(filtered, 5)
    assert [(event.subject, event.data["number"]) for event in of_chosen] == [(str(chosen), 2)] * 2
    assert [event.subject for event in of_all] == [str(project_id) for project_id in [*before, *after]]


async def test_a_feed_goes_on_within_a_step(site: Site, admin: Client) -> None:
    """From the cursor of any deletion of a step a new feed tells all that follow, under the same ids (PRJ-09)."""
    events = await open_publisher(site)
    async with follow(admin) as watch:
        await expire(events, new_project_ids(5))
        await create_project(admin)
        first = await next_events(watch, 6)
    for at, event in enumerate(first[:5]):
        async with follow(admin, since=event.cursor) as watch:
            received_ids = {again.id for again in await next_events(watch, 1 if at == 4 else 6)}
        assert received_ids >= {following.id for following in first[at + 1 :]}


async def test_a_long_sweep_is_told_whole(site: Site) -> None:
    """A follower that comes back after many and large steps gets each deletion once and in order."""
    events, client = await open_publisher(site), await site.client()
    async with run_here(slice_of("projects"), site.settings("projects")), follow(client) as watch:
        await expire(events, new_project_ids(1))
        (begun,) = await next_events(watch, 1)
    sizes = [250] * 6 + [EXPIRE_PROJECTS_MAX, 3]
    gone = [project_id for size in sizes for project_id in await expire(events, new_project_ids(size))]
    assert len(gone) > 2 * WINDOW
    await site.worker("projects")  # it remembers none of these events and reads them from the stream
    async with follow(client, since=begun.cursor) as watch:
        received = await next_events(watch, len(gone))
    assert [event.subject for event in received] == [str(project_id) for project_id in gone]


def test_a_full_step_fits_into_a_message() -> None:
    """The event of the largest step is far smaller than a message may be, with the largest numbers."""
    ids, numbers = new_project_ids(EXPIRE_PROJECTS_MAX), [10**12] * EXPIRE_PROJECTS_MAX
    step = ProjectsExpired(sweep_id=uuid7(), chain=0, deleted=1, more=True, project_ids=ids, numbers=numbers)
    assert len(json.dumps(step.model_dump(mode="json"))) < 100_000
