"""The level of a bound file is stated only if the file keeps what it claims."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from tests.reports.binding_samples import Binder, entry
from workers.reports.binding.conformance import conformance_of

Change = Callable[[PdfWriter], object]

LEVEL = "PDF/A-3a"
JAVASCRIPT = DictionaryObject(
    {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
)


@pytest.fixture(scope="module")
def file() -> bytes:
    """Bind two reports."""
    return Binder().bind(entry(1), entry(2)).pdf


def changed(pdf: bytes, change: Change) -> bytes:
    """Write a file again after a change."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    change(writer)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def drop(*names: str) -> Change:
    """Remove an entry that is found by names from the root of the file on."""

    def change(writer: PdfWriter) -> None:
        held: Any = writer.root_object
        for name in names[:-1]:
            held = (held[int(name)] if name.isdigit() else held[name]).get_object()
        del held[names[-1]]

    return change


def put(value: Any, *names: str) -> Change:
    """Set an entry that is found by names from the root of the file on."""

    def change(writer: PdfWriter) -> None:
        held: Any = writer.root_object
        for name in names[:-1]:
            held = (held[int(name)] if name.isdigit() else held[name]).get_object()
        held[NameObject(names[-1])] = value

    return change


def replace(old: bytes, new: bytes, *names: str) -> Change:
    """Replace bytes in a stream that is found by names from the root of the file on."""

    def change(writer: PdfWriter) -> None:
        held: Any = writer.root_object
        for name in names:
            held = (held[int(name)] if name.isdigit() else held[name]).get_object()
        data = held.get_data()
        assert old in data
        stream = DecodedStreamObject()
        stream.set_data(data.replace(old, new, 1))
        stream.update({name: value for name, value in held.items() if name not in {"/Filter", "/Length"}})
        writer._objects[held.indirect_reference.idnum - 1] = stream

    return change


def change_page(change: Callable[[Any], object]) -> Change:
    """Change the last page."""
    return lambda writer: change(writer.pages[-1])


def drop_ids(writer: PdfWriter) -> None:
    """Leave the file without an id."""
    writer._ID = None


def lock(writer: PdfWriter) -> None:
    """Encrypt the file with an empty password, which every reader tries."""
    writer.encrypt("", algorithm="RC4-128")


def forget_fonts(page: Any) -> None:
    """Leave a page without the file of a font."""
    fonts = page["/Resources"]["/Font"]
    descriptor = fonts[min(fonts)]["/DescendantFonts"][0]["/FontDescriptor"]
    del descriptor["/FontFile3"]


def hide_link(writer: PdfWriter) -> None:
    """Take the flag of printing from a link of the contents."""
    contents: Any = writer.pages[1]
    contents["/Annots"][0].get_object()[NameObject("/F")] = NumberObject(2)


def arm_link(writer: PdfWriter) -> None:
    """Let a link of the contents run a script."""
    contents: Any = writer.pages[1]
    contents["/Annots"][0].get_object()[NameObject("/A")] = JAVASCRIPT


BROKEN: dict[str, Change] = {
    "no output intent": drop("/OutputIntents"),
    "no profile": drop("/OutputIntents", "0", "/DestOutputProfile"),
    "another kind of intent": put(NameObject("/GTS_PDFX"), "/OutputIntents", "0", "/S"),
    "what is no profile": replace(b"acsp", b"nope", "/OutputIntents", "0", "/DestOutputProfile"),
    "a profile of other colours": put(NumberObject(4), "/OutputIntents", "0", "/DestOutputProfile", "/N"),
    "no metadata": drop("/Metadata"),
    "another part": replace(b"<pdfaid:part>3<", b"<pdfaid:part>2<", "/Metadata"),
    "an unknown level": replace(b"conformance>A<", b"conformance>X<", "/Metadata"),
    "another title": replace(b"Incident reports", b"Something else", "/Metadata"),
    "another time": replace(b"<xmp:CreateDate>2026", b"<xmp:CreateDate>2025", "/Metadata"),
    "a hidden author": lambda writer: writer.add_metadata({"/Author": "agent-dupont"}),
    "no id": drop_ids,
    "a lock": lock,
    "a font elsewhere": change_page(forget_fonts),
    "a script on opening": put(JAVASCRIPT, "/OpenAction"),
    "a script on leaving": put(DictionaryObject({NameObject("/WC"): JAVASCRIPT}), "/AA"),
    "a named script": put(DictionaryObject({NameObject("/JavaScript"): JAVASCRIPT}), "/Names"),
    "a script of a page": change_page(lambda page: page.update({NameObject("/AA"): DictionaryObject()})),
    "a script of a bookmark": put(JAVASCRIPT, "/Outlines", "/Last", "/A"),
    "a script of a link": arm_link,
    "a link that is not printed": hide_link,
    "an attachment": lambda writer: writer.add_attachment("a.txt", b"a"),
    "no marks": drop("/MarkInfo"),
    "no language": drop("/Lang"),
    "no structure": drop("/StructTreeRoot"),
    "no elements": drop("/StructTreeRoot", "/K"),
    "no owners of texts": put(ArrayObject(), "/StructTreeRoot", "/ParentTree", "/Kids"),
    "a page without structure": change_page(lambda page: page.pop("/StructParents")),
}


def test_a_file_that_keeps_its_level_has_it(file: bytes) -> None:
    """A file that was written again without a change keeps its level, so that the changes below are what breaks it."""
    assert conformance_of(file) == LEVEL
    assert conformance_of(changed(file, lambda _: None)) == LEVEL


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_file_that_breaks_its_claim_has_no_level(file: bytes, change: Change) -> None:
    """A file without one of the properties that are checked has no level at all."""
    assert conformance_of(changed(file, change)) is None


def test_level_b_needs_no_structure(file: bytes) -> None:
    """A file that claims level B needs neither marks nor a structure."""
    claims_b = changed(file, replace(b"conformance>A<", b"conformance>B<", "/Metadata"))
    assert conformance_of(claims_b) == "PDF/A-3b"
    assert conformance_of(changed(changed(claims_b, drop("/StructTreeRoot")), drop("/MarkInfo"))) == "PDF/A-3b"


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7", b"not a PDF"])
def test_what_is_no_file_has_no_level(pdf: bytes) -> None:
    """What cannot be read has no level."""
    assert conformance_of(pdf) is None


@pytest.mark.parametrize("share", [0.3, 0.7, 0.999])
def test_a_part_of_a_file_has_no_level(file: bytes, share: float) -> None:
    """A file that was cut has no level."""
    assert conformance_of(file[: int(len(file) * share)]) is None
