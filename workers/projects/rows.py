"""The rows of projects that a batch touches."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Self, TypedDict
from uuid import UUID

from sqlalchemy import BigInteger, Integer, TextClause, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Message
from contracts.permissions import Grants
from contracts.projects.commands import (
    AddSequences,
    CreateProject,
    DeleteProject,
    ExistingProjectCommand,
    ProjectCommand,
    RemoveAllSequences,
    RemoveSequences,
    UpdateProject,
)
from contracts.projects.drafts import DraftSequences
from contracts.projects.imports import ImportProjects
from contracts.projects.parts import AddCall, AddComment, DeleteCall, DeleteComment, EditCall, EditComment
from contracts.texts import Part
from workers.projects import domain, legal_hold_view, tables
from workers.projects.change_history import History, Since
from workers.projects.domain import FieldChange
from workers.projects.row_types import (
    CallRow,
    CommentRow,
    HoldRow,
    ProjectChanges,
    ProjectRow,
    SequenceRow,
    TombstoneRow,
)
from workers.projects.search import index
from workers.runtime.commands.unit_of_work import Rows, Unit
from workers.runtime.storage.identity_map import RowSet, RowT, read_rows

_ENABLED = text(
    """
    SELECT 'category_' || slot FROM published.categories WHERE enabled
    UNION ALL SELECT kind || '_' || slot FROM published.data_fields WHERE enabled
    """
)
_CHILD_SITES = text("SELECT child_sites FROM published.settings")
TAKEN_NUMBERS = text("SELECT number FROM projects.project WHERE number = ANY(:numbers)").bindparams(
    bindparam("numbers", type_=ARRAY(BigInteger))
)
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


class SurroundingsRow(TypedDict):
    """The row of the statement that reads the surroundings of a batch; each column is JSON."""

    tombstones: list[dict[str, Any]] | None
    numbers: list[tuple[int, str]]
    references: list[tuple[int, str, int | None]] | None


class ProjectRows(Rows):
    """The projects and parts that the batch names, locked, and the properties that they may refer to."""

    def __init__(self) -> None:
        """Start empty."""
        self.projects = RowSet[ProjectRow](tables.Project, "id")
        self.comments = RowSet[CommentRow](tables.Comment, "project_id", "comment_id")
        self.calls = RowSet[CallRow](tables.Call, "project_id", "call_id")
        self.sequences = RowSet[SequenceRow](tables.Sequence, "project_id", "sequence_id")
        self.history = History()
        self.holds: dict[UUID, HoldRow] = {}
        self.tombstones = RowSet[TombstoneRow](tables.Tombstone, "project_id")
        self.references: dict[int, tuple[str, int | None]] = {}
        self.enabled: set[str] = set()
        self.child_sites: set[str] = set()
        self.numbers: Iterator[tuple[int, datetime]] = iter(())
        self._missing: list[UUID] = []
        self._reworded: set[UUID] = set()

    @classmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Read and lock the rows that the messages name, with at most one statement per table."""
        rows = cls()
        await rows._load_projects(connection, messages)
        deleted = {message.project_id for message in messages if isinstance(message, DeleteProject)}
        rows.holds = await legal_hold_view.read_in_force(connection, deleted)
        await rows._load_surroundings(connection, messages)
        await rows._load_parts(connection, messages)
        await rows._load_history(connection, messages)
        return rows

    async def _load_projects(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        ids = {message.project_id for message in messages if isinstance(message, ProjectCommand)}
        imports = [message.projects for message in messages if isinstance(message, ImportProjects)]
        ids |= {project.project_id for project in chain.from_iterable(imports)}
        self.projects.add_stored(await _read(connection, tables.LOCK_PROJECTS, ProjectRow, ids=sorted(ids)))
        self._missing = [project_id for project_id in ids if self.projects.get(project_id) is None]

    async def _load_parts(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        comments = [message for message in messages if isinstance(message, _OF_COMMENTS)]
        calls = [message for message in messages if isinstance(message, _OF_CALLS)]
        sequences = [message.project_id for message in messages if isinstance(message, _OF_SEQUENCES)]
        ids, parts = [comment.project_id for comment in comments], [comment.comment_id for comment in comments]
        self.comments.add_stored(await _read(connection, tables.COMMENTS, CommentRow, ids=ids, parts=parts))
        ids, parts = [call.project_id for call in calls], [call.call_id for call in calls]
        self.calls.add_stored(await _read(connection, tables.CALLS, CallRow, ids=ids, parts=parts))
        self.sequences.add_stored(await _read(connection, tables.SEQUENCES, SequenceRow, ids=sequences))

    async def _load_history(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        """Read the history that explains refusals: nothing for commands that will be applied."""
        missing = set()
        expected: dict[UUID, int] = {}
        for command in messages:
            project = self.projects.get(command.project_id) if isinstance(command, ExistingProjectCommand) else None
            if project is None or not isinstance(command, ExistingProjectCommand):
                continue
            project_id, revision = command.project_id, command.expected_revision
            missing |= {(project_id, part_id) for part_id in self._missing_parts(command)}
            if revision is not None and revision < project["revision"]:
                expected[project_id] = min(expected.get(project_id, revision), revision)
        await self.history.load_revisions(connection, [Since(*base) for base in expected.items()])
        await self.history.load_removals(connection, missing)
        created = {message.project_id for message in messages if isinstance(message, CreateProject)}
        existing = [project_id for project_id in created if self.projects.get(project_id)]
        await self.history.load_creations(connection, existing)

    def _missing_parts(self, command: ExistingProjectCommand[Any]) -> list[UUID]:
        project_id = command.project_id
        match command:
            case EditComment(comment_id=part_id) | DeleteComment(comment_id=part_id):
                return [] if self.comments.get(project_id, part_id) else [part_id]
            case EditCall(call_id=part_id) | DeleteCall(call_id=part_id):
                return [] if self.calls.get(project_id, part_id) else [part_id]
            case RemoveSequences(sequence_ids=ids):
                return [part_id for part_id in ids if self.sequences.get(project_id, part_id) is None]
        return []

    async def _load_surroundings(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        creations = [place for place, message in enumerate(messages) if isinstance(message, CreateProject)]
        references = sorted(assigned_properties(messages))
        if self._missing or creations or references:
            parameters = {"missing": self._missing, "creations": creations, "references": references}
            [surroundings] = await read_rows(connection, SURROUNDINGS, parameters, SurroundingsRow)
            self.tombstones.add_stored(domain.read_tombstone(document) for document in surroundings["tombstones"] or ())
            self.numbers = iter([(number, datetime.fromisoformat(at)) for number, at in surroundings["numbers"]])
            self.references = {id_: (kind, slot) for id_, kind, slot in surroundings["references"] or ()}
        updates = [message for message in messages if isinstance(message, UpdateProject)]
        if any(update.categories or update.data.model_fields_set for update in updates):
            self.enabled = set((await connection.execute(_ENABLED)).scalars())
        if any(site for message in messages for site in named_sites(message)):
            self.child_sites = set((await connection.execute(_CHILD_SITES)).scalar_one())

    def require_project(self, command: ExistingProjectCommand[Any], grants: Grants | None = None) -> ProjectRow:
        """Return the project of a command, or refuse one that is gone or changed; `grants` are the caller's."""
        project_id, expected = command.project_id, command.expected_revision
        project = domain.require_project(self.projects.get(project_id), self.tombstones.get(project_id), command.part)
        if expected is not None:
            revisions = self.history.since(project_id, expected)
            domain.require_unchanged_since(project, expected, revisions, grants or Grants())
        return project

    def require_part(self, parts: RowSet[RowT], which: Part, project_id: UUID, part_id: UUID) -> RowT:
        """Return an existing comment, call or sequence, or refuse with who deleted it, and when."""
        part = parts.get(project_id, part_id)
        if part is None:
            raise domain.part_gone(which, part_id, self.history.removal(project_id, part_id))
        return part

    def touch(
        self,
        project: ProjectRow,
        unit: Unit["ProjectRows"],
        changes: ProjectChanges | None = None,
        past: Iterable[FieldChange] = (),
    ) -> None:
        """Write a project's next revision with its changes, and the history of its fields and parts.

        Where nothing changes, the project keeps its revision.
        """
        changes = changes or {}
        entries = [*domain.field_changes(project, changes), *past]
        if not entries:
            unit.leave_unchanged(project["revision"])
            return
        touched = domain.next_revision(project, unit.principal, unit.now, changes)
        unit.revision = touched["revision"]
        self.projects.put(touched)
        self.history.add(project["id"], touched["revision"], unit, entries)
        if not index.REWORDING.isdisjoint(domain.changed_names(project, changes)):
            self._reworded.add(touched["id"])

    def delete(self, project: ProjectRow, *, by: str, at: datetime) -> None:
        """Delete a project with its parts, and leave a tombstone."""
        self._forget(project["id"])
        self.tombstones.put(_tombstone(project, by, at, expired=False))

    def note_expired(self, ids: Iterable[UUID], unit: Unit["ProjectRows"]) -> None:
        """Drop what the batch would write to projects that a statement has deleted."""
        for project in filter(None, map(self.projects.get, ids)):
            self._forget(project["id"])
            self.tombstones.add_stored([_tombstone(project, unit.principal, unit.now, expired=True)])

    def _forget(self, project_id: UUID) -> None:
        for parts in (self.comments, self.calls, self.sequences):
            parts.forget(project_id)
        self.history.forget(project_id)
        self.projects.remove(project_id)

    async def save(self, connection: AsyncConnection) -> None:
        """Write projects before their parts and history, and all of them before the search index."""
        await self.projects.save(connection)
        for parts in (self.comments, self.calls, self.sequences):
            await parts.save(connection)
        await self.tombstones.save(connection)
        await self.history.save(connection)
        await self._save_words(connection)
        await index.keep_cameras(connection, self.projects, self.sequences)

    async def _save_words(self, connection: AsyncConnection) -> None:
        """Write the words of new projects from memory, and of others with changed texts from their tables."""
        filmed: dict[UUID, list[SequenceRow]] = {project_id: [] for project_id, _ in self.sequences.removed()}
        for row in self.sequences.written():
            filmed.setdefault(row["project_id"], []).append(row)
        new = {row["id"]: row for row in self.projects.new()}
        reworded = self._reworded | self._rewritten() | (filmed.keys() - new.keys())
        new_texts = [index.texts_of(project, filmed.get(project_id, ())) for project_id, project in new.items()]
        await index.keep_words(connection, new_texts, reworded)

    def _rewritten(self) -> set[UUID]:
        """Return the projects with added, changed or deleted comments or calls."""
        written = chain(self.comments.written(), self.calls.written())
        removed = self.comments.removed() | self.calls.removed()
        return {row["project_id"] for row in written} | {project_id for project_id, _ in removed}


def _tombstone(project: ProjectRow, by: str, at: datetime, *, expired: bool) -> TombstoneRow:
    number = project["number"]
    return {"project_id": project["id"], "number": number, "deleted_by": by, "deleted_at": at, "expired": expired}


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


async def _read(
    connection: AsyncConnection, statement: TextClause, row_type: type[RowT], **parameters: list[Any]
) -> list[RowT]:
    if not all(parameters.values()):
        return []
    return await read_rows(connection, statement, parameters, row_type)
