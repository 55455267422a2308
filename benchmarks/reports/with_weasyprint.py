"""The texts of a report by WeasyPrint, as PDF/A-3u; it needs Pango on the machine."""

import html
from collections.abc import Iterator
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from benchmarks.reports.content import Make, tables_of, texts_of

PAGE = "@page { size: A4; margin: 2cm; @bottom-right { content: counter(page) } } body { font-size: 10pt }"
TABLE = "table { width: 100%; border-collapse: collapse } td { border: 0.4pt solid; padding: 5pt }"


def make() -> Make:
    """Return how WeasyPrint makes the content of a report."""
    fonts = FontConfiguration()
    styles = [CSS(string=PAGE + TABLE, font_config=fonts)]

    def print_(content: dict[str, Any]) -> bytes:
        page = HTML(string="".join(_html(content)))
        return bytes(page.write_pdf(stylesheets=styles, font_config=fonts, pdf_variant="pdf/a-3u"))

    return print_


def _html(content: dict[str, Any]) -> Iterator[str]:
    yield f"<html lang='fr'><title>{html.escape(content['name'])}</title>"
    yield f"<h1>{html.escape(content['title'])}</h1><p>{content['subtitle']} {content['number']}"
    yield from (f"<p>{html.escape(note)}" for note in content["notes"])
    for section in content["sections"]:
        yield f"<h2>{html.escape(section.get('heading', ''))}</h2>"
        yield from (f"<p>{html.escape(text)}" for text in texts_of(section))
        for rows in tables_of(section):
            lines = ("".join(f"<td>{html.escape(cell)}" for cell in row) for row in rows)
            yield f"<table>{''.join(f'<tr>{line}' for line in lines)}</table>"
