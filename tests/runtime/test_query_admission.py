"""The door: one client's queries hold up nobody else's, whatever it sends and however fast."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from nats.aio.msg import Msg
from sqlalchemy import text

from contracts.ids import uuid7
from contracts.permissions import Node
from tests.support import Site, eventually
from tests.support.site import Caller
from workers.local.run_worker import slice_of
from workers.runtime.process.assembly import run_here
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.queries.fair_queue import REFUSALS_PER_SECOND_MAX
from workers.runtime.queries.query_admission import RUNNING_QUERIES_MAX, language_in
from workers.runtime.queries.refusal_log_limit import LOGGED_PER_MINUTE_MAX

SHARE = {"queries_running": 2, "queries_waiting": 3}
LIST = "im.main.qry.{}.projects.list"


@asynccontextmanager
async def project_reads_blocked(site: Site) -> AsyncIterator[None]:
    """Let every query that reads projects wait."""
    async with site.engine.begin() as connection:
        await connection.execute(text("LOCK TABLE projects.project IN ACCESS EXCLUSIVE MODE"))
        yield


async def collect_answers(caller: Caller) -> list[Msg]:
    """Collect what comes into an inbox of a caller, `_INBOX_<name>.flood`."""
    results: list[Msg] = []

    async def keep(message: Msg) -> None:
        results.append(message)

    await caller.nats.subscribe(f"_INBOX_{caller.principal}.flood", cb=keep)
    return results


async def flood(caller: Caller, count: int, body: bytes = b"{}") -> None:
    """Ask so often without waiting."""
    for _ in range(count):
        subject, reply = LIST.format(caller.principal), f"_INBOX_{caller.principal}.flood"
        await caller.nats.publish(subject, body, reply=reply)
    await caller.nats.flush()


async def arrived(running: RunningComponents, count: int) -> None:
    """Wait until so many queries were turned away or dropped."""

    async def are_counted() -> bool:
        counters = running.query_dispatcher.counters
        return counters.turned_away + counters.dropped == count

    await eventually(are_counted)


@pytest.fixture
async def running(site: Site) -> RunningComponents:
    """The projects worker of a site on which two people may see projects."""
    for name in ("eve", "bob"):
        await site.grant(name, {Node.PROJECTS: "view"})
    return await site.worker("projects", **SHARE)


async def test_a_flood_is_turned_away_and_others_are_answered(site: Site, running: RunningComponents) -> None:
    """Beyond its share a principal is refused with when to come again, and then dropped; another is answered."""
    eve, bob = await site.caller("eve"), await site.caller("bob")
    answers = await collect_answers(eve)
    async with project_reads_blocked(site):
        await flood(eve, 5 + REFUSALS_PER_SECOND_MAX + 100)
        await arrived(running, REFUSALS_PER_SECOND_MAX + 100)
        answer, _ = await bob.ask("projects.outcome", {"command_id": str(uuid7())})
        assert answer["error"]["code"] == "gone"
        refused = [json.loads(answer.data)["error"] for answer in answers]
    assert {error["code"] for error in refused} == {"unavailable"}
    assert all(error["retryable"] and 1 <= error["details"]["retry_after_seconds"] <= 5 for error in refused)
    assert refused[0]["details"]["fields"][0]["kind"] == "too_many_queries"
    assert running.query_dispatcher.counters.dropped > 0


async def test_what_was_let_in_is_answered_after_a_flood(site: Site, running: RunningComponents) -> None:
    """Every query of a share is answered once the database is there again, and the next one, too."""
    eve = await site.caller("eve")
    answers = await collect_answers(eve)
    async with project_reads_blocked(site):
        await flood(eve, 5)

        async def waits() -> bool:
            return bool(running.query_admission._turns.waiting == 3)

        await eventually(waits)

    async def are_answered() -> bool:
        return len([answer for answer in answers if "items" in json.loads(answer.data)]) == 5

    await eventually(are_answered)
    assert (await eve.ask("projects.list", {}))[1] == ""


async def test_many_principals_take_no_more_than_there_is(site: Site, running: RunningComponents) -> None:
    """However many principals ask, no more queries than a process answers at once have a connection."""
    callers = [await site.caller(f"p{number}") for number in range(RUNNING_QUERIES_MAX)]
    async with project_reads_blocked(site):
        for caller in callers:
            await site.grant(caller.principal, {Node.PROJECTS: "view"})
            await flood(caller, 2)

        async def wait() -> bool:
            return bool(
                len(running.query_admission._running) == RUNNING_QUERIES_MAX
                and running.query_admission._turns.waiting == RUNNING_QUERIES_MAX
            )

        await eventually(wait)


@pytest.mark.parametrize(
    "block", [b"NATS/1.0 \xff\xff\xff\r\n\r\n", b"NATS/1.0 200 \xff\xff\r\n\r\n", b"X\r\n\r\n", b"\r\n\r\n"]
)
async def test_no_header_makes_the_door_deaf(site: Site, running: RunningComponents, block: bytes) -> None:
    """A query is answered whatever its header block holds, and so is everybody's next one."""
    eve, bob = await site.caller("eve"), await site.caller("bob")
    answers = await collect_answers(eve)
    line = b"HPUB im.main.qry.eve.projects.list _INBOX_eve.flood %d %d\r\n" % (len(block), len(block) + 2)
    await eve.nats._send_command(line + block + b"{}\r\n")
    await eve.nats.flush()

    async def is_answered() -> bool:
        return len(answers) == 1

    await eventually(is_answered)
    assert (await bob.ask("projects.list", {}))[1] == ""
    assert running.query_dispatcher.counters.answered == 2


