"""From a document to the bytes of a PDF/A-3a file."""

import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, cast

import typst
from pypdf import PdfReader

from workers.reports.rendering.characters import Glyphs, Press, strings
from workers.reports.rendering.content import content
from workers.reports.rendering.document import ReportDocument
from workers.reports.rendering.fonts import FONTS, Fonts
from workers.reports.rendering.wording import WORDINGS

HERE = Path(__file__).parent

_PAGE_TREE = re.compile(rb"\n\d+ 0 obj\n<</Type/Pages/Count (\d+)/Kids")
_PLAIN = 0x180  # Latin letters, each one character with its accent


@dataclass(frozen=True, slots=True)
class Rendered:
    """A report, ready to be kept."""

    pdf: bytes
    pages: int
    sha256: str


class Renderer:
    """Renders reports, one at a time; made once per process, because compilers keep what they have learnt."""

    def __init__(self) -> None:
        self._lock = Lock()
        embedded = typst.Fonts(include_system_fonts=False)
        self._report = _compiler("report.typ", embedded)
        self._glyphs = _compiler("glyphs.typ", embedded)
        self._fonts = Fonts(lambda font, signs: _pdf(self._glyphs, {"font": font, "signs": signs}, 0))

    def render(self, document: ReportDocument) -> Rendered:
        """Make the PDF: the same bytes for the same document, whatever was rendered before."""
        with self._lock:
            pdf = self._print(document)
        return Rendered(pdf, _pages(pdf), hashlib.sha256(pdf).hexdigest())

    def _print(self, document: ReportDocument) -> bytes:
        told = content(document)
        glyphs = Glyphs.of(strings(told))
        self._fonts.learn(glyphs)

        def attempt(drawable: Callable[[str], bool]) -> bytes:
            press = Press(glyphs, drawable)
            report = {**press.set(told), "font": FONTS, "others": self._fonts.others(glyphs)}
            if press.substituted:
                report["notes"].append(WORDINGS[document.language].substituted)
            return _pdf(self._report, report, int(document.generated_at.timestamp()))

        try:
            return attempt(self._fonts.drawable(glyphs))
        except typst.TypstError:
            # Signs that can be drawn one by one may still not go together; a report is made all the same.
            return attempt(_is_plain)


def _compiler(template: str, fonts: typst.Fonts) -> typst.Compiler:
    return typst.Compiler(HERE / template, root=HERE, font_paths=fonts, ignore_system_fonts=True)


def _pdf(compiler: typst.Compiler, report: dict[str, Any], timestamp: int) -> bytes:
    data = json.dumps(report, ensure_ascii=False)
    made = compiler.compile(format="pdf", sys_inputs={"report": data}, pdf_standards=["a-3a"], timestamp=timestamp)
    return cast("bytes", made)


def _pages(pdf: bytes) -> int:
    # The root of the page tree, at the start of a line: no text in the file can stand there.
    found = _PAGE_TREE.search(pdf)
    return int(found[1]) if found else len(PdfReader(io.BytesIO(pdf)).pages)


def _is_plain(sign: str) -> bool:
    return all(ord(character) < _PLAIN or character in "–…" for character in sign)
