"""The level of PDF/A-3 that a finished file claims and keeps, read back by another library than wrote it."""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject, IndirectObject, StreamObject

_PART = "3"
_LEVELS = ("A", "B")
_COMPONENTS = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}
_FONT_FILES = ("/FontFile", "/FontFile2", "/FontFile3")
_ACTIONS = {"/GoTo", "/URI"}  # PDF/A permits others, but a bound file has none of them
_PRINTED = 4  # a flag of annotations, which PDF/A requires
_MARKED = re.compile(rb"/MCID (\d+)")
_UNREADABLE = (PyPdfError, KeyError, ValueError, TypeError, AttributeError, IndexError)


def conformance_of(pdf: bytes) -> str | None:
    """Return the level, such as "PDF/A-3a"; None if the file lacks what it claims or cannot be read."""
    try:
        reader = PdfReader(io.BytesIO(pdf))
        claim = _claim(reader)
        is_true = claim is not None and all(check(reader) for check in _CHECKS) and _has_good_pages(reader, claim)
    except _UNREADABLE:
        return None
    return f"PDF/A-{_PART}{claim.lower()}" if claim and is_true else None


def _has_good_pages(reader: PdfReader, claim: str) -> bool:
    checks: list[Callable[[PageObject], bool]] = [_FontCheck(), _is_harmless_page]
    if claim == "A":
        elements = _elements(reader)
        checks.append(lambda page: bool(elements) and _has_elements(page, elements))
    return all(check(page) for page in _pages(reader) for check in checks)


def _pages(reader: PdfReader) -> Iterator[PageObject]:
    """Yield each page once, and forget what was read for it: a file may have thousands of them."""
    for page in reader.pages:
        yield page
        reader.resolved_objects.clear()


def _metadata(reader: PdfReader) -> Any:
    return reader.root_object.xmp_metadata if "/Metadata" in reader.root_object else None


def _claim(reader: PdfReader) -> str | None:
    metadata = _metadata(reader)
    if metadata is None or metadata.pdfaid_part != _PART:
        return None
    return next((level for level in _LEVELS if level == metadata.pdfaid_conformance), None)


def _is_open(reader: PdfReader) -> bool:
    return "/Encrypt" not in reader.trailer


def _has_id(reader: PdfReader) -> bool:
    ids = reader.trailer.get("/ID", ())
    return len(ids) == 2 and all(ids)  # noqa: PLR2004 - the first one and that of this version


def _has_colours(reader: PdfReader) -> bool:
    intents = [intent.get_object() for intent in reader.root_object.get("/OutputIntents", ())]
    profiles = [intent["/DestOutputProfile"] for intent in intents if intent.get("/S") == "/GTS_PDFA1"]
    return len(profiles) == 1 and _is_profile(profiles[0].get_object())


def _is_profile(stream: StreamObject) -> bool:
    """Tell whether a stream is an ICC profile with as many colours as it says."""
    data = stream.get_data()
    return data[36:40] == b"acsp" and _COMPONENTS.get(data[16:20]) == stream.get("/N")


def _agrees(reader: PdfReader) -> bool:
    """Tell whether both descriptions of the file say the same."""
    metadata, info = _metadata(reader), reader.metadata
    if metadata is None or info is None:
        return False
    titles, authors = metadata.dc_title or {}, metadata.dc_creator or []
    dates = (metadata.xmp_create_date, metadata.xmp_modify_date)
    return (
        info.title == titles.get("x-default")
        and ([info.author] if info.author else []) == authors
        and all(date is not None for date in dates)
        and [_seconds(date) for date in dates]
        == [_seconds(date) for date in (info.creation_date, info.modification_date)]
    )


def _seconds(date: Any) -> str:
    return f"{date:%Y-%m-%dT%H:%M:%S}"


class _FontCheck:
    """Whether the fonts of pages are in the file; each font is looked at once."""

    def __init__(self) -> None:
        self._checked: set[int] = set()

    def __call__(self, page: PageObject) -> bool:
        return all(map(_is_embedded, _fonts(page["/Resources"], self._checked)))


