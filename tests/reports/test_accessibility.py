"""What a report says to readers who do not see it (PDF/UA-1)."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pypdf import PdfReader

from tests.reports.rendering_samples import Renderer, comment, document, project


@pytest.fixture(scope="module")
def reader() -> PdfReader:
    """Open a report that has something in every part."""
    details = project(comments=[comment("One."), comment("Two.")])
    return PdfReader(io.BytesIO(Renderer().render(document("fr", project=details)).pdf))


def elements(held: Any) -> Iterator[Any]:
    """Yield the elements of the structure, in the order in which they are read."""
    held = held.get_object()
    if isinstance(held, list):
        for kid in held:
            yield from elements(kid)
    elif isinstance(held, dict):
        if "/S" in held:
            yield held
        if "/K" in held:
            yield from elements(held["/K"])


def scopes(cell: Any) -> list[Any]:
    """Return what a cell is a header of."""
    return [attribute["/Scope"] for attribute in cell.get("/A", ()) if "/Scope" in attribute]


def test_a_report_is_for_everybody(reader: PdfReader) -> None:
    """A report keeps PDF/UA-1 as well as PDF/A-3a: its window shows its title, and it is tagged in its language."""
    root: Any = reader.root_object
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert re.search(r"pdfuaid:part>1<", xmp)
    assert re.search(r"pdfaid:part>3<.*pdfaid:conformance>A<", xmp, re.DOTALL)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/Lang"] == "fr"
    assert root["/MarkInfo"]["/Marked"].value is True


def test_each_row_has_a_header(reader: PdfReader) -> None:
    """The first cell of each row names the row, and the head of a table its columns."""
    rows = [row for row in elements(reader.root_object["/StructTreeRoot"]) if row["/S"] == "/TR"]
    cells = [[cell.get_object() for cell in row["/K"]] for row in rows]
    heads = [row for row in cells if all(cell["/S"] == "/TH" for cell in row)]
    others = [row for row in cells if row not in heads]
    assert len(heads) == 1
    assert {scope for cell in heads[0] for scope in scopes(cell)} == {"/Column"}
    assert len(others) > 15
    assert {tuple(cell["/S"] for cell in row)[:2] for row in others} == {("/TH", "/TD")}
    assert {scope for row in others for scope in scopes(row[0])} == {"/Row"}


def test_the_cells_of_a_table_name_both_headers(reader: PdfReader) -> None:
    """A cell below the head of a table names the headers of its column and its row, which the file finds by name."""
    tree: Any = reader.root_object["/StructTreeRoot"]
    names = tree["/IDTree"]["/Names"]
    assert names[::2] == sorted(names[::2])
    headers = {name: cell.get_object() for name, cell in zip(names[::2], names[1::2], strict=True)}
    listed = [
        attribute["/Headers"]
        for cell in elements(tree)
        for attribute in cell.get("/A", ())
        if attribute.get("/Headers")
    ]
    assert {len(of_cell) for of_cell in listed} == {1, 2}
    assert all(headers[name]["/S"] == "/TH" for of_cell in listed for name in of_cell)


def test_headings_lead_to_each_entry(reader: PdfReader) -> None:
    """After the title, sections have headings of the first level, and comments and calls of the second."""
    levels = [element["/S"] for element in elements(reader.root_object["/StructTreeRoot"])]
    headings = [level for level in levels if level in {"/Title", "/H1", "/H2", "/H3"}]
    assert headings == ["/Title", *["/H1"] * 5, "/H2", "/H2", "/H1", "/H2", "/H1", "/H1"]


def test_the_pages_around_the_text_are_not_read(reader: PdfReader) -> None:
    """The header and the footer of a page are no part of the text."""
    contents = [page.get_contents().get_data().decode("latin-1") for page in reader.pages]  # type: ignore[union-attr] # pages have contents
    assert all("/Artifact" in text and "/Footer" in text for text in contents)
