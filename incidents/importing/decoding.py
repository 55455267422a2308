"""The encoding of a file, and its lines as texts."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from typing import BinaryIO, Final

from charset_normalizer import from_bytes

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COMMON_ENCODINGS: Final = ["cp1252", "mac_roman", "cp850"]
"""Encodings of spreadsheet programs besides UTF-8; with more of them, short texts are taken for other languages."""

_LETTERS: Final = "àâäáãåæçéèêëíîïñóôöõøœúùûüßÀÂÄÁÇÉÈÊËÎÏÑÔÖÜŒ’«»€°"
_NULS_PER_BYTE_MIN: Final = 20
"""At least one byte in so many is zero in UTF-16, because of its spaces, digits and delimiters."""

_SAMPLE_BYTES: Final = 256 * 1024
_PIECE_BYTES: Final = 1024 * 1024
_TRIAL: Final = '"1";A\r\n'
"""A line that every encoding of files can write, and read piece by piece."""

_LINE_END: Final = re.compile(rb"[\r\n]+")


class UnknownEncodingError(Exception):
    """A name that is not a text encoding."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoding of a file; `is_guessed` if nothing in the file declares it."""

    name: str = "utf-8"
    mark_bytes: int = 0
    is_guessed: bool = False

    @property
    def is_utf8(self) -> bool:
        """Whether it is UTF-8."""
        return codecs.lookup(self.name).name == "utf-8"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file with its line end; not `readable` if its bytes are not text in the file's encoding."""

    number: int
    text: str
    readable: bool = True


def named_encoding(name: str, file: BinaryIO) -> Encoding:
    """Return the named encoding; a byte order mark at the start of the file is not text.

    Raises:
        UnknownEncodingError: No encoding has this name.
    """
    try:
        codec = codecs.lookup(name).name
        written = _TRIAL.encode(name)
        codecs.getincrementaldecoder(name)("replace").decode(written, final=True)
    except (LookupError, ValueError) as error:
        raise UnknownEncodingError(name) from error
    head = file.read(4)
    file.seek(0)
    family = codec.removesuffix("-sig")
    mark, marked = next(((mark, of) for mark, of in _MARKS if head.startswith(mark)), (b"", ""))
    if mark and marked.startswith(family):
        return Encoding(marked, len(mark))
    return Encoding({"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(family, family))


def detect(file: BinaryIO) -> Encoding:
    """Detect the encoding of a file: by its byte order mark, by what can be decoded, by its letters."""
    head = file.read(4_096)
    file.seek(0)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name, len(mark))
    if head.count(0) * _NULS_PER_BYTE_MIN >= len(head) > 0:
        odd = sum(1 for byte in head[1::2] if byte == 0)
        return Encoding("utf-16-le" if 2 * odd >= head.count(0) else "utf-16-be", is_guessed=True)
    foreign = _foreign_lines(file)
    file.seek(0)
    if not foreign:
        return Encoding()
    # Short files may fit several encodings equally well: choose the one that yields letters of Western Europe.
    readings = sorted(
        from_bytes(foreign, cp_isolation=_COMMON_ENCODINGS), key=lambda reading: -sum(map(str(reading).count, _LETTERS))
    )
    return Encoding(readings[0].encoding if readings else "cp1252", is_guessed=True)


def _foreign_lines(file: BinaryIO) -> bytes:
    """Return the lines that are not UTF-8; none if other lines have UTF-8 letters: then a few lines are damaged."""
    sample, size, own = list[bytes](), 0, 0
    for line in _pieces(file):
        if line.isascii():
            continue
        try:
            line.decode()
        except UnicodeDecodeError:
            if size < _SAMPLE_BYTES:
                sample.append(line)
                size += len(line)
        else:
            own += 1
    return b"" if own else b"\n".join(sample)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while piece := file.read(_PIECE_BYTES):
        *whole, rest = _LINE_END.split(rest + piece)
        yield from whole
    yield rest


def lines(file: BinaryIO, encoding: Encoding) -> Iterator[Line]:
    """Yield the lines of a file, which end in LF or CR LF; in files of old Macs in CR, with LF inside cells."""
    end = "\r" if _ends_in_returns(file, encoding) else "\n"
    for number, text in enumerate(_decode(file, encoding, end), start=1):
        # Undecodable bytes appear as half of a surrogate pair or as U+FFFD, which is rare in texts.
        readable = (
            not any("\udc80" <= letter <= "\udcff" for letter in text) if encoding.is_utf8 else "\ufffd" not in text
        )
        yield Line(number, text if readable else text.encode(errors="replace").decode(), readable)


def _ends_in_returns(file: BinaryIO, encoding: Encoding) -> bool:
    """Tell whether lines end in CR alone: the first one does, and so do more of those outside quotation marks."""
    marks = returns = feeds = quoted = 0
    for count, text in enumerate(_decode(file, encoding, "")):
        if count == 0 and not text.endswith("\r"):
            return False
        marks += text.count('"')
        if marks % 2:
            quoted += text.endswith("\n")
        else:
            returns += text.endswith("\r")
            feeds += text.endswith("\n")
    return returns > feeds or not feeds + quoted


def _decode(file: BinaryIO, encoding: Encoding, end: str) -> Iterator[str]:
    file.seek(encoding.mark_bytes)
    errors = "surrogateescape" if encoding.is_utf8 else "replace"
    reader = TextIOWrapper(file, encoding.name, errors, newline=end)
    try:
        for text in reader:  # noqa: UP028 - stopping early would close the file with the reader
            yield text
    finally:
        reader.detach()
