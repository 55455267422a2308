"""Precise conflicts: nothing is lost silently, and a refusal says who changed what."""

import asyncio
from typing import Any

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import AddSequences, DeleteProject, RemoveAllSequences, RemoveSequences, UpdateProject
from contracts.projects.history import GetHistory
from contracts.projects.parts import AddComment, DeleteCall, DeleteComment, EditComment
from tests.projects.helpers import NOON, Operator, sequence
from tests.support import eventually


async def test_a_conflict_names_who_changed_what(operator: Operator) -> None:
    """A save on top of others' changes is refused with the revision, and who changed which fields when (PRJ-23)."""
    await operator.site.grant("bob", {Node.PROJECTS: "manage", Node.MAIN_DETAILS: "manage"})
    bob = await operator.site.client("bob")
    await bob.send(UpdateProject(project_id=operator.project_id, description="A box.", start_time=NOON))
    await operator.send(AddComment(project_id=operator.project_id, comment_id=uuid7(), text="Seen."))
    stale = UpdateProject(project_id=operator.project_id, expected_revision=1, description="A bag.")
    error = (await operator.refusal(stale)).error
    assert error.code == Code.CONFLICT
    assert error.details["revision"] == 3
    assert error.details["changed_by"] == "admin"
    assert error.message == "Unable to perform this action. Refresh the list."
    changes = [(change["revision"], change["by"], change["fields"]) for change in error.details["changes"]]
    assert changes == [(2, "bob", ["description", "start_time"]), (3, "admin", ["comment"])]
    assert error.details["changes"][1]["at"] == error.details["changed_at"]


async def test_a_conflict_tells_only_what_is_missed(operator: Operator) -> None:
    """A conflict leaves out the changes that a caller has seen."""
    for text in ("One.", "Two.", "Three."):
        await operator.send(UpdateProject(project_id=operator.project_id, description=text))
    stale = DeleteProject(project_id=operator.project_id, expected_revision=3)
    details = (await operator.refusal(stale)).error.details
    assert [change["revision"] for change in details["changes"]] == [4]


async def test_a_conflict_hides_what_the_caller_may_not_see(operator: Operator) -> None:
    """Who may not see comments is told that somebody changed the project, not that it was a comment (PERM-05)."""
    await operator.site.grant("bob", {Node.PROJECTS: "manage", Node.MAIN_DETAILS: "manage"})
    bob = await operator.site.client("bob")
    await operator.send(AddComment(project_id=operator.project_id, comment_id=uuid7(), text="Seen."))
    submitted = await bob.submit(
        UpdateProject(project_id=operator.project_id, expected_revision=1, description="A bag.")
    )
    error = (await submitted.outcome()).error or {}
    assert [(change["by"], change["fields"]) for change in error["details"]["changes"]] == [("admin", [])]


async def test_of_two_who_expect_one_revision_one_is_told(operator: Operator) -> None:
    """Of two saves on one revision, even in one batch, one is applied; the other learns what the first changed."""
    submissions = [
        await operator.client.submit(
            UpdateProject(project_id=operator.project_id, expected_revision=1, description=text)
        )
        for text in ("First.", "Second.")
    ]
    first, second = [await submission.outcome() for submission in submissions]
    assert first.status == "applied"
    assert (await operator.project()).description == "First."
    assert [change["fields"] for change in (second.error or {})["details"]["changes"]] == [["description"]]


async def test_many_writers_with_a_revision_lose_nothing(operator: Operator) -> None:
    """Operators who each read, change and retry after a conflict end with all changes in the past, in one line."""

    async def write(turn: int) -> None:
        async def saved() -> bool:
            revision = (await operator.project()).revision
            change = UpdateProject(
                project_id=operator.project_id, expected_revision=revision, description=f"Turn {turn}."
            )
            outcome = await (await operator.client.submit(change)).outcome()
            return outcome.status == "applied"

        await eventually(saved)

    await asyncio.gather(*(write(turn) for turn in range(6)))
    page = await operator.client.ask(GetHistory(project_id=operator.project_id, field="description"))
    changes = page.items[::-1]
    assert {change.new for change in changes} == {f"Turn {turn}." for turn in range(6)}
    assert [change.old for change in changes[1:]] == [change.new for change in changes[:-1]]


async def test_different_fields_both_win(operator: Operator) -> None:
    """Without a revision two updates of different fields both stand (PRJ-22)."""
    project_id = operator.project_id
    await asyncio.gather(
        operator.send(UpdateProject(project_id=project_id, description="A box.")),
        operator.send(UpdateProject(project_id=project_id, end_time=NOON)),
    )
    project = await operator.project()
    assert project.description == "A box."
    assert project.end_time == NOON


async def test_of_the_same_field_the_later_wins(operator: Operator) -> None:
    """Without a revision the later accepted of two updates of one field stands, and the past has the other one."""
    for text in ("First.", "Second."):
        await operator.client.submit(UpdateProject(project_id=operator.project_id, description=text))

    async def has_both_changes() -> bool:
        return (await operator.project()).revision == 3

    await eventually(has_both_changes)
    page = await operator.client.ask(GetHistory(project_id=operator.project_id, field="description"))
    assert (await operator.project()).description == "Second."
    assert page.items[0].old == "First."


async def test_a_part_that_is_gone_says_by_whom(operator: Operator) -> None:
    """Saving a comment or call that somebody deleted is refused with when and by whom (MSG-07, PRJ-23)."""
    part: dict[str, Any] = {"project_id": operator.project_id, "comment_id": uuid7()}
    await operator.send(AddComment(**part, text="Seen."))
    await operator.send(DeleteComment(**part))
    at = (await operator.project()).updated_at
    error = (await operator.refusal(EditComment(**part, text="Late."))).error
    assert error.code == Code.GONE
    assert error.details["deleted_by"] == "admin"
    assert error.details["deleted_at"] == at.isoformat()
    never = (await operator.refusal(DeleteCall(project_id=operator.project_id, call_id=uuid7()))).error
    assert never.code == Code.GONE
    assert never.details["known"] is False


async def test_a_sequence_that_is_gone_says_by_whom(operator: Operator) -> None:
    """Removing a sequence that somebody removed is refused with when and by whom (SEQ-04, PRJ-23)."""
    footage = sequence()
    await operator.send(AddSequences(project_id=operator.project_id, sequences=[footage]))
    await operator.send(RemoveAllSequences(project_id=operator.project_id))
    again = RemoveSequences(project_id=operator.project_id, sequence_ids=[footage.sequence_id])
    error = (await operator.refusal(again)).error
    assert error.code == Code.GONE
    assert error.details["deleted_by"] == "admin"


async def test_gone_within_one_batch_says_by_whom(operator: Operator) -> None:
    """Who deletes a comment just before somebody else is named even when both came together (PRJ-23)."""
    part: dict[str, Any] = {"project_id": operator.project_id, "comment_id": uuid7()}
    await operator.send(AddComment(**part, text="Seen."))
    submissions = [await operator.client.submit(DeleteComment(**part)) for _ in range(2)]
    first, second = [await submission.outcome() for submission in submissions]
    assert first.status == "applied"
    assert (second.error or {})["details"]["deleted_by"] == "admin"
