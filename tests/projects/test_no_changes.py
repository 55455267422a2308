"""What changes nothing leaves nothing: no revision, no mark of an edit, no entry, no event."""

import json
from typing import Any

import pytest

from contracts.ids import uuid7
from contracts.message import Command, Outcome
from contracts.permissions import Node
from contracts.projects.commands import AddSequences, IncidentData, RemoveAllSequences, UpdateProject
from contracts.projects.drafts import Camera, ClearDraft, DraftSequences
from contracts.projects.history import GetHistory
from contracts.projects.parts import AddCall, AddComment, EditCall, EditComment
from contracts.properties import DefineDataField
from tests.projects.helpers import NOON, Operator, sequence
from tests.support import Site

TEXT = "A bag was left at gate 4."


async def outcome(operator: Operator, command: Command[Any]) -> Outcome:
    """Send a command and return its whole outcome."""
    return await (await operator.client.submit(command)).outcome()


async def changes_nothing(operator: Operator, command: Command[Any]) -> None:
    """Send a command and see that it was applied and that nothing is different."""
    before = await operator.project()
    reply = await outcome(operator, command)
    assert reply.status == "applied"
    assert reply.events == []
    assert reply.revision in {before.revision, None}
    assert await operator.project() == before


async def test_an_update_to_the_same_values_changes_nothing(operator: Operator) -> None:
    """What has the values already that are wanted is as it was, and so is its history."""
    same = UpdateProject(project_id=operator.project_id, description=TEXT, type_id=None, categories={"1": None})
    await changes_nothing(operator, same)
    assert len((await operator.client.ask(GetHistory(project_id=operator.project_id))).items) == 1


async def test_what_differs_is_all_that_changes(operator: Operator) -> None:
    """Of several fields only those with another value count as changed."""
    response = await operator.send(UpdateProject(project_id=operator.project_id, description=TEXT, start_time=NOON))
    assert list(response.changed) == ["start_time"]


@pytest.mark.parametrize("mine", [True, False], ids=["by its author", "by a colleague"])
async def test_a_comment_with_the_same_text_is_not_edited(operator: Operator, site: Site, mine: bool) -> None:
    """Anyone who rewrites a comment with its own text has not edited it."""
    comment_id = uuid7()
    await operator.send(AddComment(project_id=operator.project_id, comment_id=comment_id, text=TEXT))
    if not mine:
        await site.grant("bob", {Node.PROJECTS: "view", Node.COMMENTS: "manage"})
        operator.client = await site.client("bob")
    await changes_nothing(operator, EditComment(project_id=operator.project_id, comment_id=comment_id, text=TEXT))


async def test_a_call_with_the_same_facts_is_not_edited(operator: Operator) -> None:
    """A call without another fact has not been edited; one fact more edits it."""
    call = AddCall(project_id=operator.project_id, call_id=uuid7(), direction="made", at=NOON, party="Police")
    await operator.send(call)
    await changes_nothing(operator, EditCall(**call.model_dump()))
    await operator.send(EditCall(**{**call.model_dump(), "notes": "Coming."}))
    (stored,) = (await operator.project()).calls or []
    assert stored.edited_by == "admin"
    assert stored.notes == "Coming."


async def test_sequences_that_are_there_change_nothing(operator: Operator) -> None:
    """Neither adding what is attached nor removing all of nothing is a change."""
    await changes_nothing(operator, RemoveAllSequences(project_id=operator.project_id))
    adding = AddSequences(project_id=operator.project_id, sequences=[sequence()])
    await operator.send(adding)
    await changes_nothing(operator, adding)


async def test_a_draft_that_stays_as_it_is_is_not_told(operator: Operator) -> None:
    """Drafting what is drafted, and clearing an empty list, leave no event."""
    assert (await outcome(operator, ClearDraft())).events == []
    drafting = DraftSequences(sequences=[sequence()])
    assert len((await outcome(operator, drafting)).events or []) == 1
    assert (await outcome(operator, drafting)).events == []
    many = DraftSequences(cameras=[Camera(camera_id="1", camera_name="Gate")], start=NOON, end=NOON)
    assert len((await outcome(operator, many)).events or []) == 1


async def test_a_decimal_has_one_form(operator: Operator, site: Site) -> None:
    """A number is reported in one form, however it was written, and writing it in another one is no change."""
    await site.worker("administration")
    for slot in (1, 2, 3):
        await operator.send(DefineDataField(kind="decimal", slot=slot, enabled=True, name=f"Value {slot}"))
    field_values = {"decimal_1": "1e2", "decimal_2": "-0", "decimal_3": "0.10"}
    body = json.dumps({"project_id": str(operator.project_id), "data": field_values}).encode()
    outcome = await (await operator.client.submit_raw("projects.update", body, key=str(operator.project_id))).outcome()
    expected = {"decimal_1": "100", "decimal_2": "0", "decimal_3": "0.1"}
    assert {name: value["new"] for name, value in (outcome.result or {})["changed"].items()} == expected
    history = (await operator.client.ask(GetHistory(project_id=operator.project_id))).items
    assert {change.field: change.new for change in history if change.field in expected} == expected
    values = (await operator.project()).data or {}
    assert {name: values[name] for name in expected} == expected
    same = IncidentData.model_validate_json('{"decimal_1": "100.00", "decimal_2": "0e5", "decimal_3": "1e-1"}')
    await changes_nothing(operator, UpdateProject(project_id=operator.project_id, data=same))


async def test_a_small_decimal_has_no_exponent(operator: Operator, site: Site) -> None:
    """A number with many places is reported with them, before and after it changes."""
    await site.worker("administration")
    await operator.send(DefineDataField(kind="decimal", slot=1, enabled=True, name="Value"))
    tiny = UpdateProject(project_id=operator.project_id, data=IncidentData.model_validate_json('{"decimal_1": "1e-9"}'))
    await operator.send(tiny)
    none = UpdateProject(project_id=operator.project_id, data=IncidentData(decimal_1=None))
    changed = (await operator.send(none)).changed["decimal_1"]
    entries = (await operator.client.ask(GetHistory(project_id=operator.project_id, field="decimal_1"))).items
    assert (changed.old, entries[0].old, entries[1].new) == ("0.000000001",) * 3
