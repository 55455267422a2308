"""What may happen to a feed: killed workers, lost connections, slow followers, events by the thousand (PRJ-09)."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from nats.aio.msg import Msg

from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import UpdateProject
from contracts.projects.imports import ImportedProject, ImportProjects
from contracts.projects.watching import WINDOW, WatchedProjects
from incidents import Client
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
from tests.support.system import worker_process
from workers.runtime.feeds import feed
from workers.runtime.feeds.feed_lifecycle import FEEDS_PER_PRINCIPAL_MAX
from workers.runtime.process.running_components import RunningComponents

LONG_AGO = datetime(2009, 5, 17, 8, 30, tzinfo=UTC)


@pytest.fixture
async def admin(site: Site) -> Client:
    """Somebody who opens and follows projects; a test starts the worker."""
    return await site.client()


async def many(site: Site, count: int, name: str = "deleted", **fields: Any) -> list[str]:
    """Let so many events be in the stream, and return the projects that they are about, in order."""
    worker = await site.nats("projects", "worker")
    ids = [str(uuid7()) for _ in range(count)]
    for each_id in ids:
        headers = {
            "ce-id": str(uuid7()),
            "ce-type": f"im.projects.{name}.v1",
            "ce-time": "2026-03-01T12:00:00Z",
            "ce-actor": "admin",
            "ce-subject": each_id,
        }
        body = json.dumps({"project_id": each_id, **(fields or {"number": 1})}).encode()
        await worker.publish(f"im.main.evt.projects.{each_id}.{name}", body, headers=headers)
    await worker.flush()
    return ids


async def test_a_killed_worker_loses_no_event(site: Site, admin: Client) -> None:
    """A follower whose worker process is killed goes on with another one, without a gap or a repetition (PRJ-09)."""
    async with worker_process(site, "projects") as first:
        await create_project(admin)
        await wait_for_events(site, 1)
        async with follow(admin) as watch:
            before = await create_project(admin)
            events = await next_events(watch, 1)
            await first.kill()
            async with worker_process(site, "projects"):
                after = [await create_project(admin) for _ in range(3)]
                events += await next_events(watch, 3)
    assert event_names(events) == [("created", str(project_id)) for project_id in (before, *after)]


async def test_a_worker_that_stops_hands_its_feeds_over(site: Site, admin: Client) -> None:
    """A process that ends tells its followers so, and they go on with another process at once (PRJ-09)."""
    async with worker_process(site, "projects") as first:
        await create_project(admin)
        await wait_for_events(site, 1)
        async with follow(admin) as watch:
            await site.worker("projects")
            await first.stop()
            ids = [await create_project(admin) for _ in range(3)]
            assert event_names(await next_events(watch, 3)) == [("created", str(each_id)) for each_id in ids]


async def test_a_feed_survives_a_restarted_server(site: Site, admin: Client) -> None:
    """When NATS was away, follower and worker find each other again, and nothing is lost (PRJ-09)."""
    await site.worker("projects")
    async with follow(admin) as watch:
        first = await create_project(admin)
        assert event_names(await next_events(watch, 1)) == [("created", str(first))]
        site.server.stop()
        await asyncio.to_thread(site.server.start)
        ids = [await create_project(admin) for _ in range(3)]
        assert event_names(await next_events(watch, 3)) == [("created", str(each_id)) for each_id in ids]


async def test_renewals_reach_the_process_that_serves(site: Site, admin: Client) -> None:
    """With several processes a renewal finds the one that serves the feed, whichever hears it."""
    await site.worker("projects")
    async with worker_process(site, "projects"):
        caller = await site.caller()
        feed, _ = await caller.ask("projects.watch", {})
        answers = [await caller.ask("projects.watch", {"feed": feed["feed"]}) for _ in range(20)]
    assert {answer["feed"] for answer, _ in answers} == {feed["feed"]}


async def test_thousands_of_events_are_caught_up(site: Site, admin: Client) -> None:
    """Anyone who was away for thousands of events gets all of them in order, and then what happens now (PRJ-09)."""
    await site.worker("projects")
    async with follow(admin) as watch:
        start = watch.cursor
    ids = await many(site, 3 * WINDOW)
    await wait_for_events(site, len(ids))
    async with follow(admin, since=start) as watch:
        events = await next_events(watch, len(ids))
        last = await create_project(admin)
        assert [event.subject for event in events] == ids
        assert event_names(await next_events(watch, 1)) == [("created", str(last))]


async def test_a_slow_follower_holds_nobody_up(site: Site, admin: Client) -> None:
    """A follower that does not read stops its own feed at the window; others go on, and it misses nothing (PRJ-09)."""
    await site.worker("projects")
    caller, received = await site.caller(), list[Msg]()

    async def on_message(message: Msg) -> None:
        if (message.headers or {}).get("Feed-Kind") == "event":
            received.append(message)

    await caller.nats.subscribe("_INBOX_admin.slow", cb=on_message)
    async with follow(admin) as slow, follow(await site.client()) as quick:
        await caller.nats.publish("im.main.qry.admin.projects.watch", b"{}", reply="_INBOX_admin.slow")
        await add_comment(admin, await create_project(admin))
        await next_events(quick, 2)
        ids = await many(site, 2 * WINDOW)
        assert [event.subject for event in await next_events(quick, len(ids))] == ids
        assert len(received) == WINDOW
        events = await next_events(slow, 2 + len(ids))
    assert [event.subject for event in events[2:]] == ids


async def test_a_follower_that_was_held_up_has_the_permissions_of_now(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who lost a permission while the window was full gets no event that needs it when there is room again."""
    monkeypatch.setattr(feed, "WINDOW", 20)
    await site.worker("projects")
    await site.grant("viewer", {Node.PROJECTS: "view", Node.COMMENTS: "view"})
    caller, received = await site.caller("viewer"), list[Msg]()

    async def on_message(message: Msg) -> None:
        if (message.headers or {})["Feed-Kind"] != "beat":
            received.append(message)

    async def wait_for_messages(count: int) -> None:
        async def has_enough() -> bool:
            return len(received) >= count

        await eventually(has_enough)

    await caller.nats.subscribe("_INBOX_viewer.held", cb=on_message)
    await caller.nats.publish("im.main.qry.viewer.projects.watch", b"{}", reply="_INBOX_viewer.held")
    await wait_for_messages(1)
    await many(site, 40, "comment-added", comment_id=str(uuid7()))
    await wait_for_messages(21)
    await site.grant("viewer", {Node.PROJECTS: "view"})
    since = (received[-1].headers or {})["Feed-Cursor"]
    await caller.ask("projects.watch", {"feed": json.loads(received[0].data)["feed"], "since": since})
    await many(site, 1)
    await wait_for_messages(22)
    assert (received[21].headers or {})["ce-type"] == "im.projects.deleted.v1"


