"""The structure of a bound file: each text belongs to one element, and each element to the document."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pypdf.generic import IndirectObject

from tests.reports.binding_samples import Binder, Bound, entry, left_out

MARK = re.compile(rb"/MCID (\d+)")


@pytest.fixture(scope="module")
def bound() -> Bound:
    """Bind two reports; a project is left out."""
    return Binder().bind(entry(1, "((( 12 0 R \\"), entry(2, "שלום (a) עולם"), left_out("deleted"))


def kids_of(element: Any) -> list[Any]:
    """Return what is in an element."""
    kids = element.get("/K", [])
    return list(kids) if isinstance(kids, list) else [kids]


def elements_of(reference: IndirectObject, parent: IndirectObject) -> Iterator[IndirectObject]:
    """Walk through the structure; each element must name the one that it is in."""
    element: Any = reference.get_object()
    assert element.raw_get("/P") == parent
    yield reference
    for kid in kids_of(element):
        if isinstance(kid, IndirectObject):
            yield from elements_of(kid, reference)


def numbers_of(node: Any) -> Iterator[tuple[int, Any]]:
    """Return the entries of a tree of numbers."""
    for kid in node.get("/Kids", ()):
        yield from numbers_of(kid.get_object())
    listed = node.get("/Nums", ())
    yield from zip(listed[::2], listed[1::2], strict=True)


def tree_of(bound: Bound) -> tuple[IndirectObject, Any, list[IndirectObject]]:
    """Return the root of the structure and all elements."""
    root: Any = bound.reader().root_object
    reference = root.raw_get("/StructTreeRoot")
    [document] = reference.get_object()["/K"]
    return reference, reference.get_object(), list(elements_of(document, reference))


def test_a_report_is_a_part_of_the_document(bound: Bound) -> None:
    """The document has a part with its language for the pages before the reports and for each report."""
    _, tree, _ = tree_of(bound)
    [document] = kids_of(tree)
    parts = [kid.get_object() for kid in kids_of(document.get_object())]
    assert [(part["/S"], part["/Lang"]) for part in parts] == [("/Part", "en")] * 3
    assert document.get_object()["/S"] == "/Document"


def test_each_text_belongs_to_its_element(bound: Bound) -> None:
    """Each marked text of a page has the element that names it, and no element names others."""
    _, tree, elements = tree_of(bound)
    named: dict[tuple[int, int], IndirectObject] = {}
    for reference in elements:
        element: Any = reference.get_object()
        for kid in kids_of(element):
            if isinstance(kid, int):
                named[element.raw_get("/Pg").idnum, kid] = reference
            elif not isinstance(kid, IndirectObject) and kid["/Type"] == "/MCR":
                named[kid.raw_get("/Pg").idnum, kid["/MCID"]] = reference
    owners = dict(numbers_of(tree["/ParentTree"]))
    marked: dict[tuple[int, int], Any] = {}
    for page in elements[0].pdf.pages:
        owner_list = owners[page["/StructParents"]].get_object()
        marks = map(int, MARK.findall(page.get_contents().get_data()))
        marked |= {(page.indirect_reference.idnum, mark): owner_list[mark] for mark in marks}
    assert marked == named


def test_each_link_belongs_to_its_element(bound: Bound) -> None:
    """Each link is in an element of the structure, under a key of its own."""
    _, tree, elements = tree_of(bound)
    owners = dict(numbers_of(tree["/ParentTree"]))
    pages = elements[0].pdf.pages
    links = [link for page in pages for link in page.get("/Annots", ())]
    keys = [link.get_object()["/StructParent"] for link in links]
    assert len(set(keys)) == len(keys) == 4
    for link, key in zip(links, keys, strict=True):
        owner = owners[key].get_object()
        kids: list[Any] = [kid for kid in kids_of(owner) if isinstance(kid, dict)]
        assert owner["/S"] == "/Link"
        assert link in [kid.raw_get("/Obj") for kid in kids]


def test_the_cells_of_each_table_name_their_heads(bound: Bound) -> None:
    """Tables of several reports have heads with ids of their own, in the order that readers search."""
    _, tree, elements = tree_of(bound)
    names = [name for kid in tree["/IDTree"]["/Kids"] for name in kid.get_object()["/Names"][::2]]
    assert names == sorted(set(names))
    contents: list[Any] = [element.get_object() for element in elements]
    assert sorted(element["/ID"] for element in contents if "/ID" in element) == names
    attributes = [attribute for element in contents for attribute in element.get("/A", ())]
    used = {head for attribute in attributes for head in attribute.get("/Headers", ())}
    assert used == set(names)