def _fonts(resources: Any, checked: set[int]) -> Iterator[Any]:
    """Yield the fonts of a page and of its drawings, each once."""
    for kind in ("/Font", "/XObject"):
        for name in resources.get(kind, {}):
            reference = resources[kind].raw_get(name)
            if isinstance(reference, IndirectObject):
                if reference.idnum in checked:
                    continue
                checked.add(reference.idnum)
            held = reference.get_object()
            if kind == "/Font":
                yield held
            elif "/Resources" in held:
                yield from _fonts(held["/Resources"], checked)


def _is_embedded(font: Any) -> bool:
    holder = font["/DescendantFonts"][0].get_object() if font["/Subtype"] == "/Type0" else font
    descriptor = holder.get("/FontDescriptor", DictionaryObject()).get_object()
    return "/ToUnicode" in font and any(name in descriptor for name in _FONT_FILES)


def _acts_harmlessly(reader: PdfReader) -> bool:
    """Tell whether nothing runs by itself, and whether bookmarks only lead somewhere."""
    root = reader.root_object
    if {"/AA", "/OpenAction", "/Names"} & set(root) or not _is_signature_alone(root.get("/AcroForm")):
        return False
    return all(map(_leads_somewhere, _bookmarks(reader, root.get("/Outlines"))))


def _is_signature_alone(form: Any) -> bool:
    """Tell whether a file has no form, or one whose only fields are signatures."""
    held = form.get_object() if form else DictionaryObject()
    fields = [field.get_object() for field in held.get("/Fields", ())]
    names = set(held) <= {"/Fields", "/SigFlags"}
    return names and all(field.get("/FT") == "/Sig" and "/Kids" not in field for field in fields)


def _is_harmless_page(page: PageObject) -> bool:
    annotations: list[Any] = [annotation.get_object() for annotation in page.get("/Annots", ())]
    are_printed = all(annotation.get("/F", 0) & _PRINTED for annotation in annotations)
    return "/AA" not in page and are_printed and all(map(_leads_somewhere, annotations))


def _leads_somewhere(held: DictionaryObject) -> bool:
    action = held.get("/A", DictionaryObject()).get_object()
    return "/AA" not in held and action.get("/S", "/GoTo") in _ACTIONS and "/Next" not in action


def _bookmarks(reader: PdfReader, outline: Any) -> Iterator[DictionaryObject]:
    pending = [outline.get_object().raw_get("/First")] if outline and "/First" in outline.get_object() else []
    while pending:
        item = pending.pop().get_object()
        yield item
        pending += [item.raw_get(name) for name in ("/First", "/Next") if name in item]
        reader.resolved_objects.clear()


def _elements(reader: PdfReader) -> dict[int, Any]:
    """Return the elements of the structure by the numbers of pages; none if the file is not tagged."""
    root = reader.root_object
    tree = root.get("/StructTreeRoot", DictionaryObject()).get_object()
    if not (
        root.get("/MarkInfo", {}).get("/Marked") and root.get("/Lang") and tree.get("/K") and tree.get("/ParentTree")
    ):
        return {}
    return dict(_numbers(tree["/ParentTree"].get_object()))


def _numbers(node: DictionaryObject) -> Iterator[tuple[int, Any]]:
    listed = node.get("/Nums", ())
    yield from zip(listed[::2], listed[1::2], strict=True)
    for kid in node.get("/Kids", ()):
        yield from _numbers(kid.get_object())


def _has_elements(page: Any, elements: Mapping[int, Any]) -> bool:
    """Tell whether each text of a page belongs to an element of the structure."""
    owners = elements[page["/StructParents"]].get_object()
    marks = set(map(int, _MARKED.findall(page.get_contents().get_data())))
    return max(marks, default=-1) < len(owners) and all(isinstance(owner, IndirectObject) for owner in owners)


_CHECKS: tuple[Callable[[PdfReader], bool], ...] = (
    _is_open,
    _has_id,
    _has_colours,
    _agrees,
    _acts_harmlessly,
)
