"""Questions that wait for the outcome of a command."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.ids import uuid7
from contracts.subjects import LANES
from contracts.texts import reason
from tests.delivery.helpers import creation
from tests.support import Caller, Site, eventually
from tests.support.system import worker_process
from workers.runtime.process.assembly import run_here
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.queries import outcome_waits
from workers.runtime.queries.fair_queue import WaitingQuery

OUTCOME = "projects.outcome"
DECIDED = """
    INSERT INTO runtime.inbox (command_id, principal, month, fingerprint, outcome, decided_at)
    VALUES (:command_id, 'admin', date_trunc('month', now()), '', :outcome, now())
"""
TAKEN = """
    INSERT INTO reports.request
        (command_id, principal, requested_at, report_id, project_id, refusal_language, show_user_names)
    VALUES (:command_id, 'admin', now(), :command_id, :command_id, 'en', false)
"""


async def question(caller: Caller, command_id: object, seconds: float = 30) -> Any:
    """Wait for an outcome, not until a question of 30 seconds looks for the last time; return answer and status."""
    body = json.dumps({"command_id": str(command_id), "wait_seconds": seconds}).encode()
    answer = await caller.nats.request(f"im.main.qry.{caller.principal}.{OUTCOME}", body, timeout=25)
    return json.loads(answer.data), (answer.headers or {}).get("Nats-Service-Error-Code", "")


async def waiting(running: RunningComponents, count: int = 1) -> None:
    """Wait until so many questions wait in a process, and none of them has a turn."""

    async def wait() -> bool:
        return len(running.query_dispatcher.waits) == count and not running.query_admission._running

    await eventually(wait)


@pytest.fixture
def no_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a waiting question look into the inbox at its beginning and at its end only."""
    monkeypatch.setattr(outcome_waits, "FIRST_LOOK_SECONDS", 3_600)


@pytest.fixture
async def running(site: Site) -> RunningComponents:
    """The projects worker of a site."""
    return await site.worker("projects")


@pytest.mark.usefixtures("running")
async def test_a_known_outcome_is_answered_at_once(site: Site) -> None:
    """The outcome of a decided command is answered without waiting."""
    caller, project_id = await site.caller(), uuid7()
    outcome = await caller.send("projects.create", project_id, creation(project_id))
    assert await question(caller, outcome["command_id"], 0.001) == (outcome, "")


@pytest.mark.usefixtures("no_looks")
async def test_an_outcome_that_arrives_is_answered(site: Site, running: RunningComponents) -> None:
    """A question asked before its command is answered with the outcome that a subscriber gets."""
    caller, command_id, project_id = await site.caller(), uuid7(), uuid7()
    task = asyncio.create_task(question(caller, command_id))
    await waiting(running)
    outcome = await caller.send("projects.create", project_id, creation(project_id), command_id=command_id)
    assert await task == (outcome, "")
    await waiting(running, 0)


@pytest.mark.usefixtures("no_looks")
async def test_another_process_decides(site: Site, running: RunningComponents) -> None:
    """The process that answers hears of a decision that another process has committed."""
    caller, command_id = await site.caller(), uuid7()
    async with worker_process(site, "administration") as other:
        await other.wait_until_ready(60)
        task = asyncio.create_task(question(caller, command_id))
        await waiting(running)
        outcome = await caller.send("administration.add-type", "-", {"name": "Theft"}, command_id=command_id)
        assert await task == (outcome, "")


async def test_an_outcome_that_comes_with_the_progress_is_answered(site: Site, running: RunningComponents) -> None:
    """A command that is concluded while its progress is read is answered with its outcome, and not as pending."""
    caller, command_id = await site.caller(), uuid7()
    outcome = {"command_id": str(command_id), "status": "applied", "revision": 1, "result": {}}

    async def conclude(_: AsyncConnection) -> bytes:
        await site.sql(DECIDED, command_id=command_id, outcome=json.dumps(outcome))
        return b'{"status": "pending"}'

    reply = caller.nats.new_inbox()
    answers = await caller.nats.subscribe(reply)
    await caller.nats.flush()
    query = WaitingQuery("admin", OUTCOME, reply, "en", b"", asyncio.get_running_loop().time())
    awaited = outcome_waits.AwaitedOutcome(command_id, 0.0, conclude)
    running.query_dispatcher.waits.begin(awaited, query, running.nats)
    assert json.loads((await answers.next_msg(timeout=10)).data) == outcome


async def test_an_outcome_that_was_not_heard_is_found(site: Site, running: RunningComponents) -> None:
    """An outcome that is committed while its message is lost is found in the inbox."""
    caller, command_id = await site.caller(), uuid7()
    task = asyncio.create_task(question(caller, command_id))
    await waiting(running)
    outcome = {"command_id": str(command_id), "status": "applied", "revision": 1, "result": {}}
    await site.sql(DECIDED, command_id=command_id, outcome=json.dumps(outcome))
    assert await task == (outcome, "")


