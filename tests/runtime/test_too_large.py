"""What does not fit into a message holds nobody up: neither a lane, nor the outbox, nor who asked."""

import json
from typing import Any

import pytest

from contracts.errors import Refusal
from contracts.ids import uuid7
from tests.support import Site, eventually
from tests.support.site import Caller
from workers.runtime.admission.incoming_messages import NAMED_FIELDS_MAX
from workers.runtime.commands.envelopes import MESSAGE_BYTES_MAX
from workers.runtime.queries import query_dispatch

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
    assert refused["error"]["code"] == "invalid"
    assert len(refused["error"]["details"]["fields"]) == NAMED_FIELDS_MAX
    assert (await admin.send("administration.add-type", "-", {"name": "Fall"}))["status"] == "applied"


async def test_a_command_that_leads_to_too_much_is_put_aside(site: Site) -> None:
    """A command whose event no message holds is put aside with an outcome, changes nothing, and the lane goes on."""
    await site.worker("projects")
    caller, project_id = await site.caller(), str(uuid7())
    body = {"project_id": project_id}
    await caller.send("projects.create", project_id, body)
    await site.sql(SEQUENCES, project_id=project_id)
    refused = await caller.send("projects.remove-all-sequences", project_id, body)
    assert refused["error"]["code"] == "unavailable"
    assert await site.count("projects.sequence") == 30_000
    assert (await caller.send("projects.delete", project_id, body))["status"] == "applied"


async def test_a_dead_letter_always_fits(site: Site) -> None:
    """What takes six bytes a character in JSON is among the dead letters in base64, and the outbox goes on."""
    await site.worker("projects")
    caller, project_id = await site.caller("stranger"), uuid7()
    await caller.publish("projects.guess", project_id, b"\x01" * 200_000)

    async def lies_there() -> bool:
        rows = await site.sql("SELECT count(*) FROM runtime.unpublished")
        return await dead_letters(site) == 1 and rows == [(0,)]

    await eventually(lies_there)


async def dead_letters(site: Site) -> int:
    """Return how many letters the stream of the dead holds."""
    ops = await site.overseer()
    answer = await ops.request("$JS.API.STREAM.INFO.DEAD", b"", timeout=5)
    await ops.close()
    return int(json.loads(answer.data)["state"]["messages"])


async def test_a_page_ends_where_a_message_is_full(site: Site) -> None:
    """What others wrote at length makes pages shorter, never unanswered, and their cursors lead on to all of it."""
    await site.worker("projects")
    caller = await site.caller()
    ids = [str(uuid7()) for _ in range(30)]
    for each_id in ids:
        creation = json.dumps({"project_id": each_id, "description": "\U0001f512" * 10_000}, ensure_ascii=False)
        await caller.publish("projects.create", each_id, creation.encode())
    body = {"project_id": ids[0]}
    for number in range(55):
        text = f"{number} " + "x" * 20_000
        await caller.publish(
            "projects.add-comment", ids[0], {**body, "comment_id": str(uuid7()), "text": text[:20_000]}
        )

    async def all_done() -> bool:
        return (await site.count("projects.comment"), await site.count("projects.project")) == (55, 30)

    await eventually(all_done)
    assert len(await pages(caller, "projects.list", {"sort": "number"}, "number")) == 30
    assert len(await pages(caller, "projects.history", {**body, "limit": 500}, "revision")) == 56


async def pages(caller: Caller, tail: str, body: dict[str, Any], name: str) -> set[int]:
    """Read page after page, of which the first must have a next one, and return what is different in each item."""
    results: list[int] = []
    after: dict[str, Any] = {}
    while after or not results:
        answer, status = await caller.ask(tail, {**body, **after})
        assert status == ""
        results += [entry[name] for entry in answer["items"]]
        assert answer["next"] or after
        after = {"after": answer["next"]} if answer["next"] else {}
    assert len(results) == len(set(results))
    return set(results)


async def test_a_project_that_no_message_holds_can_be_opened(site: Site) -> None:
    """A project is answered without the sections that are too large, and says which; all others are there."""
    await site.worker("projects")
    caller, project_id = await site.caller(), str(uuid7())
    await caller.send("projects.create", project_id, {"project_id": project_id, "description": "Much."})
    await site.sql(SEQUENCES, project_id=project_id)
    answer, status = await caller.ask("projects.get", {"project_id": project_id})
    assert status == ""
    assert answer["description"] == "Much."
    assert answer["too_large"] == ["sequences"]
    assert answer["comments"] == []
    assert "sequences" not in answer
    assert answer["withheld"] == []


def test_an_answer_that_no_message_holds_is_refused() -> None:
    """An answer that cannot be made smaller is refused with a reason, because the server would take nothing else."""
    assert query_dispatch.require_sendable((b"x" * MESSAGE_BYTES_MAX, None))
    with pytest.raises(Refusal) as refusal:
        query_dispatch.require_sendable((b"x" * (MESSAGE_BYTES_MAX + 1), None))
    assert refusal.value.as_error("en").details["fields"][0]["reason"].startswith("requests more than fits")
