"""Typesetting a summary, a register or a record, in a child process like any report."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from workers.common.sandboxed_job_main import Facts, JobResult
from workers.reports.rendering.pdf_typesetting import Layout, Printer
from workers.reports.rendering.unprintable_characters import shorten


def _shorten_header(content: dict[str, Any]) -> None:
    content["header"][-1] = shorten(content["header"][-1])


_HERE = Path(__file__).parent
LAYOUTS = {
    "summary": Layout(_HERE / "summary.typ", _shorten_header),
    "record": Layout(_HERE / "record" / "record.typ", _shorten_header),
    "register": Layout(_HERE / "register" / "register.typ", _shorten_header),
}


@cache
def _printer(layout: str) -> Printer:
    return Printer(layout=LAYOUTS[layout])


def job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Print a summary, a register or a record for another process: the same bytes for the same input."""
    printer = _printer(facts["layout"])
    content, *attached = data
    names = facts["attachments"]
    attachments = {name: text.decode() for name, text in zip(names, attached, strict=False)}
    printed = printer.print_report(
        json.loads(content),
        facts["substituted"],
        facts["at"],
        plain=facts["plain"],
        attachments=attachments,
        logo=b"".join(attached[len(names) :]),
    )
    return JobResult({"pages": printed.pages}, (printed.pdf,), worn=printer.panics > 0)
