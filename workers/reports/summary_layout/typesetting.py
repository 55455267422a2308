"""Typesetting a summary, in a child process like any report."""

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


SUMMARY = Layout(Path(__file__).parent / "summary.typ", _shorten_header)


@cache
def _printer() -> Printer:
    return Printer(layout=SUMMARY)


def job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Print a summary for another process: the same bytes for the same input."""
    printer = _printer()
    content, *attached = data
    attachments = {name: text.decode() for name, text in zip(facts["attachments"], attached, strict=True)}
    printed = printer.print_report(
        json.loads(content), facts["substituted"], facts["at"], plain=facts["plain"], attachments=attachments
    )
    return JobResult({"pages": printed.pages}, (printed.pdf,), worn=printer.panics > 0)
