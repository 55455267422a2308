"""How a sweep begins, goes on and ends.

Every step is a transaction with its inbox and outbox: what has been heard is remembered with what follows
from it, and the command that follows keeps its id however often it is published. A process may die anywhere,
and the sweep goes on.
"""

from contracts.errors import Code, Refusal
from contracts.ids import uuid7
from contracts.projects.commands import ExpireProjects, ProjectsExpired
from contracts.retention import Sweep, SweepStarted, Swept
from contracts.subjects import SYSTEM
from workers.retention import domain
from workers.retention.queries import count_due, retention_days
from workers.retention.row_types import SweepRow
from workers.retention.worker import RetentionUnit, worker
from workers.runtime.commands.reactions import ReceivedEvent
from workers.runtime.storage.database_clock import is_believed


@worker.handles(Sweep)
async def sweep(command: Sweep, unit: RetentionUnit) -> SweepStarted:  # noqa: ARG001 - a sweep has no fields
    """Begin to delete what has expired (RET-03), by a clock that is believed; the schedule's wish needs a reason."""
    if not await is_believed(unit.connection):
        raise Refusal(Code.UNAVAILABLE, fields=[{"field": "", "kind": "clock_doubted"}])
    before = domain.created_before(unit.now, await retention_days(unit.connection))
    due = await count_due(unit.connection, before)
    started = SweepStarted(sweep_id=uuid7(), created_before=before, due=due)
    under_way = unit.rows.sweeps.all()
    if unit.principal == SYSTEM and not domain.worthwhile(due, under_way, unit.now):
        unit.is_unchanged = True
        if not due:
            unit.rows.swept_at = unit.now
        return started
    for other in under_way:
        if domain.stalled(other, unit.now):
            end(other, unit)
    begin(started, unit)
    return started


def begin(started: SweepStarted, unit: RetentionUnit) -> None:
    """Send the first command of each chain; a sweep with nothing to do has ended."""
    row: SweepRow = {
        "sweep_id": started.sweep_id,
        "created_before": started.created_before,
        "progressed_at": unit.now,
        "chains_left": domain.chains(started.due),
        "deleted": 0,
    }
    if not row["chains_left"]:
        unit.rows.swept_at = unit.now
        end(row, unit)
        return
    unit.rows.sweeps.put(row)
    for chain in range(domain.chains(started.due)):
        send_step(row, chain, unit)


def send_step(row: SweepRow, chain: int, unit: RetentionUnit) -> None:
    """Ask projects for the next step of a chain."""
    step = ExpireProjects(
        sweep_id=row["sweep_id"], chain=chain, created_before=row["created_before"], limit=domain.STEP_PROJECTS
    )
    unit.send(step, uuid7())


def end(row: SweepRow, unit: RetentionUnit) -> None:
    """Forget a sweep and say what it did."""
    unit.rows.sweeps.remove(row["sweep_id"])
    unit.emit(Swept(sweep_id=row["sweep_id"], deleted=row["deleted"]))


@worker.hears(ProjectsExpired)
async def go_on(heard: ReceivedEvent[ProjectsExpired], unit: RetentionUnit) -> None:
    """Let a chain take its next step; the last to end ends the sweep, and one that was given up is over."""
    step = heard.event
    before = unit.rows.sweeps.get(step.sweep_id)
    if before is None:
        return
    row = domain.after_step(before, step, unit.now)
    unit.rows.sweeps.put(row)
    if step.more:
        send_step(row, step.chain, unit)
    elif not row["chains_left"]:
        unit.rows.swept_at = unit.now
        end(row, unit)
