"""Printing content as a PDF/A-3a file, in a child process, because texts can crash a typesetter."""

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, NamedTuple, Self, cast

import typst

from workers.common.sandboxed_job_main import Facts, JobResult
from workers.reports.rendering.accessibility.row_headers import name_row_headers
from workers.reports.rendering.fonts.font_coverage import FontChoice, Fonts
from workers.reports.rendering.fonts.font_library import TEXT_FONT, FontLibrary
from workers.reports.rendering.text_layer.glyph_text_mapping import separate_texts
from workers.reports.rendering.unprintable_characters import Glyphs, TextSubstitution, shorten, strings

HERE = Path(__file__).parent

HELPERS = HERE / "helpers"
"""All that the template of an organisation can read."""

_GLYPHS = HERE / "glyphs.typ"
_PAGE_TREE = re.compile(rb"\n\d+ 0 obj\n<</Type/Pages/Count (\d+)/Kids")
_PLAIN = 0x180  # Latin letters, each one character with its accent
_PANIC = "PanicException"


class PrintedReport(NamedTuple):
    """A report in bytes."""

    pdf: bytes
    pages: int


class Layout(NamedTuple):
    """A template, and the last change of its content, after characters were spelled out.

    A template of our own is a file; one of an organisation is its source, which may import what is in HELPERS.
    """

    template: Path | bytes
    finish: Callable[[dict[str, Any]], None]
    inputs: Mapping[str, str] = MappingProxyType({})
    """Inputs that are the same for each file."""


def shorten_header(report: dict[str, Any]) -> None:
    """Cut the text of the header that must fit on one line."""
    report["header"][-1] = shorten(report["header"][-1])


REPORT = Layout(HERE / "report.typ", shorten_header)


class Attempt:
    """Catches the typesetter's refusal of a document: an error, or a panic, which is a BaseException."""

    def __init__(self) -> None:
        self.refusal: str | None = None
        self.panics = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if isinstance(error, typst.TypstError):
            self.refusal = error.diagnostic
            return True
        if kind is not None and kind.__name__ == _PANIC:
            self.refusal = ""
            self.panics += 1
            return True
        return False


class Printer:
    """Prints in one layout, one at a time; a process makes one printer, because its compilers have caches."""

    def __init__(self, text_layer: Callable[[bytes], bytes] = separate_texts, layout: Layout = REPORT) -> None:
        """Load the templates; `text_layer` corrects the text behind the picture of each file."""
        self._text_layer = text_layer
        self._layout = layout
        self._library = FontLibrary()
        self._compilers: dict[tuple[Path | bytes, bool], typst.Compiler] = {}
        self._own_fonts = typst.Fonts(include_system_fonts=False)
        self._fonts = Fonts(self._refusal, self._library)
        self._compiler(layout.template, single=True)
        self._compiler(_GLYPHS, single=True)
        self.panics = 0
        """Panics of the typesetter; a process with any is not used again."""

    def print_report(
        self,
        content: dict[str, Any],
        substituted: str,
        at: int,
        *,
        plain: bool = False,
        attachments: Mapping[str, str] | None = None,
        logo: bytes = b"",
    ) -> PrintedReport:
        """Return the PDF: the same bytes for the same content, whatever was printed before.

        `substituted` is the note about spelled-out characters; a plain report spells out all but Latin letters.
        A file with attachments stands alone; one without can be bound with others.
        """
        inputs = {**self._layout.inputs, **(attachments or {}), **logo_input(logo)}
        glyphs = Glyphs.of(strings(content))
        if not plain:
            self._fonts.learn(glyphs)

        def attempt(drawable: Callable[[str], bool], choice: FontChoice) -> bytes:
            texts = TextSubstitution(glyphs, drawable, self._fonts.width_ems)
            report = {**texts.apply(content), **choice.content()}
            if texts.substituted:
                report["notes"].append(substituted)
            self._layout.finish(report)
            typesetter = self._compiler(self._layout.template, single=choice.is_single)
            pdf = typeset(typesetter, report, at, inputs, stands_alone=bool(attachments))
            return name_row_headers(pdf if glyphs.ordinary and choice.is_single else self._text_layer(pdf))

        if not plain:
            first = Attempt()
            with first:
                return _with_page_count(attempt(self._fonts.drawable, self._fonts.choice(glyphs)))
            self.panics += first.panics
        # Signs that can be drawn one by one may fail together; a report is made all the same.
        return _with_page_count(attempt(_is_plain, FontChoice.plain()))

    def _refusal(self, font: str, signs: list[str]) -> str | None:
        attempt = Attempt()
        with attempt:
            typeset(self._compiler(_GLYPHS, single=font == TEXT_FONT), {"font": font, "signs": signs}, 0)
        self.panics += attempt.panics
        return attempt.refusal

    def _compiler(self, template: Path | bytes, *, single: bool) -> typst.Compiler:
        """Return what typesets a template, with the font of the typesetter alone or with all."""
        key = template, single
        # The typesetter forgets a source once it has set it.
        if key not in self._compilers or isinstance(template, bytes):
            self._compilers[key] = compiler(template, self._own_fonts if single else self._library.fonts)
        return self._compilers[key]


@cache
def _printer() -> Printer:
    return Printer()


def job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Print a report for another process."""
    printer = _printer()
    content, *attached = data
    logo = attached.pop() if facts["has_logo"] else b""
    attachments = {name: text.decode() for name, text in zip(facts["attachments"], attached, strict=True)}
    report = printer.print_report(
        json.loads(content), facts["substituted"], facts["at"], plain=facts["plain"], attachments=attachments, logo=logo
    )
    return JobResult({"pages": report.pages}, (report.pdf,), worn=printer.panics > 0)


def compiler(template: Path | bytes, fonts: typst.Fonts) -> typst.Compiler:
    """Return what typesets a template; a file can import the templates of this slice, a source the helpers alone."""
    nowhere = HELPERS / "packages"
    options: dict[str, Any] = {"font_paths": fonts, "ignore_system_fonts": True, "package_path": nowhere}
    options["package_cache_path"] = nowhere
    if isinstance(template, Path):
        return typst.Compiler(template, root=HERE.parent, **options)
    return typst.Compiler(template, root=HELPERS, **options)


def typeset(
    template: typst.Compiler,
    report: dict[str, Any],
    timestamp: int,
    inputs: Mapping[str, str] = MappingProxyType({}),
    *,
    stands_alone: bool = False,
) -> bytes:
    """Return the PDF/A-3a file of a template, its data and other inputs; one that stands alone is PDF/UA-1, too."""
    pdf = template.compile(
        format="pdf",
        sys_inputs={"report": json.dumps(report, ensure_ascii=False), **inputs},
        pdf_standards=["a-3a", "ua-1"] if stands_alone else ["a-3a"],
        timestamp=timestamp,
    )
    return cast("bytes", pdf)


def logo_input(logo: bytes) -> dict[str, str]:
    """Return the input of a template from which it draws a logo; inputs are texts."""
    return {"logo": json.dumps([*logo])} if logo else {}


def _with_page_count(pdf: bytes) -> PrintedReport:
    # The root of the page tree is at the start of a line, where no text of the file can be.
    match = _PAGE_TREE.search(pdf)
    return PrintedReport(pdf, int(match[1]) if match else _count_pages(pdf))


def _count_pages(pdf: bytes) -> int:
    from pypdf import PdfReader  # noqa: PLC0415 - hardly ever needed, and 10 MB of memory

    return len(PdfReader(io.BytesIO(pdf)).pages)


def _is_plain(sign: str) -> bool:
    return all(ord(character) < _PLAIN or character in "–…" for character in sign)
