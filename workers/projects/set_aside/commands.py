"""Setting projects aside and bringing them back: restoring within the undo window, and restriction of processing."""

from typing import Any, cast

from contracts.errors import Code, Refusal, project_gone
from contracts.projects.commands import ProjectCommand
from contracts.projects.set_aside import (
    LiftRestriction,
    ProjectRestored,
    ProjectRestricted,
    RestoreProject,
    RestrictionLifted,
    RestrictProject,
)
from workers.projects.row_types import TombstoneRow
from workers.projects.rules import tombstones
from workers.projects.tables import set_aside
from workers.projects.worker import ProjectUnit, worker
from workers.runtime.storage.identity_map import row_of


@worker.handles(RestoreProject)
async def restore_project(command: RestoreProject, unit: ProjectUnit) -> ProjectRestored:
    """Bring back a deleted project, unless its undo window has passed."""
    tombstone = await _require_set_aside(command, unit)
    if tombstone["restricted"]:
        raise Refusal(
            Code.CONFLICT, part=command.part, fields=[{"field": "project_id", "kind": "restricted_not_deleted"}]
        )
    if tombstone["erase_after"] is None or tombstone["erase_after"] <= unit.now:
        raise project_gone(cast("TombstoneRow", {**tombstone, "erase_after": None}), command.part)
    return ProjectRestored(project_id=command.project_id, number=await _bring_back(tombstone, unit))


@worker.handles(RestrictProject)
async def restrict_project(command: RestrictProject, unit: ProjectUnit) -> ProjectRestricted:
    """Take a project out of sight, and keep it whole."""
    project = unit.rows.require_project(command, unit.grants)
    tombstone = tombstones.tombstone_of(project, unit.principal, unit.now)
    unit.rows.set_aside(project, {**tombstone, "restricted": True, "reason": command.reason})
    unit.revision = project["revision"] + 1
    return ProjectRestricted(project_id=command.project_id, number=project["number"])


@worker.handles(LiftRestriction)
async def lift_restriction(command: LiftRestriction, unit: ProjectUnit) -> RestrictionLifted:
    """Show a restricted project again."""
    tombstone = await _require_set_aside(command, unit)
    if not tombstone["restricted"]:
        raise project_gone(tombstone, command.part)
    return RestrictionLifted(project_id=command.project_id, number=await _bring_back(tombstone, unit))


async def _require_set_aside(command: ProjectCommand[Any], unit: ProjectUnit) -> TombstoneRow:
    """Return who took the project away, and lock that.

    Raises:
        Refusal: Nobody has: it is there, or was never there.
    """
    if unit.rows.projects.get(command.project_id):
        raise Refusal(Code.CONFLICT, part=command.part, fields=[{"field": "project_id", "kind": "not_set_aside"}])
    named = {"project_id": command.project_id}
    tombstone = row_of(await unit.connection.execute(set_aside.LOCK_TOMBSTONE, named), TombstoneRow)
    if tombstone is None:
        raise project_gone(None, command.part)
    return tombstone


async def _bring_back(tombstone: TombstoneRow, unit: ProjectUnit) -> int:
    """Make a project visible again, with its next revision; return its number."""
    named = {"project_id": tombstone["project_id"]}
    unit.revision = (await unit.connection.execute(set_aside.BRING_BACK, named)).scalar_one()
    await unit.connection.execute(set_aside.DROP_TOMBSTONE, named)
    return tombstone["number"]
