"""Rendering the data of a summary in a child process."""

import asyncio
import hashlib
import json
from functools import cache
from typing import Any, Final

from contracts.summary_data import SummaryData
from workers.common import sandboxed_jobs
from workers.common.sandboxed_jobs import Cause, ChildError
from workers.reports.rendering.child_process_rendering import RenderedReport
from workers.reports.rendering.child_texts import SUBSTITUTED
from workers.reports.rendering.content.attached_data import file_text
from workers.reports.summary_layout.content import content
from workers.reports.summary_layout.figure_writer import FigureWriter

DATA: Final = "summary.json"
SCHEMA: Final = "summary.schema.json"

_JOB: Final = "workers.reports.summary_layout.typesetting:job"


async def render_summary(data: SummaryData, confidentiality: str = "") -> RenderedReport:
    """Return the PDF: the same bytes for the same data.

    If the typesetter crashes, it is printed in plain letters; a ChildError means that this failed, too.
    """
    pieces = await asyncio.to_thread(_serialise, data, confidentiality)
    facts: dict[str, Any] = {
        "substituted": SUBSTITUTED[data.language],
        "at": int(data.generated_at.timestamp()),
        "plain": False,
        "attachments": [DATA, SCHEMA],
    }
    try:
        reply = await sandboxed_jobs.call(_JOB, facts, pieces)
    except ChildError as error:
        if error.cause is not Cause.CRASH:
            raise
        reply = await sandboxed_jobs.call(_JOB, {**facts, "plain": True}, pieces)
    [pdf] = reply.data
    return RenderedReport(pdf, int(reply.facts["pages"]), hashlib.sha256(pdf).hexdigest())


def _serialise(data: SummaryData, confidentiality: str) -> list[bytes]:
    written = content(FigureWriter.of(data, confidentiality))
    return [json.dumps(written).encode(), file_text(data.model_dump(mode="json")).encode(), _schema().encode()]


@cache
def _schema() -> str:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **SummaryData.model_json_schema(mode="serialization"),
    }
    return file_text(schema)
