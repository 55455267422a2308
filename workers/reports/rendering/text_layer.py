"""The text behind the picture: a letter with its mark is two glyphs, and each says its own part of the text.

The typesetter lets both say the whole, so that a reader finds it twice. It keeps one text for each glyph of a font and
corrects the rest by ActualText, which not every reader knows. Here each glyph says its own part, and a glyph that says
several things is in as many fonts, which share all but their table of texts.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from workers.reports.rendering.bidi_mirroring import turn_around
from workers.reports.rendering.pdf_objects import Objects
from workers.reports.rendering.right_to_left import Block, Word, is_leftward, shows_of
from workers.reports.rendering.text_shows import Cluster, Face, Show, Span, parts

_LINE = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
_LINES = re.compile(rb"\d+ beginbfchar\n.*endbfchar\n", re.DOTALL)
_BLOCK = 100  # lines, as CMaps allow
_CMAP = b"/Type/CMap/WMode 0"
_FONTS = re.compile(rb"/Font<<(.*?)>>")
_NAMED = re.compile(rb"/(f\d+) (\d+) 0 R")
_TEXTS = re.compile(rb"/ToUnicode (\d+) 0 R")
_PAGE = re.compile(rb"/Resources (\d+) 0 R.*?/Contents (\d+) 0 R", re.DOTALL)
_BODY = re.compile(rb"obj\n(.*)\nendobj", re.DOTALL)
_BLOCKS = re.compile(rb"(/Span<<[^<>]*/MCID \d+[^<>]*>>BDC\nq .*?\nQ\nEMC)", re.DOTALL)
_ASIDE = re.compile(rb"(q 1 0 0 -1 [^\n]*\nBT.*?\nET\nQ\n)", re.DOTALL)  # headers, footers and what else is no text
_PLACE = re.compile(rb"(?:/Span<<.*?>>BDC\n)?q 1 0 0 -1 ([\d.-]+) ([\d.-]+) cm")
_DESCENDANT = re.compile(rb"/DescendantFonts\[(\d+) 0 R\]")
_WIDTHS = re.compile(rb"/W\[(.*?)\]", re.DOTALL)
_WIDTH = re.compile(rb"(\d+) (\d+) ([\d.]+)")
_UNSEEN = b"1"  # points; so small is only what is there for its font
_SPACES = {" ", "\u00a0"}


@dataclass(slots=True)
class _Font:
    """A font of the file, and what each of its glyphs says, in one table for every further meaning of a glyph."""

    number: int
    said: dict[int, str]
    widths: dict[int, float]
    tables: list[dict[int, str]] = field(default_factory=lambda: [{}])

    def table(self, told: dict[int, str]) -> int:
        """Return the table in which all these glyphs say these texts."""
        for number, table in enumerate(self.tables):
            if all(table.get(glyph, text) == text for glyph, text in told.items()):
                table.update(told)
                return number
        self.tables.append(dict(told))
        return len(self.tables) - 1

    def face(self) -> Face:
        """Return what there is to know for those who show its glyphs."""
        empty = next((glyph for glyph, text in self.said.items() if text in _SPACES), None)
        letters = (glyph for glyph, text in self.said.items() if text.isalpha() and self.widths[glyph])
        return Face(self.table, self.widths, empty, min(letters, key=self.widths.__getitem__, default=None))


def told_once(pdf: bytes, *, exact_pages_max: int = 60) -> bytes:
    """Let every glyph say its own part of the text; a file that needs nothing is returned as it is.

    Finding each place on more than `exact_pages_max` pages would take longer than a report may.
    """
    objects = Objects(pdf)
    fonts = {number: _font(objects, number) for number in objects.numbers(b"/ToUnicode ")}
    if not any(len(text) > 1 or is_leftward(text) for font in fonts.values() for text in font.said.values()):
        return pdf
    resources: dict[int, dict[bytes, _Font]] = {}
    pages = objects.numbers(b"/Type/Page/")
    is_exact = len(pages) <= exact_pages_max
    for page in pages:
        found = _PAGE.search(objects[page])
        if found is None:
            raise ValueError(objects[page])
        named, contents = int(found[1]), int(found[2])
        known = resources.setdefault(named, _named(objects, named, fonts))
        objects.replace_stream(contents, b"".join(_page(objects.stream(contents), known, exact=is_exact)))
    made = {number: _made(objects, font) for number, font in fonts.items()}
    for named, known in resources.items():
        more = b"".join(
            b"/%bv%d %d 0 R" % (name, table, number)
            for name, font in known.items()
            for table, number in enumerate(made[font.number], start=1)
        )
        objects.replace(named, _FONTS.sub(rb"/Font<<\1%b>>" % more, _body(objects, named)))
    return objects.file()


@lru_cache(maxsize=10_000)
def _several(text: str) -> bool:
    """Tell whether a text may be that of several glyphs: a letter with marks."""
    return len(unicodedata.normalize("NFD", text)) > 1


def _body(objects: Objects, number: int) -> bytes:
    found = _BODY.search(objects[number])
    if found is None:
        raise ValueError(objects[number])
    return found[1]


def _texts(objects: Objects, number: int) -> int:
    found = _TEXTS.search(objects[number])
    if found is None:
        raise ValueError(objects[number])
    return int(found[1])


def _font(objects: Objects, number: int) -> _Font:
    lines = _LINE.findall(objects.stream(_texts(objects, number)))
    said = {int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in lines}
    return _Font(number, said, _widths(objects, number))


def _widths(objects: Objects, number: int) -> dict[int, float]:
    found = _DESCENDANT.search(objects[number])
    lists = _WIDTHS.search(objects[int(found[1])]) if found else None
    if lists is None:
        raise ValueError(objects[number])
    widths: dict[int, float] = defaultdict(float)
    for first, last, width in _WIDTH.findall(lists[1]):
        widths.update(dict.fromkeys(range(int(first), int(last) + 1), float(width)))
    return widths


def _named(objects: Objects, number: int, fonts: dict[int, _Font]) -> dict[bytes, _Font]:
    found = _FONTS.search(objects[number])
    return {name: fonts[int(font)] for name, font in _NAMED.findall(found[1])} if found else {}


def _page(stream: bytes, fonts: dict[bytes, _Font], *, exact: bool) -> Iterator[bytes]:
    """Write the operations of a page again, each glyph from a table in which it says its own part."""
    blocks = [block for block in map(_block, _divided(stream)) if any(block)]
    shows = [one for block in blocks for one in block if isinstance(one, Show)]
    _divide(shows, fonts)
    for show in shows:
        show.moved |= show.size == _UNSEEN
    if any(show.clusters for show in shows):
        yield from _with_words(blocks, fonts, exact=exact)
    else:
        for block in blocks:
            yield from _written(block, fonts)


def _with_words(blocks: Iterable[Block], fonts: dict[bytes, _Font], *, exact: bool) -> Iterator[bytes]:
    """Write a page with words from right to left; in the longest reports there is only time for their order."""
    faces = {name: font.face() for name, font in fonts.items()}

    def face(show: Show) -> Face:
        return faces[show.font]

    if exact:
        turn_around(blocks, face)
    word: Word | None = None
    for block in blocks:
        # The pieces of a word stand from left to right; readers that go by their order want the first letter first.
        leftward = _leftward(block)
        if word and not (leftward and word.takes(block)):
            yield from word.written(exact=exact)
            word = None
        if leftward:
            word = word or Word(face)
            word.add(block)
        else:
            yield from _written(block, fonts)
    if word:
        yield from word.written(exact=exact)


def _divided(stream: bytes) -> Iterator[bytes]:
    for number, part in enumerate(_BLOCKS.split(stream)):
        if number % 2:
            yield part
        elif part:
            yield from _ASIDE.split(part)


def _block(stream: bytes) -> Block:
    block = list(parts(stream))
    if place := _PLACE.match(stream):
        for one in block:
            if isinstance(one, Show):
                one.frame = float(place[1]), float(place[2])
    return block


def _written(block: Block, fonts: dict[bytes, _Font]) -> Iterator[bytes]:
    for one in block:
        if isinstance(one, Show):
            yield from one.written(fonts[one.font].table)
        else:
            yield one


def _leftward(block: Block) -> bool:
    shows = shows_of(block)
    return bool(shows) and all(one.leftward and one.at and one.frame for one in shows)


def _divide(shows: Iterable[Show], fonts: dict[bytes, _Font]) -> None:
    """Find the glyphs that draw one text together; the letter is never drawn twice."""
    cluster: list[tuple[Show, int]] = []
    said, first = "", -1
    for show in shows:
        for place, glyph in show.glyphs():
            text = fonts[show.font].said[glyph] if show.actual is None else show.actual
            if text != said or glyph == first or not _several(text):
                _share(cluster, said)
                cluster, said, first = [], text, glyph
            cluster.append((show, place))
    _share(cluster, said)


def _share(cluster: Sequence[tuple[Show, int]], text: str) -> None:
    """Divide a text among the glyphs that draw it: the marks to the last ones, the rest to the letter."""
    count = len(cluster)
    if count == 1:
        show, place = cluster[0]
        show.texts[place] = text
        if leftward := is_leftward(text[:1]):
            show.clusters.append(Cluster([(show, place)], text))
        show.leftward &= leftward
        return
    letters = text if len(text) >= count else unicodedata.normalize("NFD", text)
    if len(letters) < count:
        raise ValueError(text)
    head = len(letters) - count + 1
    shares = [letters[:head], *letters[head:]] if count else []
    if leftward := is_leftward(letters[:1]) and bool(count):
        shares.reverse()
        cluster[0][0].clusters.append(Cluster(list(cluster), letters))
    for (show, place), share in zip(cluster, shares, strict=True):
        show.texts[place] = share
        show.leftward &= leftward
    if count > 1 and not leftward:
        _gather(cluster, text)


def _gather(cluster: Sequence[tuple[Show, int]], text: str) -> None:
    """Set a letter and its marks together, so that readers that know ActualText have no doubt where a mark belongs."""
    head = cluster[0][0]
    places = [place for show, place in cluster if show is head]
    others = list(dict.fromkeys(show for show, _ in cluster if show is not head))
    whole = sum(len(list(show.glyphs())) for show in others) == len(cluster) - len(places)
    if whole and all(show.at and show.frame and head.frame for show in others):
        head.spans.append(Span(places[0], places[-1], text, others))
        for show in others:
            show.moved = True


def _made(objects: Objects, font: _Font) -> list[int]:
    """Write the tables of a font; return the fonts made for all but the first."""
    body, first = _body(objects, font.number), _texts(objects, font.number)
    template = objects.stream(first)
    made = []
    for number, table in enumerate(font.tables):
        lines = sorted({**font.said, **font.tables[0], **table}.items())
        target = objects.add() if number else first
        objects.replace_stream(target, _blocks(lines).join(_LINES.split(template, 1)), _CMAP)
        if number:
            made.append(objects.add())
            objects.replace(made[-1], _TEXTS.sub(b"/ToUnicode %d 0 R" % target, body))
    return made


def _blocks(lines: list[tuple[int, str]]) -> bytes:
    told = [b"<%04X> <%b>\n" % (glyph, text.encode("utf-16-be").hex().upper().encode()) for glyph, text in lines]
    blocks = (told[start : start + _BLOCK] for start in range(0, len(told), _BLOCK))
    return b"".join(b"%d beginbfchar\n%bendbfchar\n" % (len(one), b"".join(one)) for one in blocks)
