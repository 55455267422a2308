"""Making the file of a batch of its parts, and concluding the command that asked for it."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from contracts.errors import Code, Refusal, project_gone
from contracts.report_batches import (
    BatchForm,
    BatchGenerated,
    BatchState,
    Conformance,
    GenerateBatch,
)
from workers.common.sandboxed_jobs import ChildError
from workers.reports import batch_tables, tables
from workers.reports.batches.bound_files import Binder, common_standard, reports_of
from workers.reports.batches.entries import Entry, entries_of, included, left_out, recorded_events, volumes_of
from workers.reports.batches.zip_file import ZipWriter
from workers.reports.rendering.child_process_rendering import refusal_of
from workers.reports.rendering.render_input import Purpose
from workers.reports.row_types import BatchHeadRow, LeftProjectRow, NumberedPartRow, TombstoneRow
from workers.reports.signing.signing import are_stamped
from workers.runtime.commands.deferred_commands import DeferredCommand, Step, StepChangedError
from workers.runtime.storage import file_chunks
from workers.runtime.storage.identity_map import row_of, rows_of

_FIGURES: Final = (
    *("included", "bytes", "sha256", "pages", "conformance"),
    *("template_numbers", "template_failures", "is_stamped"),
)


class _File:
    """The file while it is written: its chunks are rows, and its figures are those of `reports.batch`."""

    def __init__(self, step: Step, report_id: UUID) -> None:
        """Start with no bytes."""
        self.step = step
        self.size = 0
        self.pages = 0
        self.conformance: Conformance | None = None
        self.stamps: list[bool | None] = []
        self._report_id = report_id
        self._digest = hashlib.sha256()
        self._rest = b""
        self._number = 0

    async def write(self, data: bytes, *, last: bool = False) -> None:
        """Add bytes; whole chunks become rows, and with the last bytes the rest, too."""
        self._digest.update(data)
        self.size += len(data)
        data = self._rest + data
        whole = len(data) if last else len(data) - len(data) % file_chunks.CHUNK_BYTES
        self._rest = data[whole:]
        for _, chunk in file_chunks.cut(data[:whole]):
            parameters = {"report_id": self._report_id, "number": self._number, "data": chunk}
            await self.step.connection.execute(batch_tables.ADD_BATCH_CHUNK, parameters)
            self._number += 1

    @property
    def sha256(self) -> str:
        """The SHA-256 of all bytes, in hexadecimal digits."""
        return self._digest.hexdigest()


async def finish_batch(step: Step, report_id: UUID, *, give_up: bool = False) -> bool:
    """Make the file of a batch without waiting parts, or end a cancelled one; return whether it was done here."""
    connection, named = step.connection, {"report_id": report_id}
    if not (await connection.execute(batch_tables.HOLD_BATCH, named)).scalar_one():
        return False
    batch = row_of(await connection.execute(batch_tables.BATCH, named), BatchHeadRow)
    if batch is None or batch["finished_at"] is not None:
        return False
    if batch["state"] == BatchState.CANCELLED:
        await connection.execute(batch_tables.DROP_PARTS, named)
        return await fail_batch(
            step, batch, Refusal(Code.CONFLICT, fields=[{"field": "report_id", "kind": "cancelled"}])
        )
    if batch["selection_id"] or (await connection.execute(batch_tables.PARTS_WAIT, named)).scalar_one():
        return False
    return await (give_up_batch(step, batch) if give_up else _make(step, batch))


async def give_up_batch(step: Step, batch: BatchHeadRow) -> bool:
    """Drop a batch that failed again and again, and post its dead letter, which may be replayed."""
    named = {"report_id": batch["report_id"]}
    letter = (await step.connection.execute(batch_tables.LETTER, named)).scalar_one()
    await step.connection.execute(batch_tables.DROP_BATCH, named)
    return await step.give_up(_command(batch), letter)


async def _make(step: Step, batch: BatchHeadRow) -> bool:
    entries = await _entries(step, batch["report_id"])
    if not included(entries):
        return await fail_batch(step, batch, await _refusal_of_none(step, entries), entries)
    file = _File(step, batch["report_id"])
    try:
        await _WRITERS[batch["form"]](file, batch, entries)
    except ChildError as error:
        return await fail_batch(step, batch, refusal_of(error), entries)
    return await _conclude(step, batch, file, entries)


async def _refusal_of_none(step: Step, entries: Sequence[Entry]) -> Refusal:
    """Return why no report can be made; of a project that alone is asked for and gone, the same as for its report."""
    if len(entries) == 1:
        ids = {"ids": [UUID(entry["project_id"]) for entry in entries]}
        tombstone = row_of(await step.connection.execute(tables.TOMBSTONES, ids), TombstoneRow)
        if tombstone is not None:
            return project_gone(tombstone, GenerateBatch.part)
    return Refusal(Code.INVALID, fields=[{"field": "project_ids", "kind": "no_reports"}])


async def _entries(step: Step, report_id: UUID) -> list[Entry]:
    named = {"report_id": report_id}
    asked: list[UUID] = (await step.connection.execute(batch_tables.ASKED_PROJECTS, named)).scalar_one()
    parts = rows_of(await step.connection.execute(batch_tables.PARTS, named), NumberedPartRow)
    missing = sorted(set(asked) - {part["project_id"] for part in parts})
    gone = rows_of(await step.connection.execute(batch_tables.LEFT_PROJECTS, {"ids": missing}), LeftProjectRow)
    return entries_of(asked, parts, {row["project_id"]: row for row in gone})


async def _write_zip(file: _File, batch: BatchHeadRow, entries: Sequence[Entry]) -> None:
    writer = ZipWriter(batch["created_at"], batch["language"])
    async for entry, pdf in reports_of(file.step, batch["report_id"], entries):
        file.pages += entry["pages"]
        file.stamps.append(entry["is_stamped"])
        await file.write(writer.report(entry, pdf))
    await file.write(writer.end(entries), last=True)


async def _write_volumes(file: _File, batch: BatchHeadRow, entries: Sequence[Entry]) -> None:
    writer, binder = ZipWriter(batch["created_at"], batch["language"]), await Binder.prepare(file.step, batch)
    volumes, standards = volumes_of(entries), set[Conformance | None]()
    for number, volume in enumerate(volumes, 1):
        bound = await binder.bind(volume, (number, len(volumes)))
        file.pages += bound.pages
        file.stamps.append(bound.is_stamped)
        standards.add(bound.conformance)
        await file.write(writer.volume(number, len(volumes), bound, included(volume)))
    file.conformance = common_standard(standards)
    await file.write(writer.end(entries), last=True)


async def _write_pdf(file: _File, batch: BatchHeadRow, entries: Sequence[Entry]) -> None:
    bound = await (await Binder.prepare(file.step, batch)).bind(entries)
    file.pages, file.conformance, file.stamps = bound.pages, bound.conformance, [bound.is_stamped]
    await file.write(bound.pdf, last=True)


_WRITERS: Final = {
    BatchForm.PDF.value: _write_pdf,
    BatchForm.ZIP.value: _write_zip,
    BatchForm.VOLUMES.value: _write_volumes,
}


async def _conclude(step: Step, batch: BatchHeadRow, file: _File, entries: Sequence[Entry]) -> bool:
    """Write the figures and the outcome, unless a project was deleted or the batch cancelled meanwhile.

    Raises:
        StepChangedError: Then the file is made again, or the batch is ended.
    """
    reports, named = included(entries), {"report_id": batch["report_id"]}
    if (await step.connection.execute(batch_tables.KEEP_PARTS, named)).scalar_one() != len(reports):
        raise StepChangedError
    purpose = Purpose.of(batch)
    result = BatchGenerated(
        report_id=batch["report_id"],
        form=BatchForm(batch["form"]),
        total=batch["total"],
        included=len(reports),
        left_out=left_out(entries),
        bytes=file.size,
        sha256=file.sha256,
        pages=file.pages,
        conformance=file.conformance,
        template_numbers=sorted({entry["template_number"] for entry in reports if entry["template_number"]}),
        template_failures=sum(entry["has_failed_template"] for entry in reports),
        is_stamped=are_stamped(file.stamps),
        **purpose._asdict(),
    )
    figures = {name: getattr(result, name) for name in _FIGURES}
    await _finish(step, batch, BatchState.MADE, entries, figures)
    await step.connection.execute(batch_tables.CLEAR_PARTS, named)
    recorded = recorded_events(batch["report_id"], entries, purpose, file.sha256)
    return await step.conclude(_command(batch), result, recorded)


async def fail_batch(step: Step, batch: BatchHeadRow, refusal: Refusal, entries: Sequence[Entry] = ()) -> bool:
    """End a batch without a file, and refuse its command."""
    was_cancelled = batch["state"] == BatchState.CANCELLED
    state = BatchState.CANCELLED if was_cancelled else BatchState.FAILED
    figures = dict.fromkeys(_FIGURES)
    await _finish(step, batch, state, entries, figures)
    await step.connection.execute(batch_tables.DROP_PARTS, {"report_id": batch["report_id"]})
    return await step.conclude(_command(batch), refusal)


async def _finish(
    step: Step, batch: BatchHeadRow, state: BatchState, entries: Sequence[Entry], figures: dict[str, Any]
) -> None:
    parameters = {
        "report_id": batch["report_id"],
        "before": batch["state"],
        "state": state.value,
        "left_out": [each.model_dump(mode="json") for each in left_out(entries)],
        **figures,
    }
    finished = await step.connection.execute(batch_tables.FINISH_BATCH, parameters)
    if finished.one_or_none() is None:
        raise StepChangedError


def _command(batch: BatchHeadRow) -> DeferredCommand:
    return DeferredCommand(
        GenerateBatch,
        batch["command_id"],
        batch["principal"],
        str(batch["report_id"]),
        batch["refusal_language"],
        batch["trace"],
    )
