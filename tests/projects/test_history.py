"""The past of a project: who changed what, when, from what to what."""

from typing import Any
from uuid import UUID

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import (
    AddSequences,
    DeleteProject,
    RemoveAllSequences,
    UpdateProject,
)
from contracts.projects.history import GetHistory, HistoryEntry
from contracts.projects.imports import ImportedProject, ImportProjects
from contracts.projects.parts import AddCall, AddComment, DeleteCall, DeleteComment, EditCall, EditComment
from incidents import Client
from tests.projects.helpers import NOON, Operator, activities_of, refusal_of, sequence
from tests.support import Site


async def past(operator: Operator, **fields: Any) -> list[HistoryEntry]:
    """Return a project's past, the oldest entry first."""
    history = await operator.client.ask(GetHistory(project_id=operator.project_id, **fields))
    return history.items[::-1]


async def test_every_field_keeps_what_it_was(operator: Operator) -> None:
    """Each change of a field is kept with who, when, old and new value, and an unchanged field is not (PRJ-03)."""
    opened = await operator.project()
    for text in ("A box.", "A box.", ""):
        await operator.send(UpdateProject(project_id=operator.project_id, description=text, start_time=NOON))
    changes = await past(operator, field="description")
    first = opened.description
    assert [(change.revision, change.old, change.new) for change in changes] == [
        (2, first, "A box."),
        (3, "A box.", ""),
    ]
    assert {change.by for change in changes} == {"admin"}
    assert [change.new for change in await past(operator, field="start_time")] == [
        NOON.isoformat().replace("+00:00", "Z")
    ]


async def test_the_opening_tells_the_first_values(operator: Operator) -> None:
    """The first entry of a project is its opening, with what was known then, whatever has changed since (PRJ-02)."""
    opened = await operator.project()
    for text in ("A box.", "Nothing."):
        await operator.send(UpdateProject(project_id=operator.project_id, description=text, end_time=NOON))
    first = (await past(operator))[0]
    assert first.revision == 1
    assert first.field == "project"
    assert first.by == "admin"
    assert first.at == opened.created_at
    assert first.new["description"] == opened.description
    assert first.new["end_time"] is None
    assert first.new["status_id"] is None
    assert first.old is None


async def test_comments_keep_their_texts(operator: Operator) -> None:
    """A comment's texts stay in the past when it is rewritten and deleted (PRJ-17)."""
    part: dict[str, Any] = {"project_id": operator.project_id, "comment_id": uuid7()}
    await operator.send(AddComment(**part, text="Bag seen."))
    await operator.send(EditComment(**part, text="Bag removed."))
    await operator.send(DeleteComment(**part))
    changes = await past(operator, part_id=part["comment_id"])
    expected = [(None, "Bag seen."), ("Bag seen.", "Bag removed."), ("Bag removed.", None)]
    assert [(change.old, change.new) for change in changes] == expected
    assert {change.field for change in changes} == {"comment"}


async def test_what_is_rewritten_as_it_was_has_no_past(operator: Operator) -> None:
    """A comment or a call that is replaced by the same leaves no entry: nothing differs."""
    comment: dict[str, Any] = {"project_id": operator.project_id, "comment_id": uuid7(), "text": "Bag seen."}
    call: dict[str, Any] = {"project_id": operator.project_id, "call_id": uuid7(), "at": NOON, "direction": "made"}
    for command in (
        AddComment(**comment),
        EditComment(**comment),
        AddCall(**call, party="A"),
        EditCall(**call, party="A"),
    ):
        await operator.send(command)
    assert [(change.field, change.revision) for change in (await past(operator))[1:]] == [("comment", 2), ("call", 3)]


async def test_calls_keep_what_was_known(operator: Operator) -> None:
    """What was known of a call stays in the past: all of it when it comes and goes, else what changed (PRJ-18)."""
    call: dict[str, Any] = {"project_id": operator.project_id, "call_id": uuid7(), "at": NOON, "direction": "made"}
    await operator.send(AddCall(**call, party="Police"))
    await operator.send(EditCall(**call, party="Police", notes="On their way."))
    await operator.send(DeleteCall(project_id=operator.project_id, call_id=call["call_id"]))
    added, edited, deleted = await past(operator, field="call")
    assert added.new["party"] == "Police"
    assert edited.old == {"notes": ""}
    assert edited.new == {"notes": "On their way."}
    assert deleted.old["notes"] == "On their way."
    assert deleted.new is None


