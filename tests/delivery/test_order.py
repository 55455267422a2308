"""Order per key: what was accepted first takes effect first, whichever process handles it."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from contracts.ids import uuid7
from tests.delivery.helpers import Inspector, comment, creation
from tests.support import Caller, Site, eventually
from tests.support.system import worker_process
from workers.local.run_worker import slice_of
from workers.runtime.process.assembly import run_here
from workers.runtime.process.running_components import RunningComponents

PROJECTS = 3
COMMENTS = 80

SLOW = """
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(0.004); RETURN NEW; END $$
"""
SLOWLY = "CREATE TRIGGER slow BEFORE INSERT ON projects.comment FOR EACH ROW EXECUTE FUNCTION slow()"


async def publish_story(caller: Caller, project_id: object) -> list[str]:
    """Publish a project and numbered comments, and return the comments' ids in their order."""
    await caller.publish("projects.create", project_id, creation(project_id))
    bodies = [comment(project_id, str(number)) for number in range(COMMENTS)]
    for body in bodies:
        await caller.publish("projects.add-comment", project_id, body)
    return [body["comment_id"] for body in bodies]


async def effects(inspector: Inspector, project_id: object) -> list[tuple[int, str]]:
    """Return the comments by the revision at which they took effect."""
    rows = await inspector.site.sql(
        "SELECT outcome::json ->> 'revision', outcome::json #>> '{result,comment_id}' FROM runtime.inbox "
        "WHERE outcome::json #>> '{result,project_id}' = :id ORDER BY 1",
        id=str(project_id),
    )
    return sorted((int(revision), command_id) for revision, command_id in rows if command_id)


async def test_a_takeover_keeps_the_order(site: Site, inspector: Inspector) -> None:
    """After a process was killed in a batch, others go on in the published order, without loss or repetition."""
    caller, ids = await site.caller(), [uuid7() for _ in range(PROJECTS)]
    await site.sql(SLOW)
    await site.sql(SLOWLY)
    stories = await asyncio.gather(*(publish_story(caller, each_id) for each_id in ids))

    async def is_under_way() -> bool:
        return await site.count("projects.comment") > 0

    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(worker_process(site, "projects", fetch=20))
        await eventually(is_under_way)
        await first.kill()
        assert await site.count("projects.comment") < PROJECTS * COMMENTS
        for _ in range(2):
            await stack.enter_async_context(worker_process(site, "projects", fetch=20))
        await inspector.wait_until_idle()
        for project_id, story in zip(ids, stories, strict=True):
            assert await effects(inspector, project_id) == list(enumerate(story, 2))
            events = [(message.headers or {})["ce-revision"] for message in await inspector.events_of(project_id)]
            assert events == [str(number) for number in range(1, COMMENTS + 2)]


async def test_a_handover_keeps_the_order(site: Site, inspector: Inspector) -> None:
    """Processes that come and go while commands arrive lose none, repeat none, and keep the order."""
    caller, project_id = await site.caller(), uuid7()
    publishing = asyncio.create_task(publish_story(caller, project_id))
    while not publishing.done():
        async with run_here(slice_of("projects"), site.settings("projects")) as running:
            await eventually(partial(_has_worked, running, publishing))
    await site.worker("projects")
    await inspector.wait_until_idle()
    assert await effects(inspector, project_id) == list(enumerate(publishing.result(), 2))


async def _has_worked(running: RunningComponents, publishing: asyncio.Task[list[str]]) -> bool:
    return running.delivery.counters.applied > 5 or publishing.done()
