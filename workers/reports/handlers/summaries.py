"""Taking summaries of a period, and deleting them."""

from uuid import UUID
from zoneinfo import available_timezones

from contracts.report_summaries import (
    Comparison,
    DeleteSummary,
    GenerateSummary,
    SummaryContent,
    SummaryDeleted,
    SummaryState,
)
from contracts.values import EARLIEST, Language
from workers.reports import domain, summary_tables, tables
from workers.reports.row_types import SettingsRow, SummaryRow
from workers.reports.rules import summary_rules
from workers.reports.signing.signing import require_identity
from workers.reports.worker import ReportUnit, worker
from workers.runtime.storage.identity_map import rows_of


@worker.takes(GenerateSummary)
async def generate_summary(command: GenerateSummary, unit: ReportUnit) -> None:
    """Write down which summary is to be made; the background work makes it."""
    require_identity(unit.now)
    is_taken = unit.rows.is_in_use(command.report_id)
    summary_rules.require_new_summary(command, unit.now, available_timezones(), is_taken=is_taken)
    await require_turn(unit)
    row = await new_summary(unit, command.report_id, command.timezone, command.language)
    unit.rows.summaries.put(
        {
            **row,
            "since": command.since,
            "until": command.until,
            "compare": command.compare.value,
            "place": command.place,
            "title": command.title,
            "show_user_names": command.show_user_names,
        }
    )


async def require_turn(unit: ReportUnit) -> None:
    """Refuse another summary of somebody who has many that are being made."""
    counting = summary_tables.COUNT_UNFINISHED_SUMMARIES
    unfinished = (await unit.connection.execute(counting, {"principal": unit.principal})).scalar_one()
    domain.require_turn(unfinished, "too_many_summaries")


async def new_summary(unit: ReportUnit, report_id: UUID, timezone: str | None, language: Language | None) -> SummaryRow:
    """Return the row of a summary of which nothing is made, by default with the time zone and language of the site."""
    [settings] = rows_of(await unit.connection.execute(tables.SETTINGS), SettingsRow)
    return {
        "report_id": report_id,
        "command_id": unit.id,
        "principal": unit.principal,
        "trace": unit.trace,
        "letter": unit.dead_letter(),
        "created_at": unit.now,
        "since": EARLIEST,
        "until": unit.now,
        "compare": Comparison.NONE.value,
        "place": None,
        "timezone": timezone or settings["timezone"],
        "language": language or settings["language"],
        "title": "",
        "refusal_language": unit.language,
        "show_user_names": False,
        "state": SummaryState.PENDING.value,
        "finished_at": None,
        "created": None,
        "complete": None,
        "missing": [],
        "bytes": None,
        "sha256": None,
        "pages": None,
        "content": SummaryContent.FIGURES.value,
        "entries": None,
        "project_ids": [],
        "is_stamped": None,
    }


@worker.handles(DeleteSummary)
async def delete_summary(command: DeleteSummary, unit: ReportUnit) -> SummaryDeleted:
    """Cancel a summary that is being made, or delete one that is finished; only its author may."""
    summary = domain.require_summary(unit.rows.summaries.get(command.report_id), unit.principal)
    if domain.is_finished(summary):
        unit.rows.summaries.remove(command.report_id)
    else:
        unit.rows.summaries.put({**summary, "state": SummaryState.CANCELLED.value})
    return SummaryDeleted(report_id=command.report_id)
