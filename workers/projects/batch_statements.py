"""The statements that read what a batch of projects' messages needs, sent together for one round trip."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, TypedDict
from uuid import UUID

from sqlalchemy import Integer, TextClause, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from contracts.message import Message
from contracts.projects.commands import (
    AddSequences,
    CreateProject,
    DeleteProject,
    ProjectCommand,
    RemoveAllSequences,
    RemoveSequences,
    UpdateProject,
)
from contracts.projects.drafts import DraftSequences
from contracts.projects.imports import ImportProjects
from contracts.projects.parts import AddCall, AddComment, DeleteCall, DeleteComment, EditCall, EditComment
from contracts.projects.redaction import RedactProject
from workers.projects import legal_hold_view, tables
from workers.runtime.storage.statement_execution import Question

_ENABLED = text(
    """
    SELECT 'category_' || slot AS name FROM published.categories WHERE enabled
    UNION ALL SELECT kind || '_' || slot FROM published.data_fields WHERE enabled
    """
)
_CHILD_SITES = text("SELECT child_sites FROM published.settings")
_DELETION_RULES = text("SELECT deletion_reason_required, undo_days FROM published.settings")
_OF_COMMENTS = (AddComment, EditComment, DeleteComment)
_OF_CALLS = (AddCall, EditCall, DeleteCall)
_OF_SEQUENCES = (AddSequences, RemoveSequences, RemoveAllSequences)


# What a batch may need besides its projects, in one round trip: tombstones, new numbers, and the properties that it
# assigns. Their lock lets no administrator change or delete what this transaction assigns (TYP-03, STA-03, CAT-05).
# A number comes with the time of its creation: of projects created at once, the later one has the higher number.
SURROUNDINGS = text(
    """
    SELECT
        (SELECT json_agg(t) FROM projects.tombstone t WHERE t.project_id = ANY(:missing)) AS tombstones,
        projects.draw_numbers(:creations) AS numbers,
        (SELECT json_agg(json_build_array(r.id, r.kind, r.slot)) FROM (
            SELECT id, kind, slot FROM published.properties WHERE id = ANY(:references) ORDER BY id FOR KEY SHARE
        ) r) AS references
    """
).bindparams(
    bindparam("missing", type_=ARRAY(Uuid)),
    bindparam("creations", type_=ARRAY(Integer)),
    bindparam("references", type_=ARRAY(Integer)),
)


class DeletionRulesRow(TypedDict):
    """What the settings of the site say about deletions."""

    deletion_reason_required: bool
    undo_days: int


class SurroundingsRow(TypedDict):
    """The row of the statement that reads the surroundings of a batch; each column is JSON."""

    tombstones: list[dict[str, Any]] | None
    numbers: list[tuple[int, str]]
    references: list[tuple[int, str, int | None]] | None


def new_ids(messages: Sequence[Message]) -> list[UUID]:
    """Return the ids of the projects that the messages create or import."""
    ids = {message.project_id for message in messages if isinstance(message, CreateProject)}
    imports = [message.projects for message in messages if isinstance(message, ImportProjects)]
    return sorted(ids.union(project.project_id for project in chain.from_iterable(imports)))


def questions_of(messages: Sequence[Message]) -> dict[str, Question]:
    """Return the statements that read what the messages need, without those that would read nothing."""
    new = new_ids(messages)
    named = {message.project_id for message in messages if isinstance(message, ProjectCommand)}
    comments = [(message.project_id, message.comment_id) for message in messages if isinstance(message, _OF_COMMENTS)]
    calls = [(message.project_id, message.call_id) for message in messages if isinstance(message, _OF_CALLS)]
    comments += _redacted(messages, "comment")
    calls += _redacted(messages, "call")
    unless_held = [message.project_id for message in messages if isinstance(message, DeleteProject | RedactProject)]
    parameters: dict[str, tuple[TextClause, dict[str, list[Any]]]] = {
        "projects": (tables.LOCK_PROJECTS, {"ids": sorted(named.union(new))}),
        "holds": (legal_hold_view.IN_FORCE, {"ids": unless_held}),
        "comments": (tables.COMMENTS, _keys(comments)),
        "calls": (tables.CALLS, _keys(calls)),
        "sequences": (tables.SEQUENCES, {"ids": _with_sequences(messages)}),
        "surroundings": (
            SURROUNDINGS,
            {
                "missing": new,
                "creations": [place for place, message in enumerate(messages) if isinstance(message, CreateProject)],
                "references": sorted(assigned_properties(messages)),
            },
        ),
    }
    questions: dict[str, Question] = {name: asked for name, asked in parameters.items() if any(asked[1].values())}
    updates = [message for message in messages if isinstance(message, UpdateProject)]
    if any(update.categories or update.data.model_fields_set for update in updates):
        questions["enabled"] = (_ENABLED, {})
    if any(isinstance(message, DeleteProject) for message in messages):
        questions["deletion_rules"] = (_DELETION_RULES, {})
    if any(site for message in messages for site in named_sites(message)):
        questions["child_sites"] = (_CHILD_SITES, {})
    return questions


def _with_sequences(messages: Sequence[Message]) -> list[UUID]:
    """Return the projects whose sequences the messages change."""
    redacted = [project_id for project_id, _ in _redacted(messages, "sequence")]
    return [message.project_id for message in messages if isinstance(message, _OF_SEQUENCES)] + redacted


def _redacted(messages: Sequence[Message], field: str) -> list[tuple[UUID, UUID]]:
    """Return the parts of this kind that the messages redact."""
    return [
        (message.project_id, message.part_id)
        for message in messages
        if isinstance(message, RedactProject) and message.field == field and message.part_id
    ]


def _keys(parts: Sequence[tuple[UUID, UUID]]) -> dict[str, list[Any]]:
    return {"ids": [project_id for project_id, _ in parts], "parts": [part_id for _, part_id in parts]}


def named_sites(message: Message) -> list[str | None]:
    """Return the sites of the recordings that a message names."""
    sites: list[str | None] = []
    if isinstance(message, CreateProject | AddSequences | DraftSequences):
        sites += [sequence.site for sequence in message.sequences]
    if isinstance(message, DraftSequences):
        sites += [camera.site for camera in message.cameras]
    return sites


def assigned_properties(messages: Sequence[Message]) -> set[int]:
    """Return the ids of all properties that the messages assign."""
    named: set[int | None] = set()
    for message in messages:
        if isinstance(message, CreateProject):
            named.add(message.type_id)
        elif isinstance(message, UpdateProject):
            named |= {message.type_id, message.status_id, *message.categories.values()}
        elif isinstance(message, ImportProjects):
            named |= {value for project in message.projects for value in (project.type_id, project.status_id)}
    return {property_id for property_id in named if property_id is not None}
