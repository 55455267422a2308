"""The texts of a report by ReportLab, as plain PDF."""

import html
import io
from collections.abc import Iterator
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table

from benchmarks.reports.content import Make, tables_of, texts_of


def make() -> Make:
    """Return how ReportLab makes the content of a report."""
    styles = getSampleStyleSheet()
    grid = [("GRID", (0, 0), (-1, -1), 0.4, "black"), ("VALIGN", (0, 0), (-1, -1), "TOP")]

    def paragraph(text: str, style: str = "BodyText") -> Flowable:
        return Paragraph(html.escape(text), styles[style])

    def flowables(content: dict[str, Any]) -> Iterator[Flowable]:
        yield paragraph(f"{content['title']} {content['subtitle']} {content['number']}", "Title")
        yield from map(paragraph, content["notes"])
        for section in content["sections"]:
            yield paragraph(section.get("heading", ""), "Heading2")
            yield from map(paragraph, texts_of(section))
            for rows in tables_of(section):
                cells = [[paragraph(cell) for cell in row] for row in rows]
                yield Table(cells, colWidths=[482 / len(rows[0])] * len(rows[0]), style=grid)

    def print_(content: dict[str, Any]) -> bytes:
        file = io.BytesIO()
        SimpleDocTemplate(file, pagesize=A4, title=content["name"]).build(
            list(flowables(content)),
            onLaterPages=lambda canvas, document: canvas.drawString(500, 30, str(document.page)),
        )
        return file.getvalue()

    return print_
