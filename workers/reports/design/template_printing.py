"""Printing a report in the form of an organisation's template, in a child process without files and network."""

import json
import re
import resource
import socket
import time
from collections.abc import Sequence
from contextlib import closing
from functools import lru_cache

import typst

from workers.common.sandboxed_job_main import Facts, JobResult
from workers.reports.binding.conformance import conformance_of
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


class UnfitError(Exception):
    """A file of a template that is too large, or that cannot be bound with others."""


@lru_cache(maxsize=1)
def _printer(source: bytes) -> Printer:
    return Printer(layout=Layout(source, shorten_header))


def job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Print a report for another process: the pieces are the content, attachments, a logo, and the template.

    A report that cannot be made has the fact `refused` with a sentence for the author of the template.
    """
    _require_no_network()
    limit = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + _CPU_SECONDS, limit))
    content, *attached, source = data
    logo = attached.pop() if facts["has_logo"] else b""
    attachments = {name: text.decode() for name, text in zip(facts["attachments"], attached, strict=True)}
    printer = _printer(source)
    try:
        report = printer.print_report(
            json.loads(content), facts["substituted"], facts["at"], attachments=attachments, logo=logo
        )
        _require_fit(report, stands_alone=bool(attachments))
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


def _require_fit(report: PrintedReport, *, stands_alone: bool) -> None:
    """Refuse a file that is too large, or that would spoil a bound one.

    Raises:
        UnfitError: It is.
    """
    if report.pages > _PAGES_MAX or len(report.pdf) > _FILE_BYTES_MAX:
        msg = f"the report has more than {_PAGES_MAX} pages or {_FILE_BYTES_MAX} bytes"
        raise UnfitError(msg)
    if stands_alone:
        return
    TypesetFile(report.pdf)
    if conformance_of(report.pdf) is None or _LINK_OF_BINDING in report.pdf:
        msg = "the report cannot be bound with others"
        raise UnfitError(msg)


def _shorten(diagnostic: str) -> str:
    """Return the start of a diagnostic on one line, with its line and column, and without paths and drawings."""
    text = _DRAWN.sub(" ", _PLACE.sub(r" (line \1, column \2)", diagnostic)).replace(str(HELPERS), "")
    return " ".join(text.split()).removeprefix("error: ")[:_DETAIL_CHARACTERS_MAX]
