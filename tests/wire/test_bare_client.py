"""The wire as a client in any language meets it: nats-py alone, no code of ours on the client's side."""

from functools import partial
from typing import Any

import pytest
from nats.errors import Error as NatsError

from contracts.ids import uuid7
from tests.support import Caller, Site, eventually


@pytest.fixture
async def projects(site: Site) -> Site:
    """A site whose projects worker runs."""
    await site.worker("projects")
    return site


def creation(**fields: Any) -> dict[str, Any]:
    """Return the body of a creation."""
    return {"project_id": str(uuid7()), "description": "A bag was left at gate 4.", **fields}


async def created(caller: Caller) -> str:
    """Create a project and return its id."""
    body = creation()
    outcome = await caller.send("projects.create", body["project_id"], body)
    assert outcome["status"] == "applied", outcome
    return str(body["project_id"])


async def test_create_outcome_and_read_back(projects: Site) -> None:
    """A project can be created, its outcome heard and asked again, and the project read back."""
    caller = await projects.caller()
    body = creation()
    outcome = await caller.send("projects.create", body["project_id"], body)
    assert outcome["status"] == "applied"
    assert outcome["revision"] == 1
    assert outcome["result"]["number"] == 1
    again, _ = await caller.ask("projects.outcome", {"command_id": outcome["command_id"]})
    assert again == outcome
    project, _ = await caller.ask("projects.get", {"project_id": body["project_id"]})
    assert project["description"] == body["description"]
    assert project["status_id"] is None


async def test_nobody_publishes_as_another(projects: Site) -> None:
    """A command published under another principal's name never reaches a worker."""
    mallory = await projects.caller("mallory")
    mallory.principal = "admin"
    body = creation()
    with pytest.raises(NatsError):
        await mallory.publish("projects.create", body["project_id"], body)
    assert await projects.count("projects.project") == 0


async def test_foreign_reply_inbox_is_dropped(projects: Site) -> None:
    """A query whose reply subject is not the caller's own inbox is not answered."""
    caller, victim = await projects.caller(), await projects.nats("victim")
    results: list[bytes] = []

    async def on_message(message: Any) -> None:
        results.append(message.data)

    await victim.subscribe("_INBOX_victim.>", cb=on_message)
    await victim.flush()
    await caller.nats.publish("im.main.qry.admin.projects.list", b"{}", reply="_INBOX_victim.x")
    page, _ = await caller.ask("projects.list", {})
    await victim.flush()
    assert page["items"] == []
    assert results == []


async def test_a_command_never_answers_where_the_client_says(projects: Site) -> None:
    """`reply` and the header `reply_to` of a command make no worker publish there."""
    caller = await projects.caller()
    subscription = await caller.nats.subscribe("_INBOX_admin.steered")
    body = creation()
    headers = {"reply_to": "_INBOX_admin.steered"}
    outcome = await caller.send("projects.create", body["project_id"], body, headers=headers)
    await caller.nats.flush()
    assert outcome["status"] == "applied"
    assert subscription.pending_msgs == 0


@pytest.mark.parametrize(
    "wrong,field",
    [
        ({"colour": "red"}, "colour"),
        ({"type_id": "one"}, "type_id"),
        ({"description": "x" * 10_001}, "description"),
        ({"description": "nul \u0000"}, "description"),
        ({"start_time": "2026-01-01T00:00:00"}, "start_time"),
        ({"status_id": 1}, "status_id"),
        ({"project_id": str(uuid7())}, "project_id"),
    ],
)
async def test_what_does_not_fit_is_refused_by_name(projects: Site, wrong: dict[str, Any], field: str) -> None:
    """A body that does not fit is refused with `invalid`, naming the field and the reason."""
    caller = await projects.caller()
    body = creation()
    outcome = await caller.send("projects.create", body["project_id"], {**body, **wrong})
    assert outcome["error"]["code"] == "invalid"
    assert [field["field"] for field in outcome["error"]["details"]["fields"]] == [field]
    assert all(field["reason"] for field in outcome["error"]["details"]["fields"])


async def test_a_command_id_means_one_command(projects: Site) -> None:
    """The same id repeats the first outcome and changes nothing; with another body it is refused."""
    caller = await projects.caller()
    await projects.forget_quickly()
    project_id, command_id = await created(caller), uuid7()
    body = {"project_id": project_id, "comment_id": str(uuid7()), "text": "Bag removed."}
    first = await caller.send("projects.add-comment", project_id, body, command_id=command_id)
    for content in (body, {**body, "text": "Bag kept."}):
        again = partial(caller.publish, "projects.add-comment", project_id, content, command_id=command_id)
        await eventually(again)

    async def all_told() -> bool:
        return len(caller.outcomes[command_id]) == 3

    await eventually(all_told)
    outcome = caller.outcomes[command_id]
    assert outcome[0] == outcome[1] == first
    assert outcome[2]["error"]["code"] == "command-id-reused"
    assert await projects.sql("SELECT text FROM projects.comment") == [("Bag removed.",)]


@pytest.mark.parametrize("language,text", [("fr-CH, en;q=0.5", "Permission refusée."), ("de", "Permission denied.")])
async def test_without_permission_a_command_is_refused(projects: Site, language: str, text: str) -> None:
    """A caller without the permission is refused in its own language, and nothing changes (MSG-08, PERM-13)."""
    caller = await projects.caller("visitor")
    body = creation()
    headers = {"Accept-Language": language}
    outcome = await caller.send("projects.create", body["project_id"], body, headers=headers)
    assert outcome["error"]["code"] == "permission-denied"
    assert outcome["error"]["message"] == text
    assert await projects.count("projects.project") == 0


async def test_without_permission_a_query_is_refused(projects: Site) -> None:
    """A query without the permission is `not-available`, with status 403, in the asked language (MSG-10, PERM-13)."""
    caller = await projects.caller("visitor")
    answer, status = await caller.ask("projects.list", {}, headers={"Accept-Language": "fr"})
    assert answer["error"]["code"] == "not-available"
    assert status == "403"
    assert answer["error"]["message"] == "Vous n'avez pas accès à ces informations."