@pytest.mark.usefixtures("running")
async def test_an_outcome_that_never_arrives_is_unknown(site: Site) -> None:
    """After its time a question has the answer of one that does not wait."""
    caller, command_id = await site.caller(), uuid7()
    now, later = await question(caller, command_id, 0), await question(caller, command_id, 0.2)
    assert later == now
    assert later[1] == "404"
    assert later[0]["error"]["details"]["fields"][0]["kind"] == "unknown_command"


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("seconds", [-1, 30.1, "5", True, None])
async def test_the_time_has_limits(site: Site, seconds: Any) -> None:
    """A time below 0, above 30 seconds or of another type is refused under its name."""
    answer, status = await question(await site.caller(), uuid7(), seconds)
    assert [field["field"] for field in answer["error"]["details"]["fields"]] == ["wait_seconds"]
    assert status == "400"


async def test_another_principals_command_gives_nothing(site: Site, running: RunningComponents) -> None:
    """The outcome of another principal's command does not answer a question, whenever it comes."""
    owner, other, command_id, project_id = await site.caller(), await site.caller("other"), uuid7(), uuid7()
    task = asyncio.create_task(question(other, command_id, 2.5))
    await waiting(running)
    await owner.send("projects.create", project_id, creation(project_id), command_id=command_id)
    answer, status = await task
    assert answer["error"]["code"] == "gone"
    assert status == "404"


@pytest.mark.usefixtures("no_looks")
async def test_what_is_no_outcome_is_passed_over(site: Site, running: RunningComponents) -> None:
    """Neither an acknowledgement on the subject of an outcome nor another command's outcome is an answer."""
    caller, command_id, project_id = await site.caller(), uuid7(), uuid7()
    task = asyncio.create_task(question(caller, command_id))
    await waiting(running)
    worker = await site.nats("projects", "worker")
    other = {"command_id": str(uuid7()), "status": "applied"}
    for body in (b'{"stream": "COMMANDS", "seq": 1}', b"\xff", b"", json.dumps(other).encode()):
        await worker.publish(f"im.main.out.admin.{command_id}", body)
    await worker.flush()
    outcome = await caller.send("projects.create", project_id, creation(project_id), command_id=command_id)
    assert await task == (outcome, "")


async def test_too_many_questions_are_refused(
    site: Site, running: RunningComponents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A principal with its share of waiting questions is refused; its other queries and other principals are not."""
    monkeypatch.setattr(outcome_waits, "WAITS_PER_PRINCIPAL_MAX", 20)
    caller, other = await site.caller(), await site.caller("other")
    questions = [asyncio.create_task(question(caller, uuid7())) for _ in range(20)]
    await waiting(running, 20)
    answer, status = await question(caller, uuid7())
    (field,) = answer["error"]["details"]["fields"]
    assert status == "503"
    assert field["reason"] == reason("too_many_waits", "en")
    assert answer["error"]["details"]["retry_after_seconds"] == 1
    assert (await caller.ask("projects.list", {}))[1] == ""
    assert (await question(other, uuid7(), 0.1))[1] == "404"
    for task in questions:
        task.cancel()


async def test_a_full_process_lets_everybody_wait_once(
    site: Site, running: RunningComponents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all places are taken, a principal may have one waiting question."""
    monkeypatch.setattr(outcome_waits, "WAITS_MAX", 2)
    caller, other = await site.caller(), await site.caller("other")
    questions = [asyncio.create_task(question(caller, uuid7())) for _ in range(2)]
    await waiting(running, 2)
    questions.append(asyncio.create_task(question(other, uuid7())))
    await waiting(running, 3)
    assert [(await question(each, uuid7()))[1] for each in (caller, other)] == ["503", "503"]
    for task in questions:
        task.cancel()


async def test_waiting_questions_hold_no_connection(site: Site, running: RunningComponents) -> None:
    """Many waiting questions take neither a connection to the database nor a turn of the fair queue."""
    caller = await site.caller()
    questions = [asyncio.create_task(question(caller, uuid7())) for _ in range(30)]
    await waiting(running, 30)
    pool: Any = running.engine.pool

    async def only_lanes_have_one() -> bool:
        return bool(pool.checkedout() <= LANES + 2)

    await eventually(only_lanes_have_one)
    assert (await caller.ask("projects.list", {}))[1] == ""
    for task in questions:
        task.cancel()


async def test_a_worker_that_stops_answers_them(site: Site, running: RunningComponents) -> None:
    """When its process stops, a waiting question is answered that another process can be asked."""
    caller = await site.caller()
    async with run_here(running.worker, site.settings("projects")) as second:
        questions = [asyncio.create_task(question(caller, uuid7())) for _ in range(20)]

        async def all_wait() -> bool:
            return len(second.query_dispatcher.waits) + len(running.query_dispatcher.waits) == len(questions)

        await eventually(all_wait)
        stopped = len(second.query_dispatcher.waits)

    async def are_answered() -> bool:
        return len([task for task in questions if task.done()]) == stopped > 0

    await eventually(are_answered)
    answers = [task.result() for task in questions if task.done()]
    assert {(answer["error"]["retryable"], status) for answer, status in answers} == {(True, "503")}
    for task in questions:
        task.cancel()


@pytest.mark.usefixtures("running", "no_looks")
async def test_a_command_that_is_taken_meanwhile_is_pending(site: Site, running: RunningComponents) -> None:
    """A question asked before its command is taken says at its end how far it is, and not that it is unknown."""
    caller, command_id = await site.caller(), uuid7()
    task = asyncio.create_task(question(caller, command_id, 1))
    await waiting(running)
    await site.sql(TAKEN, command_id=command_id)
    assert await task == ({"command_id": str(command_id), "status": "pending", "done": 0, "total": 1}, "")
