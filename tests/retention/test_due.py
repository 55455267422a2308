"""Asking what retention deletes next."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.errors import Code
from contracts.properties import AddType
from contracts.retention import DueProject, ListDue, PreviewRetention, Sweep
from contracts.retention_policies import SetPolicy
from contracts.values import EARLIEST
from incidents import Client
from tests.client.command_line import incidents
from tests.client.interactive import environment
from tests.projects.helpers import refusal_of
from tests.retention.conftest import EventsByKind, Fill
from tests.retention.helpers import Holder
from tests.support import Site, eventually
from workers.retention.retention_rules import RetentionRules

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAYS = st.integers(1, 365_000)


async def due(client: Client, **fields: Any) -> list[DueProject]:
    """Read the list to its end."""
    page = await client.ask(ListDue(**fields))
    projects = list(page.items)
    while page.next:
        page = await client.ask(ListDue(**fields, after=page.next))
        projects += page.items
    return projects


async def test_the_soonest_comes_first(site: Site, fill: Fill) -> None:
    """Projects are listed in the order of their deletion, page by page, each with the moment of its expiry (RET-01)."""
    holder = await Holder.start(site)
    ids = [(await fill(1, days=days))[0] for days in (1, 9, 4, 6.5, 30)]
    entries = await due(holder.client, limit=2)
    assert [entry.project_id for entry in entries] == [ids[4], ids[1], ids[3], ids[2], ids[0]]
    assert {entry.expires_at - entry.created_at for entry in entries} == {timedelta(days=7)}
    await site.sql("UPDATE administration.settings SET retention_days = 365000")
    assert {project.expires_at - project.created_at for project in await due(holder.client)} == {
        timedelta(days=365_000)
    }


async def test_only_what_expires_within_some_days(site: Site, fill: Fill) -> None:
    """Asked for so many days ahead, the list ends there; zero days stand for what a sweep would delete now."""
    holder = await Holder.start(site)
    old, soon, late = [(await fill(1, days=days))[0] for days in (8, 6.5, 1.5)]
    for within, expected in ((0, [old]), (1, [old, soon]), (5, [old, soon]), (6, [old, soon, late])):
        assert [project.project_id for project in await due(holder.client, within_days=within)] == expected
    assert [project.project_id for project in await due(holder.client, within_days=365_000)] == [old, soon, late]


async def test_what_is_held_or_exempt_is_not_due(site: Site, fill: Fill, happened: EventsByKind) -> None:
    """Neither held nor exempt projects are due, counted or swept; released ones are (RET-03, RET-05, AMB-6)."""
    holder = await Holder.start(site)
    await fill(2, days=900, exempt=True)
    ids: list[UUID] = await fill(3, days=8)
    for project_id in ids:
        await holder.hold(project_id)
    assert await due(holder.client) == []
    assert (await holder.client.ask(PreviewRetention())).due == 0
    assert (await holder.client.send(Sweep())).due == 0
    await holder.release(ids[1])
    assert [project.project_id for project in await due(holder.client)] == [ids[1]]
    assert (await holder.client.send(Sweep())).due == 1

    async def swept() -> bool:
        return [event["deleted"] for event in happened.get("retention.swept", [])] == [0, 1]

    await eventually(swept)
    assert await site.count("projects.project") == 4


@given(DAYS, st.integers(0, 365_000), st.integers(0, (NOW - EARLIEST).days - 1))
def test_due_within_is_what_a_later_sweep_deletes(days: int, within: int, age: int) -> None:
    """What is due within some days is what a sweep after these days would find, for any retention time (AMB-4)."""
    created = NOW - timedelta(days=age, hours=1)
    later = NOW + timedelta(days=within)
    rules = RetentionRules(days, "UTC", [])
    assert (created < rules.created_before(NOW, within)) is (created < rules.created_before(later))


@pytest.mark.parametrize("days", [-1, 365_001, 1.5])
def test_other_spans_are_refused(days: float) -> None:
    """One looks ahead by whole days, none to 365,000."""
    with pytest.raises(ValidationError):
        ListDue.model_validate({"within_days": days})


async def test_one_project_is_asked_for(site: Site, fill: Fill) -> None:
    """The answer is about that project alone, empty if it is kept for longer, and a refusal if it is gone."""
    holder = await Holder.start(site)
    [soon], [exempt] = await fill(1, days=6.5), await fill(1, days=6.5, exempt=True)
    for project_id, within, count in ((soon, None, 1), (soon, 1, 1), (soon, 0, 0), (exempt, None, 0)):
        page = await holder.client.ask(ListDue(project_id=project_id, within_days=within))
        assert [project.project_id for project in page.items] == [project_id] * count
    await holder.delete(soon)
    assert (await refusal_of(holder.client.ask(ListDue(project_id=soon)))).code is Code.GONE


async def test_a_change_that_lets_a_project_expire_says_so(site: Site, fill: Fill) -> None:
    """After another type, status or category the command line tells if the project expires within a day."""
    holder = await Holder.start(site, "administration")
    number, later = 1, 2
    await fill(1, days=3)
    await fill(1, days=1)
    visit = (await holder.client.send(AddType(name="Visit"))).id
    await holder.client.send(SetPolicy(policy_id="visits", property_id=visit, days=3, confirm=0))
    sentences = {}
    for project in (number, later):
        line = ("projects", "update", project, "--type", "Visit")
        sentences[project] = (await incidents(*line, environment=environment(site, "admin"))).err
    assert "the next sweep then deletes it" in sentences[number]
    assert sentences[later] == ""
