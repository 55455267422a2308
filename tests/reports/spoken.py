"""In which language a reader of a tagged file speaks each text: that of its marks, else of the element around it."""

import ctypes
import io
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pypdfium2
from pypdf import PdfReader
from pypdfium2 import raw

_TEXT_CHARACTERS_MAX = 4096


def passages(pdf: bytes) -> list[tuple[str, str]]:
    """Return the tagged texts of a file in the order of its pages, neighbours of one language together."""
    return [
        (language, "".join(text for _, text in texts))
        for language, texts in groupby(_texts(pdf), key=lambda passage: passage[0])
    ]


def languages_of(pdf: bytes, words: str) -> set[str]:
    """Return the languages in which some words are spoken."""
    return {language for language, text in passages(pdf) if "".join(words.split()) in "".join(text.split())}


def _texts(pdf: bytes) -> Iterator[tuple[str, str]]:
    reader = PdfReader(io.BytesIO(pdf))
    root: Any = reader.root_object
    inherited = dict(_inherited(root["/StructTreeRoot"], str(root["/Lang"]), None))
    for number, page in enumerate(pypdfium2.PdfDocument(pdf)):
        page_id = reader.pages[number].indirect_reference.idnum  # type: ignore[union-attr] # pages are objects
        textpage = page.get_textpage()
        for run in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
            mark = raw.FPDFPageObj_GetMarkedContentID(run)
            if mark >= 0:
                own = _parameter(run, "Lang")
                yield own or inherited[page_id, mark], _text(run, textpage)


def _inherited(element: Any, language: str, page: int | None) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the language of each marked text, by its page and its number."""
    element = element.get_object()
    if isinstance(element, int):
        yield (page or 0, element), language
        return
    language = str(element.get("/Lang", language))
    page = element.raw_get("/Pg").idnum if "/Pg" in element else page
    if "/MCID" in element:
        yield (page or 0, element["/MCID"]), language
        return
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        yield from _inherited(kid, language, page)


def _parameter(run: Any, name: str) -> str:
    for number in range(raw.FPDFPageObj_CountMarks(run)):
        mark = raw.FPDFPageObj_GetMark(run, number)
        buffer, size = (ctypes.c_ushort * 64)(), ctypes.c_ulong()
        if raw.FPDFPageObjMark_GetParamStringValue(mark, name.encode(), buffer, 128, size):
            return bytes(buffer)[: size.value - 2].decode("utf-16-le")
    return ""


def _text(run: Any, textpage: Any) -> str:
    buffer = (ctypes.c_ushort * _TEXT_CHARACTERS_MAX)()
    size = raw.FPDFTextObj_GetText(run, textpage, buffer, 2 * _TEXT_CHARACTERS_MAX)
    return bytes(buffer)[: max(size - 2, 0)].decode("utf-16-le", "replace")
