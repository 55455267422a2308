"""The rules of retention: expiry, the steps of a sweep, and holds."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from contracts.errors import Code, Refusal
from contracts.projects.commands import EXPIRE_PROJECTS_MAX, ProjectsExpired
from contracts.retention import HoldProject
from workers.retention.row_types import HoldRow, SweepRow

CHAINS_MAX = 3
"""Chains of a sweep, whose steps are made in turn: while one is being made, the step of another waits."""

LANE_KEY = 0
"""The `chain` of every command, which names its lane: the process that has it makes the steps."""

STEP_PROJECTS = EXPIRE_PROJECTS_MAX
"""Projects that one step may delete; the slice of projects takes fewer where other commands would wait too long."""

COUNTED_PROJECTS_MAX = 1_000_000
"""The largest count of due projects; a larger number is reported as this."""

STALL_TIME = timedelta(hours=1)
"""A sweep without a step for this long has lost its chains: a step of each is a dead letter."""


def chains(due: int) -> int:
    """Return how many chains a sweep needs: none if nothing is due, one if one step is enough."""
    return min(CHAINS_MAX, -(-due // STEP_PROJECTS))


def is_stalled(sweep: SweepRow, now: datetime) -> bool:
    """Tell whether a sweep has stopped making progress."""
    return now - sweep["progressed_at"] > STALL_TIME


def is_worthwhile(due: int, sweeps: Iterable[SweepRow], now: datetime) -> bool:
    """Tell whether the schedule should start a sweep: projects are due, and no other sweep is in progress."""
    return due > 0 and all(is_stalled(sweep, now) for sweep in sweeps)


def after_step(sweep: SweepRow, step: ProjectsExpired, now: datetime) -> SweepRow:
    """Return a sweep after a step of one of its chains; the chain ends when no projects are left."""
    return {
        **sweep,
        "deleted": sweep["deleted"] + step.deleted,
        "chains_left": sweep["chains_left"] - (not step.more),
        "progressed_at": now,
    }


def new_hold(hold_id: UUID, command: HoldProject, by: str, at: datetime) -> HoldRow:
    """Return a hold that is in force."""
    return {
        "hold_id": hold_id,
        "project_id": command.project_id,
        "reason": command.reason,
        "held_by": by,
        "held_at": at,
        "released_by": None,
        "released_at": None,
        "release_reason": None,
    }


def require_same_hold(hold: HoldRow, reason: str, by: str) -> None:
    """Accept the same hold again; refuse another one, naming the holder and the time."""
    if (hold["reason"], hold["held_by"]) != (reason, by):
        raise Refusal(
            Code.CONFLICT,
            fields=[{"field": "project_id", "kind": "held_already"}],
            held_by=hold["held_by"],
            held_at=hold["held_at"].isoformat(),
        )


def require_hold(hold: HoldRow | None) -> HoldRow:
    """Return the hold, or refuse to release a project without one."""
    if hold is None:
        raise Refusal(Code.CONFLICT, fields=[{"field": "project_id", "kind": "not_held"}])
    return hold


def released_hold(hold: HoldRow, reason: str, by: str, at: datetime) -> HoldRow:
    """Return a hold that has ended."""
    return {**hold, "released_by": by, "released_at": at, "release_reason": reason}
