"""Making the file of a summary, a register or a record, and concluding the command that asked for it."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple
from uuid import UUID

from contracts.errors import Code, Refusal
from contracts.message import Command
from contracts.permissions import Level
from contracts.report_record import GenerateRecord, RecordGenerated
from contracts.report_register import GenerateRegister, RegisterGenerated
from contracts.report_summaries import GenerateSummary, SummaryContent, SummaryGenerated, SummaryState
from workers.common.sandboxed_jobs import Cause, ChildError
from workers.reports import batch_tables, summary_tables
from workers.reports.rendering.child_process_rendering import RenderedReport, refusal_of
from workers.reports.row_types import SummaryRow
from workers.reports.rules import summary_rules
from workers.reports.signing.signing import require_identity, signed
from workers.reports.summaries.collection import collect
from workers.reports.summaries.disclosures import collect_disclosures, too_many_entries
from workers.reports.summaries.processing_record import collect_record
from workers.reports.summaries.reading import Reading
from workers.reports.summary_layout.rendering import render_record, render_register, render_summary
from workers.runtime.commands.deferred_commands import DeferredCommand, Step, StepChangedError
from workers.runtime.storage import file_chunks
from workers.runtime.storage.bulk_writes import insert_rows
from workers.runtime.storage.identity_map import row_of

_FIGURES: Final = ("created", "entries", "complete", "missing", "bytes", "sha256", "pages", "is_stamped")
_NO_FILE: Final[dict[str, Any]] = {**dict.fromkeys(_FIGURES), "missing": []}


class _Drawn(NamedTuple):
    """A file without its signature, and what makes its event of the figures of the signed one."""

    report: RenderedReport
    event: Callable[[dict[str, Any]], SummaryGenerated | RegisterGenerated | RecordGenerated]


async def make_next_summary(step: Step, principal: str, *, give_up: bool = False) -> bool:
    """Make the summary that a principal has waited for longest; return whether one waited that nobody else is making.

    One that was cancelled is ended.
    """
    waiting = await step.connection.execute(summary_tables.WAITING_SUMMARIES, {"principal": principal})
    for report_id in waiting.scalars().all():
        named = {"report_id": report_id}
        if (await step.connection.execute(batch_tables.HOLD_BATCH, named)).scalar_one():
            row = row_of(await step.connection.execute(summary_tables.SUMMARY, named), SummaryRow)
            if row is not None and row["finished_at"] is None:
                return await _end(step, row, give_up=give_up)
    return False


async def _end(step: Step, row: SummaryRow, *, give_up: bool) -> bool:
    if row["state"] == SummaryState.CANCELLED:
        return await _fail(step, row, Refusal(Code.CONFLICT, fields=[{"field": "report_id", "kind": "cancelled"}]))
    if give_up:
        await step.connection.execute(summary_tables.DROP_SUMMARY, {"report_id": row["report_id"]})
        return await step.give_up(_command(row), row["letter"])
    try:
        return await _make(step, row)
    except Refusal as refusal:
        return await _fail(step, row, refusal)


async def _make(step: Step, row: SummaryRow) -> bool:
    context = await step.context(row["principal"])
    grants = context.grants[row["principal"]]
    if missing := summary_rules.missing_permissions(row, grants):
        raise Refusal(Code.NOT_AVAILABLE, nodes=missing, level=Level.MANAGE.name.lower())
    require_identity(context.now)
    reading = Reading(step.connection, grants, context.now, step.site)
    draw = _DRAWERS[SummaryContent(row["content"])]
    try:
        drawn = await draw(row, reading)
        printed = await signed(drawn.report, context.now)
    except ChildError as error:
        is_too_long = error.cause is not Cause.CRASH and row["content"] == SummaryContent.DISCLOSURES
        raise (too_many_entries() if is_too_long else refusal_of(error)) from None
    figures: dict[str, Any] = {"bytes": len(printed.pdf), "sha256": printed.sha256, "pages": printed.pages}
    figures["is_stamped"] = printed.is_stamped
    result = drawn.event(figures)
    await _finish(step, row, SummaryState.MADE, {name: getattr(result, name, None) for name in _FIGURES})
    await _store(step, row["report_id"], printed)
    return await step.conclude(_command(row), result)


async def _draw_figures(row: SummaryRow, reading: Reading) -> _Drawn:
    data, letterhead = await collect(row, reading)

    def event(figures: dict[str, Any]) -> SummaryGenerated:
        return SummaryGenerated(
            report_id=row["report_id"],
            since=row["since"],
            until=row["until"],
            created=data.figures.created,
            complete=not data.missing,
            missing=data.missing,
            **figures,
        )

    return _Drawn(await render_summary(data, letterhead), event)


async def _draw_register(row: SummaryRow, reading: Reading) -> _Drawn:
    data, letterhead = await collect_disclosures(row, reading)

    def event(figures: dict[str, Any]) -> RegisterGenerated:
        return RegisterGenerated(
            report_id=row["report_id"],
            since=data.since,
            until=data.until,
            project_ids=data.projects,
            entries=len(data.entries),
            complete=not data.missing,
            missing=data.missing,
            **figures,
        )

    return _Drawn(await render_register(data, letterhead), event)


async def _draw_record(row: SummaryRow, reading: Reading) -> _Drawn:
    data, letterhead = await collect_record(row, reading)

    def event(figures: dict[str, Any]) -> RecordGenerated:
        is_complete = not data.missing
        return RecordGenerated(report_id=row["report_id"], complete=is_complete, missing=data.missing, **figures)

    return _Drawn(await render_record(data, letterhead), event)


_DRAWERS: Final = {
    SummaryContent.FIGURES: _draw_figures,
    SummaryContent.DISCLOSURES: _draw_register,
    SummaryContent.RECORD: _draw_record,
}
_COMMANDS: Final[dict[SummaryContent, type[Command[Any]]]] = {
    SummaryContent.FIGURES: GenerateSummary,
    SummaryContent.DISCLOSURES: GenerateRegister,
    SummaryContent.RECORD: GenerateRecord,
}


async def _store(step: Step, report_id: UUID, printed: RenderedReport) -> None:
    chunks = [
        {"report_id": report_id, "number": number, "data": f"\\x{data.hex()}"}
        for number, data in file_chunks.cut(printed.pdf)
    ]
    await insert_rows(step.connection, summary_tables.SummaryChunk, chunks)


async def _fail(step: Step, row: SummaryRow, refusal: Refusal) -> bool:
    was_cancelled = row["state"] == SummaryState.CANCELLED
    await _finish(step, row, SummaryState.CANCELLED if was_cancelled else SummaryState.FAILED, _NO_FILE)
    return await step.conclude(_command(row), refusal)


async def _finish(step: Step, row: SummaryRow, state: SummaryState, figures: dict[str, Any]) -> None:
    """Write the end of a summary.

    Raises:
        StepChangedError: It was cancelled meanwhile.
    """
    parameters = {"report_id": row["report_id"], "state": state.value, "before": row["state"], **figures}
    if (await step.connection.execute(summary_tables.FINISH_SUMMARY, parameters)).first() is None:
        raise StepChangedError


def _command(row: SummaryRow) -> DeferredCommand:
    return DeferredCommand(
        _COMMANDS[SummaryContent(row["content"])],
        row["command_id"],
        row["principal"],
        str(row["report_id"]),
        row["refusal_language"],
        row["trace"],
    )
