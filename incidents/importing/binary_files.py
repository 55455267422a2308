"""Files that are not text: recognised by their first bytes, before they are read as rows."""

import unicodedata
from typing import BinaryIO, Final, Literal
from zipfile import BadZipFile, ZipFile

from incidents.importing.decoding import Encoding

FileKind = Literal["archive", "database", "document", "markup", "not-text", "pdf", "picture", "workbook"]

_HEAD_BYTES: Final = 4_096
_SIGNATURES: Final[tuple[tuple[bytes, FileKind], ...]] = (
    (b"PK", "archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),
    (b"%PDF-", "pdf"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"Rar!", "archive"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"SQLite format 3\x00", "database"),
)
_MARKUP: Final = (b"<!doctype", b"<html", b"<?xml", b"<table")
_PARTS: Final[tuple[tuple[str, FileKind], ...]] = (
    ("xl/", "workbook"),
    ("Index/", "workbook"),
    ("word/", "document"),
)
"""Folders in the ZIP of an office program, and what it is then."""

_OPEN_DOCUMENTS: Final[dict[str, FileKind]] = {"spreadsheet": "workbook", "text": "document"}
_UNPRINTABLE: Final = frozenset({"Cc", "Cn", "Co", "Cs"})
_USUAL_CONTROLS: Final = frozenset("\t\n\r\v\f\x1a\ufeff")
_UNPRINTABLE_SHARE_MAX: Final = 0.05
_ZIP_MARKS: Final = frozenset({b"\x03\x04", b"\x05\x06", b"\x07\x08"})


def recognise(file: BinaryIO) -> FileKind | None:
    """Return what a file is that begins as no text does; None if it may be text."""
    head = file.read(_HEAD_BYTES)
    try:
        kind = next((kind for signature, kind in _SIGNATURES if head.startswith(signature)), None)
        if head.startswith(b"PK"):
            return _in_zip(file) if head[2:4] in _ZIP_MARKS else None
        return "markup" if head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_MARKUP) else kind
    finally:
        file.seek(0)


def is_text(file: BinaryIO, encoding: Encoding) -> bool:
    """Tell whether the beginning of a file is text in an encoding: other files are full of unprintable characters."""
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    text = head[encoding.mark_bytes :].decode(encoding.name, errors="replace")
    odd = sum(
        (unicodedata.category(letter) in _UNPRINTABLE and letter not in _USUAL_CONTROLS) or letter == "\ufffd"
        for letter in text
    )
    return odd <= len(text) * _UNPRINTABLE_SHARE_MAX or odd <= 1


def _in_zip(file: BinaryIO) -> FileKind:
    try:
        with ZipFile(file) as archive:
            names = archive.namelist()
            if "mimetype" in names:
                media = archive.read("mimetype")[:100].decode(errors="replace").rpartition(".")[2]
                return _OPEN_DOCUMENTS.get(media, "archive")
    except (BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError):
        return "archive"
    return next((kind for part, kind in _PARTS if any(name.startswith(part) for name in names)), "archive")
