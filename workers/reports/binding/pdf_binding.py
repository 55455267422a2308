"""Binding reports to one PDF/A-3a file, in a child process like the typesetting of each."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from workers.common.sandboxed_job_main import Facts, JobResult
from workers.reports.binding.bound_file import BoundFile
from workers.reports.binding.conformance import conformance_of
from workers.reports.binding.front_content import FrontMatter, bookmark, cut_lines
from workers.reports.binding.page_numbers import page_numbers
from workers.reports.rendering.child_texts import SUBSTITUTED
from workers.reports.rendering.pdf_typesetting import Layout, Printer

_KEPT_PAGES_MAX = 200
_KEPT_BYTES_MAX = 4_000_000
"""After a larger file a process ends, because neither the typesetter nor the reader gives its memory back."""

_FRONT = Layout(Path(__file__).parent / "front_matter.typ", cut_lines)


@cache
def _printer() -> Printer:
    return Printer(layout=_FRONT)


def job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Bind reports for another process: the same bytes for the same input.

    The first piece of data lists the projects, the others are the reports of those that are included.
    With the fact `plain`, the pages before the reports spell out all but Latin letters.
    """
    front = FrontMatter(
        entries=json.loads(data[0]),
        language=facts["language"],
        timezone=facts["timezone"],
        at=facts["at"],
        title=facts["title"] or "",
        author=facts["author"],
    )
    pdf, pages = bind(front, data[1:], _printer(), plain=facts.get("plain", False))
    return JobResult({"pages": pages}, (pdf,), worn=_printer().panics > 0 or pages > _KEPT_PAGES_MAX)


def check_job(facts: Facts, data: Sequence[bytes]) -> JobResult:  # noqa: ARG001 - there are none
    """Read a bound file back for another process, and name the standard that it keeps."""
    [pdf] = data
    return JobResult({"conformance": conformance_of(pdf)}, (), worn=len(pdf) > _KEPT_BYTES_MAX)


def bind(front: FrontMatter, reports: Sequence[bytes], printer: Printer, *, plain: bool = False) -> tuple[bytes, int]:
    """Return the bound file and the number of its pages.

    Raises:
        ValueError: A report has another number of pages than its entry says, or is not of the typesetter.
    """
    content = json.loads(json.dumps(front.content()))
    first_pages = printer.print_report(content, SUBSTITUTED[front.language], front.at, plain=plain)
    pages = first_pages.pages + sum(entry["pages"] for entry in front.included)
    file = BoundFile(page_numbers(), pages)
    page = first_pages.pages + 1
    for entry, report in zip(front.included, reports, strict=True):
        if file.add_report(report, bookmark(entry), page) != entry["pages"]:
            msg = "a report with another number of pages"
            raise ValueError(msg)
        page += entry["pages"]
    return file.finish(first_pages.pdf, front.words.page), pages
