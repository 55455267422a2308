"""The rows of projects that a batch touches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Self
from uuid import UUID

from psycopg.rows import DictRow
from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Message
from contracts.permissions import Grants
from contracts.projects.commands import (
    CreateProject,
    ExistingProjectCommand,
    ProjectCommand,
    RemoveSequences,
)
from contracts.projects.parts import DeleteCall, DeleteComment, EditCall, EditComment
from contracts.texts import Part
from workers.projects import domain, tables
from workers.projects.batch_statements import DeletionRulesRow, SurroundingsRow, new_ids, questions_of
from workers.projects.change_history import History, Since
from workers.projects.domain import FieldChange
from workers.projects.row_types import (
    CallRow,
    CommentRow,
    HoldRow,
    ProjectChanges,
    ProjectRow,
    SequenceRow,
    SweepStepRow,
    TombstoneRow,
)
from workers.projects.rules import tombstones
from workers.projects.search import index
from workers.projects.tables import set_aside
from workers.projects.tables.projects import Project
from workers.runtime.commands.unit_of_work import Rows, Unit
from workers.runtime.storage.bulk_writes import insert_rows
from workers.runtime.storage.identity_map import RowSet, RowT, read_rows, rows_as
from workers.runtime.storage.statement_execution import Question, read_together

TAKEN_NUMBERS = text("SELECT number FROM projects.project WHERE number = ANY(:numbers)").bindparams(
    bindparam("numbers", type_=ARRAY(BigInteger))
)


class ProjectRows(Rows):
    """The projects and parts that the batch names, locked, and the properties that they may refer to."""

    def __init__(self) -> None:
        """Start empty."""
        self.projects = RowSet[ProjectRow](Project, "id")
        self.comments = RowSet[CommentRow](tables.Comment, "project_id", "comment_id")
        self.calls = RowSet[CallRow](tables.Call, "project_id", "call_id")
        self.sequences = RowSet[SequenceRow](tables.Sequence, "project_id", "sequence_id")
        self.history = History()
        self.holds: dict[UUID, HoldRow] = {}
        self.tombstones = RowSet[TombstoneRow](tables.Tombstone, "project_id")
        self.references: dict[int, tuple[str, int | None]] = {}
        self.enabled: set[str] = set()
        self.child_sites: set[str] = set()
        self.deletion_rules = DeletionRulesRow(deletion_reason_required=False, undo_days=0)
        """What the site demands of deletions; only read if there is one."""
        self.numbers: Iterator[tuple[int, datetime]] = iter(())
        self.sweep_steps: list[SweepStepRow] = []
        self._reworded: set[UUID] = set()
        self._set_aside: set[UUID] = set()

    @classmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Read and lock the rows that the messages name, with at most one statement per table and one round trip.

        The projects are locked first: what is read behind them belongs to their locked state.
        """
        return await cls.load_rest(connection, messages, await read_together(connection, questions_of(messages)))

    @classmethod
    def questions(cls, messages: Sequence[Message]) -> dict[str, Question]:
        """Return the statements that read and lock the rows that the messages name."""
        return questions_of(messages)

    @classmethod
    async def load_rest(
        cls, connection: AsyncConnection, messages: Sequence[Message], answers: Mapping[str, Sequence[DictRow]]
    ) -> Self:
        """Take the rows of the answers, and read who deleted what is gone and what changed since a revision."""
        rows = cls()
        rows.projects.add_stored(rows_as(ProjectRow, answers.get("projects", ())))
        rows.comments.add_stored(rows_as(CommentRow, answers.get("comments", ())))
        rows.calls.add_stored(rows_as(CallRow, answers.get("calls", ())))
        rows.sequences.add_stored(rows_as(SequenceRow, answers.get("sequences", ())))
        rows.holds = {hold["project_id"]: hold for hold in rows_as(HoldRow, answers.get("holds", ()))}
        rows.enabled = {row["name"] for row in answers.get("enabled", ())}
        for rules in rows_as(DeletionRulesRow, answers.get("deletion_rules", ())):
            rows.deletion_rules = rules
        rows.child_sites = {site for row in answers.get("child_sites", ()) for site in row["child_sites"]}
        for surroundings in rows_as(SurroundingsRow, answers.get("surroundings", ())):
            rows._add_surroundings(surroundings)
        await rows._load_tombstones(connection, messages)
        await rows._load_history(connection, messages)
        return rows

    def _add_surroundings(self, surroundings: SurroundingsRow) -> None:
        self.tombstones.add_stored(tombstones.read_tombstone(document) for document in surroundings["tombstones"] or ())
        self.numbers = iter([(number, datetime.fromisoformat(at)) for number, at in surroundings["numbers"]])
        self.references = {id_: (kind, slot) for id_, kind, slot in surroundings["references"] or ()}

    async def _load_tombstones(self, connection: AsyncConnection, messages: Sequence[Message]) -> None:
        """Read who deleted the projects that should exist and are not there: nothing for commands that are applied."""
        named = {message.project_id for message in messages if isinstance(message, ProjectCommand)}
        gone = sorted(project_id for project_id in named - set(new_ids(messages)) if not self.projects.get(project_id))
        if gone:
            self.tombstones.add_stored(await read_rows(connection, tables.TOMBSTONES, {"ids": gone}, TombstoneRow))

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

    def present(self, project_id: UUID) -> ProjectRow | None:
        """Return a project, unless it is deleted or set aside within the batch."""
        return None if project_id in self._set_aside else self.projects.get(project_id)

    def require_project(self, command: ExistingProjectCommand[Any], grants: Grants | None = None) -> ProjectRow:
        """Return the project of a command, or refuse one that is gone or changed; `grants` are the caller's."""
        project_id, expected = command.project_id, command.expected_revision
        project = domain.require_project(self.present(project_id), self.tombstones.get(project_id), command.part)
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
        self.revise(project, unit, changes, entries)

    def revise(
        self, project: ProjectRow, unit: Unit["ProjectRows"], changes: ProjectChanges, entries: list[FieldChange]
    ) -> None:
        """Write a project's next revision with its changes, and these entries of its history."""
        touched = domain.next_revision(project, unit.principal, unit.now, changes)
        unit.revision = touched["revision"]
        self.projects.put(touched)
        self.history.add(project["id"], touched["revision"], unit, entries)
        if not index.REWORDING.isdisjoint(domain.changed_names(project, changes)):
            self._reworded.add(touched["id"])

    def delete(self, project: ProjectRow, *, by: str, at: datetime) -> None:
        """Delete a project with its parts, and leave a tombstone."""
        project_id = project["id"]
        for parts in (self.comments, self.calls, self.sequences):
            parts.forget(project_id)
        self.history.forget(project_id)
        self.projects.remove(project_id)
        self.tombstones.put(tombstones.tombstone_of(project, by, at))

    def set_aside(self, project: ProjectRow, tombstone: TombstoneRow) -> None:
        """Take a project out of sight with its parts; the tombstone says who did it and until when it can come back."""
        self._set_aside.add(project["id"])
        self.tombstones.put(tombstone)

    async def save(self, connection: AsyncConnection) -> None:
        """Write projects before their parts and history, and all of them before the search index."""
        await self.projects.save(connection)
        for parts in (self.comments, self.calls, self.sequences):
            await parts.save(connection)
        await self.tombstones.save(connection)
        await self.history.save(connection)
        await self._save_words(connection)
        await index.keep_cameras(connection, self.projects, self.sequences)
        await insert_rows(connection, tables.SweepStep, self.sweep_steps)
        if self._set_aside:
            await connection.execute(set_aside.SET_ASIDE, {"ids": sorted(self._set_aside)})

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
