"""Months of the inbox: made before they come, and dropped by what is in them, whatever the clock says."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from contracts.ids import uuid7
from tests.delivery.helpers import creation
from tests.support import Site, eventually

_DECIDED = """
    INSERT INTO runtime.inbox VALUES (:id, 'admin', CAST(:at AS date), '', '{}', CAST(:at AS date))
"""


def at(month: str) -> datetime:
    """Return a moment of a month."""
    return datetime.fromisoformat(f"{month}-05T00:00:00+00:00")


async def keep(site: Site, month: str, *, believed: bool = True) -> None:
    """Keep the months of the inbox as if it were this one."""
    if believed:
        await site.sql("UPDATE runtime.clock SET believed_at = :at", at=at(month))
    await site.sql("SELECT runtime.maintain_partitions('runtime.inbox', 2, CAST(:at AS timestamptz))", at=at(month))


async def decide(site: Site, month: str) -> None:
    """Decide a command in a month, whatever month it is."""
    await site.sql(_DECIDED, id=uuid7(), at=at(month).replace(day=1).date())


async def months(site: Site, year: str) -> list[str]:
    """Return the months of a year that have a partition."""
    parts = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'runtime.inbox'::regclass"
    return sorted(name[-7:].replace("_", "-") for (name,) in await site.sql(parts) if name[-7:-3] == year)


async def test_old_months_are_dropped(site: Site) -> None:
    """The inbox keeps the months that thirty days touch and drops older ones with all their rows."""
    for month in ("2030-01", "2030-03", "2030-05"):
        await keep(site, month)
        await decide(site, month)
    await keep(site, "2030-05")
    assert await months(site, "2030") == ["2030-03", "2030-04", "2030-05", "2030-06"]


async def test_a_clock_that_is_ahead_drops_nothing(site: Site) -> None:
    """The inbox in use survives a clock that is years ahead: the same command id goes on to have one effect."""
    await site.worker("projects")
    caller, project_id = await site.caller(), uuid7()
    command_id = await caller.publish("projects.create", project_id, creation(project_id))

    async def is_decided() -> bool:
        return command_id in caller.outcomes

    await eventually(is_decided)
    await keep(site, "2035-01", believed=False)
    await keep(site, f"{datetime.now(UTC).year + 1}-06", believed=False)
    assert (await site.sql("SELECT command_id FROM runtime.inbox")) == [(command_id,)]


async def test_the_newest_decisions_are_never_old(site: Site) -> None:
    """Where nothing was decided for long, the last decisions stay, even by a clock that is believed."""
    await keep(site, "2030-01")
    await decide(site, "2030-01")
    await keep(site, "2030-09")
    assert "2030-01" in await months(site, "2030")
    await decide(site, "2030-09")
    await keep(site, "2030-09")
    assert await months(site, "2030") == ["2030-09", "2030-10"]


async def test_decisions_of_a_future_that_was_none_count_for_nothing(site: Site) -> None:
    """What was decided while the clock was ahead does not make the months in use old."""
    await keep(site, "2030-01")
    await decide(site, "2030-01")
    await keep(site, "2031-01", believed=False)
    await decide(site, "2031-01")
    await keep(site, "2030-01")
    assert await months(site, "2030") == ["2030-01", "2030-02"]
    assert await site.count("runtime.inbox") == 2


@pytest.mark.parametrize("month", ["2031-03", "2020-02"])
async def test_a_month_takes_what_came_before_it(site: Site, month: str) -> None:
    """Rows that are outside the months, because a clock was wrong, are moved into their month when it is made."""
    await decide(site, month)
    assert await site.count("runtime.inbox_other") == 1
    await keep(site, month)
    assert await site.count("runtime.inbox_other") == 0
    assert await site.count("runtime.inbox") == 1


async def test_what_was_decided_by_a_slow_clock_is_known(site: Site) -> None:
    """A command that was decided while the clock was months behind has no second effect when it is right again."""
    await site.worker("projects")
    caller, project_id, command_id = await site.caller(), uuid7(), uuid7()
    await caller.send("projects.create", project_id, creation(project_id), command_id=command_id)
    async with site.engine.begin() as connection:
        await connection.execute(text("UPDATE runtime.inbox SET month = '2020-02-01', decided_at = '2020-02-05'"))
    await site.forget_quickly()

    async def is_answered_again() -> bool:
        return len(caller.outcomes[command_id]) == 2

    async def is_sent_again() -> bool:
        answer = await caller.publish("projects.create", project_id, creation(project_id), command_id=command_id)
        return answer == command_id

    await eventually(is_sent_again)
    await eventually(is_answered_again)
    assert caller.outcomes[command_id][0] == caller.outcomes[command_id][1]