async def test_a_filter_chooses_projects(site: Site, admin: Client) -> None:
    """A filtered feed tells of projects that match, of those that leave the filter, and of deletions (PRJ-09)."""
    await site.worker("projects")
    await site.sql("INSERT INTO administration.property (id, kind, name, description) VALUES (901, 'type', 'T', '')")
    async with follow(admin, matching=WatchedProjects(type_ids=[901])) as watch:
        other, chosen = await create_project(admin), await create_project(admin, type_id=901)
        await add_comment(admin, other)
        await add_comment(admin, chosen)
        events = await next_events(watch, 2)
        await admin.send(UpdateProject(project_id=chosen, type_id=None))
        await add_comment(admin, chosen)
        await delete_project(admin, other)
        events += await next_events(watch, 2)
    expected = [("created", chosen), ("comment-added", chosen), ("updated", chosen), ("deleted", other)]
    assert event_names(events) == [(name, str(project_id)) for name, project_id in expected]


async def test_a_filter_lets_an_import_pass_that_matches(site: Site, admin: Client) -> None:
    """An import is reported where one of the projects that it took over matches, and nowhere else."""
    await site.worker("projects")
    both = [WatchedProjects(created_by=["zoe"]), WatchedProjects(project_ids=[(zoes := uuid7())])]
    async with follow(admin, matching=both[0]) as of_zoe, follow(admin, matching=both[1]) as of_one:
        for number, author, project_id in ((901, "ann", uuid7()), (902, "zoe", zoes)):
            foreign = ImportedProject(project_id=project_id, number=number, created_by=author, created_at=LONG_AGO)
            await admin.send(ImportProjects(projects=[foreign]))
        events = [(await next_events(watch, 1))[0] for watch in (of_zoe, of_one)]
    assert [(event.happened, event.data["numbers"]) for event in events] == [("projects.imported", [902])] * 2


