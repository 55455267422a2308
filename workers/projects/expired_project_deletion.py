"""A step of a sweep: deleting expired projects with their parts, with one statement for all of them.

A thousand ids would cost the process more than the decision: they go from statement to statement as text.
"""

import time
from datetime import datetime
from typing import Final, NamedTuple, TypedDict
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.projects.commands import ExpireProjects, ProjectsExpired
from workers.projects.row_types import SweepStepRow
from workers.projects.rules.sweep_step_size import StepSize
from workers.projects.tables import set_aside
from workers.runtime.commands.deferred_commands import DeferredCommand, Step
from workers.runtime.storage.identity_map import read_rows, row_of

# While one process makes the oldest step, the others make none: two at once would compete for the processors.
_CLAIM = text(
    """
    SELECT s.*, EXISTS (SELECT FROM published.retention_policies) AS by_policies,
        (SELECT undo_days FROM published.settings) AS undo_days
    FROM projects.sweep_step s
    WHERE (command_id, principal) = (
        SELECT command_id, principal FROM projects.sweep_step ORDER BY taken_at, command_id LIMIT 1
    )
    FOR UPDATE SKIP LOCKED
    """
)
_DROP = text("DELETE FROM projects.sweep_step WHERE command_id = :command_id AND principal = :principal")
WAITING_STEPS = text("SELECT EXISTS (SELECT FROM projects.sweep_step)")

_LOCK = text(
    """
    WITH locked AS MATERIALIZED (
        SELECT id FROM projects.visible_project p
        WHERE created_at < :created_before AND NOT retention_exempt
            AND NOT EXISTS (SELECT FROM published.holds h WHERE h.project_id = p.id)
        ORDER BY created_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    SELECT count(*) AS count, coalesce(CAST(array_agg(id) AS text), '{}') AS ids FROM locked
    """
)
# A hold may have been placed between the first statement and its locks. This one sees it: a hold is placed under a lock
# on its project.
_DELETE = text(
    """
    WITH gone AS (
        DELETE FROM projects.project p
        WHERE id = ANY(CAST(:ids AS uuid[])) AND NOT EXISTS (SELECT FROM published.holds h WHERE h.project_id = p.id)
        RETURNING id, number
    ), buried AS (
        INSERT INTO projects.tombstone (project_id, number, deleted_by, deleted_at, expired)
        SELECT id, number, :by, now(), true FROM gone ORDER BY number
        RETURNING project_id, number
    )
    SELECT coalesce(CAST(json_agg(project_id) AS text), '[]') AS project_ids,
        coalesce(CAST(json_agg(number) AS text), '[]') AS numbers, CAST(NULL AS timestamptz) AS erase_after
    FROM buried
    """
)
# With an undo window the projects stay, out of sight, and the same rule about holds applies.
_BURY = text(
    """
    WITH buried AS (
        INSERT INTO projects.tombstone (project_id, number, deleted_by, deleted_at, expired, erase_after)
        SELECT id, number, :by, now(), true, now() + :undo_days * interval '24 hours' FROM projects.visible_project p
        WHERE id = ANY(CAST(:ids AS uuid[])) AND NOT EXISTS (SELECT FROM published.holds h WHERE h.project_id = p.id)
        ORDER BY number
        RETURNING project_id, number, erase_after
    )
    SELECT coalesce(CAST(json_agg(project_id) AS text), '[]') AS project_ids,
        coalesce(CAST(json_agg(number) AS text), '[]') AS numbers, max(erase_after) AS erase_after
    FROM buried
    """
)
# Policies decide by what a project is, and that may be changed between the first statement and its locks, too.
# The rules are read before: the planner only opens a function, and uses its index, if no parameter is a query.
_RULES = text("SELECT CAST(policies AS text) AS policies, retention_days, timezone FROM published.retention_rules")
_LOCK_BY_POLICIES = text(
    """
    WITH due AS MATERIALIZED (
        SELECT project_id FROM published.due_projects(
            CAST(:policies AS published.retention_policies[]), :retention_days, :timezone, :created_before
        )
        ORDER BY created_at, project_id LIMIT :limit
    ), locked AS MATERIALIZED (
        SELECT id FROM projects.visible_project WHERE id IN (SELECT project_id FROM due) FOR UPDATE SKIP LOCKED
    )
    SELECT count(*) AS count, coalesce(CAST(array_agg(id) AS text), '{}') AS ids,
        count(*) > 0 AND (SELECT count(*) FROM due) = :limit AS more
    FROM locked
    """
)
_STILL_DUE = text(
    """
    SELECT coalesce(CAST(array_agg(due.project_id) AS text), '{}') AS ids, count(*) AS count
    FROM published.due_projects(
        CAST(:policies AS published.retention_policies[]), :retention_days, :timezone, :created_before
    ) due
    WHERE due.project_id = ANY(CAST(:ids AS uuid[]))
    """
)
_DUE_AT_ONCE: Final = 100
"""Projects of a step where there are policies: for more, the planner sorts all projects, for a second per million."""

