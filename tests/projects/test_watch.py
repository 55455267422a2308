"""The live feed of projects: permitted, resumable, nothing lost (PRJ-09)."""

import json
from typing import Any
from uuid import UUID

import pytest
from nats.aio.msg import Msg

from contracts import catalogue, subjects
from contracts.errors import Code
from contracts.permissions import Node
from contracts.projects.queries import GetProject
from contracts.projects.watching import HIDDEN, KIND, OWN, node_of
from incidents import Client, Refused
from tests.projects.feeds import (
    add_comment,
    create_project,
    delete_project,
    event_names,
    follow,
    next_events,
    wait_for_events,
)
from tests.support import Site, eventually
from workers.projects.queries import project_feed
from workers.runtime.process.running_components import RunningComponents


@pytest.fixture
async def projects(site: Site) -> RunningComponents:
    """The worker of projects, which serves the feeds."""
    return await site.worker("projects")


@pytest.fixture
async def admin(site: Site, projects: RunningComponents) -> Client:
    """Somebody who gives others something to see."""
    return await site.client()


@pytest.fixture
async def viewer(site: Site) -> Client:
    """Somebody who may see projects and nothing below them."""
    await site.grant("viewer", {Node.PROJECTS: "view"})
    return await site.client("viewer")


async def test_what_happens_is_seen_live(admin: Client) -> None:
    """A follower sees who created, commented and deleted a project, in order, as it happens (PRJ-09, PRJ-23)."""
    async with follow(admin) as watch:
        project_id = await create_project(admin)
        await add_comment(admin, project_id)
        await delete_project(admin, project_id)
        events = await next_events(watch, 3)
    expected = [(name, str(project_id)) for name in ("created", "comment-added", "deleted")]
    assert event_names(events) == expected
    assert [(event.actor, event.revision) for event in events] == [("admin", 1), ("admin", 2), ("admin", 3)]
    assert "bag" not in events[0].model_dump_json()
    assert [event.project_number for event in events] == [events[0].data["number"]] * 3


async def test_the_number_comes_from_any_process(site: Site, admin: Client) -> None:
    """A follower learns the number of a project of which the process has seen no event before (PRJ-09)."""
    project_id = await create_project(admin)
    number = (await admin.ask(GetProject(project_id=project_id))).number
    project_feed._numbers = project_feed._Numbers()
    async with follow(admin) as watch:
        await add_comment(admin, project_id)
        await add_comment(admin, project_id)
        assert [event.project_number for event in await next_events(watch, 2)] == [number, number]


async def test_nothing_is_lost_while_nobody_listens(site: Site, admin: Client) -> None:
    """A follower that comes back with its cursor gets all that happened meanwhile, once and in order (PRJ-09)."""
    async with follow(admin) as watch:
        first = await create_project(admin)
        (event,) = await next_events(watch, 1)
    others = [await create_project(admin) for _ in range(5)]
    await delete_project(admin, first)
    await wait_for_events(site, 7)
    async with follow(await site.client(), since=event.cursor) as watch:
        last = await create_project(admin)
        events = await next_events(watch, 7)
    expected = [("created", str(other)) for other in others] + [("deleted", str(first)), ("created", str(last))]
    assert event_names(events) == expected


async def test_two_followers_see_the_same(site: Site, admin: Client) -> None:
    """Every follower gets every event, with the same cursors (PRJ-09)."""
    async with follow(admin) as first, follow(await site.client()) as other:
        for _ in range(3):
            await create_project(admin)
        assert await next_events(first, 3) == await next_events(other, 3)


async def test_what_one_may_not_see_is_left_out(admin: Client, viewer: Client) -> None:
    """Comments, readings and the ids of sequences are for those who may view their node (PERM-08, PERM-11)."""
    async with follow(viewer) as watch:
        project_id = await create_project(admin)
        await add_comment(admin, project_id)
        await delete_project(admin, project_id)
        assert [name for name, _ in event_names(await next_events(watch, 2))] == ["created", "deleted"]


async def test_without_permission_nobody_watches(site: Site, projects: RunningComponents) -> None:
    """Watching needs view on incident-projects (PERM-07)."""
    with pytest.raises(Refused) as refusal:
        async with follow(await site.client("stranger")):
            pass
    assert refusal.value.code is Code.NOT_AVAILABLE