async def test_a_filter_names_its_own_categories(site: Site, admin: Client) -> None:
    """A change of a category is reported to a filter that names it, and not to one that names another."""
    await site.worker("projects")
    await site.sql("INSERT INTO administration.category VALUES (1, 911, true, 'A', ''), (2, 912, true, 'B', '')")
    await site.sql(
        "INSERT INTO administration.property SELECT 920 + n, 'category-value', n, '', '' FROM unnest('{1,2}'::int[]) n"
    )
    project_id = await create_project(admin)
    await wait_for_events(site, 1)
    async with follow(admin, matching=WatchedProjects(categories={"1": [1]})) as watch:
        await admin.send(UpdateProject(project_id=project_id, categories={"2": 922}))
        await admin.send(UpdateProject(project_id=project_id, categories={"1": 921}))
        (event,) = await next_events(watch, 1)
    assert list(event.data["changed"]) == ["category_1"]


async def test_a_feed_can_be_of_one_project(site: Site, admin: Client) -> None:
    """A feed of one project tells of that project alone, also when it is deleted."""
    await site.worker("projects")
    followed, other = await create_project(admin), await create_project(admin)
    await wait_for_events(site, 2)
    async with follow(admin, matching=WatchedProjects(project_ids=[followed])) as watch:
        for each in (other, followed):
            await add_comment(admin, each)
            await delete_project(admin, each)
        assert event_names(await next_events(watch, 2)) == [
            ("comment-added", str(followed)),
            ("deleted", str(followed)),
        ]


async def test_a_feed_that_nobody_renews_ends(site: Site, running: RunningComponents) -> None:
    """The feed of a client that went away without a word is ended when its lease is over."""
    caller, kinds = await site.caller(), list[Any]()

    async def on_message(message: Msg) -> None:
        kinds.append((message.headers or {})["Feed-Kind"])

    await caller.nats.subscribe("_INBOX_admin.gone", cb=on_message)
    await caller.nats.publish("im.main.qry.admin.projects.watch", b"{}", reply="_INBOX_admin.gone")

    async def has_ended() -> bool:
        return kinds[-1:] == ["end"]

    await eventually(has_ended, within=25)
    assert kinds[0] == "open"
    assert set(kinds[1:-1]) == {"beat"}


@pytest.fixture
async def running(site: Site) -> RunningComponents:
    """The worker of projects in this process."""
    return await site.worker("projects")


async def test_nobody_takes_the_feeds_of_others(site: Site) -> None:
    """A principal has a hundred feeds of a process at most, so that there are some left for everybody else."""
    running = await site.worker("projects")
    greedy, other = await site.caller(), await site.caller("other")
    await site.grant("other", {Node.PROJECTS: "view"})
    feed = "projects.watch"
    taken = [(await greedy.ask(feed, {}))[1] for _ in range(FEEDS_PER_PRINCIPAL_MAX + 1)]
    assert taken[:-1] == [""] * FEEDS_PER_PRINCIPAL_MAX
    assert taken[-1] == "503"
    assert (await other.ask(feed, {}))[1] == ""
    await running.feeds.close()
