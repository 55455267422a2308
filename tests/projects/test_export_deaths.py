"""Ten exports while the worker of projects and its children are killed at random moments.

EXPORT_DEATHS and EXPORT_SEED take other numbers.
"""

import asyncio
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from random import Random
from uuid import UUID

import psutil
import pytest

from contracts.audit import SiteLog
from contracts.evidence import bag
from contracts.message import Outcome
from contracts.projects.export_control import ExportState, ListExports
from contracts.projects.exports import ExportProject, ProjectExported
from incidents import Client, Refused
from incidents.evidence.verification import verify
from tests.projects.packages import PASSWORD, fetch, unzip
from tests.projects.test_export_many import create
from tests.support import Site, eventually
from tests.support.system import WorkerProcess, worker_process

EXPORTS = 10
DEATHS = int(os.environ.get("EXPORT_DEATHS", "6"))
CHANCE = Random(int(os.environ.get("EXPORT_SEED", "1")))
"""Who is killed, and when: the same with the same seed."""

PATIENCE_SECONDS = 120.0
LIFE_SECONDS_MAX = 1.5


def commands(ids: list[UUID]) -> list[ExportProject]:
    """Return exports of one and of several projects, with and without a password."""
    password = {1: PASSWORD, 2: PASSWORD}
    return [
        ExportProject(project_id=ids[place], password=password.get(place % 4))
        if place % 2
        else ExportProject(project_ids=ids[place:] or ids, password=password.get(place % 4))
        for place in range(EXPORTS)
    ]


def kill_child(process: WorkerProcess) -> bool:
    """Take a child of a worker away, if there is one."""
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children():
            child.kill()
            return True
    return False


async def live_and_die(site: Site, ending: asyncio.Event) -> None:
    """Run the worker until a random moment, or until `ending` is set; then its child or itself is killed."""
    async with worker_process(site, "projects") as process:
        await process.wait_until_ready(PATIENCE_SECONDS)
        for _ in range(CHANCE.randint(1, 4)):
            with suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), CHANCE.uniform(0, LIFE_SECONDS_MAX))
            kill_child(process)
        await process.kill()


async def require_right_package(client: Client, command: ExportProject, outcome: Outcome) -> None:
    """Require that a package is whole, verified, and of the projects that were named."""
    exported = ProjectExported.model_validate(outcome.result, strict=False)
    data = await fetch(client, exported.package)
    assert verify(data, password=command.password).verified
    files = unzip(data, command.password)
    assert bag.differences(bag.digests(files), files) == []
    named = [str(each) for each in command.project_ids or (command.project_id,)]
    assert [str(each.project_id) for each in exported.package.projects] == named
    assert exported.package.left_out == []


def require_clear_refusal(outcome: Outcome) -> None:
    """Require that an export was refused for the deaths alone, with a sentence."""
    error = outcome.error or {}
    assert error["code"] == "unavailable"
    assert bool(error["message"])


async def outcome_of(client: Client, command_id: UUID) -> Outcome:
    """Wait for the outcome of an export, also while nobody answers."""
    outcomes: list[Outcome] = []

    async def is_known() -> bool:
        with suppress(Refused):
            outcomes[:] = [await client.outcome(command_id)]
        return bool(outcomes) and not outcomes[0].is_pending

    await eventually(is_known, within=3 * PATIENCE_SECONDS)
    return outcomes[0]


async def are_recorded(client: Client, expected: Iterable[tuple[UUID, UUID | None]]) -> bool:
    """Tell whether the audit log has each project of each package once, and nothing else."""
    log = await client.ask(SiteLog(activities=["projects.exported"], with_activity=True, limit=500))
    listed = ((UUID(entry.details["package"]["package_id"]), entry.project_id) for entry in log.items)
    return sorted(listed, key=str) == sorted(expected, key=str)


async def require_ends(
    client: Client, requests: Mapping[UUID, ExportProject], outcomes: Mapping[UUID, Outcome]
) -> None:
    """Require that each export ended in one way, in its outcome, in the list of exports and in the audit log."""
    listed = {each.export_id: each.state for each in (await client.ask(ListExports())).items}
    expected = list[tuple[UUID, UUID | None]]()
    for command_id, outcome in outcomes.items():
        if outcome.error is not None:
            assert listed[command_id] is ExportState.FAILED
            require_clear_refusal(outcome)
        else:
            assert listed[command_id] is ExportState.MADE
            await require_right_package(client, requests[command_id], outcome)
            package = ProjectExported.model_validate(outcome.result, strict=False).package
            expected += [(package.package_id, each.project_id) for each in package.projects]
    await eventually(lambda: are_recorded(client, expected))


@pytest.mark.timeout(4 * PATIENCE_SECONDS)
async def test_exports_end_whoever_dies(site: Site) -> None:
    """Each export ends as one right package or one clear refusal, once in every store, and none is left pending."""
    async with worker_process(site, "projects") as first:
        await first.wait_until_ready(PATIENCE_SECONDS)
        client = await site.client()
        requests = commands(await create(client, EXPORTS))
        ids = [(await client.submit(command)).command_id for command in requests]
    await site.workers("reports", "audit")
    ended = asyncio.Event()

    async def wait_for_all() -> list[Outcome]:
        try:
            return list(await asyncio.gather(*(outcome_of(client, each) for each in ids)))
        finally:
            ended.set()

    waiting = asyncio.create_task(wait_for_all())
    for _ in range(DEATHS):
        if not ended.is_set():
            await live_and_die(site, ended)
    await site.worker("projects")
    outcomes = await waiting
    await require_ends(client, dict(zip(ids, requests, strict=True)), dict(zip(ids, outcomes, strict=True)))
