"""Generating and deleting reports, one or many, and recording prints."""

from contracts.ids import uuid7
from contracts.report_batches import BatchDeleted, BatchState, DeleteBatch, GenerateBatch
from contracts.reports import DeleteReport, GenerateReport, RecordPrint, ReportDeleted, ReportGenerated, ReportPrinted
from contracts.values import Language
from workers.reports import batch_tables, domain, tables
from workers.reports.row_types import BatchRow, RequestRow
from workers.reports.signing.signing import require_identity
from workers.reports.single_reports import event_of
from workers.reports.worker import ReportUnit, worker


@worker.takes(GenerateReport)
async def generate_report(command: GenerateReport, unit: ReportUnit) -> ReportGenerated | None:
    """Write down which report is to be made; a repeated request returns the same report."""
    rows = unit.rows
    existing = rows.reports.get(command.report_id)
    if existing is not None:
        domain.require_same_report(existing, command.project_id)
        unit.leave_unchanged()
        return event_of(existing)
    domain.require_project(command.project_id in rows.projects, rows.tombstones.get(command.project_id))
    require_identity(unit.now)
    row: RequestRow = {
        "command_id": unit.id,
        "principal": unit.principal,
        "trace": unit.trace,
        "letter": unit.dead_letter(),
        "requested_at": unit.now,
        "report_id": command.report_id,
        "project_id": command.project_id,
        "language": command.language,
        "refusal_language": unit.language,
        "show_user_names": command.show_user_names,
        "activity": command.activity,
        "template": command.template,
        "recipient": command.recipient,
        "reference": command.reference,
        "legal_basis": command.legal_basis,
        "log_size": None,
        "log_awaited_until": None,
    }
    rows.requests.append(row)
    return None


@worker.handles(RecordPrint)
async def record_print(command: RecordPrint, unit: ReportUnit) -> ReportPrinted:
    """Record that a report was printed (REP-04)."""
    report = domain.require_report(unit.rows.reports.get(command.report_id))
    return ReportPrinted(report_id=command.report_id, project_id=report["project_id"])


@worker.handles(DeleteReport)
async def delete_report(command: DeleteReport, unit: ReportUnit) -> ReportDeleted:
    """Delete a report with its bytes; its project stays."""
    report = domain.require_report(unit.rows.reports.get(command.report_id))
    unit.rows.reports.remove(command.report_id)
    return ReportDeleted(report_id=command.report_id, project_id=report["project_id"])


@worker.takes(GenerateBatch)
async def generate_batch(command: GenerateBatch, unit: ReportUnit) -> None:
    """Write down which reports are to be made; the background work makes them, and the file."""
    require_identity(unit.now)
    domain.require_new_batch(command, is_taken=unit.rows.is_in_use(command.report_id))
    unfinished: int = (
        await unit.connection.execute(batch_tables.COUNT_UNFINISHED_BATCHES, {"principal": unit.principal})
    ).scalar_one()
    domain.require_turn(unfinished, "too_many_batches")
    language = command.language or (await unit.connection.execute(tables.LANGUAGE)).scalar_one()
    unit.rows.batches.put(_new_batch(command, unit, language))


@worker.handles(DeleteBatch)
async def delete_batch(command: DeleteBatch, unit: ReportUnit) -> BatchDeleted:
    """Cancel a batch that is being made, or delete one that is finished; only its author may."""
    batch = domain.require_batch(unit.rows.batches.get(command.report_id), unit.principal)
    if domain.is_finished(batch):
        unit.rows.batches.remove(command.report_id)
    else:
        unit.rows.batches.put({**batch, "state": BatchState.CANCELLED.value})
    return BatchDeleted(report_id=command.report_id)


def _new_batch(command: GenerateBatch, unit: ReportUnit, language: Language) -> BatchRow:
    """Return the row of a batch of which nothing is made."""
    selected = command.listing()
    return {
        "report_id": command.report_id,
        "command_id": unit.id,
        "principal": unit.principal,
        "trace": unit.trace,
        "letter": unit.dead_letter(),
        "created_at": unit.now,
        "form": command.form.value,
        "language": language,
        "refusal_language": unit.language,
        "show_user_names": command.show_user_names,
        "activity": command.activity,
        "template": command.template,
        "recipient": command.recipient,
        "reference": command.reference,
        "legal_basis": command.legal_basis,
        "template_numbers": [],
        "template_failures": 0,
        "is_stamped": None,
        "left_out": [],
        "total": len(command.project_ids or ()),
        "state": BatchState.PENDING.value,
        "finished_at": None,
        "included": None,
        "bytes": None,
        "sha256": None,
        "pages": None,
        "conformance": None,
        "project_ids": command.project_ids or [],
        "selection_id": uuid7() if selected else None,
        "filter": selected.filter.model_dump(mode="json", by_alias=True, exclude_defaults=True) if selected else None,
        "sort": selected.sort if selected else None,
        "search": selected.search if selected else None,
        "projects_max": domain.most_selected(command.form) if selected else None,
    }
