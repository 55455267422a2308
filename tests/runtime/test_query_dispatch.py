"""The read side of the runtime: refusals by status, and what a reading leaves."""

from typing import Any

import pytest

from contracts.ids import uuid7
from contracts.subjects import lane_of
from tests.support import Site, eventually


@pytest.fixture
async def projects(site: Site) -> Site:
    """A site whose projects worker runs."""
    await site.worker("projects")
    return site


@pytest.mark.parametrize(
    "tail, body, fields",
    [
        ("projects.guess", {}, None),
        ("projects.list", {"colour": "red"}, ["colour"]),
        ("projects.list", {"limit": 501}, ["limit"]),
        ("projects.list", {"after": "nowhere"}, ["after"]),
        ("projects.list", [], [""]),
        ("projects.get", {}, ["project_id"]),
        ("projects.list", {"search": "x" * 65_536}, [""]),
    ],
)
async def test_what_does_not_fit_is_refused(projects: Site, tail: str, body: Any, fields: list[str] | None) -> None:
    """An unknown query, a body that does not fit and one that is too large are refused with status 400."""
    caller = await projects.caller()
    answer, status = await caller.ask(tail, body)
    assert answer["error"]["code"] == "invalid"
    assert status == "400"
    if fields:
        assert [field["field"] for field in answer["error"]["details"]["fields"]] == fields


async def test_what_is_not_json_is_refused(projects: Site) -> None:
    """Bytes that are no JSON are refused, too, and the sentence travels in the headers."""
    caller = await projects.caller()
    answer = await caller.nats.request("im.main.qry.admin.projects.list", b"\xff{", timeout=5)
    headers = answer.headers or {}
    assert headers["Nats-Service-Error-Code"] == "400"
    assert headers["Nats-Service-Error"]


async def test_a_query_that_the_database_cannot_answer_is_told(projects: Site) -> None:
    """A fault behind a query is answered with status 503, and nothing of the fault leaks."""
    caller = await projects.caller()
    await projects.sql("DROP FUNCTION published.project_document CASCADE")
    answer, status = await caller.ask("projects.get", {"project_id": str(uuid7())})
    assert answer["error"]["code"] == "unavailable"
    assert answer["error"]["retryable"] is True
    assert status == "503"
    assert "project_document" not in str(answer)


async def test_a_foreign_inbox_is_counted(site: Site) -> None:
    """A query that asks to be answered elsewhere is dropped, and counted for operations."""
    running, caller = await site.worker("projects"), await site.caller()
    for reply in ("_INBOX_victim.x", "_INBOX_administrator.x", "im.main.out.victim.x"):
        await caller.nats.publish("im.main.qry.admin.projects.list", b"{}", reply=reply)

    async def are_counted() -> bool:
        return running.query_dispatcher.counters.foreign_inbox == 3

    await eventually(are_counted)
    assert running.query_dispatcher.counters.answered == 0


async def test_a_reading_is_recorded_before_the_answer(site: Site) -> None:
    """When the answer to `projects.get` arrives, its `opened` is committed or published already (PRJ-19)."""
    running, caller, project_id = await site.worker("projects"), await site.caller(), str(uuid7())
    await caller.send("projects.create", project_id, {"project_id": project_id})
    for readings in range(1, 6):
        await caller.ask("projects.get", {"project_id": project_id})
        waiting = await site.count("runtime.unpublished WHERE subject LIKE '%.opened'")
        assert waiting + running.relay.published >= readings


async def test_a_refused_query_is_recorded(site: Site) -> None:
    """An attempt to read what the caller may not read is published as an event, by every worker."""
    for name in ("projects", "audit"):
        await site.worker(name)
    visitor = await site.caller("visitor")
    for tail in ("projects.list", "audit.log"):
        answer, _ = await visitor.ask(tail, {})
        assert answer["error"]["code"] == "not-available"

    async def are_kept() -> bool:
        rows = await site.sql("SELECT details ->> 'attempted' FROM audit.activity WHERE actor = 'visitor'")
        return {attempted for (attempted,) in rows} == {"projects.list", "audit.log"}

    await eventually(are_kept)


LANES_OF_EVENTS = """
    SELECT lane FROM runtime.outbox, json_array_elements(messages::json) AS message
    WHERE message ->> 'subject' LIKE :subject
"""


async def test_what_a_reading_leaves_takes_the_lane_of_its_project(projects: Site) -> None:
    """The events of readings go through the lane of their project's commands, so that none overtakes an earlier one."""
    caller = await projects.caller()
    for _ in range(8):
        project_id = uuid7()
        await caller.send("projects.create", project_id, {"project_id": str(project_id)})
        await caller.ask("projects.get", {"project_id": str(project_id)})
        posted = await projects.sql(LANES_OF_EVENTS, subject=f"%.{project_id}.%")
        assert posted == [(lane_of(str(project_id)),)] * 2
