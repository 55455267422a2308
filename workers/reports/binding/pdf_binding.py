"""Binding reports to one PDF/A-3a file, in a child process like the typesetting of each."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from workers.common.sandboxed_job_main import Facts, JobResult
from workers.reports.binding.bound_file import BoundFile
from workers.reports.binding.conformance import conformance_of
from workers.reports.binding.front_content import FrontMatter, bookmark, cut_lines
from workers.reports.binding.page_numbers import page_numbers
from workers.reports.binding.typeset_file import TypesetFile
from workers.reports.rendering.child_texts import SUBSTITUTED
from workers.reports.rendering.pdf_typesetting import Layout, PrintedReport, Printer

_KEPT_PAGES_MAX = 200
_KEPT_BYTES_MAX = 4_000_000
"""After a larger file a process ends, because neither the typesetter nor the reader gives its memory back."""

_FRONT = Layout(Path(__file__).parent / "front_matter.typ", cut_lines)


@cache
def _printer() -> Printer:
    return Printer(layout=_FRONT)


def front_job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Typeset the pages before the reports for another process: the same bytes for the same input.

    The first piece of data lists the projects, and another one is the logo, if there is one. With the fact `plain`, the
    pages spell out all but Latin letters.
    """
    listed, *logo = data
    front, printer = front_of(facts, listed), _printer()
    pages = print_front(printer, front, b"".join(logo), plain=facts.get("plain", False))
    return JobResult({"pages": pages.pages}, (pages.pdf,), worn=printer.panics > 0)


def print_front(printer: Printer, front: FrontMatter, logo: bytes, *, plain: bool = False) -> PrintedReport:
    """Typeset the pages before the reports."""
    content = json.loads(json.dumps(front.content()))
    return printer.print_report(content, SUBSTITUTED[front.language], front.at, plain=plain, logo=logo)


def job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Bind reports for another process: the same bytes for the same input.

    The first piece of data lists the projects, the second is the pages before the reports, and the others are the
    reports of those that are included.
    """
    pdf, pages = bind(front_of(facts, data[0]), data[1], data[2:])
    return JobResult({"pages": pages}, (pdf,), worn=pages > _KEPT_PAGES_MAX)


def check_job(facts: Facts, data: Sequence[bytes]) -> JobResult:  # noqa: ARG001 - there are none
    """Read a bound file back for another process, and name the standard that it keeps."""
    [pdf] = data
    return JobResult({"conformance": conformance_of(pdf)}, (), worn=len(pdf) > _KEPT_BYTES_MAX)


def front_of(facts: Facts, entries: bytes) -> FrontMatter:
    """Return what a job is to write before the reports of these projects."""
    return FrontMatter(
        entries=json.loads(entries),
        language=facts["language"],
        timezone=facts["timezone"],
        at=facts["at"],
        title=facts["title"] or "",
        author=facts["author"],
        purpose=facts["purpose"],
        volume=facts.get("volume"),
        confidentiality=facts.get("confidentiality", ""),
        logo=facts.get("logo"),
    )


def bind(front: FrontMatter, first_pages: bytes, reports: Iterable[bytes]) -> tuple[bytes, int]:
    """Return the bound file and the number of its pages.

    Raises:
        ValueError: A report has another number of pages than its entry says, or is not of the typesetter.
    """
    page = len(TypesetFile(first_pages).pages) + 1
    pages = page - 1 + sum(entry["pages"] for entry in front.included)
    file = BoundFile(page_numbers(), pages)
    for entry, report in zip(front.included, reports, strict=True):
        if file.add_report(report, bookmark(entry, front.words), page) != entry["pages"]:
            msg = "a report with another number of pages"
            raise ValueError(msg)
        page += entry["pages"]
    return file.finish(first_pages, front.words.page), pages
