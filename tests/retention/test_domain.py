"""The rules of retention."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError

from contracts.projects.commands import ExpireProjects, ProjectsExpired
from contracts.retention import PreviewRetention
from workers.retention import domain
from workers.retention.retention_rules import RetentionRules
from workers.retention.row_types import SweepRow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SWEEP_ID = UUID(int=1)


def sweep(chains_left: int = 2, deleted: int = 0) -> SweepRow:
    """Return a sweep that has just made a step."""
    return {
        "sweep_id": SWEEP_ID,
        "created_before": NOW - timedelta(days=7),
        "progressed_at": NOW,
        "chains_left": chains_left,
        "deleted": deleted,
    }


def step(deleted: int, *, more: bool) -> ProjectsExpired:
    """Return what a chain reports."""
    return ProjectsExpired(sweep_id=SWEEP_ID, chain=0, deleted=deleted, more=more)


def test_days_are_counted_from_creation() -> None:
    """A project expires so many whole days after it was created, to the second (AMB-4)."""
    assert RetentionRules(7, "UTC", []).created_before(NOW) == datetime(2026, 2, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("days", [46_100, 365_000])
def test_longest_retention_is_a_time_of_the_wire(days: int) -> None:
    """Even a thousand years before now is a time that a command can carry, and nothing is older."""
    before = RetentionRules(days, "UTC", []).created_before(NOW)
    command = ExpireProjects(sweep_id=SWEEP_ID, chain=0, created_before=before, limit=domain.STEP_PROJECTS)
    assert command.created_before == datetime(1900, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("days", [0, -1, 365_001, 7.5, "7"])
def test_other_retention_times_are_refused(days: object) -> None:
    """Retention lasts 1 to 365,000 whole days (RET-01, RET-02)."""
    with pytest.raises(ValidationError):
        PreviewRetention.model_validate({"retention_days": days})


@pytest.mark.parametrize(
    "due, chains",
    [(0, 0), (1, 1), (domain.STEP_PROJECTS, 1), (domain.STEP_PROJECTS + 1, 2), (10**6, domain.CHAINS_MAX)],
)
def test_no_more_chains_than_steps(due: int, chains: int) -> None:
    """A sweep has as many chains as there are steps to do at once, up to a few."""
    assert domain.chains(due) == chains


def test_step_adds_up() -> None:
    """A step adds what it deleted, and its chain goes on while there is more."""
    after = domain.after_step(sweep(deleted=5), step(100, more=True), NOW)
    assert after["deleted"] == 105
    assert after["chains_left"] == 2


def test_last_step_ends_its_chain() -> None:
    """A step after which nothing is left ends its chain."""
    later = NOW + timedelta(seconds=1)
    after = domain.after_step(sweep(), step(7, more=False), later)
    assert after["deleted"] == 7
    assert after["chains_left"] == 1
    assert after["progressed_at"] == later


def test_schedule_needs_something_due() -> None:
    """The schedule begins no sweep when nothing has expired."""
    assert not domain.is_worthwhile(0, [], NOW)
    assert domain.is_worthwhile(1, [], NOW)


def test_schedule_waits_for_a_sweep_under_way() -> None:
    """The schedule begins no second sweep next to one that goes on, but gives up one that has stalled."""
    assert not domain.is_worthwhile(1, [sweep()], NOW + domain.STALL_TIME)
    assert domain.is_worthwhile(1, [sweep()], NOW + domain.STALL_TIME + timedelta(seconds=1))
