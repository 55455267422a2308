"""The rules of retention: what has expired, how a sweep goes on, and what a hold is."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from contracts.errors import Code, Refusal
from contracts.projects.commands import ProjectsExpired
from contracts.retention import HoldProject
from contracts.values import EARLIEST, LATEST
from workers.retention.row_types import HoldRow, SweepRow

CHAINS_MAX = 2
"""Steps of a sweep at the same time: fewer than a process has transactions, so that people keep one."""

STEP_PROJECTS = 100
"""Projects that one step deletes: nobody waits longer than a step takes."""

COUNTED_MAX = 1_000_000
"""Where counting ends: more than this is told as this."""

STALLED_AFTER = timedelta(hours=1)
"""A sweep without a step for this long has lost its chains (a step of each is a dead letter)."""


def created_before(now: datetime, retention_days: int) -> datetime:
    """Return the moment before which a project must have been created to have expired (AMB-4).

    Nothing is older than the earliest time of the wire, which a long retention time would lie far before.
    """
    kept = timedelta(days=retention_days)
    return EARLIEST if kept > now - EARLIEST else now - kept


def chains(due: int) -> int:
    """Return how many chains a sweep needs: none when nothing is due, one when one step is enough."""
    return min(CHAINS_MAX, -(-due // STEP_PROJECTS))


def stalled(sweep: SweepRow, now: datetime) -> bool:
    """Tell whether a sweep will not go on by itself."""
    return now - sweep["progressed_at"] > STALLED_AFTER


def worthwhile(due: int, sweeps: Iterable[SweepRow], now: datetime) -> bool:
    """Tell whether the schedule has a reason for a sweep: something is due and nobody is at it."""
    return due > 0 and all(stalled(sweep, now) for sweep in sweeps)


def after_step(sweep: SweepRow, step: ProjectsExpired, now: datetime) -> SweepRow:
    """Return a sweep after a step of one of its chains, which is the chain's last when there is no more."""
    return {
        **sweep,
        "deleted": sweep["deleted"] + step.deleted,
        "chains_left": sweep["chains_left"] - (not step.more),
        "progressed_at": now,
    }


def due_before(now: datetime, retention_days: int, within_days: int | None) -> datetime:
    """Return before when a project must have been created to expire within so many days, or at all."""
    return LATEST if within_days is None else created_before(now, retention_days - within_days)


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
    """Accept the same hold again; refuse another one, naming who holds the project, since when."""
    if (hold["reason"], hold["held_by"]) != (reason, by):
        raise Refusal(
            Code.CONFLICT,
            fields=[{"field": "project_id", "kind": "held_already"}],
            held_by=hold["held_by"],
            held_at=hold["held_at"].isoformat(),
        )


def require_hold(hold: HoldRow | None) -> HoldRow:
    """Return the hold that a release ends, or refuse to release a project that is not held."""
    if hold is None:
        raise Refusal(Code.CONFLICT, fields=[{"field": "project_id", "kind": "not_held"}])
    return hold


def released(hold: HoldRow, reason: str, by: str, at: datetime) -> HoldRow:
    """Return a hold that has ended."""
    return {**hold, "released_by": by, "released_at": at, "release_reason": reason}
