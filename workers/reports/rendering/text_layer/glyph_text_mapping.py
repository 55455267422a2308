"""The text layer of a report: a letter and its mark are two glyphs, and each carries its own part of the text.

The typesetter gives both the whole text, so that a reader finds it twice. It stores one text for each glyph of a font
and corrects the rest by ActualText, which not every reader knows. Here each glyph carries its own part. A glyph with
several texts is in as many fonts, which share everything but their table of texts.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from workers.reports.rendering.text_layer.bidi_mirroring import mirror_brackets
from workers.reports.rendering.text_layer.clusters import find_clusters
from workers.reports.rendering.text_layer.letters_below import divide
from workers.reports.rendering.text_layer.pdf_objects import Objects
from workers.reports.rendering.text_layer.right_to_left import Block, Word, is_leftward, shows_of
from workers.reports.rendering.text_layer.silent_glyphs import SilentGlyphs
from workers.reports.rendering.text_layer.text_show_operators import Face, Show, parts

_LINE = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
_LINES = re.compile(rb"\d+ beginbfchar\n.*endbfchar\n", re.DOTALL)
_BLOCK_LINES = 100  # lines, as CMaps allow
_CMAP = b"/Type/CMap/WMode 0"
_FONTS = re.compile(rb"/Font<<(.*?)>>")
_NAMED = re.compile(rb"/(f\d+) (\d+) 0 R")
_TEXTS = re.compile(rb"/ToUnicode (\d+) 0 R")
_PAGE = re.compile(rb"/Resources (\d+) 0 R.*?/Contents (\d+) 0 R", re.DOTALL)
_BODY = re.compile(rb"obj\n(.*)\nendobj", re.DOTALL)
_BLOCKS = re.compile(rb"(/Span<<[^<>]*/MCID \d+[^<>]*>>BDC\nq .*?\nQ\nEMC)", re.DOTALL)
_ASIDE = re.compile(rb"(q 1 0 0 -1 [^\n]*\nBT.*?\nET\nQ\n)", re.DOTALL)  # headers, footers and other artifacts
_PLACE = re.compile(rb"(?:/Span<<.*?>>BDC\n)?(?=(q [^\n]*\nBT))q 1 0 0 -1 ([\d.-]+) ([\d.-]+) cm")
_DESCENDANT = re.compile(rb"/DescendantFonts\[(\d+) 0 R\]")
_WIDTHS = re.compile(rb"/W\[(.*?)\]", re.DOTALL)
_WIDTH = re.compile(rb"(\d+) (\d+) ([\d.]+)")
_UNSEEN_POINTS = b"1"  # the size of glyphs that are there only for their font
_SPACES = {" ", "\u00a0"}


@dataclass(slots=True)
class Font:
    """A font of the file with the texts of its glyphs, and a further table for each further text of a glyph."""

    number: int
    texts: dict[int, str]
    widths: dict[int, float]
    tables: list[dict[int, str]] = field(default_factory=lambda: [{}])

    def table(self, meanings: dict[int, str]) -> int:
        """Return the number of the table in which these glyphs have these texts."""
        for number, table in enumerate(self.tables):
            if all(table.get(glyph, text) == text for glyph, text in meanings.items()):
                table.update(meanings)
                return number
        self.tables.append(dict(meanings))
        return len(self.tables) - 1

    def face(self) -> Face:
        """Return the properties of the font that showing its glyphs needs."""
        empty = next((glyph for glyph, text in self.texts.items() if text in _SPACES), None)
        letters = (glyph for glyph, text in self.texts.items() if text.isalpha() and self.widths[glyph])
        return Face(self.table, self.widths, empty, min(letters, key=self.widths.__getitem__, default=None))


def separate_texts(pdf: bytes, *, exact_pages_max: int = 60) -> bytes:
    """Return the PDF with its own part of the text for every glyph; a PDF that needs no change stays the same.

    Finding the place of each glyph on more than `exact_pages_max` pages would exceed the time limit of a report.
    """
    objects = Objects(pdf)
    fonts = {number: read_font(objects, number) for number in objects.numbers(b"/ToUnicode ")}
    if not any(len(text) > 1 or is_leftward(text) for font in fonts.values() for text in font.texts.values()):
        return pdf
    resources: dict[int, dict[bytes, Font]] = {}
    pages = objects.numbers(b"/Type/Page/")
    is_exact = len(pages) <= exact_pages_max
    for page in pages:
        match = _PAGE.search(objects[page])
        if match is None:
            raise ValueError(objects[page])
        resource, contents = int(match[1]), int(match[2])
        fonts_by_name = resources.setdefault(resource, _fonts_by_name(objects, resource, fonts))

        page_stream = b"".join(_write_page(objects.stream(contents), fonts_by_name, exact=is_exact))
        objects.replace_stream(contents, page_stream)
    new_fonts = {number: _write_tables(objects, font) for number, font in fonts.items()}
    for resource, fonts_by_name in resources.items():
        more = b"".join(
            b"/%bv%d %d 0 R" % (name, table, number)
            for name, font in fonts_by_name.items()
            for table, number in enumerate(new_fonts[font.number], start=1)
        )
        objects.replace(resource, _FONTS.sub(rb"/Font<<\1%b>>" % more, _body(objects, resource)))
    return objects.file()


def _body(objects: Objects, number: int) -> bytes:
    match = _BODY.search(objects[number])
    if match is None:
        raise ValueError(objects[number])
    return match[1]


def _texts(objects: Objects, number: int) -> int:
    match = _TEXTS.search(objects[number])
    if match is None:
        raise ValueError(objects[number])
    return int(match[1])


def read_font(objects: Objects, number: int) -> Font:
    """Read the texts and widths of a font's glyphs."""
    lines = _LINE.findall(objects.stream(_texts(objects, number)))
    texts = {int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in lines}
    return Font(number, texts, _widths(objects, number))