async def test_a_worker_that_stops_answers_what_it_let_in(site: Site) -> None:
    """A query that runs or waits when its process is asked to end is answered before it ends."""
    await site.grant("eve", {Node.PROJECTS: "view"})
    eve, ending, worked = await site.caller("eve"), asyncio.Event(), list[RunningComponents]()
    answers = await collect_answers(eve)

    async def work() -> None:
        async with run_here(slice_of("projects"), site.settings("projects", **SHARE)) as process:
            worked.append(process)
            await ending.wait()

    async def is_busy() -> bool:
        return len(worked[0].query_admission._running) == 2 and worked[0].query_admission._turns.waiting == 2

    async def is_ending() -> bool:
        return not worked[0].serving

    working = asyncio.create_task(work())
    await eventually(partial(_ready, worked))
    async with project_reads_blocked(site):
        await flood(eve, 4)
        await eventually(is_busy)
        ending.set()
        await eventually(is_ending)
    await working
    await eventually(partial(_many, answers, 4))


async def _ready(worked: list[RunningComponents]) -> bool:
    return bool(worked and worked[0].serving)


async def _many(messages: list[Msg], count: int) -> bool:
    return len(messages) == count


async def test_nobody_fills_the_log_with_attempts(site: Site) -> None:
    """Of what one principal may not ask so many attempts a minute are logged; the others are counted."""
    running, visitor = await site.worker("projects"), await site.caller("visitor")
    for _ in range(LOGGED_PER_MINUTE_MAX + 5):
        answer, _ = await visitor.ask("projects.list", {})
        assert answer["error"]["code"] == "not-available"
    assert running.query_dispatcher.counters.unlogged_attempts == 5

    async def are_published() -> bool:
        return not await site.count("runtime.unpublished WHERE subject LIKE '%.refused'")

    await eventually(are_published)
    assert running.relay.published == LOGGED_PER_MINUTE_MAX


@pytest.mark.parametrize(
    "block, language",
    [
        (None, "en"),
        (b"NATS/1.0\r\nAccept-Language: fr\r\n\r\n", "fr"),
        (b"NATS/1.0\r\naccept-language:fr-CA, en;q=0.5\r\n\r\n", "fr"),
        (b"NATS/1.0\r\nX: Accept-Language: fr\r\n\r\n", "en"),
        (b"\xff\nAccept-Language", "en"),
        (b"NATS/1.0\r\nAccept-Language: " + b"fr," * 10_000, "fr"),
    ],
)
def test_a_language_is_found_in_any_bytes(block: bytes | None, language: str) -> None:
    """The wish for a language is read from a block of headers, and no block is a fault."""
    assert language_in(block) == language
