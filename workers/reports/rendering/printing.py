"""From content to the bytes of a PDF/A-3a file; runs in a child process, since texts can break a typesetter."""

import io
import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, cast

import typst

from workers.common.child_process import Done, Facts
from workers.reports.rendering.characters import Glyphs, Press, shortened, strings
from workers.reports.rendering.fonts import FONTS, Fonts
from workers.reports.rendering.text_layer import told_once

HERE = Path(__file__).parent

_PAGE_TREE = re.compile(rb"\n\d+ 0 obj\n<</Type/Pages/Count (\d+)/Kids")
_PLAIN = 0x180  # Latin letters, each one character with its accent
_PANIC = "PanicException"


class Printed(NamedTuple):
    """A report in bytes."""

    pdf: bytes
    pages: int


class _Attempt:
    """Holds what the typesetter said against a document: an error, or a panic, which is a BaseException."""

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
    """Prints reports, one at a time; made once per process, because compilers keep what they have learnt."""

    def __init__(self, text_layer: Callable[[bytes], bytes] = told_once) -> None:
        """Load the templates; `text_layer` corrects the text behind the picture of each file."""
        self._text_layer = text_layer
        embedded = typst.Fonts(include_system_fonts=False)
        self._report = _compiler("report.typ", embedded)
        self._glyphs = _compiler("glyphs.typ", embedded)
        self._fonts = Fonts(self._refusal)
        self.panics = 0
        """How often the typesetter broke down; a process in which it did is not used again."""

    def printed(self, content: dict[str, Any], substituted: str, at: int, *, plain: bool = False) -> Printed:
        """Make the PDF: the same bytes for the same content, whatever was printed before.

        `substituted` is said where characters had to be spelled out; a plain report spells out all but Latin.
        """
        glyphs = Glyphs.of(strings(content))
        if not plain:
            self._fonts.learn(glyphs)

        def attempt(drawable: Callable[[str], bool], others: str) -> bytes:
            press = Press(glyphs, drawable)
            report = {**press.set(content), "font": FONTS, "others": others}
            if press.substituted:
                report["notes"].append(substituted)
            report["header"][-1] = shortened(report["header"][-1])
            pdf = _pdf(self._report, report, at)
            return pdf if glyphs.ordinary else self._text_layer(pdf)

        if not plain:
            first = _Attempt()
            with first:
                return _counted(attempt(self._fonts.drawable(glyphs), self._fonts.others(glyphs)))
            self.panics += first.panics
        # Signs that can be drawn one by one may still not go together; a report is made all the same.
        return _counted(attempt(_is_plain, ""))

    def _refusal(self, font: str, signs: list[str]) -> str | None:
        attempt = _Attempt()
        with attempt:
            _pdf(self._glyphs, {"font": font, "signs": signs}, 0)
        self.panics += attempt.panics
        return attempt.refusal


@cache
def _printer() -> Printer:
    return Printer()


def job(facts: Facts, data: Sequence[bytes]) -> Done:
    """Print a report for another process."""
    printer = _printer()
    printed = printer.printed(json.loads(data[0]), facts["substituted"], facts["at"], plain=facts["plain"])
    return Done({"pages": printed.pages}, (printed.pdf,), worn=printer.panics > 0)


def _compiler(template: str, fonts: typst.Fonts) -> typst.Compiler:
    return typst.Compiler(HERE / template, root=HERE, font_paths=fonts, ignore_system_fonts=True)


def _pdf(compiler: typst.Compiler, report: dict[str, Any], timestamp: int) -> bytes:
    data = json.dumps(report, ensure_ascii=False)
    made = compiler.compile(format="pdf", sys_inputs={"report": data}, pdf_standards=["a-3a"], timestamp=timestamp)
    return cast("bytes", made)


def _counted(pdf: bytes) -> Printed:
    # The root of the page tree, at the start of a line: no text in the file can stand there.
    found = _PAGE_TREE.search(pdf)
    return Printed(pdf, int(found[1]) if found else _read(pdf))


def _read(pdf: bytes) -> int:
    from pypdf import PdfReader  # noqa: PLC0415 - hardly ever needed, and 10 MB of memory

    return len(PdfReader(io.BytesIO(pdf)).pages)


def _is_plain(sign: str) -> bool:
    return all(ord(character) < _PLAIN or character in "–…" for character in sign)
