"""The first cell of a row as its header: the typesetter names the headers of columns only."""

import re
from collections.abc import Iterator

from workers.reports.rendering.text_layer.pdf_objects import Objects

_ROW = b"/S/TR/"
_CELL = b"/S/TD/"
_CELLS = re.compile(rb"/K\[([\d R]+)\]")
_REFERENCE = re.compile(rb"(\d+) 0 R")
_HEADERS = re.compile(rb"<</O/Table/Headers\[([^\]]*)\]")
_TREE = b"/Type/StructTreeRoot"
_NAMES = re.compile(rb"(?<=/IDTree<</Names\[)[^\]]+")
_NAME = re.compile(rb"(\(\w+\))(\d+ 0 R)")


def name_row_headers(pdf: bytes) -> bytes:
    """Return a file of the typesetter in which each row of a table has its label as a header."""
    objects = Objects(pdf)
    names = list[tuple[bytes, bytes]]()
    for number in objects.numbers(_ROW):
        cells = [int(cell) for match in _CELLS.findall(objects[number]) for cell in _REFERENCE.findall(match)]
        if all(_CELL in objects[cell] for cell in cells):
            names += _name_header(objects, cells)
    if names:
        [tree] = objects.numbers(_TREE)
        listed = _NAMES.sub(lambda match: _sorted_names(match[0], names), _body(objects[tree]))
        objects.replace(tree, listed)
    return objects.file()


def _name_header(objects: Objects, cells: list[int]) -> Iterator[tuple[bytes, bytes]]:
    """Make the first cell of a row its header; where cells list their headers, yield its name and its number."""
    first, *others = cells
    head = _body(objects[first]).replace(_CELL, b"/S/TH/", 1)
    name = b"(R%d)" % first if _lists_headers(head) else b""
    if name:
        head = head.replace(b"/A[", b"/ID%b/A[" % name, 1)
        yield name, b"%d 0 R" % first
    objects.replace(first, _HEADERS.sub(lambda match: b"<</O/Table/Scope/Row" + _listed(match[1]), head))
    for cell in others:
        objects.replace(
            cell, _HEADERS.sub(lambda match: b"<</O/Table" + _listed(match[1] + name), _body(objects[cell]))
        )


def _lists_headers(cell: bytes) -> bool:
    match = _HEADERS.search(cell)
    return bool(match and match[1])


def _listed(headers: bytes) -> bytes:
    """Return the headers of a cell; those of a cell that lists none are found by its place."""
    return b"/Headers[%b]" % headers if headers else b""


def _sorted_names(listed: bytes, more: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(name + number for name, number in sorted([*_NAME.findall(listed), *more]))


def _body(written: bytes) -> bytes:
    """Return an object without its number and the words around it."""
    return written.partition(b" obj\n")[2].rpartition(b"\nendobj")[0]