def _widths(objects: Objects, number: int) -> dict[int, float]:
    match = _DESCENDANT.search(objects[number])
    lists = _WIDTHS.search(objects[int(match[1])]) if match else None
    if lists is None:
        raise ValueError(objects[number])
    widths: dict[int, float] = defaultdict(float)
    for first, last, width in _WIDTH.findall(lists[1]):
        widths.update(dict.fromkeys(range(int(first), int(last) + 1), float(width)))
    return widths


def _fonts_by_name(objects: Objects, number: int, fonts: dict[int, Font]) -> dict[bytes, Font]:
    match = _FONTS.search(objects[number])
    return {name: fonts[int(font)] for name, font in _NAMED.findall(match[1])} if match else {}


def _write_page(stream: bytes, fonts: dict[bytes, Font], *, exact: bool) -> Iterator[bytes]:
    """Yield the operations of a page with every glyph from a table in which it has its own part of the text."""
    faces = {name: font.face() for name, font in fonts.items()}
    texts = {name: font.texts for name, font in fonts.items()}
    silent = SilentGlyphs(lambda show: faces[show.font])
    blocks = list(divide(filter(any, map(_block, _split_blocks(stream))), silent.face, texts))
    shows = [part for block in blocks for part in block if isinstance(part, Show)]
    find_clusters(shows, texts, silent)
    for show in shows:
        show.moved |= show.size == _UNSEEN_POINTS
    if any(show.clusters for show in shows):
        yield from _write_with_words(blocks, fonts, silent, exact=exact)
    else:
        for block in blocks:
            yield from _write_block(block, fonts)
    yield from silent.operations()


def _write_with_words(
    blocks: Iterable[Block], fonts: dict[bytes, Font], silent: SilentGlyphs, *, exact: bool
) -> Iterator[bytes]:
    """Yield a page with words from right to left; the longest reports get only their order right."""
    face = silent.face
    if exact:
        mirror_brackets(blocks, face)
    word: Word | None = None
    for block in blocks:
        # The pieces of a word run from left to right; readers that go by their order expect the first letter first.
        leftward = _is_leftward(block)
        if word and not (leftward and word.takes(block)):
            yield from word.operations(exact=exact)
            word = None
        if leftward:
            word = word or Word(face, silent)
            word.add(block)
        else:
            yield from _write_block(block, fonts)
    if word:
        yield from word.operations(exact=exact)


def _split_blocks(stream: bytes) -> Iterator[bytes]:
    for number, part in enumerate(_BLOCKS.split(stream)):
        if number % 2:
            yield part
        elif part:
            yield from _ASIDE.split(part)


def _block(stream: bytes) -> Block:
    block = list(parts(stream))
    if place := _PLACE.match(stream):
        for part in block:
            if isinstance(part, Show):
                part.state, part.frame = place[1], (float(place[2]), float(place[3]))
    return block


def _write_block(block: Block, fonts: dict[bytes, Font]) -> Iterator[bytes]:
    for part in block:
        if isinstance(part, Show):
            yield from part.operations(fonts[part.font].table)
        else:
            yield part


def _is_leftward(block: Block) -> bool:
    shows = shows_of(block)
    return bool(shows) and all(show.leftward and show.at and show.frame for show in shows)


def _write_tables(objects: Objects, font: Font) -> list[int]:
    """Write the tables of a font, and return the new fonts for all but the first."""
    body, first = _body(objects, font.number), _texts(objects, font.number)
    template = objects.stream(first)
    new_fonts = []
    for number, table in enumerate(font.tables):
        lines = sorted({**font.texts, **font.tables[0], **table}.items())
        target = objects.add() if number else first
        objects.replace_stream(target, _blocks(lines).join(_LINES.split(template, 1)), _CMAP)
        if number:
            new_fonts.append(objects.add())
            objects.replace(new_fonts[-1], _TEXTS.sub(b"/ToUnicode %d 0 R" % target, body))
    return new_fonts


def _blocks(meanings: list[tuple[int, str]]) -> bytes:
    lines = [b"<%04X> <%b>\n" % (glyph, text.encode("utf-16-be").hex().upper().encode()) for glyph, text in meanings]
    blocks = (lines[start : start + _BLOCK_LINES] for start in range(0, len(lines), _BLOCK_LINES))
    return b"".join(b"%d beginbfchar\n%bendbfchar\n" % (len(block), b"".join(block)) for block in blocks)
