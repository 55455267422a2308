"""Words from right to left: each character has its own glyph where one glyph would carry several.

Readers that go by places take the characters of a word from left to right and reverse them; readers that go by the
order of the file take them as they come. Both find the order of the text where each character has its own place on the
line: the glyph of a ligature carries its last letter, and empty glyphs carry the others. Marks that are set higher or
lower would be taken for another line, so they are drawn without a text, and empty glyphs carry that, too.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from workers.reports.rendering.text_layer.silent_glyphs import SilentGlyphs
from workers.reports.rendering.text_layer.text_show_operators import Cluster, Face, Show, places_of

Block = list[Show | bytes]
"""The content at one place: operations, and the shows between them."""
Faces = Callable[[Show], Face]

_FONT_CHOICE = re.compile(rb"/f\d+ [\d.]+ Tf 1 0 0 -1 -?[\d.]+ -?[\d.]+ Tm$")
_APART = b"-0.1 "
"""A shift, in thousandths of an em, that nobody sees."""
_STEP_POINTS = 0.001
_FIRST_PLANE_LAST = "\uffff"
_LETTERS = {"R", "AL"}
_OF_WORDS = _LETTERS | {"NSM", "BN"}


@lru_cache(maxsize=10_000)
def is_leftward(character: str) -> bool:
    """Tell whether a character may be part of a word from right to left."""
    return unicodedata.bidirectional(character or " ") in _OF_WORDS


def _is_letter(character: str) -> bool:
    return unicodedata.bidirectional(character) in _LETTERS


@lru_cache(maxsize=10_000)
def by_place(text: str) -> tuple[str, ...]:
    """Return the letters of a text from left to right, and the marks between them as they follow each other."""
    order: list[str] = []
    for letters, group in groupby(text, _is_letter):
        part = "".join(group)
        order[:0] = reversed(part) if letters else [part]
    return tuple(order)


@dataclass(slots=True)
class _Piece:
    """The glyphs of one operation, with their start and their texts."""

    show: Show
    x: float
    items: list[int | bytes]
    texts: list[str]
    last: int = -1
    """The place of the last glyph in its show, if other glyphs may follow."""

    def joins(self, other: "_Piece", since: int) -> bool:
        """Tell whether another piece follows in the same show, and no glyph of both has two texts."""
        if (
            other.show is not self.show
            or min(self.last, other.last) < 0
            or any(isinstance(item, int) for item in self.show.items[self.last + 1 : since])
        ):
            return False
        return self._agrees(other)

    def goes_with(self, other: "_Piece") -> bool:
        """Tell whether one operation can show another piece as well."""
        mine, theirs = ((show.font, show.size, show.height()) for show in (self.show, other.show))
        return mine == theirs and self._agrees(other)

    def _agrees(self, other: "_Piece") -> bool:
        texts = dict(zip(_glyphs(self.items), self.texts, strict=True))
        others = zip(_glyphs(other.items), other.texts, strict=True)
        return all(texts.get(glyph, text) == text for glyph, text in others)

    def add(self, other: "_Piece", since: int) -> None:
        """Append another piece."""
        self.items += [*self.show.items[self.last + 1 : since], *other.items]
        self.texts += other.texts
        self.last = other.last

    def operations(self, face: Face, home: tuple[float, float]) -> bytes:
        """Return the operations that show this piece in the block at `home`."""
        if not (self.show.frame and self.show.at):
            raise ValueError(self)
        number = face.table(dict(zip(_glyphs(self.items), self.texts, strict=True)))
        y = home[1] - self.show.frame[1] + self.show.at[1]
        items = self.items if self._has_direction(face) else [*self.items[:-1], _APART, self.items[-1]]
        codes = b"".join(b"<%04X>" % item if isinstance(item, int) else item for item in items)
        operation = b"%b 1 0 0 -1 %.5f %.5f Tm[%b]TJ" % (self.show.font_choice(number), self.x - home[0], y, codes)
        return b"1 Tr %b 0 Tr\n" % operation if _glyphs(items) == [face.empty] else operation + b"\n"

    def _has_direction(self, face: Face) -> bool:
        """Tell whether the last glyph starts elsewhere than the first; readers think of vertical lines otherwise."""
        starts = list(places_of(self.items, face.widths).values())
        return len(starts) == 1 or starts[0] != starts[-1]


def _glyphs(items: Iterable[int | bytes]) -> list[int]:
    return [item for item in items if isinstance(item, int)]


class Word:
    """A word as the blocks of the typesetter, from left to right."""

    def __init__(self, faces: Faces, silent: SilentGlyphs) -> None:
        self.blocks: list[Block] = []
        self._faces = faces
        self._silent = silent
        self._end = 0.0

    def takes(self, block: Block) -> bool:
        """Tell whether a block continues the word where it ends; a mark is at the place of its letter."""
        (x, y), (last, line) = _frame(block), _frame(self.blocks[-1])
        size = float(shows_of(block)[0].size)
        return last <= x <= self._end + size / 4 and abs(y - line) < size

    def add(self, block: Block) -> None:
        """Add the next block to the right."""
        self.blocks.append(block)
        for show in shows_of(block):
            self._end = max(self._end, show.start() + show.width(self._faces(show).widths))

    def clusters(self) -> list[Cluster]:
        """Return the clusters of the word from left to right."""
        return [cluster for block in self.blocks for show in shows_of(block) for cluster in show.clusters]

    def operations(self, *, exact: bool) -> Iterator[bytes]:
        """Yield the blocks from the first letter to the last; one of them shows all separately placed characters."""
        if not exact:
            for block in reversed(self.blocks):
                yield from _plain_operations(block, self._faces)
            return
        if self._is_plain():
            yield from _plain_operations(self.blocks[0], self._faces)
            return
        home = _frame(self.blocks[-1])
        pieces = _strictly_leftward(_pieces(self.clusters(), self._faces, self._silent))
        if self._is_beyond_first_plane():
            pieces = _in_written_order(pieces, self._faces)
        operations: bytes | None = b"".join(piece.operations(self._faces(piece.show), home) for piece in pieces)
        for block in reversed(self.blocks):
            for part in block:
                if isinstance(part, bytes):
                    yield _FONT_CHOICE.sub(b"", part)
                elif operations:
                    yield b" " + operations
                    operations = None

    def _is_beyond_first_plane(self) -> bool:
        """Tell whether the word is of letters that both readers take for letters from left to right."""
        return any(max(cluster.text) > _FIRST_PLANE_LAST for cluster in self.clusters())

    def _is_plain(self) -> bool:
        """Tell whether the word can stay as the typesetter shows it: each glyph is a letter in its own place."""
        shows = [show for block in self.blocks for show in shows_of(block)]
        starts = [start for show in shows for start in show.places(self._faces(show).widths).values()]
        return (
            len(shows) == 1
            and not self._is_beyond_first_plane()
            and all(len(cluster.glyphs) == len(cluster.text) == 1 for cluster in shows[0].clusters)
            and len(set(starts)) == len(starts)
            and shows[0].is_unambiguous()
        )


def _plain_operations(block: Block, faces: Faces) -> Iterator[bytes]:
    for part in block:
        if isinstance(part, Show):
            yield from part.operations(faces(part).table)
        else:
            yield part


def shows_of(block: Block) -> list[Show]:
    """Return the shows of a block."""
    return [part for part in block if isinstance(part, Show)]


def _frame(block: Block) -> tuple[float, float]:
    frame = shows_of(block)[0].frame
    if frame is None:
        raise ValueError(block)
    return frame


def _pieces(clusters: Sequence[Cluster], faces: Faces, silent: SilentGlyphs) -> Iterator[_Piece]:
    """Yield the glyphs on the line from left to right; neighbours of one show are one piece."""
    run: _Piece | None = None
    for cluster in clusters:
        pieces = _pieces_of(cluster, faces(cluster.glyphs[-1][0]), silent)
        first = cluster.glyphs[0][1]
        if run and run.joins(pieces[0], first):
            run.add(pieces[0], first)
            continue
        if run:
            yield run
        *before, run = pieces
        yield from before
    if run:
        yield run


def _strictly_leftward(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Yield the pieces from right to left, so that each starts further left, be it by an invisible step."""
    limit = math.inf
    for piece in reversed(list(pieces)):
        piece.x = min(piece.x, limit - _STEP_POINTS)
        limit = piece.x
        yield piece


