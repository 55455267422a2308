"""The rows of projects that a batch touches."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Self
from uuid import UUID

from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Message
from contracts.project_imports import ImportProjects
from contracts.project_parts import AddCall, AddComment, DeleteCall, DeleteComment, EditCall, EditComment
from contracts.projects import (
    AddSequences,
    CreateProject,
    ExistingProjectCommand,
    ProjectCommand,
    RemoveAllSequences,
    RemoveSequences,
    UpdateProject,
)
from workers.projects import domain, tables
from workers.runtime import unit
from workers.runtime.kept import Kept, Row

_OF_COMMENTS = (AddComment, EditComment, DeleteComment)
_OF_CALLS = (AddCall, EditCall, DeleteCall)
_OF_SEQUENCES = (AddSequences, RemoveSequences, RemoveAllSequences)


class ProjectRows(unit.Rows):
    """Projects with the parts that the batch names, locked; and what they may refer to."""

    def __init__(self) -> None:
        """Start empty."""
        self.projects = Kept(tables.Project, "id")
        self.comments = Kept(tables.Comment, "project_id", "comment_id")
        self.calls = Kept(tables.Call, "project_id", "call_id")
        self.sequences = Kept(tables.Sequence, "project_id", "sequence_id")
        self.tombstones = Kept(tables.Tombstone, "project_id")
        self.references: dict[int, tuple[str, int | None]] = {}
        self.enabled: set[str] = set()
        self.numbers: Iterator[int] = iter(())
        self._missing: list[UUID] = []

    @classmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Read and lock what the messages name: one statement per table, none for a table nobody names."""
        rows = cls()
        await rows._load_projects(connection, messages)
        await rows._load_surroundings(connection, messages)
        await rows._load_parts(connection, messages)
        return rows

    async def _load_projects(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        ids = {message.project_id for message in messages if isinstance(message, ProjectCommand)}
        imports = [message.projects for message in messages if isinstance(message, ImportProjects)]
        ids |= {one.project_id for one in chain.from_iterable(imports)}
        self.projects.found(await _read(connection, tables.LOCK_PROJECTS, ids=sorted(ids)))
        self._missing = [one for one in ids if self.projects.get(one) is None]

    async def _load_parts(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        comments = [one for one in messages if isinstance(one, _OF_COMMENTS)]
        calls = [one for one in messages if isinstance(one, _OF_CALLS)]
        sequences = [one.project_id for one in messages if isinstance(one, _OF_SEQUENCES)]
        ids, parts = [one.project_id for one in comments], [one.comment_id for one in comments]
        self.comments.found(await _read(connection, tables.COMMENTS, ids=ids, parts=parts))
        ids, parts = [one.project_id for one in calls], [one.call_id for one in calls]
        self.calls.found(await _read(connection, tables.CALLS, ids=ids, parts=parts))
        self.sequences.found(await _read(connection, tables.SEQUENCES, ids=sequences))

    async def _load_surroundings(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        creations = sum(isinstance(message, CreateProject) for message in messages)
        references = sorted(assigned(messages))
        if self._missing or creations or references:
            given = {"missing": self._missing, "creations": creations, "references": references}
            found = (await connection.execute(tables.SURROUNDINGS, given)).one()
            self.tombstones.found(domain.tombstone(row) for row in found.tombstones or ())
            self.numbers = iter(found.numbers or ())
            self.references = {id_: (kind, slot) for id_, kind, slot in found.references or ()}
        if any(isinstance(one, UpdateProject) and (one.categories or one.data.model_fields_set) for one in messages):
            self.enabled = set((await connection.execute(tables.ENABLED)).scalars())

    def existing(self, command: ExistingProjectCommand[Any]) -> Row:
        """Return the project that a command is about, at the revision it expects."""
        project_id = command.project_id
        project = domain.present(self.projects.get(project_id), self.tombstones.get(project_id), command.part)
        domain.unchanged_since(project, command.expected_revision)
        return project

    def touch(self, project: Row, given: unit.Unit["ProjectRows"], changes: Row | None = None) -> None:
        """Write a project's changes and its next revision."""
        touched = domain.touched(project, given.principal, given.now, changes)
        given.revision = touched["revision"]
        self.projects.put(touched)

    def delete(self, project: Row, *, by: str, at: datetime, expired: bool) -> None:
        """Delete a project with all it holds, and leave a tombstone."""
        project_id: UUID = project["id"]
        for parts in (self.comments, self.calls, self.sequences):
            parts.forget(project_id)
        self.projects.remove(project_id)
        self.tombstones.put(
            {
                "project_id": project_id,
                "number": project["number"],
                "deleted_by": by,
                "deleted_at": at,
                "expired": expired,
            }
        )

    async def save(self, connection: AsyncConnection) -> None:
        """Write projects before their parts."""
        for kept in (self.projects, self.comments, self.calls, self.sequences, self.tombstones):
            await kept.save(connection)


def assigned(messages: Sequence[Message]) -> set[int]:
    """Return the ids of all properties that the messages assign."""
    named: set[int | None] = set()
    for message in messages:
        if isinstance(message, CreateProject):
            named.add(message.type_id)
        elif isinstance(message, UpdateProject):
            named |= {message.type_id, message.status_id, *message.categories.values()}
        elif isinstance(message, ImportProjects):
            named |= {value for one in message.projects for value in (one.type_id, one.status_id)}
    return {one for one in named if one is not None}


async def _read(connection: AsyncConnection, statement: TextClause, **given: list[Any]) -> list[Row]:
    if not all(given.values()):
        return []
    return list((await connection.execute(statement, given)).mappings())
