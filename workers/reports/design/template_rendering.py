"""Rendering a report in the organisation's form, and in the standard form if that fails."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import structlog

from contracts.reports import TemplateFailure
from contracts.values import Language
from workers.common import sandboxed_jobs
from workers.common.sandboxed_jobs import Cause, ChildError, Reply
from workers.reports.design.sample_reports import full_report
from workers.reports.rendering.child_process_rendering import RenderedReport, print_facts, render, rendered, serialise
from workers.reports.rendering.fonts.font_coverage import FontChoice
from workers.reports.rendering.render_input import ReportDocument, Template
from workers.reports.rendering.template_content import content

_JOBS: Final = "workers.reports.design.template_printing:{}"
_TEMPLATE_JOB, _FRONT_JOB = (_JOBS.format(name) for name in ("job", "front_job"))
_FAILURES: dict[Cause, TemplateFailure] = {
    Cause.TIME: "time",
    Cause.MEMORY: "memory",
    Cause.DISK: "not-typeset",
    Cause.CRASH: "not-typeset",
}
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
    facts = print_facts(document, stands_alone=stands_alone)
    return rendered(await _call(_TEMPLATE_JOB, facts, [*data, template.source]))


async def print_front_with(template: Template, facts: dict[str, Any], data: Sequence[bytes]) -> Reply | None:
    """Return the pages before bound reports with the front page of a template; None if it has none.

    The data is that of the standard pages: the projects, and the logo if there is one.

    Raises:
        TemplateError: They cannot be made.
    """
    sample = await asyncio.to_thread(_sample, facts["language"])
    reply = await _call(_FRONT_JOB, facts, [*data, sample, template.source])
    return reply if reply.facts.get("has_front_page", True) else None


def _sample(language: Language) -> bytes:
    """Return the report for which a template is read when its front page alone is printed."""
    return json.dumps({**content(full_report(language)), **FontChoice.plain().content()}).encode()


async def _call(job: str, facts: dict[str, Any], data: Sequence[bytes]) -> Reply:
    try:
        reply = await sandboxed_jobs.call(job, facts, data)
    except ChildError as error:
        raise TemplateError(_FAILURES[error.cause]) from None
    if "refused" in reply.facts:
        raise TemplateError("not-typeset", str(reply.facts["refused"]))
    return reply