def _in_written_order(pieces: Iterable[_Piece], faces: Faces) -> Iterator[_Piece]:
    """Yield pieces that go from the first glyph to the last, although that is from right to left."""
    run: _Piece | None = None
    end = 0.0
    for piece in pieces:
        face, scale = faces(piece.show), float(piece.show.size) / 1000
        starts = places_of(piece.items, face.widths).values()
        for glyph, start, text in reversed(list(zip(_glyphs(piece.items), starts, piece.texts, strict=True))):
            following = _Piece(piece.show, piece.x + start * scale, [glyph], [text])
            if run and run.goes_with(following):
                run.items += [b"%.4f " % ((end - following.x) / scale), glyph]
                run.texts.append(text)
            else:
                if run:
                    yield run
                run = following
            end = following.x + face.widths[glyph] * scale
    if run:
        yield run


def _start(show: Show, place: int, face: Face) -> float:
    return show.start() + show.places(face.widths)[place]


def _pieces_of(cluster: Cluster, face: Face, silent: SilentGlyphs) -> list[_Piece]:
    """Return the glyphs of a letter from left to right: those on its line, and empty ones for the rest of its text."""
    letter, last = cluster.glyphs[-1]
    order = by_place(cluster.text)
    count = min(sum(show is letter for show, _ in cluster.glyphs), _glyphs_max(order))
    for show, place in cluster.glyphs[:-count]:
        silent.add(show, place)
    first = cluster.glyphs[-count][1]
    x = _start(letter, first, face)
    items = letter.items[first : last + 1]
    if len(order) == count:
        return [_Piece(letter, x, items, list(order), last)]
    if face.empty is None:
        return [_Piece(letter, x, items, [*order[: count - 1], "".join(order[count - 1 :])])]
    places = _places_within(letter, items, len(order) - count, face)
    carriers = zip(places, order[count:], strict=True)
    return [
        _Piece(letter, x, items, list(order[:count])),
        *(_Piece(letter, x + place, [face.empty], [text]) for place, text in carriers),
    ]


def _glyphs_max(order: Sequence[str]) -> int:
    """Return how many glyphs of a letter one operation may show: several marks as one text come after their letter."""
    if all(len(text) == 1 for text in order):
        return len(order)
    return max(1, sum(len(text) == 1 for text in order))


def _places_within(letter: Show, items: Sequence[int | bytes], count: int, face: Face) -> list[float]:
    """Return places for empty glyphs inside a letter, the last of which ends with it: readers see no gap there."""
    scale = float(letter.size) / 1000
    width = max(0.0, *(face.widths[glyph] for glyph in _glyphs(items))) * scale
    rest = width - face.widths[face.empty or 0] * scale
    step = rest / count if rest > 0 else width / (count + 1)
    return [step * number for number in range(1, count + 1)]
