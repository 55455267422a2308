"""The rules of retention: the steps of a sweep."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from contracts.projects.commands import EXPIRE_PROJECTS_MAX, ProjectsExpired
from workers.retention.row_types import SweepRow

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
