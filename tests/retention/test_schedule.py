"""Sweeps that nobody asks for."""

from collections.abc import Sequence
from typing import Any

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.retention import Sweep
from tests.projects.helpers import refusal_of
from tests.retention.conftest import EventsByKind, Fill
from tests.support import Site, eventually

OFTEN = 0.1
ENDED_LICENCE = "INSERT INTO administration.licence VALUES (true, 'token', '1', 'expert', now(), 'admin', now())"


async def outcomes(site: Site, at_least: int) -> Sequence[Any]:
    """Wait for so many decided wishes of the schedule."""

    async def decided() -> list[Any]:
        rows = await site.sql("SELECT outcome FROM runtime.inbox WHERE outcome LIKE '%created_before%'")
        return rows if len(rows) >= at_least else []

    return await eventually(decided)


async def test_what_expires_goes_by_itself(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """Expired projects are deleted automatically, and the log says that `system` did it (RET-03, AMB-5)."""
    await site.workers("projects")
    await fill(150, days=8)
    await site.worker("retention", sweep_seconds=OFTEN)

    async def ended() -> bool:
        return [event["deleted"] for event in happened.get("retention.swept", [])] == [150]

    await eventually(ended)
    assert {event["actor"] for event in happened["retention.sweep-started"]} == {"system"}
    assert await site.count("projects.project") == 0


async def test_what_expires_goes_without_a_licence(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """Expired projects are deleted when the licence has expired, too; people are refused to begin a sweep (RET-03)."""
    await site.workers("projects")
    await fill(3, days=8)
    await site.sql(ENDED_LICENCE)
    await site.worker("retention", sweep_seconds=OFTEN)

    async def ended() -> bool:
        return [event["deleted"] for event in happened.get("retention.swept", [])] == [3]

    await eventually(ended)
    assert await site.count("projects.project") == 0
    assert (await refusal_of((await site.client()).send(Sweep()))).code is Code.NOT_LICENSED


async def test_schedule_leaves_no_trace_without_reason(site: Site, happened: EventsByKind) -> None:
    """When nothing is due, the schedule says nothing."""
    await site.worker("retention", sweep_seconds=OFTEN)
    await outcomes(site, at_least=3)
    assert happened == {}


async def test_a_look_that_finds_nothing_due_is_a_sweep_that_has_ended(site: Site) -> None:
    """When nothing is due, the time of the last sweep moves on: an alert watches its age."""
    await site.worker("retention", sweep_seconds=OFTEN)
    await outcomes(site, at_least=1)
    assert await site.count("retention.last_sweep") == 1


async def test_schedule_does_not_double_a_sweep(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """While a sweep is under way the schedule begins no other one."""
    await site.workers("projects")
    await fill(1, days=8)
    await site.sql("INSERT INTO retention.sweep VALUES (:id, now() - interval '7 days', now(), 1, 0)", id=uuid7())
    await site.worker("retention", sweep_seconds=OFTEN)
    await outcomes(site, at_least=3)
    assert "retention.sweep-started" not in happened
    assert await site.count("projects.project") == 1


async def test_stalled_sweep_makes_room(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """A sweep whose chains were lost ends with what it did, and another one begins."""
    lost = uuid7()
    await site.workers("projects")
    await fill(1, days=8)
    await site.sql("INSERT INTO retention.sweep VALUES (:id, now(), now() - interval '2 hours', 1, 40)", id=lost)
    await site.worker("retention", sweep_seconds=OFTEN)

    async def both_ended() -> list[dict[str, Any]]:
        ended = happened.get("retention.swept", [])
        return ended if len(ended) == 2 else []

    ended = await eventually(both_ended)
    assert [(sweep["sweep_id"] == str(lost), sweep["deleted"]) for sweep in ended] == [(True, 40), (False, 1)]
