"""Rendering the data of a summary, of a register or of a record in a child process."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from contracts.message import Message
from contracts.record_data import RecordData
from contracts.register_data import RegisterData
from contracts.summary_data import SummaryData
from workers.common import sandboxed_jobs
from workers.common.sandboxed_jobs import Cause, ChildError
from workers.reports.rendering.child_process_rendering import RenderedReport
from workers.reports.rendering.child_texts import SUBSTITUTED
from workers.reports.rendering.content.attached_data import file_text
from workers.reports.rendering.render_input import Logo
from workers.reports.summary_layout.content import content
from workers.reports.summary_layout.figure_writer import FigureWriter
from workers.reports.summary_layout.record.content import record_content
from workers.reports.summary_layout.register.content import RegisterWriter

_JOB = "workers.reports.summary_layout.typesetting:job"


class Letterhead(NamedTuple):
    """What the organisation has on its papers."""

    confidentiality: str = ""
    logo: Logo | None = None


async def render_summary(data: SummaryData, letterhead: Letterhead) -> RenderedReport:
    """Return the PDF of a summary: the same bytes for the same data."""
    writer = FigureWriter.of(data, letterhead.confidentiality)
    return await _render("summary", data, lambda: content(writer), letterhead.logo)


async def render_register(data: RegisterData, letterhead: Letterhead) -> RenderedReport:
    """Return the PDF of a register: the same bytes for the same data."""
    return await _render("register", data, RegisterWriter(data, letterhead.confidentiality).content, letterhead.logo)


async def render_record(data: RecordData, letterhead: Letterhead) -> RenderedReport:
    """Return the PDF of a record of processing: the same bytes for the same data."""
    return await _render("record", data, lambda: record_content(data, letterhead.confidentiality), letterhead.logo)


async def _render(
    layout: str, data: SummaryData | RegisterData | RecordData, write: Callable[[], dict[str, Any]], logo: Logo | None
) -> RenderedReport:
    """Print data; if the typesetter crashes, in plain letters. A ChildError means that this failed, too."""
    pieces = await asyncio.to_thread(_serialise, data, write, logo)
    facts: dict[str, Any] = {
        "layout": layout,
        "substituted": SUBSTITUTED[data.language],
        "at": int(data.generated_at.timestamp()),
        "plain": False,
        "attachments": [f"{layout}.json", f"{layout}.schema.json"],
    }
    try:
        reply = await sandboxed_jobs.call(_JOB, facts, pieces)
    except ChildError as error:
        if error.cause is not Cause.CRASH:
            raise
        reply = await sandboxed_jobs.call(_JOB, {**facts, "plain": True}, pieces)
    [pdf] = reply.data
    return RenderedReport(pdf, int(reply.facts["pages"]), hashlib.sha256(pdf).hexdigest())


def _serialise(data: Message, write: Callable[[], dict[str, Any]], logo: Logo | None) -> list[bytes]:
    written = json.dumps({**write(), "logo": logo.content() if logo else None})
    texts = written, file_text(data.model_dump(mode="json")), _schema(type(data))
    return [*(text.encode() for text in texts), *([logo.image] if logo else [])]


@cache
def _schema(kind: type[Message]) -> str:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **kind.model_json_schema(mode="serialization"),
    }
    return file_text(schema)
