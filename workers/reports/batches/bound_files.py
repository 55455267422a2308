"""Binding the parts of a batch to one PDF, or to several volumes."""

import json
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog

from contracts.report_batches import Conformance
from workers.common import sandboxed_jobs
from workers.common.sandboxed_jobs import Cause, ChildError, Reply
from workers.reports import design_tables, tables
from workers.reports.batches.entries import Entry, included
from workers.reports.batches.parts import read_pdf
from workers.reports.design.design_trials import LOGO, TEMPLATE
from workers.reports.design.template_rendering import TemplateError, print_front_with
from workers.reports.rendering.render_input import Logo, Purpose, Template
from workers.reports.row_types import BatchHeadRow, DesignRow, SettingsRow
from workers.reports.signing.signing import sign
from workers.runtime.commands.deferred_commands import Step
from workers.runtime.storage.identity_map import rows_of

_JOBS: Final = "workers.reports.binding.pdf_binding:{}"
_FRONT_JOB, _BIND_JOB, _CHECK_JOB = (_JOBS.format(name) for name in ("front_job", "job", "check_job"))
log = structlog.get_logger()


class BoundReports(NamedTuple):
    """A bound file: its bytes, all its pages, those before the reports, the standard that it keeps, and its stamp."""

    pdf: bytes
    pages: int
    front_pages: int
    conformance: Conformance | None
    is_stamped: bool | None


class _Design(NamedTuple):
    """What the organisation adds to the form of a bound file."""

    logo: Logo | None
    template: Template | None


class Binder:
    """Binds reports of one batch, each file in three child processes, so that their memory does not add up."""

    def __init__(self, step: Step, batch: BatchHeadRow, facts: dict[str, Any], design: _Design) -> None:
        """Set what all files of the batch have in common; `prepare` reads it."""
        self._step = step
        self._logo = [design.logo.image] if design.logo else []
        self._template = design.template
        self._report_id = batch["report_id"]
        self._facts = facts
        self._at = batch["created_at"]

    @classmethod
    async def prepare(cls, step: Step, batch: BatchHeadRow) -> "Binder":
        """Read the settings of the site."""
        [settings] = rows_of(await step.connection.execute(tables.SETTINGS), SettingsRow)
        designs = rows_of(await step.connection.execute(design_tables.DESIGNS), DesignRow)
        design = _design_of(designs, has_standard_form=batch["template"] is not None)
        facts = {
            "language": batch["language"],
            "timezone": settings["timezone"],
            "at": int(batch["created_at"].timestamp()),
            "title": settings["report_title"],
            "confidentiality": settings["report_confidentiality"],
            "author": batch["principal"] if batch["show_user_names"] else None,
            "purpose": Purpose.of(batch),
            "logo": design.logo.content() if design.logo else None,
        }
        return cls(step, batch, facts, design)

    async def bind(self, entries: Sequence[Entry], volume: tuple[int, int] | None = None) -> BoundReports:
        """Bind the reports of these projects to one file, which may be one of several volumes.

        Raises:
            ChildError: A child process exceeded its limits, or its code crashed.
        """
        facts, listed = {**self._facts, "volume": volume}, json.dumps(entries).encode()
        await sandboxed_jobs.end_idle()  # after ideographs, a child that rendered keeps 100 MB
        data = [listed, *self._logo]
        front = await self._typeset_own_front(facts, data) or await _typeset_front(facts, data)
        pdfs = [pdf async for _, pdf in reports_of(self._step, self._report_id, entries)]
        reply = await sandboxed_jobs.call(_BIND_JOB, facts, [listed, *front.data, *pdfs])
        pdfs.clear()
        pdf, is_stamped = await sign(reply.data.pop(), self._at)
        standard = (await sandboxed_jobs.call(_CHECK_JOB, {}, [pdf])).facts["conformance"]
        conformance = Conformance(standard) if standard else None
        return BoundReports(pdf, int(reply.facts["pages"]), int(front.facts["pages"]), conformance, is_stamped)

    async def _typeset_own_front(self, facts: dict[str, Any], data: Sequence[bytes]) -> Reply | None:
        """Typeset the pages before the reports with the front page of the template, if it has one that works."""
        template = self._template
        if template is None:
            return None
        try:
            return await print_front_with(template, facts, data)
        except TemplateError as error:
            named = {"report_id": str(self._report_id), "number": template.number, "sha256": template.sha256}
            log.warning("front_page_failed", **named, cause=error.failure)
            return None


def _design_of(designs: Iterable[DesignRow], *, has_standard_form: bool) -> _Design:
    rows = {row["kind"]: row for row in designs}
    logo = Logo.of(rows[LOGO]) if LOGO in rows else None
    template = Template.of(rows[TEMPLATE]) if TEMPLATE in rows and not has_standard_form else None
    return _Design(logo, template if template and template.has_front_page else None)


async def _typeset_front(facts: dict[str, Any], data: Sequence[bytes]) -> Reply:
    """Typeset the pages before the reports; if the typesetter crashes, once more in plain letters."""
    try:
        return await sandboxed_jobs.call(_FRONT_JOB, facts, data)
    except ChildError as error:
        if error.cause is not Cause.CRASH:
            raise
        return await sandboxed_jobs.call(_FRONT_JOB, {**facts, "plain": True}, data)


async def reports_of(step: Step, report_id: UUID, entries: Iterable[Entry]) -> AsyncIterator[tuple[Entry, bytes]]:
    """Yield the entries that have a report, each with its PDF."""
    for entry in included(entries):
        yield entry, await read_pdf(step.connection, report_id, entry["place"])


def common_standard(standards: Collection[Conformance | None]) -> Conformance | None:
    """Return the standard that all files keep: the lower level if they differ, None if one keeps none."""
    levels = [standard for standard in standards if standard is not None]
    return max(levels) if levels and len(levels) == len(standards) else None
