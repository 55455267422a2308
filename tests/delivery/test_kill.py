"""Whatever is killed: one outcome, one effect, one entry for every accepted command."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from itertools import chain
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.permissions import Node
from contracts.subjects import COMMANDED, WORKERS
from tests.delivery.helpers import Inspector
from tests.delivery.traffic import (
    SentCommand,
    expected_entries,
    project_commands,
    publish_all,
    report_request,
    type_definition,
)
from tests.support import Caller, Site, eventually
from tests.support.system import environment
from workers.local.supervision.supervisor import Supervisor
from workers.runtime.storage.database import open_engine

SECONDS = 2.0
"""Seconds between two kills."""

TURN = (*WORKERS, "projects")
PROJECTS, CHANGES = 10, 49
"""Of each of the four clients: 10 projects of 50 commands make 2,000 commands."""

DECIDED = "runtime.inbox WHERE principal NOT LIKE '~%' AND principal <> 'system'"
ENTRIES = "SELECT coalesce(command_id::text, ''), activity FROM {} WHERE activity NOT LIKE 'retention.%'"
COUNTED = """
    SELECT (SELECT count(*) FROM audit.activity WHERE activity = 'audit.refused')
        + (SELECT coalesce(sum(more), 0) FROM runtime.surplus)
        + (SELECT coalesce(sum((details ->> 'count')::int), 0) FROM audit.activity
           WHERE activity = 'audit.surplus-counted')
"""
"""Refusals beyond twenty a minute of one principal in one lane are counted, and not recorded one by one."""


@pytest.fixture
async def supervisor(site: Site) -> AsyncIterator[Supervisor]:
    """All workers as supervised processes."""
    environments = {name: environment(site, name) for name in WORKERS}
    supervisor = Supervisor(environments, site.directory / "logs")
    supervisor.start()
    yield supervisor
    await supervisor.stop()


@pytest.fixture
async def callers(site: Site) -> list[Caller]:
    """Four principals, one of whom may not record calls."""
    permissions = {
        Node.PROJECTS: "manage",
        Node.MAIN_DETAILS: "manage",
        Node.COMMENTS: "manage",
        Node.SEQUENCES: "manage",
    }
    for principal in ("olivia", "pierre"):
        await site.grant(principal, {**permissions, Node.CALLS: "manage"})
    await site.grant("karl", permissions)
    return [await site.caller(principal) for principal in ("admin", "olivia", "pierre", "karl")]


def traffic(callers: list[Caller]) -> list[list[SentCommand]]:
    """Return 2,000 commands in as many portions as there are kills, with some for the other workers."""
    stories = [list(project_commands(caller, CHANGES)) for caller in callers for _ in range(PROJECTS)]
    rounds = list(chain.from_iterable(zip(*stories, strict=True)))
    size = -(-len(rounds) // len(TURN))
    portions = [rounds[start : start + size] for start in range(0, len(rounds), size)]
    for portion in portions:
        portion += [type_definition(callers[0]), report_request(callers[0], stories[0][0].key)]
    return portions


async def kill_in_turn(site: Site, supervisor: Supervisor, portions: list[list[SentCommand]]) -> None:
    """Publish portion after portion, twice, and kill a process in the middle of each."""
    loop = asyncio.get_running_loop()
    workers = {worker.name: worker for worker in supervisor.workers}
    due = loop.time()
    for name, portion in zip(TURN, portions, strict=True):
        decided = await site.count(DECIDED)
        publishing = asyncio.create_task(publish_all(portion))

        async def is_due(of: str = name, at: float = due, before: int = decided) -> bool:
            return loop.time() >= at and workers[of].pid is not None and await site.count(DECIDED) > before

        await eventually(is_due)
        os.kill(workers[name].pid or 0, signal.SIGKILL)
        due = loop.time() + SECONDS
        await publishing
        await publish_all(portion)


async def outcomes_of(commands: list[SentCommand]) -> dict[UUID, dict[str, Any]]:
    """Return the outcome of each command, asking again for those that nobody heard; all copies are the same."""
    results: dict[UUID, dict[str, Any]] = {}
    for command in commands:
        outcome = command.caller.outcomes.get(command.id, [])
        answer, status = (
            (outcome[0], "")
            if outcome
            else await command.caller.ask("projects.outcome", {"command_id": str(command.id)})
        )
        assert status == ""
        assert all(copy == answer for copy in outcome)
        results[command.id] = answer
    return results


async def entries(url: str, table: str) -> Counter[tuple[str, str]]:
    """Return what a store of the audit holds."""
    engine = open_engine(url, connections=1)
    async with engine.connect() as connection:
        rows = Counter((key, two) for key, two in await connection.execute(text(ENTRIES.format(table))))
    await engine.dispose()
    return rows


def without_refusals(entries: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Leave out what is recorded one by one only so many times a minute."""
    return Counter({(key, two): number for (key, two), number in entries.items() if not two.startswith("audit.")})


async def test_nothing_is_lost_or_doubled_by_kills(
    site: Site, inspector: Inspector, supervisor: Supervisor, callers: list[Caller]
) -> None:
    """Every command has one outcome and one effect, and both stores its entries once, whatever is killed."""
    await site.forget_quickly()
    portions = traffic(callers)
    commands = list(chain.from_iterable(portions))
    await kill_in_turn(site, supervisor, portions)
    assert min(worker.restarts for worker in supervisor.workers) >= 1
    for name in COMMANDED:
        await inspector.wait_until_idle(name)
    outcomes = await outcomes_of(commands)
    assert await site.count(DECIDED) == len(commands) == len(outcomes)
    await has_each_effect_once(site, commands, outcomes)
    incident_manager, log_server = map(without_refusals, expected_entries(commands, outcomes))

    refused = sum(
        outcome["status"] == "rejected" and outcome["error"]["code"] != "gone" for outcome in outcomes.values()
    )

    async def are_kept() -> bool:
        assert without_refusals(await entries(site.database_url, "audit.activity")) == incident_manager
        assert (await site.sql(COUNTED))[0][0] == refused
        return without_refusals(await entries(site.log_database_url, "entry")) == log_server

    await eventually(are_kept)
    assert await inspector.dead_letters() == []


async def has_each_effect_once(site: Site, commands: list[SentCommand], outcomes: dict[UUID, dict[str, Any]]) -> None:
    """Compare the tables with the outcomes."""
    applied = [command for command in commands if outcomes[command.id]["status"] == "applied"]
    verbs = Counter(sent_command.tail.split(".")[1] for sent_command in applied)
    for table, verb in (
        ("project", "create"),
        ("comment", "add-comment"),
        ("call", "add-call"),
        ("sequence", "add-sequences"),
    ):
        assert await site.count(f"projects.{table}") == verbs[verb]
    assert await site.count("administration.property") == verbs["add-type"] == len(TURN)
    assert await site.count("reports.report") == verbs["generate"] > 0
    revisions: dict[str, list[int]] = {}
    for sent_command in applied:
        if sent_command.tail.startswith("projects."):
            revisions.setdefault(sent_command.key, []).append(outcomes[sent_command.id]["revision"])
    rows = {str(key): revision for key, revision in await site.sql("SELECT id, revision FROM projects.project")}
    assert rows == {key: len(changes) for key, changes in revisions.items()}
    assert all(revisions_of == list(range(1, len(revisions_of) + 1)) for revisions_of in revisions.values())
