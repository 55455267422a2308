"""Files made by hand, to show what readers do with glyphs at chosen places."""

from collections.abc import Sequence
from typing import NamedTuple

_GLYPH = b"500 0 0 0 450 700 d1 0 0 450 700 re f"


class Glyphs(NamedTuple):
    """Adjacent glyphs, each of which says one character, from a place of their line."""

    x: float
    text: str


def handmade(shown: Sequence[Glyphs]) -> bytes:
    """Make a page with one line, in which glyphs are shown in this order."""
    codes = {
        character: code for code, character in enumerate(dict.fromkeys("".join(glyphs.text for glyphs in shown)), 1)
    }
    content = b"".join(
        b"BT /F 10 Tf 1 0 0 1 %.1f 700 Tm <%b> Tj ET\n"
        % (glyphs.x, bytes(map(codes.__getitem__, glyphs.text)).hex().encode())
        for glyphs in shown
    )
    lines = b"".join(b"<%02X> <%04X>\n" % (code, ord(character)) for character, code in codes.items())
    texts = b"begincmap\n1 begincodespacerange\n<00> <FF>\nendcodespacerange\n%d beginbfchar\n%bendbfchar\nendcmap"
    last, names, widths = len(codes), b"/g" * len(codes), b"500 " * len(codes)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        _stream(content),
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 500 700]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 1/LastChar %d"
        b"/Widths[%b]/CharProcs<</g 7 0 R>>/Encoding<</Differences[1%b]>>/ToUnicode 6 0 R>>" % (last, widths, names),
        _stream(texts % (last, lines)),
        _stream(_GLYPH),
    ]
    return _file(objects)


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>\nstream\n%b\nendstream" % (len(content), content)


def _file(objects: Sequence[bytes]) -> bytes:
    content, table = b"%PDF-1.7\n", b"0000000000 65535 f \n"
    for number, body in enumerate(objects, start=1):
        table += b"%010d 00000 n \n" % len(content)
        content += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    size = len(objects) + 1
    return content + b"xref\n0 %d\n%btrailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        size,
        table,
        size,
        len(content),
    )
