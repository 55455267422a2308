"""Making an invisible place for a signature in a finished PDF: an update at its end, in the form of the typesetter."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Final, NamedTuple

from contracts.evidence.pdf_signatures import Layout, Signed

_BLOCKS: Final = 60
_BLOCK_BYTES_MIN: Final = 4096
_UPDATE_BYTES: Final = 2048
"""What an update has besides the signature, at most: four objects, a table and a trailer."""

_DIGEST_BYTES: Final = 32
_ID_BYTES: Final = 16
_LINE_BYTES: Final = 20  # bytes of a line in the table
_PLACES: Final = 10
_TAIL_BYTES: Final = 1024

_START: Final = re.compile(
    rb"trailer\n<<(?P<trailer>/Size (?P<size>\d+)/Root (?P<root>\d+) 0 R/Info \d+ 0 R)"
    rb"/ID\[(?P<id>\([\w+/=]+\))\([\w+/=]+\)\]>>\nstartxref\n(?P<table>\d+)\n%%EOF\Z"
)
_TABLE: Final = re.compile(rb"xref\n0 (\d+)\n")
_BODY: Final = re.compile(rb"(\d+) 0 obj\n(<<.*?>>)\nendobj", re.DOTALL)
_PAGES: Final = re.compile(rb"/Pages (\d+) 0 R")
_FIRST_KID: Final = re.compile(rb"/Kids\[(\d+) 0 R")
_ANNOTATIONS: Final = re.compile(rb"/Annots\[")

_FORM: Final = b"/AcroForm<</Fields[%d 0 R]/SigFlags 3>>>>"
_FIELD: Final = (
    b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature)/TU(Signature)/F 132/Rect[-9999 -9999 -9999 -9999]"
    b"/P %d 0 R/V %d 0 R>>"
)
"""Outside its page, printed and locked: PDF/A forbids hidden fields, and PDF/UA asks visible ones to be tagged."""

_SIGNATURE: Final = (
    b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:%b)/ByteRange[0 %b %b %b]/Contents"
)


class Place(NamedTuple):
    """An update up to the signature and from there on, the room between them, and what is to be signed."""

    before: bytes
    after: bytes
    room: int
    signed: Signed


def prepare(pdf: bytes, at: datetime, signature_bytes: int) -> Place:
    """Return the place for a signature: the same bytes for the same file.

    `signature_bytes` says how many a signature has without the digests that it lists.

    Raises:
        ValueError: It is not a file of the typesetter, nor a bound one.
    """
    block_bytes = max(_BLOCK_BYTES_MIN, -(-len(pdf) // _BLOCKS))
    most = len(pdf) + _UPDATE_BYTES + 2 * (signature_bytes + 2 * _BLOCKS * _DIGEST_BYTES)
    room = 2 * (signature_bytes + -(-most // block_bytes) * _DIGEST_BYTES) + 2
    before, after = _update(pdf, at, room)
    start = len(pdf) + len(before)
    layout = Layout(start, start + room, start + room + len(after), block_bytes, b"")
    whole = hashlib.sha256(pdf)
    whole.update(before + after)
    digests = _digests(pdf, before, after, layout)
    return Place(before, after, room, Signed(whole.digest(), layout._replace(digests=digests)))


def _update(pdf: bytes, at: datetime, room: int) -> tuple[bytes, bytes]:
    """Return an update before and behind the gap: the root, the first page, a field and its signature."""
    end = _require(_START.search(pdf, max(0, len(pdf) - _TAIL_BYTES)))
    file, size, root = _Objects(pdf, int(end["table"])), int(end["size"]), int(end["root"])
    page, head = file.first_page(root)
    field, signature = size, size + 1
    bodies = {
        root: file[root][: -len(b">>")] + _FORM % field,
        page: _with_annotation(head, field),
        field: _FIELD % (page, signature),
    }
    update, offsets = bytearray(b"\n"), dict[int, int]()
    for number, body in bodies.items():
        offsets[number] = len(pdf) + len(update)
        update += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    offsets[signature] = len(pdf) + len(update)
    update += b"%d 0 obj\n" % signature
    moment = f"{at.astimezone(UTC):%Y%m%d%H%M%SZ}".encode()
    blank = b" " * _PLACES
    start = len(pdf) + len(update) + len(_SIGNATURE % (moment, blank, blank, blank))
    table = start + room + len(b">>\nendobj\n")
    after = b">>\nendobj\n" + _table(offsets)
    after += b"trailer\n<<%b/ID[%b<%b>]/Prev %b>>\nstartxref\n%d\n%%%%EOF" % (
        *(end["trailer"].replace(b"/Size %d" % size, b"/Size %d" % (size + 2)), end["id"]),
        *(hashlib.sha256(end["id"]).hexdigest()[: 2 * _ID_BYTES].encode(), end["table"], table),
    )
    numbers = (b"%-*d" % (_PLACES, number) for number in (start, start + room, len(after)))
    return bytes(update) + _SIGNATURE % (moment, *numbers), after


class _Objects:
    """Some objects of a file, by their numbers."""

    def __init__(self, pdf: bytes, table: int) -> None:
        self._pdf = pdf
        self._lines = _require(_TABLE.match(pdf, table)).end()

    def __getitem__(self, number: int) -> bytes:
        """Return the dictionary of an object."""
        line = self._lines + _LINE_BYTES * number
        match = _require(_BODY.match(self._pdf, int(self._pdf[line : line + _PLACES])))
        if int(match[1]) != number:
            raise ValueError(number)
        return match[2]

    def first_page(self, root: int) -> tuple[int, bytes]:
        """Return the number and the dictionary of the first page."""
        number = int(_require(_PAGES.search(self[root]))[1])
        while (head := self[number]).startswith(b"<</Type/Pages"):
            number = int(_require(_FIRST_KID.search(head))[1])
        return number, head


def _with_annotation(page: bytes, field: int) -> bytes:
    """Return a page with one annotation more; its annotations follow the structure, as PDF/UA asks."""
    if b"/Tabs/S" not in page:
        page = page[: -len(b">>")] + b"/Tabs/S>>"
    if b"/Annots" not in page:
        return page[: -len(b">>")] + b"/Annots[%d 0 R]>>" % field
    _require(_ANNOTATIONS.search(page))
    return _ANNOTATIONS.sub(b"/Annots[%d 0 R " % field, page, count=1)


def _table(offsets: dict[int, int]) -> bytes:
    lines = (b"%d 1\n%010d 00000 n \n" % (number, offsets[number]) for number in sorted(offsets))
    return b"xref\n" + b"".join(lines)


def _digests(pdf: bytes, before: bytes, after: bytes, layout: Layout) -> bytes:
    """Return the digests of all blocks, without what will stand in the gap."""
    pieces = ((0, memoryview(pdf)), (len(pdf), memoryview(before)), (layout.gap_end, memoryview(after)))
    digests = bytearray()
    for start in range(0, layout.length, layout.block_bytes):
        digest, end = hashlib.sha256(), start + layout.block_bytes
        for first, piece in pieces:
            digest.update(piece[max(0, start - first) : max(0, end - first)])
        digests += digest.digest()
    return bytes(digests)


def _require(match: re.Match[bytes] | None) -> re.Match[bytes]:
    if match is None:
        msg = "not a file of the typesetter"
        raise ValueError(msg)
    return match
