"""Redaction: the words of one place of a project go, and the fact stays."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.message import Command
from contracts.permissions import Grants, Level, Node
from contracts.projects.commands import IncidentData, UpdateProject
from contracts.projects.history import GetHistory, HistoryEntry
from contracts.projects.parts import AddCall, AddComment, DeleteCall, DeleteComment, EditCall, EditComment
from contracts.projects.queries import GetProject, ListProjects, RedactedField
from contracts.projects.redaction import REDACTED, RedactProject
from contracts.projects.watching import visible_body
from contracts.properties import DefineDataField
from contracts.retention import HoldProject
from tests.projects.helpers import Operator, refusal_of
from tests.support import Site

WHY = "asked for by the person concerned"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLES = """
    SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind IN ('r', 'm') AND c.relnamespace::regnamespace::text
    IN ('projects', 'reports', 'retention', 'administration', 'audit', 'runtime')
"""


async def tables_with(site: Site, word: str) -> list[str]:
    """Return the tables of the database that have this word in a row."""
    names = [name for (name,) in await site.sql(TABLES)]
    return [
        name
        for name in names
        if await site.sql(f"SELECT FROM {name} t WHERE t::text ILIKE :word LIMIT 1", word=f"%{word}%")
    ]


async def history_of(operator: Operator, field: str) -> list[HistoryEntry]:
    """Return the changes of one field, the newest first."""
    return (await operator.client.ask(GetHistory(project_id=operator.project_id, field=field))).items


def redact(operator: Operator, field: RedactedField, part_id: UUID | None = None, **more: Any) -> RedactProject:
    """Return the command that redacts something of the operator's project."""
    return RedactProject(project_id=operator.project_id, field=field, part_id=part_id, reason=WHY, **more)


def comment_of(operator: Operator, comment_id: UUID, text: str) -> AddComment:
    """Return the command that adds a comment."""
    return AddComment(project_id=operator.project_id, comment_id=comment_id, text=text)


async def test_the_words_of_a_comment_go_and_the_comment_stays(operator: Operator, site: Site) -> None:
    """Its author and its time stay, each earlier wording is marked, and no table has a word of them."""
    comment_id = uuid7()
    await operator.send(comment_of(operator, comment_id, "Zorbax saw it."))
    await operator.send(EditComment(project_id=operator.project_id, comment_id=comment_id, text="Zorbaxa saw it."))
    assert set(await tables_with(site, "zorbax")) == {"projects.comment", "projects.change_set", "projects.search"}
    redacted = await operator.send(redact(operator, "comment", comment_id))
    assert redacted.texts == 4
    assert await tables_with(site, "zorbax") == []
    project = await operator.project()
    [comment] = project.comments or []
    assert comment.text == ""
    assert comment.created_by == "admin"
    [redaction] = project.redactions
    assert redaction.field == "comment"
    assert redaction.part_id == comment_id
    assert redaction.by == "admin"
    assert redaction.reason == WHY
    assert redaction.revision == project.revision
    shown = [(entry.old, entry.new) for entry in await history_of(operator, "comment")]
    assert shown == [(REDACTED, ""), (REDACTED, REDACTED), (None, REDACTED)]


async def test_a_correction_stays_where_only_earlier_words_go(operator: Operator, site: Site) -> None:
    """The present text is still there, in the history, too."""
    for text in ("Zorbax fell.", "Somebody fell."):
        await operator.send(UpdateProject(project_id=operator.project_id, description=text))
    redacted = await operator.send(redact(operator, "description", earlier_only=True))
    assert redacted.texts == 3
    assert await tables_with(site, "zorbax") == []
    project = await operator.project()
    assert project.description == "Somebody fell."
    [newest, corrected, *_] = await history_of(operator, "description")
    assert newest.old == REDACTED
    assert newest.new == REDACTED
    assert corrected.old == REDACTED
    assert corrected.new == "Somebody fell."


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_the_texts_of_a_call_go(operator: Operator, site: Site, *, is_deleted: bool) -> None:
    """The party, the number, the reference and the notes; when it was and how long it took stay."""
    call_id = uuid7()
    call = {
        "project_id": operator.project_id,
        "call_id": call_id,
        "direction": "made",
        "at": AT,
        "duration_seconds": 61,
    }
    texts = {"party": "Zorbax", "number": "zorbax-1", "reference": "zorbax-2", "notes": "zorbax-3"}
    await operator.send(AddCall.model_validate(call | texts))
    await operator.send(EditCall.model_validate(call | texts | {"notes": "zorbax-4"}))
    if is_deleted:
        await operator.send(DeleteCall(project_id=operator.project_id, call_id=call_id))
    redacted = await operator.send(redact(operator, "call", call_id))
    assert redacted.texts == 10
    assert await tables_with(site, "zorbax") == []
    calls = (await operator.project()).calls or []
    assert [(call.at, call.duration_seconds, call.party, call.notes) for call in calls] == (
        [] if is_deleted else [(AT, 61, "", "")]
    )