async def test_a_change_of_role_acts_at_once(site: Site, admin: Client, viewer: Client) -> None:
    """What happens after a right was given is seen, after it was taken is not, and the feed ends (PERM-05)."""
    async with follow(viewer) as watch:
        project_id = await create_project(admin)
        await site.grant("viewer", {Node.PROJECTS: "view", Node.COMMENTS: "view"})
        await add_comment(admin, project_id)
        assert [name for name, _ in event_names(await next_events(watch, 2))] == ["created", "comment-added"]
        await site.sql("DELETE FROM administration.member WHERE principal = 'viewer'")
        await delete_project(admin, project_id)
        with pytest.raises(Refused) as refusal:
            await next_events(watch, 1)
    assert refusal.value.code is Code.NOT_AVAILABLE


async def test_a_feed_ends_with_a_node_that_its_filter_needs(site: Site, admin: Client) -> None:
    """Whoever may still see projects but not what the filter tells is refused by the feed itself, at once (PERM-05)."""
    await site.grant("viewer", {Node.PROJECTS: "view", Node.MAIN_DETAILS: "view"})
    caller, results = await site.caller("viewer"), dict[str, Any]()

    async def on_message(message: Msg) -> None:
        results[(message.headers or {})[KIND]] = json.loads(message.data)

    async def is_open() -> bool:
        return "open" in results

    inbox = f"{subjects.inbox('viewer')}.feed"
    await caller.nats.subscribe(inbox, cb=on_message)
    query = json.dumps({"filter": {"type_ids": [None]}}).encode()
    await caller.nats.publish(subjects.query(site.name, "viewer", "projects.watch"), query, reply=inbox)
    await eventually(is_open)
    await site.grant("viewer", {Node.PROJECTS: "view"})

    async def has_ended() -> bool:
        await create_project(admin)
        return "end" in results

    await eventually(has_ended, within=60)
    assert results["end"]["error"]["code"] == Code.NOT_AVAILABLE


async def test_a_feed_goes_to_ones_own_inbox_alone(site: Site, projects: RunningComponents, admin: Client) -> None:
    """A feed whose address is somebody else's inbox is not opened."""
    caller, victim = await site.caller(), await site.nats("victim")
    subscription = await victim.subscribe("_INBOX_victim.>")
    await victim.flush()
    await caller.nats.publish("im.main.qry.admin.projects.watch", b"{}", reply="_INBOX_victim.feed")

    async def is_counted() -> bool:
        return projects.query_dispatcher.counters.foreign_inbox == 1

    await eventually(is_counted)
    async with follow(admin) as watch:
        await create_project(admin)
        await next_events(watch, 1)
    await victim.flush()
    assert subscription.pending_msgs == 0


async def test_a_cursor_that_is_too_old_is_refused(site: Site, admin: Client) -> None:
    """When events behind a cursor are gone, the follower is refused and starts again from a list (PRJ-09)."""
    async with follow(admin) as watch:
        await create_project(admin)
        (event,) = await next_events(watch, 1)
    await create_project(admin)
    await wait_for_events(site, 3)  # the feed is recorded, too
    ops = await site.overseer()
    await ops.jetstream().purge_stream("EVENTS")
    for cursor in (event.cursor, "0-1"):
        with pytest.raises(Refused) as refusal:
            async with follow(admin, since=cursor):
                pass
        assert refusal.value.code is Code.GONE
        assert "start again" in refusal.value.details["fields"][0]["reason"]


async def test_a_cursor_of_another_form_is_refused(site: Site, projects: RunningComponents) -> None:
    """What no feed gave is refused as `invalid`."""
    answer, status = await (await site.caller()).ask("projects.watch", {"since": "yesterday"})
    assert answer["error"]["code"] == "invalid"
    assert status == "400"


async def test_nobody_renews_the_feed_of_another(site: Site, admin: Client) -> None:
    """A feed that is unknown, or that somebody else has, cannot be renewed."""
    await site.grant("viewer", {Node.PROJECTS: "view"})
    caller, stranger = await site.caller(), await site.caller("viewer")
    feed, _ = await caller.ask("projects.watch", {})
    renewed, _ = await caller.ask("projects.watch", {"feed": feed["feed"]})
    assert renewed["feed"] == feed["feed"]
    for speaker, feed_id in ((stranger, feed["feed"]), (caller, str(UUID(int=1)))):
        answer, status = await speaker.ask("projects.watch", {"feed": feed_id})
        assert answer["error"]["code"] == "gone"
        assert status == "404"


def test_every_event_is_shown_to_somebody_or_named() -> None:
    """Every event of projects and reports needs a node, or is named as one that no feed shows."""
    ours = {name for name in catalogue.events() if name.startswith(("projects.", "reports."))}
    assert {name for name in ours if node_of(name) is None} == HIDDEN
    assert ours >= OWN
