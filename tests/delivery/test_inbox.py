"""The inbox: one command id of one principal is one command, for ever and everywhere."""

from functools import partial
from uuid import UUID

from contracts.ids import uuid7
from contracts.permissions import Node
from tests.delivery.helpers import Inspector, creation, project_in, wait_for_outcomes
from tests.support import Caller, Site, eventually


async def publish_again(caller: Caller, command_id: UUID, project_id: object) -> None:
    """Publish under an id that was used a moment ago, when the server has forgotten it."""
    body = creation(project_id)
    await eventually(partial(caller.publish, "projects.create", project_id, body, command_id=command_id))


async def test_an_id_twice_in_one_batch_is_one_command(site: Site, inspector: Inspector) -> None:
    """A command that is twice in one batch is applied once, and both copies get the same outcome."""
    caller, project_id, command_id = await site.caller(), uuid7(), uuid7()
    await site.forget_quickly()
    for _ in range(3):
        await publish_again(caller, command_id, project_id)
    running = await site.worker("projects")
    await inspector.wait_until_idle()
    first, second, third = caller.outcomes[command_id]
    assert first == second == third
    assert first["status"] == "applied"
    assert running.delivery.counters.applied == 1
    assert running.delivery.counters.repeated == 2
    assert len(await inspector.events_of(project_id)) == 1


async def test_lanes_that_decide_one_id_at_once_apply_it_once(site: Site, inspector: Inspector) -> None:
    """One id under keys of two lanes is decided once; the other copy is refused as reused."""
    caller = await site.caller()
    await site.forget_quickly()
    ids = [uuid7() for _ in range(12)]
    for lane in (0, 1):
        for command_id in ids:
            await publish_again(caller, command_id, project_in(lane))
    await site.worker("projects")
    await inspector.wait_until_idle()
    assert await site.count("projects.project") == len(ids) == await site.count("runtime.inbox")
    for command_id in ids:
        outcome = caller.outcomes[command_id]
        assert len({decision["result"]["project_id"] for decision in outcome if decision["status"] == "applied"}) == 1
        assert {decision["error"]["code"] for decision in outcome if decision["status"] == "rejected"} == {
            "command-id-reused"
        }


async def test_an_id_belongs_to_its_principal(site: Site, inspector: Inspector) -> None:
    """The same id from two principals is two commands, each with an outcome of its own."""
    admin, olivia = await site.caller("admin"), await site.caller("olivia")
    await site.forget_quickly()
    await site.grant("olivia", {Node.PROJECTS: "manage"})
    command_id, ids = uuid7(), [uuid7(), uuid7()]
    for caller, project_id in zip((admin, olivia), ids, strict=True):
        await publish_again(caller, command_id, project_id)
    await site.worker("projects")
    await inspector.wait_until_idle()
    for caller, project_id in zip((admin, olivia), ids, strict=True):
        results = (await wait_for_outcomes(caller, 1))[command_id]
        assert [result["result"]["project_id"] for result in results] == [str(project_id)]
        assert (await caller.ask("projects.outcome", {"command_id": str(command_id)}))[0] == results[0]


async def test_an_outcome_is_read_by_its_owner_alone(site: Site) -> None:
    """A principal who asks for the outcome of another principal's command learns nothing, not even that it exists."""
    await site.worker("projects")
    admin, project_id = await site.caller(), uuid7()
    outcome = await admin.send("projects.create", project_id, creation(project_id))
    mallory = await site.caller("mallory")
    theirs = await mallory.ask("projects.outcome", {"command_id": outcome["command_id"]})
    nobodys = await mallory.ask("projects.outcome", {"command_id": str(uuid7())})
    for answer, status in (theirs, nobodys):
        assert answer["error"]["code"] == "gone"
        assert status == "404"
    assert theirs[0]["error"]["details"].keys() == nobodys[0]["error"]["details"].keys()


async def test_outcomes_are_published_to_their_owner_alone(site: Site) -> None:
    """Nobody hears the outcomes of another principal."""
    await site.worker("projects")
    admin, mallory, project_id = await site.caller(), await site.caller("mallory"), uuid7()
    subscription = await mallory.nats.subscribe("im.main.out.admin.*")
    outcome = await admin.send("projects.create", project_id, creation(project_id))
    await mallory.nats.flush()
    assert outcome["status"] == "applied"
    assert subscription.pending_msgs == 0
    assert mallory.outcomes == {}
