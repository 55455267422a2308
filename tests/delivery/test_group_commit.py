"""Group commit: what waits together is committed together; what comes alone does not wait."""

import asyncio

from contracts.ids import uuid7
from tests.delivery.helpers import Inspector, comment, creation, wait_for_outcomes
from tests.support import Site

TRANSACTIONS = "SELECT count(DISTINCT decided_at) FROM runtime.inbox"
"""`decided_at` is the database's time at the start of the transaction: one value is one transaction."""


async def test_what_waits_together_is_one_transaction(site: Site, inspector: Inspector) -> None:
    """A lane full of commands is handled in as few transactions as fetches are needed."""
    caller, project_id = await site.caller(), uuid7()
    await caller.publish("projects.create", project_id, creation(project_id))
    bodies = [comment(project_id, str(number)) for number in range(199)]
    await asyncio.gather(*(caller.publish("projects.add-comment", project_id, body) for body in bodies))
    await site.worker("projects")
    await inspector.wait_until_idle()
    assert await site.count("runtime.inbox") == 200
    assert (await site.sql(TRANSACTIONS))[0][0] <= 2
    assert len(await wait_for_outcomes(caller, 200)) == 200


async def test_what_comes_alone_does_not_wait_for_company(site: Site) -> None:
    """Commands that are sent one after the other are handled one by one, although many would fit a batch."""
    await site.worker("projects", fetch=200)
    caller, project_id = await site.caller(), uuid7()
    await caller.send("projects.create", project_id, creation(project_id))
    for number in range(5):
        outcome = await caller.send("projects.add-comment", project_id, comment(project_id))
        assert outcome["revision"] == number + 2
    assert (await site.sql(TRANSACTIONS))[0][0] == 6


async def test_a_batch_is_bounded(site: Site, inspector: Inspector) -> None:
    """No transaction handles more commands than the settings allow."""
    caller, project_id = await site.caller(), uuid7()
    await caller.publish("projects.create", project_id, creation(project_id))
    for number in range(49):
        await caller.publish("projects.add-comment", project_id, comment(project_id, str(number)))
    await site.worker("projects", fetch=10)
    await inspector.wait_until_idle()
    sizes = await site.sql("SELECT count(*) FROM runtime.inbox GROUP BY decided_at")
    assert sum(size for (size,) in sizes) == 50
    assert max(size for (size,) in sizes) <= 10