_IDS: Final = TypeAdapter(list[UUID])
_NUMBERS: Final = TypeAdapter(list[int])


class _ClaimedStepRow(SweepStepRow):
    """A step that this process makes, whether there are policies of retention, and the days of the undo window."""

    by_policies: bool
    undo_days: int


class _RulesRow(TypedDict):
    """The rules of retention: the policies as a text of the database, and the settings."""

    policies: str | None
    retention_days: int
    timezone: str


class LockedRow(TypedDict):
    """The row of the statement that locks expired projects: how many they are, and their ids as text."""

    count: int
    ids: str


class _LockedByPoliciesRow(LockedRow):
    """The row of the statement that locks what policies let expire, with whether more may be due."""

    more: bool


class _DeletedRow(TypedDict):
    """The row of the statement that deletes expired projects: their ids and numbers as JSON, in the same order."""

    project_ids: str
    numbers: str
    erase_after: datetime | None


class DeletedProjects(NamedTuple):
    """The ids and the numbers of deleted projects, in the same order, and until when they can be restored."""

    ids: list[UUID]
    numbers: list[int]
    restorable_until: datetime | None = None


async def lock_expired(connection: AsyncConnection, created_before: datetime, limit: int) -> LockedRow:
    """Lock the oldest expired projects that are neither under hold nor locked."""
    [locked] = await read_rows(connection, _LOCK, {"created_before": created_before, "limit": limit}, LockedRow)
    return locked


async def lock_due(connection: AsyncConnection, created_before: datetime, limit: int) -> tuple[LockedRow, bool]:
    """Lock the oldest projects that have expired by the site's policies; return them, and whether more may be due."""
    [rules] = await read_rows(connection, _RULES, {}, _RulesRow)
    parameters = {**rules, "created_before": created_before}
    [locked] = await read_rows(connection, _LOCK_BY_POLICIES, {**parameters, "limit": limit}, _LockedByPoliciesRow)
    [due] = await read_rows(connection, _STILL_DUE, {**parameters, "ids": locked["ids"]}, LockedRow)
    return due, locked["more"]


async def delete_locked(connection: AsyncConnection, locked: LockedRow, by: str, undo_days: int) -> DeletedProjects:
    """Delete locked projects without a hold, or set them aside for so many days, and leave their tombstones."""
    if not locked["count"]:
        return DeletedProjects([], [])
    parameters = {"ids": locked["ids"], "by": by} | ({"undo_days": undo_days} if undo_days else {})
    [row] = await read_rows(connection, _BURY if undo_days else _DELETE, parameters, _DeletedRow)
    ids, numbers = _IDS.validate_json(row["project_ids"]), _NUMBERS.validate_json(row["numbers"])
    deleted = DeletedProjects(ids, numbers, row["erase_after"])
    if undo_days:
        await connection.execute(set_aside.SET_ASIDE, {"ids": deleted.ids})
    return deleted


async def make_next_step(step: Step, size: StepSize, *, give_up: bool = False) -> bool:
    """Make the step that has waited for longest; return whether one waited that no other process is making."""
    row = row_of(await step.connection.execute(_CLAIM), _ClaimedStepRow)
    if row is None:
        return False
    key = f"sweep-{row['chain']}"
    command = DeferredCommand(
        ExpireProjects, row["command_id"], row["principal"], key, row["refusal_language"], row["trace"]
    )
    await step.connection.execute(_DROP, {"command_id": row["command_id"], "principal": row["principal"]})
    if give_up:
        await step.give_up(command, row["letter"])
    else:
        await _make(step, row, command, size)
    return True


async def _make(step: Step, row: _ClaimedStepRow, command: DeferredCommand, size: StepSize) -> None:
    """Delete as many projects as the step may; its event names them, its outcome only counts them.

    The event comes last: until the commit, whatever has another message for its lane waits for its number.
    """
    limit, since = min(row["projects_max"], size.projects), time.monotonic()
    if row["by_policies"]:
        locked, more = await lock_due(step.connection, row["created_before"], min(limit, _DUE_AT_ONCE))
    else:
        locked = await lock_expired(step.connection, row["created_before"], limit)
        more = locked["count"] == limit
    deleted = await delete_locked(step.connection, locked, row["principal"], row["undo_days"])
    size.note(len(deleted.ids), time.monotonic() - since)
    outcome = ProjectsExpired(sweep_id=row["sweep_id"], chain=row["chain"], deleted=len(deleted.ids), more=more)
    named = {"project_ids": deleted.ids, "numbers": deleted.numbers, "restorable_until": deleted.restorable_until}
    event = outcome.model_copy(update=named)
    if not await step.conclude(command, outcome, fuller=event):
        msg = "the command of this step has an outcome already"
        raise LookupError(msg)
