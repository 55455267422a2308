"""Taking the steps of sweeps, which background work makes outside the lanes, so that no command waits for one."""

from contracts.projects.commands import ExpireProjects
from workers.projects.row_types import SweepStepRow
from workers.projects.worker import ProjectUnit, worker


@worker.takes(ExpireProjects)
async def expire_projects(command: ExpireProjects, unit: ProjectUnit) -> None:
    """Write down a step of a sweep; the background work makes it (RET-03)."""
    row: SweepStepRow = {
        "command_id": unit.id,
        "principal": unit.principal,
        "trace": unit.trace,
        "letter": unit.dead_letter(),
        "taken_at": unit.now,
        "refusal_language": unit.language,
        "sweep_id": command.sweep_id,
        "chain": command.chain,
        "created_before": command.created_before,
        "projects_max": command.limit,
    }
    unit.rows.sweep_steps.append(row)