async def test_a_deleted_comment_is_redacted_and_its_deletion_stays(operator: Operator, site: Site) -> None:
    """Whoever edits it later is still told who deleted it."""
    comment_id = uuid7()
    await operator.send(comment_of(operator, comment_id, "Zorbax saw it."))
    await operator.send(DeleteComment(project_id=operator.project_id, comment_id=comment_id))
    await operator.send(redact(operator, "comment", comment_id))
    assert await tables_with(site, "zorbax") == []
    edit = EditComment(project_id=operator.project_id, comment_id=comment_id, text="Late.")
    refused = await operator.refusal(edit)
    assert refused.error.details["fields"][0]["kind"] == "deleted"


async def test_a_text_of_the_incident_data_is_redacted(operator: Operator, site: Site) -> None:
    """Its field is empty, as are the search and every list."""
    await site.worker("administration")
    await operator.send(DefineDataField(kind="text", slot=2, enabled=True, name="Witness"))
    await operator.send(UpdateProject(project_id=operator.project_id, data=IncidentData(text_2="Zorbax")))
    assert (await operator.client.ask(ListProjects(search="zorbax"))).items
    await operator.send(redact(operator, "text_2"))
    assert (await operator.client.ask(ListProjects(search="zorbax"))).items == []
    assert await tables_with(site, "zorbax") == []
    assert ((await operator.project()).data or {})["text_2"] is None


async def test_what_was_written_at_the_creation_goes(operator: Operator, site: Site) -> None:
    """The history shows that the project began with a description, and not which."""
    await operator.send(redact(operator, "description"))
    assert await tables_with(site, "gate 4") == []
    [creation] = [entry for entry in await history_of(operator, "project") if entry.revision == 1]
    assert creation.new["description"] == REDACTED


async def test_a_redaction_that_erases_nothing_is_refused(operator: Operator) -> None:
    """There are no words, the part never existed, or the project is under hold: each with what to do."""
    held: list[tuple[Command[Any], Code, str]] = [
        (redact(operator, "text_1"), Code.INVALID, "no_words"),
        (redact(operator, "description", earlier_only=True), Code.INVALID, "no_words"),
        (redact(operator, "comment", uuid7()), Code.GONE, "not_here"),
        (redact(operator, "call", uuid7()), Code.GONE, "not_here"),
    ]
    for command, code, kind in held:
        refused = await operator.refusal(command)
        assert refused.error.code == code
        assert refused.error.details["fields"][0]["kind"] == kind
    revision = (await operator.project()).revision
    assert revision == 1


async def test_a_project_under_hold_keeps_its_words(operator: Operator, site: Site) -> None:
    """A hold is released first."""
    await site.worker("retention")
    await operator.send(HoldProject(project_id=operator.project_id, reason="court"))
    refused = await refusal_of(operator.send(redact(operator, "description")))
    assert refused.code is Code.HELD
    assert (await operator.project()).description == "A bag was left at gate 4."


async def test_a_redacted_comment_does_not_come_back(operator: Operator, site: Site) -> None:
    """Adding it again under its id is a conflict, as any other text would be."""
    adding = comment_of(operator, uuid7(), "Zorbax saw it.")
    await operator.send(adding)
    await operator.send(redact(operator, "comment", adding.comment_id))
    refused = await operator.refusal(adding)
    assert refused.error.code is Code.CONFLICT
    assert await tables_with(site, "zorbax") == []


async def test_who_may_not_see_a_text_is_not_told_of_its_redaction(operator: Operator, site: Site) -> None:
    """Neither the project nor its feed names what is withheld; the reason is for those who see retention."""
    await operator.send(redact(operator, "description"))
    await site.grant("olivia", {Node.PROJECTS: "view", Node.COMMENTS: "view"})
    await site.grant("bruno", {Node.PROJECTS: "view", Node.MAIN_DETAILS: "view"})
    olivia, bruno = await site.client("olivia"), await site.client("bruno")
    assert (await olivia.ask(GetProject(project_id=operator.project_id))).redactions == []
    [redaction] = (await bruno.ask(GetProject(project_id=operator.project_id))).redactions
    assert redaction.field == "description"
    assert redaction.reason is None
    body = {"project_id": str(operator.project_id), "field": "description"}
    allowed, refused = ({Node.PROJECTS: Level.VIEW, node: Level.VIEW} for node in (Node.MAIN_DETAILS, Node.COMMENTS))
    assert visible_body("projects.redacted", body, Grants(allowed)) == body
    assert visible_body("projects.redacted", body, Grants(refused)) is None
