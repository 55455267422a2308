"""The first cell of a row as its header: the typesetter names the headers of columns only."""

import re

from workers.reports.rendering.text_layer.pdf_objects import Objects

_ROW = b"/S/TR/"
_CELL = b"/S/TD/"
_CELLS = re.compile(rb"/K\[([\d R]+)\]")
_REFERENCE = re.compile(rb"(\d+) 0 R")
_HEADERS = re.compile(rb"<</O/Table/Headers\[[^\]]*\]")


def name_row_headers(pdf: bytes) -> bytes:
    """Return a file of the typesetter in which each row of a table has its label as a header.

    Cells do not list their headers any more: readers find both by the place in the table.
    """
    objects = Objects(pdf)
    for number in objects.numbers(_ROW):
        cells = [int(cell) for match in _CELLS.findall(objects[number]) for cell in _REFERENCE.findall(match)]
        if any(_CELL not in objects[cell] for cell in cells):
            continue
        for place, cell in enumerate(cells):
            body = _body(objects[cell])
            if place == 0:
                body = _HEADERS.sub(b"<</O/Table/Scope/Row", body.replace(_CELL, b"/S/TH/", 1))
            else:
                body = _HEADERS.sub(b"<</O/Table", body)
            objects.replace(cell, body)
    return objects.file()


def _body(written: bytes) -> bytes:
    """Return an object without its number and the words around it."""
    return written.partition(b" obj\n")[2].rpartition(b"\nendobj")[0]
