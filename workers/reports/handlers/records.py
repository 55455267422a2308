"""Taking records of processing, which are made like summaries."""

from zoneinfo import available_timezones

from contracts.report_record import GenerateRecord
from contracts.report_summaries import SummaryContent
from workers.reports.handlers.summaries import new_summary, require_turn
from workers.reports.rules import summary_rules
from workers.reports.signing.signing import require_identity
from workers.reports.worker import ReportUnit, worker


@worker.takes(GenerateRecord)
async def generate_record(command: GenerateRecord, unit: ReportUnit) -> None:
    """Write down that a record is to be made; the background work makes it."""
    require_identity(unit.now)
    is_taken = unit.rows.is_in_use(command.report_id)
    summary_rules.require_new_file(is_taken=is_taken, timezone=command.timezone, zones=available_timezones())
    await require_turn(unit)
    row = await new_summary(unit, command.report_id, command.timezone, command.language)
    unit.rows.summaries.put({**row, "content": SummaryContent.RECORD.value})
