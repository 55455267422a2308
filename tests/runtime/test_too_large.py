"""What does not fit into a message holds nobody up: neither a lane, nor the outbox, nor who asked."""

import json
from typing import Any

from contracts.ids import uuid7
from tests.support import Site, eventually
from workers.runtime.accepted import MOST_NAMED

SEQUENCES = """
    INSERT INTO projects.sequence (project_id, sequence_id, camera_id, camera_name, start, "end", added_by, added_at)
    SELECT :project_id, gen_random_uuid(), 'cam-1', 'Gate', now(), now(), 'admin', now() FROM generate_series(1, 30000)
"""


async def test_a_body_full_of_mistakes_holds_up_no_lane(site: Site) -> None:
    """Of thousands of mistakes a refusal names a hundred, so that it fits into a message and the lane goes on."""
    await site.worker("administration")
    stranger, admin = await site.caller("stranger"), await site.caller()
    levels = {format(number, "x"): 1 for number in range(7_000)}
    body = json.dumps({"role_id": "x", "name": "x", "permissions": levels}, separators=(",", ":")).encode()
    refused = await stranger.send("administration.define-role", "-", body, headers={"Accept-Language": "fr"})
    assert (refused["error"]["code"], len(refused["error"]["details"]["fields"])) == ("invalid", MOST_NAMED)
    assert (await admin.send("administration.add-type", "-", {"name": "Fall"}))["status"] == "applied"


async def test_a_command_that_leads_to_too_much_is_put_aside(site: Site) -> None:
    """A command whose event no message holds is put aside with an outcome, changes nothing, and the lane goes on."""
    await site.worker("projects")
    caller, project_id = await site.caller(), str(uuid7())
    body = {"project_id": project_id}
    await caller.send("projects.create", project_id, body)
    await site.sql(SEQUENCES, project_id=project_id)
    refused = await caller.send("projects.remove-all-sequences", project_id, body)
    assert (refused["error"]["code"], await site.count("projects.sequence")) == ("unavailable", 30_000)
    assert (await caller.send("projects.delete", project_id, body))["status"] == "applied"


async def test_a_dead_letter_always_fits(site: Site) -> None:
    """What takes six bytes a character in JSON lies among the dead letters in base64, and the outbox goes on."""
    await site.worker("projects")
    caller, project_id = await site.caller("stranger"), uuid7()
    await caller.publish("projects.guess", project_id, b"\x01" * 200_000)

    async def lies_there() -> bool:
        found = await site.sql("SELECT count(*) FROM runtime.outbox")
        return await dead_letters(site) == 1 and found == [(0,)]

    await eventually(lies_there)


async def dead_letters(site: Site) -> int:
    """Return how many letters the stream of the dead holds."""
    ops = await site.nats("ops", "ops")
    answer = await ops.request("$JS.API.STREAM.INFO.DEAD", b"", timeout=5)
    await ops.close()
    return int(json.loads(answer.data)["state"]["messages"])


async def test_an_answer_that_no_message_holds_is_refused(site: Site) -> None:
    """Who asks for more than a message holds is told so at once, and gets it in smaller parts."""
    await site.worker("projects")
    caller, project_id = await site.caller(), str(uuid7())
    body: dict[str, Any] = {"project_id": project_id}
    await caller.send("projects.create", project_id, body)
    for _ in range(55):
        comment = {**body, "comment_id": str(uuid7()), "text": "x" * 20_000}
        await caller.publish("projects.add-comment", project_id, comment)
    await caller.send("projects.update", project_id, {**body, "description": "Full."})
    for tail, limit in (("projects.get", {}), ("projects.history", {"limit": 500})):
        answer, status = await caller.ask(tail, {**body, **limit})
        told = [one["kind"] for one in answer["error"]["details"]["fields"]]
        assert (answer["error"]["code"], status, told) == ("invalid", "400", ["answer_too_large"])
    answer, status = await caller.ask("projects.history", {**body, "limit": 20})
    assert (len(answer["items"]), status) == (20, "")
