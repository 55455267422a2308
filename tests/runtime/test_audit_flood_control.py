"""Refused attempts and dead letters are recorded so many times a minute, and counted beyond: the sum is exact."""

import json
from datetime import datetime, timedelta
from typing import Any

from contracts.ids import uuid7
from tests.delivery.helpers import Inspector, creation
from tests.delivery.lane_driver import START, own_lane, stored_command
from tests.support import Site, eventually
from workers.runtime.bus.outbox import PostedRow
from workers.runtime.bus.streams import LETTERS_PER_PRINCIPAL_MAX
from workers.runtime.commands.audit_flood_control import ATTEMPTS, RECORDED_PER_MINUTE_MAX, RecordedRows, report

LATER = START + timedelta(minutes=5)


async def posted(site: Site, subject: str) -> list[dict[str, Any]]:
    """Return the events in the outbox whose subject ends like this, with their actor."""
    rows = await site.sql(
        "SELECT headers, body FROM runtime.unpublished WHERE subject LIKE :end ORDER BY number", end=subject
    )
    return [{"actor": headers["ce-actor"], **json.loads(body)} for headers, body in rows]


async def count_surplus(site: Site, now: datetime = LATER) -> int:
    """Tell what was counted, as a process does now and then."""
    async with site.engine.begin() as connection:
        return await report(connection, "main", "projects", [0], now)


async def admitted(site: Site, now: datetime, number: int, principal: str = "mallory") -> int:
    """Record so many attempts in one transaction, and return how many of them stand by themselves."""
    record = RecordedRows()
    numbers = [each for each in range(number) if record.admits(principal, ATTEMPTS)]
    rows = [PostedRow(worker="projects", lane=0, subject=f"evt.{each}", headers={}, body="{}") for each in numbers]
    for row in rows:
        record.add(row)
    async with site.engine.begin() as connection:
        return len(rows) - len(await record.find_excess(connection, "projects", 0, now))


async def test_a_minute_has_so_many_and_the_next_one_has_them_again(site: Site) -> None:
    """Of one principal in one minute so many are recorded, whatever the batches; others have their own."""
    assert [await admitted(site, START, number) for number in (RECORDED_PER_MINUTE_MAX - 5, 4, 4, 4)] == [
        RECORDED_PER_MINUTE_MAX - 5,
        4,
        1,
        0,
    ]
    assert await admitted(site, START, 3, "olivia") == 3
    assert await admitted(site, START + timedelta(minutes=1), RECORDED_PER_MINUTE_MAX + 1) == RECORDED_PER_MINUTE_MAX


async def test_what_is_counted_is_told_once(site: Site) -> None:
    """A count is published once, after its minute, in its principal's name."""
    await admitted(site, START, RECORDED_PER_MINUTE_MAX + 7)
    assert await count_surplus(site, START + timedelta(seconds=90)) == 0
    assert [await count_surplus(site), await count_surplus(site)] == [1, 0]
    assert await posted(site, "%.surplus-counted") == [
        {
            "actor": "mallory",
            "worker": "projects",
            "what": "refused-attempts",
            "count": 7,
            "since": START.isoformat().replace("+00:00", "Z"),
        }
    ]
    assert await site.count("runtime.surplus") == 0


async def test_what_is_rolled_back_is_not_counted(site: Site) -> None:
    """Counts are written in the transaction of what they count."""
    record = RecordedRows()
    record.admits("mallory", ATTEMPTS)
    async with site.engine.connect() as connection:
        await record.find_excess(connection, "projects", 0, START)
        await connection.rollback()
    assert await site.count("runtime.surplus") == 0


async def test_refused_attempts_are_recorded_or_counted(site: Site) -> None:
    """Of many refused commands each has its outcome, so many an event of their own, and the events count the rest."""
    number = RECORDED_PER_MINUTE_MAX * 3
    async with own_lane(site) as here:
        outcomes = await here.handle([stored_command(place, by="mallory") for place in range(1, number + 1)])
    assert {outcome["error"]["code"] for outcome in outcomes} == {"permission-denied"}
    assert await site.count("runtime.inbox") == number
    await count_surplus(site, datetime.now(START.tzinfo) + timedelta(minutes=3))
    single, more = await posted(site, "%.refused"), await posted(site, "%.surplus-counted")
    assert len(single) <= 2 * RECORDED_PER_MINUTE_MAX
    assert len(single) + sum(entry["count"] for entry in more) == number
    assert {entry["actor"] for entry in single + more} == {"mallory"}


async def test_refusals_of_rules_count_as_attempts(site: Site) -> None:
    """An attempt that a rule refuses, such as deleting what is under hold, is recorded like one without a role."""
    body: dict[str, Any] = {"project_id": str(uuid7())}
    async with own_lane(site) as here:
        await here.handle([stored_command(1, **creation(body["project_id"]))])
        await site.sql(
            "INSERT INTO retention.hold (hold_id, project_id, reason, held_by, held_at)"
            " VALUES (gen_random_uuid(), :project_id, 'x', 'ann', now())",
            **body,
        )
        outcomes = await here.handle(
            [
                stored_command(place, tail="projects.delete", **body)
                for place in range(2, 2 + 3 * RECORDED_PER_MINUTE_MAX)
            ]
        )
    assert {outcome["error"]["code"] for outcome in outcomes} == {"held"}
    assert len(await posted(site, "%.refused")) <= 2 * RECORDED_PER_MINUTE_MAX


async def test_dead_letters_of_one_push_out_no_others(site: Site) -> None:
    """Of one principal the newest letters are kept, so many; another's stays whatever comes after it."""
    ops = await site.overseer()
    inspector, olivia = Inspector(site, ops), await site.caller("olivia")
    await olivia.publish("projects.guess", "-", {"number": "hers"})
    await site.worker("projects")
    worker = await site.nats("retention", "worker")
    await eventually(lambda: inspector.has_letters(1))
    for number in range(LETTERS_PER_PRINCIPAL_MAX + 10):
        await worker.request("im.main.dead.projects.mallory", json.dumps({"number": number}).encode(), timeout=5)
    letters = [letter for letter in await inspector.dead_letters() if "number" in letter]
    assert [letter["number"] for letter in letters] == list(range(10, LETTERS_PER_PRINCIPAL_MAX + 10))
    assert len(await inspector.dead_letters()) == LETTERS_PER_PRINCIPAL_MAX + 1


async def test_letters_beyond_so_many_are_counted(site: Site) -> None:
    """Messages that nobody can answer are dead-lettered so many times a minute, and counted beyond."""
    async with own_lane(site) as here:
        batch = [
            stored_command(place, tail="projects.guess", by="mallory")
            for place in range(1, 2 * RECORDED_PER_MINUTE_MAX + 1)
        ]
        assert await here.handle(batch) == []
    rows = await site.sql("SELECT subject FROM runtime.unpublished")
    assert {subject for (subject,) in rows} == {"im.main.dead.projects.mallory"}
    await count_surplus(site, datetime.now(START.tzinfo) + timedelta(minutes=3))
    more = await posted(site, "%.surplus-counted")
    assert len(rows) + sum(entry["count"] for entry in more) == 2 * RECORDED_PER_MINUTE_MAX
    assert {entry["what"] for entry in more} == {"dead-letters"}
