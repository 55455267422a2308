"""Taking registers of disclosures, which are made like summaries."""

from zoneinfo import available_timezones

from contracts.report_register import GenerateRegister
from contracts.report_summaries import Comparison, SummaryContent
from contracts.values import EARLIEST
from workers.reports.handlers.summaries import new_summary, require_turn
from workers.reports.rules import summary_rules
from workers.reports.signing.signing import require_identity
from workers.reports.worker import ReportUnit, worker


@worker.takes(GenerateRegister)
async def generate_register(command: GenerateRegister, unit: ReportUnit) -> None:
    """Write down which register is to be made; the background work makes it."""
    require_identity(unit.now)
    is_taken = unit.rows.is_in_use(command.report_id)
    summary_rules.require_new_register(command, unit.now, available_timezones(), is_taken=is_taken)
    await require_turn(unit)
    row = await new_summary(unit, command.report_id, command.timezone, command.language)
    unit.rows.summaries.put(
        {
            **row,
            "since": command.since or EARLIEST,
            "until": command.until or unit.now,
            "compare": Comparison.NONE.value,
            "show_user_names": True,
            "content": SummaryContent.DISCLOSURES.value,
            "project_ids": command.project_ids or [],
        }
    )