async def test_sequences_keep_their_coming_and_going(operator: Operator) -> None:
    """Sequences that were attached and detached stay in the past, one by one (SEQ-04)."""
    both = [sequence(), sequence("Hall")]
    await operator.send(AddSequences(project_id=operator.project_id, sequences=both))
    await operator.send(RemoveAllSequences(project_id=operator.project_id))
    changes = await past(operator, field="sequence")
    assert [(change.revision, change.new is None) for change in changes] == [
        (2, False),
        (2, False),
        (3, True),
        (3, True),
    ]
    assert sorted(change.old["camera_name"] for change in changes if change.old) == ["Gate 4", "Hall"]


async def test_an_imported_project_has_one_entry(site: Site, operator: Operator) -> None:
    """An imported project's past begins with its import and who did it (RET-05)."""
    operator.project_id = uuid7()
    imported = ImportedProject(
        project_id=operator.project_id, number=4711, created_by="old system", created_at=NOON, description="A fall."
    )
    await operator.send(ImportProjects(projects=[imported]))
    (only,) = await past(operator)
    assert only.revision == 1
    assert only.by == "admin"
    assert only.new["imported"] is True
    assert only.new["description"] == "A fall."


async def test_the_past_is_read_in_pages(operator: Operator) -> None:
    """Pages hold every entry once, the newest first, though one command changed several fields."""
    for turn in range(4):
        change = UpdateProject(project_id=operator.project_id, description=f"{turn}", start_time=NOON, end_time=NOON)
        await operator.send(change)
    whole = (await operator.client.ask(GetHistory(project_id=operator.project_id))).items
    results, page = [], await operator.client.ask(GetHistory(project_id=operator.project_id, limit=2))
    while page.next:
        results += page.items
        page = await operator.client.ask(GetHistory(project_id=operator.project_id, limit=2, after=page.next))
    assert results + page.items == whole
    assert len(whole) == 7


async def test_what_a_caller_may_not_see_is_left_out(operator: Operator) -> None:
    """The past of comments, calls and sequences is shown to those who may see them, and its lack is named (PERM-05)."""
    await operator.site.grant("visitor", {Node.PROJECTS: "view", Node.CALLS: "view"})
    await operator.send(AddComment(project_id=operator.project_id, comment_id=uuid7(), text="Bag seen."))
    await operator.send(AddSequences(project_id=operator.project_id, sequences=[sequence()]))
    visitor = await operator.site.client("visitor")
    history = await visitor.ask(GetHistory(project_id=operator.project_id))
    assert [entry.field for entry in history.items] == ["project"]
    assert history.withheld == ["main-details", "categories", "comments", "sequences"]


async def test_the_past_dies_with_the_project(operator: Operator) -> None:
    """Nothing of a project's past is left when it is deleted, and asking for it says who deleted it (PRJ-21)."""
    await operator.send(UpdateProject(project_id=operator.project_id, description="A box."))
    await operator.send(DeleteProject(project_id=operator.project_id))
    assert await operator.site.count("projects.history") == 0
    gone = await refusal_of(operator.client.ask(GetHistory(project_id=operator.project_id)))
    assert gone.error.code == Code.GONE
    assert gone.error.details["deleted_by"] == "admin"


async def test_reading_the_past_is_recorded(operator: Operator) -> None:
    """Anyone who reads a project's past has opened the project (PRJ-19)."""
    await operator.site.worker("audit")
    await past(operator)
    assert await activities_of(operator.site, "projects.opened") == [("admin", operator.project_id)]


async def test_changing_and_deleting_in_one_batch(site: Site) -> None:
    """A project that is changed and deleted before anybody looked leaves no past and no fault."""
    client: Client = await site.client()
    project_id: UUID = uuid7()
    commands = [
        ("create", {}),
        ("update", {"description": "A box."}),
        ("add-comment", {"comment_id": str(uuid7()), "text": "Seen."}),
        ("delete", {}),
    ]
    caller = await site.caller()
    for verb, body in commands:
        await caller.publish(f"projects.{verb}", project_id, {"project_id": str(project_id), **body})
    await site.worker("projects")
    gone = await refusal_of(client.ask(GetHistory(project_id=project_id)))
    assert gone.error.code == Code.GONE
    assert await site.count("projects.history") == 0
