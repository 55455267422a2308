"""Rendering a report in the organisation's form, and in the standard form if that fails."""

from dataclasses import replace
from typing import NamedTuple

import structlog

from contracts.reports import TemplateFailure
from workers.common import sandboxed_jobs
from workers.common.sandboxed_jobs import Cause, ChildError
from workers.reports.rendering.child_process_rendering import RenderedReport, print_facts, render, rendered, serialise
from workers.reports.rendering.render_input import ReportDocument, Template

_TEMPLATE_JOB = "workers.reports.design.template_printing:job"
_FAILURES: dict[Cause, TemplateFailure] = {Cause.TIME: "time", Cause.MEMORY: "memory", Cause.CRASH: "not-typeset"}
log = structlog.get_logger()


class TemplateError(Exception):
    """A report could not be made with a template."""

    def __init__(self, failure: TemplateFailure, detail: str = "") -> None:
        """Set why, and what the typesetter said about it."""
        super().__init__(failure)
        self.failure: TemplateFailure = failure
        self.detail = detail


class FormedReport(NamedTuple):
    """A report, the template that gave it its form, and why the template of the site did not."""

    report: RenderedReport
    template: Template | None = None
    failure: TemplateFailure | None = None


async def render_in_form(document: ReportDocument, *, stands_alone: bool = False) -> FormedReport:
    """Return the PDF in the form of the template, if there is one and it works; otherwise in the standard form.

    Raises:
        ChildError: The standard form failed.
    """
    template = document.template
    if template is None:
        return FormedReport(await render(document, stands_alone=stands_alone))
    try:
        return FormedReport(await render_with(template, document, stands_alone=stands_alone), template)
    except TemplateError as error:
        facts = {"report_id": str(document.report_id), "number": template.number, "sha256": template.sha256}
        log.warning("template_failed", **facts, project_id=str(document.project.project_id), cause=error.failure)
        standard = await render(replace(document, template=None), stands_alone=stands_alone)
        return FormedReport(standard, None, error.failure)


async def render_with(template: Template, document: ReportDocument, *, stands_alone: bool) -> RenderedReport:
    """Return the PDF of a template.

    Raises:
        TemplateError: It cannot be made.
    """
    data = await serialise(document, stands_alone=stands_alone)
    try:
        reply = await sandboxed_jobs.call(
            _TEMPLATE_JOB, print_facts(document, stands_alone=stands_alone), [*data, template.source]
        )
    except ChildError as error:
        raise TemplateError(_FAILURES[error.cause]) from None
    if "refused" in reply.facts:
        raise TemplateError("not-typeset", str(reply.facts["refused"]))
    return rendered(reply)
