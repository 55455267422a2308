"""Rendering a document as a report in a child process."""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from contracts.errors import Code, Refusal
from workers.common import sandboxed_jobs
from workers.common.sandboxed_jobs import Cause, ChildError, Reply
from workers.reports import domain
from workers.reports.rendering.content.attached_data import DATA, SCHEMA, attachments
from workers.reports.rendering.render_input import ReportDocument
from workers.reports.rendering.template_content import content
from workers.reports.rendering.translated_texts import WORDINGS

_PRINT_JOB = "workers.reports.rendering.pdf_typesetting:job"


@dataclass(frozen=True, slots=True)
class RenderedReport:
    """A report, ready to be stored."""

    pdf: bytes
    pages: int
    sha256: str
    is_stamped: bool | None = None
    """Whether an authority stamped its time; None if none was asked."""


async def render(document: ReportDocument, *, stands_alone: bool = False) -> RenderedReport:
    """Return the PDF: the same bytes for the same document, whatever was rendered before.

    A report that stands alone has its data with it; one that is bound with others has none.
    If the typesetter crashes, the report is printed in plain letters; a ChildError means that this failed, too.
    """
    data, facts = await serialise(document, stands_alone=stands_alone), print_facts(document, stands_alone=stands_alone)
    try:
        reply = await sandboxed_jobs.call(_PRINT_JOB, facts, data)
    except ChildError as error:
        if error.cause is not Cause.CRASH:
            raise
        reply = await sandboxed_jobs.call(_PRINT_JOB, {**facts, "plain": True}, data)
    return rendered(reply)


def print_facts(document: ReportDocument, *, stands_alone: bool) -> dict[str, Any]:
    """Return the facts of a job that prints a document."""
    return {
        "substituted": WORDINGS[document.language].substituted,
        "at": int(document.generated_at.timestamp()),
        "plain": False,
        "attachments": [DATA, SCHEMA, *document.log_files] if stands_alone else [],
        "has_logo": document.logo is not None,
    }


def rendered(reply: Reply) -> RenderedReport:
    """Return the report in the answer of a job."""
    [pdf] = reply.data
    return RenderedReport(pdf, int(reply.facts["pages"]), hashlib.sha256(pdf).hexdigest())


async def serialise(document: ReportDocument, *, stands_alone: bool) -> list[bytes]:
    """Return the data of a job that prints a document: its content, its attachments, and its logo."""
    return await asyncio.to_thread(_serialise, document, stands_alone)


def _serialise(document: ReportDocument, stands_alone: bool) -> list[bytes]:  # noqa: FBT001 - a fact, not a mode
    attached = attachments(document).values() if stands_alone else ()
    logo = [document.logo.image] if document.logo else []
    return [json.dumps(content(document)).encode(), *(text.encode() for text in attached), *logo]


def refusal_of(error: ChildError) -> Refusal:
    """Return the refusal for the cause of the typesetter's end."""
    match error.cause:
        case Cause.MEMORY:
            return domain.report_refusal("report_needs_memory", unit="bytes", limit=error.limits.memory_bytes)
        case Cause.TIME:
            return domain.report_refusal("report_needs_time", unit="seconds", limit=error.limits.seconds)
        case Cause.DISK:
            return Refusal(Code.UNAVAILABLE)
        case Cause.CRASH:
            return domain.report_refusal("report_not_typeset")
