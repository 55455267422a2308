"""From a document to a report ready to be kept; a child process prints it."""

import asyncio
import hashlib
import json
from dataclasses import dataclass

from workers.common import process_pool
from workers.common.process_pool import Cause, ChildError
from workers.reports.rendering.document import ReportDocument
from workers.reports.rendering.report_content import content
from workers.reports.rendering.wording import WORDINGS

_PRINTING = "workers.reports.rendering.printing:job"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A report, ready to be kept."""

    pdf: bytes
    pages: int
    sha256: str


async def rendered(document: ReportDocument) -> Rendered:
    """Make the PDF: the same bytes for the same document, whatever was rendered before.

    Where the typesetter crashes, the report is printed in plain letters; ChildError says that no report can be made.
    """
    told = await asyncio.to_thread(_told, document)
    facts = {
        "substituted": WORDINGS[document.language].substituted,
        "at": int(document.generated_at.timestamp()),
        "plain": False,
    }
    try:
        reply = await process_pool.call(_PRINTING, facts, [told])
    except ChildError as error:
        if error.cause is not Cause.CRASH:
            raise
        reply = await process_pool.call(_PRINTING, {**facts, "plain": True}, [told])
    [pdf] = reply.data
    return Rendered(pdf, int(reply.facts["pages"]), hashlib.sha256(pdf).hexdigest())


def _told(document: ReportDocument) -> bytes:
    return json.dumps(content(document)).encode()
