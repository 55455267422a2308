"""The start, the steps and the end of a sweep.

Every step is a transaction with its inbox and outbox: the received event is stored together with the next command,
which keeps its id however often it is published. A process may die at any point, and the sweep goes on.
"""

from contracts.errors import Code, Refusal
from contracts.evidence.destruction import Kind
from contracts.ids import uuid7
from contracts.projects.commands import ExpireProjects, ProjectsExpired
from contracts.retention import Sweep, SweepStarted, Swept
from contracts.subjects import SYSTEM
from workers.retention import domain
from workers.retention.handlers.destructions import note_step
from workers.retention.queries import count_due
from workers.retention.row_types import SweepRow
from workers.retention.rows import Overdue
from workers.retention.worker import RetentionUnit, worker
from workers.runtime.commands.reaction_dispatch import ReceivedEvent
from workers.runtime.storage.database_clock_check import is_believed


@worker.handles(Sweep)
async def sweep(command: Sweep, unit: RetentionUnit) -> SweepStarted:  # noqa: ARG001 - a sweep has no fields
    """Start deleting expired projects (RET-03), unless the clock is doubted or a scheduled sweep is needless."""
    if not await is_believed(unit.connection):
        raise Refusal(Code.UNAVAILABLE, fields=[{"field": "", "kind": "clock_doubted"}])
    rules = unit.rows.rules()
    counted = await count_due(unit.connection, rules, unit.now)
    unit.rows.overdue, due = Overdue(counted.overdue_since), counted.due
    started = SweepStarted(sweep_id=uuid7(), created_before=rules.created_before(unit.now), due=due)
    under_way = unit.rows.sweeps.all()
    if unit.principal == SYSTEM and not domain.is_worthwhile(due, under_way, unit.now):
        unit.is_unchanged = True
        if not due:
            unit.rows.note_end(unit.now)
        return started
    for other in under_way:
        if domain.is_stalled(other, unit.now):
            end_sweep(other, unit)
    begin_sweep(started, unit)
    return started


def begin_sweep(started: SweepStarted, unit: RetentionUnit) -> None:
    """Send the first command of each chain; a sweep without due projects ends at once."""
    row: SweepRow = {
        "sweep_id": started.sweep_id,
        "created_before": started.created_before,
        "progressed_at": unit.now,
        "chains_left": domain.chains(started.due),
        "deleted": 0,
    }
    if not row["chains_left"]:
        unit.rows.note_end(unit.now)
        end_sweep(row, unit)
        return
    unit.rows.sweeps.put(row)
    unit.rows.destructions.start(started.sweep_id, Kind.SWEEP, unit.rows.rule(), unit.now)
    for _ in range(row["chains_left"]):
        send_step(row, unit)


def send_step(row: SweepRow, unit: RetentionUnit) -> None:
    """Send the next step of a chain to projects."""
    step = ExpireProjects(
        sweep_id=row["sweep_id"],
        chain=domain.LANE_KEY,
        created_before=row["created_before"],
        limit=domain.STEP_PROJECTS,
    )
    unit.send(step, uuid7())


def end_sweep(row: SweepRow, unit: RetentionUnit) -> None:
    """Delete a sweep and emit its result."""
    unit.rows.sweeps.remove(row["sweep_id"])
    unit.rows.destructions.end(row["sweep_id"], is_empty=not row["deleted"])
    unit.emit(Swept(sweep_id=row["sweep_id"], deleted=row["deleted"]))


@worker.hears(ProjectsExpired)
async def continue_sweep(heard: ReceivedEvent[ProjectsExpired], unit: RetentionUnit) -> None:
    """Send the next step of a chain, or end the sweep with its last chain; ignore steps of a deleted sweep."""
    step = heard.event
    before = unit.rows.sweeps.get(step.sweep_id)
    note_step(heard, unit, before)
    if before is None:
        return
    row = domain.after_step(before, step, unit.now)
    unit.rows.sweeps.put(row)
    if step.more:
        send_step(row, unit)
    elif not row["chains_left"]:
        unit.rows.note_end(unit.now)
        end_sweep(row, unit)
