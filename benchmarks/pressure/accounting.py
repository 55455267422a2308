"""Whether every accepted command has exactly one inbox row, revision, outcome, event and audit entry."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

import psycopg

from benchmarks.commands.testbed import SITE
from benchmarks.pressure.senders import Sender
from benchmarks.pressure.system import System
from incidents import connect
from workers.runtime.bus import streams

_PATIENCE_SECONDS: Final = 90.0
_POLL_SECONDS: Final = 0.1
_SILENCE_SECONDS: Final = 2.0
_COUNTS: Final = {
    "inbox rows": "SELECT count(*) FROM runtime.inbox",
    "projects with a revision": "SELECT sum(revision) FROM projects.project",
    "messages in the outbox": "SELECT sum(size) FROM runtime.outbox WHERE worker = 'projects'",
    "entries of audit": "SELECT count(*) FROM audit.activity WHERE command_id IS NOT NULL",
    "commands in audit": "SELECT count(DISTINCT command_id) FROM audit.activity",
}
_IN_LOG_SERVER: Final = {
    "entries of the log server": "SELECT count(*) FROM entry WHERE command_id IS NOT NULL",
    "commands in the log server": "SELECT count(DISTINCT command_id) FROM entry",
}
_FOREIGN: Final = """
    SELECT count(*) FROM runtime.inbox i FULL JOIN (SELECT DISTINCT command_id FROM audit.activity) a USING (command_id)
    WHERE i.command_id IS NULL OR a.command_id IS NULL
"""


@dataclass(frozen=True, slots=True)
class Account:
    """How many commands were accounted for, and when each was applied."""

    commands: int
    refused: int
    """Commands that the broker did not store."""

    status_queries: int
    """Commands whose outcome was lost on the way with a worker that was killed, and was asked for."""

    repeated: int
    """Events that the stream has twice, which their id reveals."""

    applied_at: list[float]


async def account(system: System) -> Account:
    """Wait until the system has finished, and fail unless every command that was accepted was applied once."""
    await _until(partial(_are_acknowledged, system), "every command is acknowledged")
    expected = {command_id for sender in system.senders for command_id in sender.commands}
    _require_no_faults(system)
    await _until(partial(_reaches, system, "inbox rows", len(expected)), f"{len(expected)} inbox rows")
    rows = await system.query("SELECT command_id::text, extract(epoch FROM decided_at)::float8 FROM runtime.inbox")
    applied_at = dict(rows)
    if lost := expected - applied_at.keys():
        raise AssertionError(f"the inbox lacks {len(lost)} commands\n{system.log_tails()}")
    status_queries = sum([await _ask(system, sender, applied_at) for sender in system.senders])
    _require_no_faults(system)
    for name in _COUNTS:
        await _until(partial(_reaches, system, name, len(expected)), f"{len(expected)} {name}")
    [[created]] = await system.query("SELECT count(*) FROM projects.project")
    for name in _IN_LOG_SERVER:  # which lists what becomes of projects, and not each change of their details
        await _until(partial(_reaches, system, name, created), f"{created} {name}")
    if foreign := (await system.query(_FOREIGN))[0][0]:
        raise AssertionError(f"{foreign} commands are in the inbox or in audit, but not in both")
    repeated = await _events(system) - len(expected)
    if repeated < 0:
        raise AssertionError(f"{-repeated} events are missing in the stream\n{system.log_tails()}")
    refused = sum(sender.refusals for sender in system.senders)
    return Account(len(expected), refused, status_queries, repeated, sorted(applied_at.values()))


async def count_undecided(system: System, before: float) -> int:
    """Return how many commands that were due before a time have no inbox row."""
    due = {key for sender in system.senders for key, command in sender.waiting.items() if command.due_at < before}
    if not due:
        return 0
    query = "SELECT count(*) FROM runtime.inbox WHERE command_id = ANY(%s::uuid[])"
    return len(due) - int((await system.query(query, [list(due)]))[0][0])


async def _ask(system: System, sender: Sender, applied_at: Mapping[str, float]) -> int:
    """Ask for the outcomes that did not arrive, and fail unless all are known.

    A client asks after a silence, so this is how long it would have waited.
    """
    credentials = system.testbed.credentials(sender.principal, "client")
    async with connect(system.testbed.nats_url, credentials, SITE, seconds=_PATIENCE_SECONDS) as client:
        for command_id, command in sender.waiting.items():
            outcome = await client.outcome(UUID(command_id), wait_seconds=1)
            command.outcome_at = max(command.due_at + _SILENCE_SECONDS, applied_at[command_id])
            if outcome.error is not None:
                sender.faults.append(str(outcome))
    return len(sender.waiting)


async def _are_acknowledged(system: System) -> bool:
    return all(command.accepted for sender in system.senders for command in sender.commands.values())


async def _reaches(system: System, name: str, expected: int) -> bool:
    url = system.testbed.log_database_url if name in _IN_LOG_SERVER else ""
    try:
        [[number]] = await system.query({**_COUNTS, **_IN_LOG_SERVER}[name], url=url)
    except psycopg.errors.UndefinedTable:  # audit makes the tables of the log server with its first entry
        return False
    if (number or 0) > expected:
        raise AssertionError(f"{number} {name} of {expected} commands\n{system.log_tails()}")
    return bool(number == expected)


async def _events(system: System) -> int:
    ops = await system.testbed.connect("ops", "ops")
    information: dict[str, Any] = await streams.api(ops, f"STREAM.INFO.{streams.EVENTS}", {})
    return int(information["state"]["messages"])


async def _until(is_so: Callable[[], Awaitable[bool]], goal: str) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not await is_so():
        if time.monotonic() > until:
            raise AssertionError(f"not reached: {goal}")
        await asyncio.sleep(_POLL_SECONDS)


def _require_no_faults(system: System) -> None:
    for sender in system.senders:
        if sender.faults:
            raise AssertionError(f"{len(sender.faults)} outcomes are wrong, the first: {sender.faults[0]}")
