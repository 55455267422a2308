"""Printing with an organisation's template, in a child process without files and network."""

import json
import re
import resource
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import lru_cache

import typst

from workers.common.sandboxed_job_main import Facts, JobResult
from workers.reports.binding.conformance import conformance_of
from workers.reports.binding.front_content import cut_lines
from workers.reports.binding.pdf_binding import front_of, print_front
from workers.reports.binding.typeset_file import TypesetFile
from workers.reports.rendering.pdf_typesetting import HELPERS, Layout, PrintedReport, Printer, shorten_header

_CPU_SECONDS = 10
_PAGES_MAX = 1_000
_FILE_BYTES_MAX = 20_000_000
_DETAIL_CHARACTERS_MAX = 300
_PLACE = re.compile(r"┌─ \S*:(\d+):(\d+)")
_DRAWN = re.compile(r"^.*│.*$", re.MULTILINE)
_LINK_OF_BINDING = b"/URI(report:"
"""An address by which the pages before bound reports lead to them: a template must have none."""

_LINKS_OF_ENTRY = 2
"""Such addresses in each line of the contents."""

_NO_FRONT_PAGE = "the template has no front page"
"""What `incident-report` says of a template that does not have one."""


class UnfitError(Exception):
    """A file of a template that is too large, or that cannot be bound with others."""


@lru_cache(maxsize=1)
def _printer(source: bytes) -> Printer:
    return Printer(layout=Layout(source, shorten_header))


@lru_cache(maxsize=1)
def _front_printer(source: bytes, sample: bytes) -> Printer:
    return Printer(layout=Layout(source, cut_lines, {"sample": sample.decode()}))


def job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Print a report for another process: the pieces are the content, attachments, a logo, and the template.

    A report that cannot be made has the fact `refused` with a sentence for the author of the template.
    """
    _confine()
    content, *attached, source = data
    logo = attached.pop() if facts["has_logo"] else b""
    attachments = {name: text.decode() for name, text in zip(facts["attachments"], attached, strict=True)}
    printer = _printer(source)

    def print_() -> PrintedReport:
        report = printer.print_report(
            json.loads(content), facts["substituted"], facts["at"], attachments=attachments, logo=logo
        )
        _require_fit(report, links=None if attachments else 0)
        return report

    return _result(printer, print_)


def front_job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Print the pages before bound reports, with the front page of a template, for another process.

    The pieces are the projects, a logo, the content of a sample, and the template. If the template has no front page,
    `has_front_page` is false; pages that cannot be made have the fact `refused`.
    """
    _confine()
    listed, *logo, sample, source = data
    front, printer = front_of(facts, listed), _front_printer(source, sample)

    def print_() -> PrintedReport:
        pages = print_front(printer, front, b"".join(logo))
        _require_fit(pages, links=_LINKS_OF_ENTRY * len(front.included))
        return pages

    result = _result(printer, print_)
    if _NO_FRONT_PAGE in result.facts.get("refused", ""):
        return JobResult({"has_front_page": False}, (), worn=result.worn)
    return result


def _confine() -> None:
    """Take the network and much time away from a template, as the pool has done with files and memory."""
    _require_no_network()
    limit = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + _CPU_SECONDS, limit))


def _result(printer: Printer, print_: Callable[[], PrintedReport]) -> JobResult:
    """Return a file, or why there is none."""
    try:
        report = print_()
    except typst.TypstError as error:
        return JobResult({"refused": _shorten(error.diagnostic)}, (), worn=printer.panics > 0)
    except (UnfitError, ValueError) as error:
        return JobResult({"refused": _shorten(str(error))}, (), worn=printer.panics > 0)
    return JobResult({"pages": report.pages}, (report.pdf,), worn=printer.panics > 0)


def _require_no_network() -> None:
    """Refuse to run a template where the kernel would give it a network.

    Raises:
        PermissionError: A socket could be opened.
    """
    try:
        with closing(socket.socket()):
            pass
    except OSError:
        return
    raise PermissionError


def _require_fit(report: PrintedReport, *, links: int | None) -> None:
    """Refuse a file that is too large, or that would spoil a bound one, in which it has so many links to reports.

    Raises:
        UnfitError: It is.
    """
    if report.pages > _PAGES_MAX or len(report.pdf) > _FILE_BYTES_MAX:
        msg = f"the report has more than {_PAGES_MAX} pages or {_FILE_BYTES_MAX} bytes"
        raise UnfitError(msg)
    if links is None:
        return
    if not _can_be_bound(report.pdf) or report.pdf.count(_LINK_OF_BINDING) != links:
        msg = (
            "the report cannot be bound with others: number its pages in the footer, not by `set page(numbering: …)`, "
            "attach no file, and link to no address that begins with `report:`"
        )
        raise UnfitError(msg)


def _can_be_bound(pdf: bytes) -> bool:
    try:
        TypesetFile(pdf)
    except ValueError:
        return False
    return conformance_of(pdf) is not None


def _shorten(diagnostic: str) -> str:
    """Return the start of a diagnostic on one line, with its line and column, and without paths and drawings."""
    text = _DRAWN.sub(" ", _PLACE.sub(r" (line \1, column \2)", diagnostic)).replace(str(HELPERS), "")
    return " ".join(text.split()).removeprefix("error: ")[:_DETAIL_CHARACTERS_MAX]
