"""Taking summaries of a period, and deleting them."""

from zoneinfo import available_timezones

from contracts.report_summaries import DeleteSummary, GenerateSummary, SummaryDeleted, SummaryState
from workers.reports import domain, summary_tables, tables
from workers.reports.row_types import SettingsRow, SummaryRow
from workers.reports.signing.signing import require_identity
from workers.reports.worker import ReportUnit, worker
from workers.runtime.storage.identity_map import rows_of


@worker.takes(GenerateSummary)
async def generate_summary(command: GenerateSummary, unit: ReportUnit) -> None:
    """Write down which summary is to be made; the background work makes it."""
    require_identity(unit.now)
    is_taken = unit.rows.is_in_use(command.report_id)
    domain.require_new_summary(command, unit.now, available_timezones(), is_taken=is_taken)
    execute = unit.connection.execute
    counting = summary_tables.COUNT_UNFINISHED_SUMMARIES
    unfinished = (await execute(counting, {"principal": unit.principal})).scalar_one()
    domain.require_turn(unfinished, "too_many_summaries")
    [settings] = rows_of(await execute(tables.SETTINGS), SettingsRow)
    row: SummaryRow = {
        "report_id": command.report_id,
        "command_id": unit.id,
        "principal": unit.principal,
        "trace": unit.trace,
        "letter": unit.dead_letter(),
        "created_at": unit.now,
        "since": command.since,
        "until": command.until,
        "compare": command.compare.value,
        "place": command.place,
        "timezone": command.timezone or settings["timezone"],
        "language": command.language or settings["language"],
        "title": command.title,
        "refusal_language": unit.language,
        "show_user_names": command.show_user_names,
        "state": SummaryState.PENDING.value,
        "finished_at": None,
        "created": None,
        "complete": None,
        "missing": [],
        "bytes": None,
        "sha256": None,
        "pages": None,
    }
    unit.rows.summaries.put(row)


@worker.handles(DeleteSummary)
async def delete_summary(command: DeleteSummary, unit: ReportUnit) -> SummaryDeleted:
    """Cancel a summary that is being made, or delete one that is finished; only its author may."""
    summary = domain.require_summary(unit.rows.summaries.get(command.report_id), unit.principal)
    if domain.is_finished(summary):
        unit.rows.summaries.remove(command.report_id)
    else:
        unit.rows.summaries.put({**summary, "state": SummaryState.CANCELLED.value})
    return SummaryDeleted(report_id=command.report_id)
